#include "read_symbols.h"

#include "lines.h"
#include "recorded.h"
#include "universe.h"

#include <stdlib.h>

struct search {
    struct universe *universe; /* an index of all that is listed */
    bool *found;               /* by index of the universe */
    void *session;
    struct strbuf text;
};

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    struct search *s = ctx;
    int64_t i = ev->type == EVENT_TRADE ? universe_find(s->universe, ev->native_symbol) : -1;
    if (i >= 0)
        s->found[i] = true;
    return 0;
}

static int32_t only_partition(struct slice key, int32_t partitions)
{
    (void)key;
    (void)partitions;
    return 0;
}

static void look_at(struct search *s, struct slice line, const struct exchange_ops *ops,
                    const struct channel *trades)
{
    const struct channels listen = {.of[CHANNEL_TRADES] = trades};
    struct recorded rec;
    struct err why;
    bool skipped;
    if (recorded_parse(line, &s->text, &rec, &why) != 0 || rec.sent)
        return;
    /* what it makes of a bad frame is told when the file is played */
    (void)(ops->parse_frame(s->session, &listen, &rec.frame, on_event, s, &skipped, &why) < 0);
}

static int look_at_all(struct search *s, const char *path, const struct exchange_ops *ops,
                       const struct channel *trades, struct err *e)
{
    struct lines l;
    struct slice line;
    if (lines_open(&l, path, e) != 0)
        return -1;
    int r;
    while ((r = lines_next(&l, &line, e)) == 1 || (r < 0 && e->code == ERR_PROTO))
        if (r == 1)
            look_at(s, line, ops, trades);
    lines_close(&l);
    return r;
}

static int collect(const struct search *s, const char *path, const struct channel *trades,
                   struct instruments *ret, struct err *e)
{
    struct instruments found = {0};
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < s->universe->n_symbols; i++)
        if (s->found[i])
            r = instruments_add(&found, &s->universe->symbols[i].info, e);
    if (r == 0 && found.n == 0)
        r = err_set(e, ERR_CONF,
                    "read: %.120s holds no %s of any pair that is listed; is it of another "
                    "--stream?",
                    path, trades->name);
    if (r == 0)
        *ret = found;
    else
        instruments_finish(&found);
    return r;
}

int read_symbols(const char *path, const struct exchange_ops *ops, const struct channel *trades,
                 const struct instruments *all, struct instruments *ret, struct err *e)
{
    const struct universe_about about = {.list = all->list,
                                         .n = all->n,
                                         .partitions = 1,
                                         .shards = 1,
                                         .partition_of = only_partition};
    struct search s = {.text = STRBUF_INIT(LINES_MAX_BYTES)};
    s.universe = universe_create(&about, e);
    s.found = calloc(all->n + 1, sizeof(*s.found));
    s.session = calloc(1, ops->session_size + 1);
    int r = -1;
    if (s.universe && (!s.found || !s.session))
        (void)err_set(e, ERR_NOMEM, "read: out of memory");
    else if (s.universe && look_at_all(&s, path, ops, trades, e) == 0)
        r = collect(&s, path, trades, ret, e);
    universe_destroy(s.universe);
    free(s.found);
    free(s.session);
    strbuf_finish(&s.text);
    return r;
}
