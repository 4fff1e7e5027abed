/**
 * The declaration of our topics: a JSON file, checked and made ready for the Admin API.
 *
 *     struct topics_file f;
 *     if (topics_file_parse(text, 0, &f, &e) != 0) ...
 *     for (size_t i = 0; i < f.n; i++)
 *         create(f.topics[i].name, f.topics[i].partitions, f.topics[i].configs);
 *     topics_file_finish(&f);
 *
 * Shape: {"partitions": 4, "config": {…}, "topics": [{"name": "trades", "doc": "…",
 * "partitions": 1, "cleanup": "compact,delete", "retention": "7d", "config": {"segment.ms":
 * "1h"}}]} Partitions and config at the top level hold for topics that do not say otherwise. A
 * value of a key in ".ms" may have a unit (ms s min h d), one of a key in ".bytes" too (B KiB MiB
 * GiB). Threads: pure functions.
 */
#ifndef CANDLEWICK_TOPICS_FILE_H
#define CANDLEWICK_TOPICS_FILE_H

#include "err.h"
#include "kafka/topic_spec.h"
#include "slice.h"

enum { TOPICS_MAX = 256, TOPIC_PARTITIONS_MAX = 10000 };

struct topics_file {
    struct topic_spec *topics;
    size_t n;
};

/* partitions: instead of the count at the top level, 0 to leave it. ERR_CONF says which topic and
 * key is wrong, or the line where the text is no JSON; ERR_NOMEM. */
int topics_file_parse(struct slice text, int32_t partitions, struct topics_file *ret,
                      struct err *e) MUST_CHECK;
void topics_file_finish(struct topics_file *f);

/* Sets how many shards exchanges have: the partitions of feed-progress.<exchange>. spec: "4" for
 * all exchanges, or "binance=4,okx=2". ERR_CONF: not that, no such exchange, or more shards than
 * `trades` has partitions. */
int topics_file_shards(struct topics_file *f, const char *spec, struct err *e) MUST_CHECK;

/* Whether the broker's value says the same as ours: the words of cleanup.policy have no order. */
bool topic_config_equal(const char *name, const char *ours, const char *theirs);

#endif
