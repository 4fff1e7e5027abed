#include "reinjection.h"

const char REINJECTION_TOPIC[] = "reinjections";
const char REINJECTION_LETTER_PARTITION[] = "reinject.partition";
const char REINJECTION_LETTER_OFFSET[] = "reinject.offset";

/* A header that is a number from 0 to max, else -1. */
static int64_t number(const struct kafka_message *m, const char *name, int64_t max)
{
    struct slice text = kafka_message_header(m, name);
    int64_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || v > (max - digit) / 10)
            return -1;
        v = 10 * v + digit;
    }
    return text.len > 0 ? v : -1;
}

void reinjection_from(const struct kafka_message *m, struct reinjection *ret)
{
    *ret = (struct reinjection){
        .stage = kafka_message_header(m, "dlq.stage"),
        .exchange = kafka_message_header(m, "dlq.exchange"),
        .topic = kafka_message_header(m, "dlq.topic"),
        .partition = (int32_t)number(m, "dlq.partition", INT32_MAX),
        .offset = number(m, "dlq.offset", INT64_MAX - 1),
        .letter_partition = (int32_t)number(m, REINJECTION_LETTER_PARTITION, INT32_MAX),
        .letter_offset = number(m, REINJECTION_LETTER_OFFSET, INT64_MAX - 1),
    };
}
