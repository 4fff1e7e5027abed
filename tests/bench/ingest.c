/**
 * bench-ingest: how long what cw-producer receives takes until others can read it.
 *
 * Reads `trades` and `quotes` as they grow, each with a reader of its own, until it has read as
 * many trades as it is told to, and compares the receive time of each record with the clock: reader
 * and producer are on one machine. Of trades it compares the exchange's time too, which tells
 * whether the producer reads its sockets in time. Ids must go up by one in each symbol, so that as
 * many as the exchange made are those that it made. The first seconds do not count: that is when
 * clients meet their brokers, and brokers compile themselves.
 */
#include "clock.h"
#include "key.h"
#include "program.h"
#include "spread.h"
#include "tail.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    SLOTS = 1 << 14, /* twice as many as symbols, at least */
    LOOK_MS = 20,
    SILENT_S = 30, /* without a trade: no more will come */
};

struct settings {
    int64_t trades;
    int64_t warm_s;
};

struct symbol {
    char name[KEY_SYMBOL_MAX + 1]; /* "": free */
    int64_t sequence;              /* of its last trade */
};

/* What a reader's thread fills; main looks at n and bad meanwhile, at the rest when it has ended.
 */
struct stream {
    int64_t warm_us;
    int64_t begin_us; /* receive time of the first that counts; 0: none yet */
    int64_t end_us;   /* when the last one was read */
    atomic_llong n;
    int64_t n_counted;
    struct spread *received; /* from the receive time */
    struct spread *made;     /* from the exchange's time; NULL: it sends none */
    struct symbol *symbols;  /* SLOTS of them; NULL: ids are not looked at */
    atomic_bool bad;
    struct err why; /* published by bad */
};

struct measure {
    const struct settings *settings;
    struct stream trades;
    struct stream quotes;
};

/* --- reading --------------------------------------------------------------------------------- */

static void fail(struct stream *s, const struct trade *t, const char *what)
{
    if (atomic_load(&s->bad))
        return;
    (void)err_set(&s->why, ERR_STATE, "%.*s %" PRId64 ": %s", SLICE_ARG(t->symbol), t->sequence,
                  what);
    atomic_store(&s->bad, true);
}

static void check_id(struct stream *s, const struct trade *t)
{
    size_t at = key_hash(0, t->symbol) & (SLOTS - 1);
    size_t looked = 0;
    while (s->symbols[at].name[0] && !slice_is(t->symbol, s->symbols[at].name) && looked++ < SLOTS)
        at = (at + 1) & (SLOTS - 1);
    struct symbol *m = &s->symbols[at];
    if (looked >= SLOTS / 2 || t->symbol.len > KEY_SYMBOL_MAX) {
        fail(s, t, "too many symbols");
        return;
    }
    if (!m->name[0])
        (void)snprintf(m->name, sizeof(m->name), "%.*s", SLICE_ARG(t->symbol));
    else if (t->sequence != m->sequence + 1)
        fail(s, t, "not the id after the last one");
    m->sequence = t->sequence;
}

/* now_us: what the clock said when it was read. */
static void note(struct stream *s, int64_t receive_us, int64_t exchange_us, int64_t now_us)
{
    atomic_fetch_add(&s->n, 1);
    s->end_us = now_us;
    if (s->begin_us == 0)
        s->begin_us = receive_us + s->warm_us;
    if (receive_us < s->begin_us)
        return;
    s->n_counted++;
    spread_add(s->received, now_us - receive_us);
    if (s->made)
        spread_add(s->made, now_us - exchange_us);
}

/* Records carry the time of day. */
static int64_t day_us(int64_t read_us)
{
    return clock_real_us() - (clock_mono_us() - read_us);
}

/* tail_fn */
static void on_trade(void *ctx, const struct record *r, int64_t read_us)
{
    struct measure *m = ctx;
    if (r->type != RECORD_TRADE)
        return;
    check_id(&m->trades, &r->trade);
    note(&m->trades, r->trade.receive_time_us, r->trade.exchange_time_us, day_us(read_us));
}

/* tail_fn; a void quote is no news of the market */
static void on_quote(void *ctx, const struct record *r, int64_t read_us)
{
    struct measure *m = ctx;
    if (r->type == RECORD_QUOTE && r->quote.state != QUOTE_STATE_VOID)
        note(&m->quotes, r->quote.receive_time_us, 0, day_us(read_us));
}

