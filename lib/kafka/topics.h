/**
 * What a program needs to know of its topics before it begins.
 *
 *     static const char *const needed[] = {"trades", "candles.1m", NULL};
 *     if (topics_await(&settings, p.health, needed, &counts, &e) != 0) ...
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_KAFKA_TOPICS_H
#define CANDLEWICK_KAFKA_TOPICS_H

#include "health.h"
#include "kafka/kafka.h"

/* Waits for the cluster (a log line each 10 s, /readyz part "kafka" with the reason), then looks
 * the topics up; names: without the prefix, NULL-terminated. ret_partitions[i]: partitions of
 * names[i]. ERR_NOT_FOUND: a topic is missing, says which and how to make it; ERR_IO: the cluster
 * has refused us for 10 s, be it by password, certificate or right; ERR_STOPPED. */
int topics_await(const struct kafka_settings *s, struct health *h, const char *const *names,
                 int32_t *ret_partitions, struct err *e) MUST_CHECK;

/* ERR_CONF unless all have one count: a processor writes to the partition number it reads. */
int topics_same_count(const char *const *names, const int32_t *partitions,
                      struct err *e) MUST_CHECK;

#endif
