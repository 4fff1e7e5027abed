/**
 * What a shard is inside, for the files it is made of.
 *
 *     shard.c          trades, links and ticks become records
 *     shard_missing.c  what is missing, and what becomes of asking for it
 *
 * Threads: as shard.h says.
 */
#ifndef CANDLEWICK_SHARD_INTERNAL_H
#define CANDLEWICK_SHARD_INTERNAL_H

#include "progress.h"
#include "shard.h"
#include "shard_put.h"

/* Why ids before the next trade of a symbol may be missing. */
enum absence { ABSENCE_NONE, ABSENCE_AWAY, ABSENCE_LOST };

/* Ids that were missing and are not any more, one behind the other, not yet told of. */
struct healed {
    bool any;
    struct hole ids;
    int64_t receive_us;
};

struct member {
    const struct universe_symbol *symbol;
    struct symbol_progress progress;
    struct healed healed;
    enum absence absence;
    bool touched; /* in this transaction */
    bool needy;   /* something may be missing: it is among shard.needy */
    int64_t look; /* there may be trades after the last one that nobody told us of: its number, 0:
                     no */
};

struct shard {
    struct shard_about about;
    struct universe_range range;
    struct member *members; /* range.n of them */
    uint32_t *touched;      /* indices into members */
    uint32_t n_touched;
    uint32_t *needy; /* likewise */
    uint32_t n_needy;
    int64_t looks; /* so far */
    int64_t epoch;
    int64_t now_us;
    int64_t market_us;
    struct shard_counts counts;
};

/* The index of a member: that of its symbol within the shard. */
static inline uint32_t shard_index_of(const struct shard *s, const struct member *m)
{
    return (uint32_t)(m - s->members);
}

/* Its progress goes with the transaction. */
void shard_touch(struct shard *s, struct member *m);

/* Something of it may be missing. */
void shard_need(struct shard *s, struct member *m);

/* There may be trades after its last one, if there was one: they are to be asked for. */
void shard_look(struct shard *s, struct member *m);

/* These ids are waited for no longer; they have left the progress already. */
int shard_tell_given_up(struct shard *s, const struct member *m, const struct hole *h,
                        int64_t receive_us, const char *reason, const struct shard_sink *k,
                        struct err *e) MUST_CHECK;

#endif
