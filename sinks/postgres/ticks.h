/**
 * What a batch says of the exchanges' feeds: its newest tick of each exchange and partition, in the
 * table exchange_state.
 *
 *     static const char session[] = TICKS_SESSION "…";
 *     struct ticks t = TICKS_INIT;
 *     ticks_put(&t, &record.tick, message, &e);
 *     ticks_write(&t, "trades", db, &e);             // in the transaction
 *     ticks_clear(&t);
 *     ticks_finish(&t);
 *
 * For the tables of topics that hold ticks.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_POSTGRES_TICKS_H
#define CANDLEWICK_POSTGRES_TICKS_H

#include "newest.h"
#include "rows.h"

/* What ticks_write() needs in each session. */
#define TICKS_SESSION                                                                              \
    "CREATE TEMP TABLE IF NOT EXISTS exchange_state_in (LIKE exchange_state)"                      \
    " ON COMMIT DELETE ROWS;"

struct tick_row {
    struct tick tick;
    int32_t partition;
    int64_t offset;
};

struct ticks {
    struct newest newest; /* of struct tick_row */
    struct copy copy;
};

#define TICKS_INIT                                                                                 \
    {                                                                                              \
        NEWEST_INIT(sizeof(struct tick_row)), COPY_INIT(ROWS_BYTES_MAX)                            \
    }

void ticks_clear(struct ticks *t);
void ticks_finish(struct ticks *t);

/* The tick is borrowed from the message until ticks_clear(). ERR_LIMIT: a time that no clock
 * shows; ERR_NOMEM. */
int ticks_put(struct ticks *t, const struct tick *tick, const struct kafka_message *m,
              struct err *e) MUST_CHECK;

/* topic: without the prefix. Errors of db.h. */
int ticks_write(struct ticks *t, const char *topic, struct db *db, struct err *e) MUST_CHECK;

#endif
