#include "kafka/kafka.h"
#include "letter.h"
#include "timefmt.h"

void letter_from(const struct kafka_message *m, struct letter *ret)
{
    *ret = (struct letter){
        .partition = m->partition,
        .offset = m->offset,
        .time_us = m->timestamp_ms * US_PER_MS,
        .stage = kafka_message_header(m, "dlq.stage"),
        .reason = kafka_message_header(m, "dlq.reason"),
        .exchange = kafka_message_header(m, "dlq.exchange"),
        .topic = kafka_message_header(m, "dlq.topic"),
        .origin_partition = kafka_message_header(m, "dlq.partition"),
        .origin_offset = kafka_message_header(m, "dlq.offset"),
        .whole_bytes = kafka_message_header(m, "dlq.whole_bytes"),
        .key = m->key,
        .has_key = m->key.data != NULL,
        .value_bytes = m->tombstone ? -1 : (int64_t)m->value.len,
    };
}
