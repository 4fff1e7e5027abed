/**
 * A dead letter: a record that could not be used, with what its headers say of it.
 *
 *     struct letter l;
 *     letter_from(&message, &l);
 *     if (letter_wanted(&wishes, &l)) letter_json(&l, &out);
 *
 * Whoever refuses a record adds dlq.stage and dlq.reason, and where it has an origin on Kafka
 * dlq.topic, dlq.partition and dlq.offset; a producer's frames have dlq.exchange instead. Headers
 * are text from outside: any of them may be missing, or be any bytes.
 * Threads: pure functions, but letter_from() on a message that is not released yet.
 */
#ifndef CANDLEWICK_LETTER_H
#define CANDLEWICK_LETTER_H

#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct letter {
    int32_t partition; /* of dead-letters */
    int64_t offset;
    int64_t time_us; /* when it was refused */
    struct slice stage;
    struct slice reason;
    struct slice exchange;
    struct slice topic; /* where the record came from; empty: from no topic */
    struct slice origin_partition;
    struct slice origin_offset;
    struct slice whole_bytes; /* set where the value was cut: how long it was */
    struct slice key;
    bool has_key;
    int64_t value_bytes; /* of what is kept; -1: it has no value */
};

struct kafka_message;

/* The texts are slices of the message. */
void letter_from(const struct kafka_message *m, struct letter *ret);

/* "" for no wish. */
struct letter_wishes {
    const char *stage;
    const char *exchange;
    const char *topic; /* with the prefix or without it */
    const char *prefix;
    const char *reason; /* a part of it; letters count the same in either case */
    int64_t since_us;   /* INT64_MIN: from the first on */
};
bool letter_wanted(const struct letter_wishes *w, const struct letter *l);

/* One line of JSON; null for what is missing. -1: no room. */
int letter_json(const struct letter *l, struct strbuf *out) MUST_CHECK;

/* "trades/2/81455", "binance" or "-": where the record came from. -1: no room. */
int letter_origin(const struct letter *l, struct strbuf *out) MUST_CHECK;

/* Text for a terminal: control characters and what is no UTF-8 become U+FFFD, so that no letter
 * moves the cursor. -1: no room. */
int letter_add_plain(struct strbuf *out, struct slice text) MUST_CHECK;

/* "00000010  63 66 …  |cf…|", 16 bytes a line, as hexdump -C. -1: no room. */
int letter_hexdump(struct strbuf *out, struct slice bytes) MUST_CHECK;

#endif
