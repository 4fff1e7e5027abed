#include "shard_put.h"

#include <stdio.h>

static int put(const struct shard_sink *k, enum shard_topic topic, int32_t partition,
               struct slice key, const struct record *r, struct err *e)
{
    const struct shard_output out = {topic, partition, key, r, NULL};
    return k->emit(k->ctx, &out, e);
}

/* Key "exchange|symbol" of the topics that are by symbol. */
struct pair_key {
    char text[64 + EXCHANGE_SYMBOL_MAX];
};

static struct slice pair_key(const struct shard_sink *k, const struct universe_symbol *of,
                             struct pair_key *buf)
{
    int n = snprintf(buf->text, sizeof(buf->text), "%.60s|%s", k->about->exchange, of->info.symbol);
    return slice_make(buf->text, (size_t)n);
}

int shard_put_trade(const struct shard_sink *k, const struct universe_symbol *of,
                    const struct entry *in, struct err *e)
{
    const struct record r = {
        .type = RECORD_TRADE,
        .trade =
            {
                .exchange = slice_of(k->about->exchange),
                .symbol = slice_of(of->info.symbol),
                .trade_id = in->text,
                .has_sequence = true,
                .sequence = in->sequence,
                .price = in->price,
                .amount = in->amount,
                .side = in->side,
                .exchange_time_us = in->other_us,
                .receive_time_us = in->receive_us,
                .origin = in->origin,
            },
    };
    return put(k, SHARD_TRADES, of->partition, slice_of(of->info.base), &r, e);
}

int shard_put_feed(const struct shard_sink *k, const struct universe_symbol *of,
                   const struct feed *f, struct err *e)
{
    struct pair_key buf = {""};
    struct record r = {.type = RECORD_FEED, .feed = *f};
    r.feed.exchange = slice_of(k->about->exchange);
    r.feed.symbol = slice_of(of->info.symbol);
    if (put(k, SHARD_TRADES, of->partition, slice_of(of->info.base), &r, e) != 0)
        return -1;
    return put(k, SHARD_FEEDS, SHARD_BY_KEY, pair_key(k, of, &buf), &r, e);
}

int shard_put_ids(const struct shard_sink *k, const struct universe_symbol *of,
                  enum feed_event event, const struct hole *h, int64_t receive_us,
                  const char *reason, struct err *e)
{
    const struct feed f = {
        .event = event,
        .has_first_id = true,
        .first_id = h->first_id,
        .has_last_id = true,
        .last_id = h->last_id,
        .has_from_time_us = true,
        .from_time_us = h->from_time_us,
        .has_to_time_us = true,
        .to_time_us = h->to_time_us,
        .receive_time_us = receive_us,
        .has_reason = reason != NULL,
        .reason = slice_of(reason ? reason : ""),
    };
    return shard_put_feed(k, of, &f, e);
}

int shard_put_tick(const struct shard_sink *k, int32_t partition, const struct tick *t,
                   struct err *e)
{
    struct record r = {.type = RECORD_TICK, .tick = *t};
    r.tick.exchange = slice_of(k->about->exchange);
    return put(k, SHARD_TRADES, partition, (struct slice){NULL, 0}, &r, e);
}

int shard_put_progress(const struct shard_sink *k, const char *symbol, const struct progress *p,
                       struct err *e)
{
    struct record r = {.type = RECORD_PROGRESS, .progress = *p};
    r.progress.exchange = slice_of(k->about->exchange);
    r.progress.symbol = slice_of(symbol);
    r.progress.stream = slice_of(k->about->stream);
    return put(k, SHARD_PROGRESS, (int32_t)k->about->number, slice_of(symbol), &r, e);
}

int shard_put_instrument(const struct shard_sink *k, const struct universe_symbol *of,
                         struct err *e)
{
    struct pair_key buf = {""};
    const struct instrument_info *in = &of->info;
    const struct record r = {
        .type = RECORD_INSTRUMENT,
        .instrument =
            {
                .exchange = slice_of(k->about->exchange),
                .symbol = slice_of(in->symbol),
                .native_symbol = slice_of(in->native),
                .base = slice_of(in->base),
                .quote = slice_of(in->quote),
                .status = in->status,
                .has_tick_size = in->has_tick_size,
                .tick_size = in->tick_size,
                .has_lot_size = in->has_lot_size,
                .lot_size = in->lot_size,
                .update_time_us = k->about->instruments_us,
            },
    };
    return put(k, SHARD_INSTRUMENTS, SHARD_BY_KEY, pair_key(k, of, &buf), &r, e);
}

int shard_put_bad(const struct shard_sink *k, const struct entry *in, struct err *e)
{
    const struct shard_output out = {SHARD_DEAD_LETTERS, SHARD_BY_KEY, slice_of(k->about->exchange),
                                     NULL, in};
    return k->emit(k->ctx, &out, e);
}
