#include "repair_fetch.h"

#include "bell.h"
#include "rest.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    TIMEOUT_MS = 10000,
    BODY_MAX_BYTES = 8 << 20,
    TRADES_MAX = 10000, /* more in one page is no page of any exchange */
    IDLE_MS = 1000,
};

enum state { FREE, ASKED, ANSWERED };

struct repair_fetch {
    struct repair_fetch_about about;
    pthread_t thread;
    struct bell *work; /* rung by a question */
    struct rest *rest;
    atomic_int state; /* whose everything below is: the asker's unless ASKED */
    atomic_bool stop;
    struct repair_answer answer;
    int64_t weight; /* of the last request */
    struct trade_copy *trades;
    size_t n;
    struct rest_answer page;
};

static bool stopping(void *ctx)
{
    struct repair_fetch *f = ctx;
    return atomic_load(&f->stop);
}

/* --- a page ---------------------------------------------------------------------------------- */

/* emit_fn */
static int on_trade(void *ctx, const struct event *ev, struct err *e)
{
    struct repair_fetch *f = ctx;
    if (ev->type != EVENT_TRADE)
        return 0;
    struct entry in;
    if (entry_of_trade(ev, f->about.ops->name, 0 /* the symbol is asked for, not told */,
                       market_clock_now_us(f->about.clock), TRADE_ORIGIN_REPAIR, &in, e) != 0)
        return -1;
    if (f->n == TRADES_MAX)
        return err_set(e, ERR_LIMIT, "%s: more than %d trades in a page", f->about.ops->name,
                       TRADES_MAX);
    f->trades[f->n++] = trade_copy_of(&in);
    return 0;
}

static enum repair_outcome outcome_of(struct repair_fetch *f, int verdict)
{
    if (verdict == HISTORY_MORE)
        return REPAIR_PAGE;
    if (verdict == HISTORY_DONE)
        return REPAIR_ALL;
    if (verdict == HISTORY_BUSY)
        rest_busy(f->rest, clock_mono_us());
    return verdict == HISTORY_BUSY || f->answer.why.retriable ? REPAIR_FAILED : REPAIR_NONE;
}

static enum repair_outcome ask(struct repair_fetch *f)
{
    const struct exchange_ops *ops = f->about.ops;
    struct repair_answer *a = &f->answer;
    struct http_request req = {0};
    f->n = 0;
    a->why = (struct err){0};
    if (ops->history_request(&a->pick.query, &req, &a->why) != 0)
        return REPAIR_NONE;
    f->weight = req.weight;
    metric_inc(f->about.metrics->repair_requests, 1);
    if (rest_get(f->rest, &req, &f->page, &a->why) != 0)
        return a->why.retriable || a->why.code == ERR_STOPPED ? REPAIR_FAILED : REPAIR_NONE;
    return outcome_of(f, ops->parse_history(&a->pick.query, f->page.status,
                                            strbuf_slice(&f->page.body), on_trade, f, &a->why));
}

static void show_skew(const struct repair_fetch *f)
{
    int64_t skew_us;
    if (rest_skew_us(f->rest, &skew_us))
        metric_set(f->about.metrics->clock_skew, skew_us);
}

static void answer(struct repair_fetch *f)
{
    f->answer.outcome = ask(f);
    f->answer.trades = f->trades;
    f->answer.n = f->n;
    show_skew(f);
    if (f->answer.outcome == REPAIR_NONE || f->answer.outcome == REPAIR_FAILED)
        metric_inc(f->about.metrics->repair_failures, 1);
    metric_inc(f->about.metrics->repair_trades, (int64_t)f->n);
}

static void *run(void *ctx)
{
    struct repair_fetch *f = ctx;
    while (!atomic_load(&f->stop)) {
        if (atomic_load(&f->state) != ASKED) {
            (void)bell_wait(f->work, IDLE_MS);
            continue;
        }
        answer(f);
        atomic_store(&f->state, ANSWERED);
        bell_ring(f->about.bell);
    }
    return NULL;
}

/* --- the asker's side ------------------------------------------------------------------------ */

bool repair_fetch_is_free(struct repair_fetch *f, int64_t now_us, bool *ret_spare)
{
    int64_t half = f->about.ops->rest->weight_max / 2;
    if (atomic_load(&f->state) != FREE || rest_wait_us(f->rest, f->weight, now_us) > 0)
        return false;
    *ret_spare = rest_wait_us(f->rest, half + f->weight, now_us) == 0;
    return true;
}

void repair_fetch_ask(struct repair_fetch *f, uint32_t shard, const struct repair_pick *pick)
{
    f->answer = (struct repair_answer){.shard = shard, .pick = *pick};
    atomic_store(&f->state, ASKED);
    bell_ring(f->work);
}

const struct repair_answer *repair_fetch_answer(struct repair_fetch *f)
{
    return atomic_load(&f->state) == ANSWERED ? &f->answer : NULL;
}

void repair_fetch_done(struct repair_fetch *f)
{
    atomic_store(&f->state, FREE);
}

/* --- start and stop -------------------------------------------------------------------------- */

static void destroy(struct repair_fetch *f)
{
    rest_destroy(f->rest);
    bell_destroy(f->work);
    strbuf_finish(&f->page.body);
    free(f->trades);
    free(f);
}

struct repair_fetch *repair_fetch_start(const struct repair_fetch_about *about, struct err *e)
{
    struct repair_fetch *f = calloc(1, sizeof(*f));
    if (!f) {
        (void)err_set(e, ERR_NOMEM, "repair: out of memory");
        return NULL;
    }
    const struct rest_about rest = {.ops = about->ops,
                                    .url = about->rest_url,
                                    .clock = about->clock,
                                    .quota = about->quota,
                                    .timeout_ms = TIMEOUT_MS,
                                    .stopping = stopping,
                                    .ctx = f};
    f->about = *about;
    strbuf_init(&f->page.body, BODY_MAX_BYTES);
    f->weight = 1;
    f->trades = calloc(TRADES_MAX, sizeof(*f->trades));
    f->work = bell_create(e);
    f->rest = f->work ? rest_create(&rest, e) : NULL;
    if (f->rest && f->trades) {
        int code = pthread_create(&f->thread, NULL, run, f);
        if (code == 0)
            return f;
        (void)err_set(e, ERR_NOMEM, "repair: no thread: %s", strerror(code));
    } else if (!f->trades) {
        (void)err_set(e, ERR_NOMEM, "repair: out of memory");
    }
    destroy(f);
    return NULL;
}

void repair_fetch_stop(struct repair_fetch *f)
{
    if (!f)
        return;
    atomic_store(&f->stop, true);
    bell_ring(f->work);
    (void)pthread_join(f->thread, NULL); /* joinable, and joined once */
    destroy(f);
}
