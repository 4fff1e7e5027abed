/**
 * All that hangs on one list of instruments: the universe, the memory of what is received, the
 * connections, the writer of quotes, repair.
 *
 *     struct lineup *l = lineup_create(&about, &list, &e);
 *     lineup_listen(l, false, &e);
 *     writer_run(w, &e);                    // with lineup_env(l)
 *     lineup_destroy(l);
 *
 * It is constant once made. When the list changes, a second line-up begins to listen beside the
 * first, as a standby would; when it is subscribed, the writer goes over to it. So a listing or a
 * delisting costs nothing of the others, and there is no second way for a symbol to come in.
 * Threads: one; it starts those of the feed, of quotes and of repair.
 */
#ifndef CANDLEWICK_LINEUP_H
#define CANDLEWICK_LINEUP_H

#include "feed.h"
#include "instruments.h"
#include "producer_conf.h"
#include "writer.h"

struct lineup;

/* What all line-ups of a program share. */
struct lineup_about {
    const struct producer_conf *conf;
    const struct kafka_settings *kafka;
    const struct framing_topic *framed_quotes;
    const struct shard_env *shards; /* what of it hangs on no line-up */
    const struct producer_metrics *metrics;
    struct health *health;
    struct recorder *recorder;
    struct rest_quota *quota;
    struct bell *bell;                      /* rung by journals and answers */
    struct bell *quote_bell;                /* rung by queues */
    struct instruments_watch *const *watch; /* hears of symbols that are not as they were */
    int32_t partitions;                     /* of `trades` */
    int32_t shards_n;                       /* partitions of the progress topic */
};

/* What is followed. */
struct lineup_list {
    const struct instruments *chosen;
    const struct instruments *rates;
    const struct instruments *gone; /* followed until now: told of once more */
    int64_t read_us;                /* when the exchange's list was read */
};

/* Everything in about is borrowed, the list copied. NULL: ERR_NOMEM, ERR_CONF, ERR_LIMIT. */
struct lineup *lineup_create(const struct lineup_about *about, const struct lineup_list *list,
                             struct err *e);

/* Ends what still runs. NULL is fine. */
void lineup_destroy(struct lineup *l);

/* Connects. second: another line-up still serves. ERR_NOMEM, ERR_IO. */
int lineup_listen(struct lineup *l, bool second, struct err *e) MUST_CHECK;

/* Whether the shard is listened to, where that hangs on whose it is; else nothing. */
void lineup_want(struct lineup *l, uint32_t shard, bool wanted);
bool lineup_wants(const struct lineup *l, uint32_t shard);

/* The threads that write quotes and ask for what is missing. ERR_NOMEM, ERR_CONF, ERR_IO. */
int lineup_write(struct lineup *l, struct err *e) MUST_CHECK;

/* The other one does not serve any more. */
void lineup_take_over(struct lineup *l);

/* No more is received. silently: another line-up goes on, and the writers are told nothing. */
void lineup_deafen(struct lineup *l, bool silently);

/* Nothing more comes; what was received of quotes is written. *e says what was not. */
int lineup_end_quotes(struct lineup *l, bool good, struct err *e) MUST_CHECK;

struct universe *lineup_universe(const struct lineup *l);
struct journal *const *lineup_journals(const struct lineup *l);
struct quote_queue *const *lineup_queues(const struct lineup *l);
struct shard_env *lineup_env(struct lineup *l);
struct feed_thread *lineup_feed(const struct lineup *l); /* NULL: it does not listen */

#endif
