/**
 * Asks the leader of a partition where its log begins and ends.
 *
 *     int64_t end;
 *     if (ask_offset(rk, "trades", 0, ASK_END, 1000, &end, &e) != 0) ...
 *
 * rd_kafka_query_watermark_offsets() of librdkafka 2.0.2 is not used: it asks whom it took for the
 * leader last, be that one dead, for as long as socket.timeout.ms, whatever timeout it was given.
 * Threads: any.
 */
#ifndef CANDLEWICK_KAFKA_ASK_H
#define CANDLEWICK_KAFKA_ASK_H

#include "kafka/kafka.h"

enum { ASK_END = -1, ASK_BEGIN = -2 }; /* as in Kafka's ListOffsets request */

/* when: ASK_BEGIN, the first offset there is; ASK_END, the one behind the last that a client of
 * this isolation level may read; else milliseconds of Kafka's clock: the first offset written then
 * or later, negative if there is none. Lasts up to timeout_ms; where it fails, as long again to
 * learn who leads now, so that the next call asks that one. name: with the prefix. ERR_IO,
 * ERR_NOT_FOUND. */
int ask_offset(rd_kafka_t *rk, const char *name, int32_t partition, int64_t when, int timeout_ms,
               int64_t *ret, struct err *e) MUST_CHECK;

#endif
