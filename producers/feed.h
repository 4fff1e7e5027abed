/**
 * The feed thread: keeps the links to the exchange, and puts what they bring into the
 * journals and queues.
 *
 *     struct feed_thread *f = feed_start(&about, &e);
 *     ...
 *     if (feed_failed(f, &e)) ...                   // the thread cannot go on
 *     feed_stop(f);
 *
 * Each connection of the universe connects at once, and after a loss ever later up to 30 s; it
 * subscribes at the pace the exchange allows, each request to be acknowledged within 10 s; it is
 * dead after the exchange's idle time without a frame of any kind. A full journal pauses the
 * connections that feed it; one that was paused for the idle time, or whose frame finds no room, is
 * dropped; quotes are never paused, but conflated. A symbol that the exchange refuses is done
 * without until its connection is made again. A connection that the exchange is about to cut is
 * replaced before (feed_link.h).
 * Threads: start, stop and failed from one; feed_want() from any; everything of
 * libwebsockets stays on the feed thread.
 */
#ifndef CANDLEWICK_FEED_H
#define CANDLEWICK_FEED_H

#include "clock.h"
#include "health.h"
#include "intake.h"
#include "record_file.h"
#include "url.h"

struct feed_thread;

struct feed_about {
    const struct exchange_ops *ops;
    struct channels listen;
    const struct url *urls; /* by kind of channel */
    const struct universe *universe;
    struct journal *const *journals;   /* one per shard */
    struct quote_queue *const *queues; /* as intake.h says */
    const struct market_clock *clock;
    const struct producer_metrics *metrics;
    int64_t
        max_age_ms; /* a connection is replaced before it is that old; 0: what the exchange says */
    bool cold;      /* no shard is wanted until feed_want() says so; else all are */
    struct recorder *recorder; /* used by the feed thread alone; NULL: none */
    struct health *health;     /* part "feed" */
    bool second;               /* another feed still serves: this one tells nothing to recorder and
                                  health until feed_take_over() */
    void (*on_stranger)(void *ctx); /* called, on the feed thread, when a symbol that is not
                                       followed is spoken of, or one that is followed is refused */
    void *ctx;
};

/* Everything in about is borrowed until feed_stop(). NULL: ERR_NOMEM, ERR_IO. */
struct feed_thread *feed_start(const struct feed_about *about, struct err *e);
void feed_stop(struct feed_thread *f); /* NULL is fine */

/* It is the only one now. */
void feed_take_over(struct feed_thread *f);

/* Another feed serves: what it does from now on, be it to stop, is told to nobody. */
void feed_give_way(struct feed_thread *f);

/* True with *e: the thread has ended by itself. */
bool feed_failed(struct feed_thread *f, struct err *e);

/* Whether the links of a shard are to be connected; until then, and afterwards, they are not, and
 * count for nothing in health; its journal gets no ticks. A link of quotes that carries a rate,
 * which is for all shards, always is connected. Any thread. */
void feed_want(struct feed_thread *f, uint32_t shard, bool wanted);

/* True: every connection that is wanted is subscribed. */
bool feed_is_up(struct feed_thread *f);

#endif
