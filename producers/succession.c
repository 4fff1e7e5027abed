#include "succession.h"

#include "log.h"
#include "timefmt.h"

#include <stdlib.h>

enum { UP_S = 30 };

struct succession {
    struct succession_about about;
    struct lineup *now;
    struct instruments chosen; /* what it follows */
    struct lineup *next;       /* NULL: nothing has changed */
    struct instruments next_chosen;
    int64_t limit_us; /* when next is given up */
};

struct succession *succession_create(const struct succession_about *about, struct lineup *first,
                                     const struct instruments *chosen, struct err *e)
{
    struct succession *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    s->about = *about;
    for (size_t i = 0; i < chosen->n; i++) {
        if (instruments_add(&s->chosen, &chosen->list[i], e) != 0) {
            succession_destroy(s);
            return NULL;
        }
    }
    s->now = first;
    return s;
}

void succession_destroy(struct succession *s)
{
    if (!s)
        return;
    lineup_destroy(s->next);
    lineup_destroy(s->now);
    instruments_finish(&s->chosen);
    instruments_finish(&s->next_chosen);
    free(s);
}

struct lineup *succession_lineup(const struct succession *s)
{
    return s->now;
}

/* --- the next one ---------------------------------------------------------------------------- */

static const struct producer_conf *conf(const struct succession *s)
{
    return s->about.lineup->conf;
}

static void drop_next(struct succession *s)
{
    lineup_destroy(s->next);
    s->next = NULL;
    instruments_finish(&s->next_chosen);
}

/* What is followed, and will not be: as the list has it now, if it does. */
static int list_gone(const struct succession *s, const struct instruments *all,
                     struct instruments *gone, struct err *e)
{
    for (size_t i = 0; i < s->chosen.n; i++) {
        struct instrument_info info = s->chosen.list[i];
        if (instruments_native(&s->next_chosen, info.native))
            continue;
        const struct instrument_info *listed = instruments_native(all, info.native);
        if (listed)
            info = *listed;
        else
            info.status = INSTRUMENT_STATUS_DELISTED;
        log_info("instruments", "a pair is not followed any more",
                 LOG_STR("exchange", conf(s)->ops->name), LOG_STR("symbol", info.symbol),
                 LOG_STR("status", instrument_status_name(info.status)));
        if (instruments_add(gone, &info, e) != 0)
            return -1;
    }
    return 0;
}

static void say_new(const struct succession *s)
{
    for (size_t i = 0; i < s->next_chosen.n; i++)
        if (!instruments_native(&s->chosen, s->next_chosen.list[i].native))
            log_info("instruments", "a pair is followed from now on",
                     LOG_STR("exchange", conf(s)->ops->name),
                     LOG_STR("symbol", s->next_chosen.list[i].symbol));
}

static int make_next(struct succession *s, const struct instruments *all, int64_t read_us,
                     struct err *e)
{
    struct instruments rates = {0};
    struct instruments gone = {0};
    int r = list_gone(s, all, &gone, e);
    if (r == 0 && conf(s)->listen.of[CHANNEL_QUOTES])
        r = instruments_rates(all, conf(s)->rates, INSTRUMENTS_TRADING, &rates, e);
    if (r == 0) {
        const struct lineup_list list = {&s->next_chosen, &rates, &gone, read_us};
        s->next = lineup_create(s->about.lineup, &list, e);
        r = s->next ? 0 : -1;
    }
    instruments_finish(&rates);
    instruments_finish(&gone);
    if (r == 0)
        r = lineup_write(s->next, e);
    if (r == 0)
        r = lineup_listen(s->next, true, e);
    for (int32_t i = 0; r == 0 && i < s->about.lineup->shards_n; i++)
        lineup_want(s->next, (uint32_t)i, lineup_wants(s->now, (uint32_t)i));
    return r;
}

/* The list was read again: is there a next line-up? */
static int consider(struct succession *s, const struct instruments *all, int64_t read_us,
                    struct err *e)
{
    struct err why = {0};
    if (instruments_select_again(all, conf(s)->symbols, &s->chosen, &s->next_chosen, &why, e) != 0)
        return -1;
    if (why.code != ERR_NONE)
        log_warn("instruments", "left out", LOG_STR("exchange", conf(s)->ops->name), LOG_ERR(&why));
    if (s->next_chosen.n == 0 || instruments_same(&s->chosen, &s->next_chosen)) {
        instruments_finish(&s->next_chosen); /* a list without all that is followed is none */
        return 0;
    }
    say_new(s);
    s->limit_us = clock_mono_us() + UP_S * US_PER_S;
    return make_next(s, all, read_us, e);
}

static void give_up_next(struct succession *s, const char *why)
{
    log_warn("instruments", "what has changed is tried again later",
             LOG_STR("exchange", conf(s)->ops->name), LOG_STR("why", why));
    drop_next(s);
    instruments_watch_hurry(s->about.watch);
}

bool succession_due(void *ctx)
{
    struct succession *s = ctx;
    struct instruments all = {0};
    struct err e = {0};
    int64_t read_us;
    if (!s->about.watch)
        return false;
    if (!s->next && instruments_watch_take(s->about.watch, &all, &read_us)) {
        if (consider(s, &all, read_us, &e) != 0)
            give_up_next(s, e.text);
        instruments_finish(&all);
    }
    if (!s->next)
        return false;
    if (feed_failed(lineup_feed(s->next), &e))
        give_up_next(s, e.text);
    else if (clock_mono_us() >= s->limit_us)
        give_up_next(s, "not every connection could be subscribed in time");
    return s->next && feed_is_up(lineup_feed(s->next));
}

int succession_go_over(struct succession *s, struct writer *w, struct err *e)
{
    const struct producer_metrics *m = s->about.lineup->metrics;
    struct err of_quotes = {0};
    lineup_deafen(s->now, true);
    writer_drain(w);
    if (writer_switch(w, lineup_env(s->next), e) != 0)
        return -1;
    lineup_take_over(s->next);
    if (lineup_end_quotes(s->now, true, &of_quotes) != 0)
        log_warn("quotes", "of the list before", LOG_ERR(&of_quotes));
    lineup_destroy(s->now);
    instruments_finish(&s->chosen);
    s->now = s->next;
    s->chosen = s->next_chosen;
    s->next = NULL;
    s->next_chosen = (struct instruments){0};
    metric_inc(m->instrument_changes, 1);
    metric_set(m->symbols, (int64_t)s->chosen.n);
    log_info("instruments", "what is followed has changed", LOG_STR("exchange", conf(s)->ops->name),
             LOG_INT("symbols", (int64_t)s->chosen.n));
    return 0;
}
