#include "tape.h"

#include "kafka/txn.h"
#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DELAY_MAX_US = 40000, /* how old a trade is when it arrives */
    FIRST_ID = 100000000,
    QUOTES = 3,
    WEIGHT = 1 << 20, /* of the symbol that trades most; the n-th has an n-th of it */
};

static const char *const quotes[QUOTES] = {"USDT", "USDC", "EUR"};

struct symbol {
    char name[TAPE_SYMBOL_MAX]; /* BASE-QUOTE */
    size_t base_len;
    int32_t partition;
    int64_t trades;
    int64_t price_ticks; /* of 0.01 */
    uint64_t weight_end; /* sum of the weights up to and with this one */
};

struct tape {
    struct tape_about about;
    struct symbol *symbols;
    int64_t subscribed; /* symbols that said so */
    int64_t trades;
    int64_t now_us;
    int64_t tick_us;        /* when the next ticks are due */
    int32_t tick_partition; /* of the next tick; that of a tape without due ticks: none */
    uint64_t random;
    char id[24];
};

/* --- create ---------------------------------------------------------------------------------- */

static void name_symbol(struct symbol *s, int64_t n, int32_t partitions)
{
    int len = snprintf(s->name, sizeof(s->name), "A%lld", (long long)(n / QUOTES));
    s->base_len = (size_t)len;
    (void)snprintf(s->name + len, sizeof(s->name) - (size_t)len, "-%s", quotes[n % QUOTES]);
    s->partition = txn_partition(slice_make(s->name, s->base_len), partitions);
    s->price_ticks = 100 + n * 7919 % 10000000;
}

struct tape *tape_create(const struct tape_about *about, struct err *e)
{
    if (about->symbols < 1 || about->probes < 0 || about->probes >= about->symbols ||
        about->partitions < 1 || about->rate < 1 || about->rate > US_PER_S) {
        (void)err_set(e, ERR_ARG, "tape: symbols, probes, partitions or rate");
        return NULL;
    }
    struct tape *t = calloc(1, sizeof(*t));
    if (t)
        t->symbols = calloc((size_t)about->symbols, sizeof(*t->symbols));
    if (!t || !t->symbols) {
        tape_destroy(t);
        (void)err_set(e, ERR_NOMEM, "tape: out of memory");
        return NULL;
    }
    t->about = *about;
    t->now_us = about->start_us;
    t->tick_us = about->start_us;
    t->random = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t end = 0;
    for (int64_t i = 0; i < about->symbols; i++) {
        name_symbol(&t->symbols[i], i, about->partitions);
        end += WEIGHT / (uint64_t)(i + 1) + 1;
        t->symbols[i].weight_end = end;
    }
    return t;
}

void tape_destroy(struct tape *t)
{
    if (!t)
        return;
    free(t->symbols);
    free(t);
}

/* --- records --------------------------------------------------------------------------------- */

static uint64_t draw(struct tape *t, uint64_t below)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return t->random % below;
}

static int64_t draw_symbol(struct tape *t)
{
    int64_t high = t->about.symbols - t->about.probes - 1;
    uint64_t at = draw(t, t->symbols[high].weight_end);
    int64_t low = 0;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (t->symbols[middle].weight_end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_opening(const struct tape *t)
{
    return t->trades < t->about.symbols;
}

static int64_t pick(struct tape *t)
{
    int64_t later = t->trades - t->about.symbols;
    if (is_opening(t))
        return t->trades;
    if (t->about.probes > 0 && later % TAPE_PROBE_EVERY == 0)
        return t->about.symbols - t->about.probes + later / TAPE_PROBE_EVERY % t->about.probes;
    return draw_symbol(t);
}

/* When the next trade comes. */
static int64_t next_us(const struct tape *t)
{
    int64_t n = t->trades;
    if (is_opening(t))
        return t->about.start_us + n * US_PER_S / t->about.symbols;
    return t->about.start_us + US_PER_S + (n - t->about.symbols) * US_PER_S / t->about.rate;
}

static void put_subscribed(struct tape *t, struct tape_record *ret)
{
    const struct symbol *s = &t->symbols[t->subscribed++];
    ret->partition = s->partition;
    ret->key = slice_make(s->name, s->base_len);
    ret->record = (struct record){.type = RECORD_FEED,
                                  .feed = {.exchange = slice_of(TAPE_EXCHANGE),
                                           .symbol = slice_of(s->name),
                                           .event = FEED_EVENT_SUBSCRIBED,
                                           .receive_time_us = t->now_us}};
}

static void put_tick(struct tape *t, struct tape_record *ret)
{
    ret->partition = t->tick_partition++;
    ret->record = (struct record){.type = RECORD_TICK,
                                  .tick = {.exchange = slice_of(TAPE_EXCHANGE),
                                           .receive_time_us = t->tick_us,
                                           .alive = true,
                                           .epoch = 1}};
    ret->at_us = t->tick_us;
    if (t->tick_partition == t->about.partitions) {
        t->tick_partition = 0;
        t->tick_us += US_PER_S;
    }
}

static void put_trade(struct tape *t, struct tape_record *ret)
{
    int64_t n = pick(t);
    int64_t first_probe = t->about.symbols - t->about.probes;
    struct symbol *s = &t->symbols[n];
    s->price_ticks += (int64_t)draw(t, 11) - 5;
    if (s->price_ticks < 1)
        s->price_ticks = 1;
    int64_t id = FIRST_ID + s->trades++;
    int len = snprintf(t->id, sizeof(t->id), "%lld", (long long)id);
    ret->partition = s->partition;
    ret->key = slice_make(s->name, s->base_len);
    ret->probe = n >= first_probe && !is_opening(t) ? n - first_probe : -1;
    ret->record = (struct record){
        .type = RECORD_TRADE,
        .trade = {.exchange = slice_of(TAPE_EXCHANGE),
                  .symbol = slice_of(s->name),
                  .trade_id = slice_make(t->id, (size_t)len),
                  .has_sequence = true,
                  .sequence = id,
                  .price = {(__int128)s->price_ticks * INT64_C(10000000000000000)},
                  .amount = {(__int128)(1 + draw(t, 1000000000)) * INT64_C(10000000000)},
                  .side = draw(t, 2) ? SIDE_BUY : SIDE_SELL,
                  .exchange_time_us = t->now_us - (int64_t)draw(t, DELAY_MAX_US),
                  .receive_time_us = t->now_us,
                  .origin = TRADE_ORIGIN_LIVE}};
    t->trades++;
}

void tape_next(struct tape *t, struct tape_record *ret)
{
    *ret = (struct tape_record){.key = {NULL, 0}, .probe = -1, .at_us = t->now_us};
    if (t->subscribed < t->about.symbols) {
        put_subscribed(t, ret);
        return;
    }
    if (t->tick_partition > 0 || next_us(t) >= t->tick_us) {
        put_tick(t, ret);
        return;
    }
    t->now_us = next_us(t);
    ret->at_us = t->now_us;
    put_trade(t, ret);
}
