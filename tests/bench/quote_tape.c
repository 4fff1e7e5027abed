#include "quote_tape.h"

#include "kafka/txn.h"
#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    EXCHANGES = 3,
    CHEAP = 0, /* where a probe is bought */
    DEAR = 2,  /* where it is sold */
    /* Prices in hundred-thousandths of a book's own. */
    EVEN = 100000,
    RAISED = 103000,
    STRAY = 40,
    HALF_SPREAD = 1,
    /* What the places among QUOTE_TAPE_PROBE_EVERY quotes are for; the others are for anybody. */
    AT_FRESH = 0,
    AT_RAISED = 25,
    AT_EVEN = 75,
};

static const char *const exchanges[EXCHANGES] = {"binance", "kraken", "okx"};

struct book {
    char name[TAPE_SYMBOL_MAX]; /* BASE-QUOTE */
    size_t base_len;
    int32_t partition;
    int64_t price; /* a whole number */
};

struct quote_tape {
    struct quote_tape_about about;
    struct book *books; /* the probes behind the others */
    int64_t quotes;     /* so far */
    int64_t ticks;
    uint64_t random;
};

/* What a quote says. */
struct told {
    int64_t book;
    int exchange;
    int64_t level; /* of the price, in hundred-thousandths */
};

/* --- create ---------------------------------------------------------------------------------- */

static void name_book(struct book *b, int64_t n, int32_t partitions)
{
    int len = snprintf(b->name, sizeof(b->name), "A%lld", (long long)n);
    b->base_len = (size_t)len;
    (void)snprintf(b->name + len, sizeof(b->name) - (size_t)len, "-USDT");
    b->partition = txn_partition(slice_make(b->name, b->base_len), partitions);
    b->price = 100 + n;
}

struct quote_tape *quote_tape_create(const struct quote_tape_about *about, struct err *e)
{
    if (about->symbols < 1 || about->probes < 2 || about->partitions < 1 || about->rate < 1 ||
        about->rate > US_PER_S) {
        (void)err_set(e, ERR_ARG, "quote tape: symbols, probes, partitions or rate");
        return NULL;
    }
    int64_t n = about->symbols + about->probes;
    struct quote_tape *t = calloc(1, sizeof(*t));
    if (t)
        t->books = calloc((size_t)n, sizeof(*t->books));
    if (!t || !t->books) {
        quote_tape_destroy(t);
        (void)err_set(e, ERR_NOMEM, "quote tape: out of memory");
        return NULL;
    }
    t->about = *about;
    t->random = UINT64_C(0x9e3779b97f4a7c15);
    for (int64_t i = 0; i < n; i++)
        name_book(&t->books[i], i, about->partitions);
    return t;
}

void quote_tape_destroy(struct quote_tape *t)
{
    if (!t)
        return;
    free(t->books);
    free(t);
}

/* --- records --------------------------------------------------------------------------------- */

static int64_t draw(struct quote_tape *t, int64_t below)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return (int64_t)(t->random % (uint64_t)below);
}

static void put_tick(struct quote_tape *t, int64_t at_us, struct tape_record *ret)
{
    int64_t i = t->ticks++ % (EXCHANGES * t->about.partitions);
    *ret = (struct tape_record){.partition = (int32_t)(i / EXCHANGES),
                                .at_us = at_us,
                                .probe = -1,
                                .record = {.type = RECORD_TICK,
                                           .tick = {.exchange = slice_of(exchanges[i % EXCHANGES]),
                                                    .receive_time_us = at_us,
                                                    .alive = true,
                                                    .epoch = 1}}};
}

/* What the next quote says; *ret_probe: which probe it is, -1. First each book is quoted once. */
static struct told tell(struct quote_tape *t, int64_t *ret_probe)
{
    const struct quote_tape_about *a = &t->about;
    int64_t later = t->quotes - a->symbols * EXCHANGES;
    int64_t turn = later / QUOTE_TAPE_PROBE_EVERY;
    *ret_probe = -1;
    if (later < 0)
        return (struct told){t->quotes / EXCHANGES, (int)(t->quotes % EXCHANGES), EVEN};
    switch (later % QUOTE_TAPE_PROBE_EVERY) {
    case AT_FRESH:
        return (struct told){a->symbols + turn % a->probes, CHEAP, EVEN};
    case AT_RAISED:
        *ret_probe = turn % a->probes;
        return (struct told){a->symbols + *ret_probe, DEAR, RAISED};
    case AT_EVEN:
        return (struct told){a->symbols + (turn + a->probes / 2) % a->probes, DEAR, EVEN};
    default:
        return (struct told){draw(t, a->symbols), (int)draw(t, EXCHANGES), EVEN + draw(t, STRAY)};
    }
}

static struct decimal price(const struct book *b, int64_t level)
{
    const __int128 e13 = INT64_C(10000000000000); /* a hundred-thousandth */
    return (struct decimal){b->price * level * e13};
}

static struct decimal amount(struct quote_tape *t)
{
    const __int128 e16 = INT64_C(10000000000000000); /* a hundredth */
    return (struct decimal){(100 + draw(t, 10000)) * e16};
}

static void put_quote(struct quote_tape *t, int64_t at_us, struct tape_record *ret)
{
    int64_t probe;
    const struct told told = tell(t, &probe);
    const struct book *b = &t->books[told.book];
    t->quotes++;
    *ret = (struct tape_record){.partition = b->partition,
                                .key = slice_make(b->name, b->base_len),
                                .at_us = at_us,
                                .probe = probe};
    ret->record = (struct record){.type = RECORD_QUOTE,
                                  .quote = {.exchange = slice_of(exchanges[told.exchange]),
                                            .symbol = slice_of(b->name),
                                            .has_bid = true,
                                            .bid = price(b, told.level - HALF_SPREAD),
                                            .has_bid_amount = true,
                                            .bid_amount = amount(t),
                                            .has_ask = true,
                                            .ask = price(b, told.level + HALF_SPREAD),
                                            .has_ask_amount = true,
                                            .ask_amount = amount(t),
                                            .state = QUOTE_STATE_NORMAL,
                                            .receive_time_us = at_us,
                                            .epoch = 1}};
}

void quote_tape_next(struct quote_tape *t, struct tape_record *ret)
{
    const struct quote_tape_about *a = &t->about;
    int64_t tick_us = a->start_us + t->ticks / (EXCHANGES * a->partitions) * US_PER_S;
    int64_t quote_us = a->start_us + t->quotes * US_PER_S / a->rate;
    if (tick_us <= quote_us)
        put_tick(t, tick_us, ret);
    else
        put_quote(t, quote_us, ret);
}