static int await(struct program *p, struct measure *m, struct tail *trades, struct tail *quotes,
                 struct err *e)
{
    int64_t n = 0;
    int64_t end_us = INT64_MAX; /* the first one may be long in coming */
    while (n < m->settings->trades) {
        int64_t before = n;
        if (!program_pause(p, LOOK_MS))
            return err_set(e, ERR_STOPPED, "stopped");
        if (tail_failed(trades, e) || tail_failed(quotes, e))
            return -1;
        if (atomic_load(&m->trades.bad)) {
            *e = m->trades.why;
            return -1;
        }
        n = atomic_load(&m->trades.n);
        if (n > before)
            end_us = clock_mono_us() + SILENT_S * US_PER_S;
        else if (clock_mono_us() > end_us)
            return err_set(e, ERR_STATE, "%" PRId64 " of %" PRId64 " trades came", n,
                           m->settings->trades);
    }
    return n == m->settings->trades ? 0 : err_set(e, ERR_STATE, "more trades than were made");
}

/* --- result ---------------------------------------------------------------------------------- */

/* Of this process, all its life. */
static int64_t cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* it exists on every system we build for */
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void print_spread(const char *name, const struct spread *s)
{
    (void)printf(",\"%s\":{\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 ",\"max_us\":%" PRId64 "}",
                 name, spread_at(s, 50), spread_at(s, 99), spread_at(s, 100));
}

static void print_stream(const char *name, const struct stream *s)
{
    (void)printf("\"%s\":{\"records\":%lld,\"counted\":%" PRId64 ",\"counted_us\":%" PRId64, name,
                 atomic_load(&s->n), s->n_counted, s->end_us - s->begin_us);
    print_spread("received", s->received);
    if (s->made)
        print_spread("made", s->made);
    (void)putchar('}');
}

static int print(const struct measure *m, struct err *e)
{
    if (m->trades.n_counted == 0 || m->quotes.n_counted == 0)
        return err_set(e, ERR_STATE, "nothing came after the warm-up");
    (void)putchar('{');
    print_stream("trades", &m->trades);
    (void)putchar(',');
    print_stream("quotes", &m->quotes);
    (void)printf(",\"cpu_us\":%" PRId64 "}\n", cpu_us());
    return 0;
}

/* --- program --------------------------------------------------------------------------------- */

static int create(struct measure *m, struct err *e)
{
    m->trades.warm_us = m->quotes.warm_us = m->settings->warm_s * US_PER_S;
    m->trades.received = spread_create(e);
    m->trades.made = m->trades.received ? spread_create(e) : NULL;
    m->quotes.received = m->trades.made ? spread_create(e) : NULL;
    if (!m->quotes.received)
        return -1;
    m->trades.symbols = calloc(SLOTS, sizeof(*m->trades.symbols));
    return m->trades.symbols ? 0 : err_set(e, ERR_NOMEM, "ingest: out of memory");
}

static void finish(struct measure *m)
{
    spread_destroy(m->trades.received);
    spread_destroy(m->trades.made);
    spread_destroy(m->quotes.received);
    free(m->trades.symbols);
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct measure m = {.settings = s};
    int r = create(&m, e);
    health_wait(p->health, "ends", "finding where to begin");
    struct tail *trades = r == 0 ? tail_start(&kafka, "trades", on_trade, &m, e) : NULL;
    struct tail *quotes = trades ? tail_start(&kafka, "quotes", on_quote, &m, e) : NULL;
    if (quotes)
        health_ready(p->health, "ends");
    r = quotes ? await(p, &m, trades, quotes, e) : -1;
    tail_stop(trades);
    tail_stop(quotes);
    if (r == 0)
        r = print(&m, e);
    finish(&m);
    return r;
}

#define AT(field_) offsetof(struct settings, field_)

static const struct conf_opt options[] = {
    {"trades", CONF_INT, AT(trades), .def = "100000", .min = 1, .max = INT64_C(1) << 40,
     .help = "how many will be written"},
    {"warm.s", CONF_INT, AT(warm_s), .def = "3", .max = 3600,
     .help = "seconds after the first record that do not count"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct program_about about = {.conf = {.name = "bench-ingest",
                                                    .summary = "times what a producer writes",
                                                    .args = "",
                                                    .prefixes = prefixes},
                                           .health_listen = "127.0.0.1:9199"};

int main(int argc, char **argv)
{
    struct settings s;
    struct program p;
    struct err e = {0};
    int code = program_start(&p, &about, options, &s, argc, argv);
    if (code == PROGRAM_RUN)
        code = program_end(&p, run(&p, &s, &e), &e);
    program_finish(&p);
    return code;
}
