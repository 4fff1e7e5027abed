#include "dead_letters.h"

#include "outbox.h"

#include <inttypes.h>
#include <stdlib.h>

static const char TOPIC[] = "dead-letters";

struct dead_letters {
    struct outbox *out;
    char topic[KAFKA_NAME_MAX + 1];
};

struct dead_letters *dead_letters_open(const struct kafka_settings *s, struct err *e)
{
    struct dead_letters *d = calloc(1, sizeof(*d));
    if (!d) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    if (kafka_name(s, TOPIC, d->topic, e) == 0)
        d->out = outbox_open(s, e);
    if (d->out)
        return d;
    dead_letters_close(d);
    return NULL;
}

void dead_letters_close(struct dead_letters *d)
{
    if (d)
        outbox_close(d->out);
    free(d);
}

/* --- one letter ------------------------------------------------------------------------------ */

static bool add(rd_kafka_headers_t *h, const char *name, const char *value)
{
    return rd_kafka_header_add(h, name, -1, value, -1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The message's own headers and ours. NULL: out of memory. */
static rd_kafka_headers_t *make_headers(const struct dead_letter *l)
{
    char partition[16];
    char offset[24];
    char bytes[24];
    rd_kafka_headers_t *had;
    rd_kafka_headers_t *h =
        rd_kafka_message_headers(l->message->handle, &had) == RD_KAFKA_RESP_ERR_NO_ERROR
            ? rd_kafka_headers_copy(had)
            : rd_kafka_headers_new(5);
    (void)snprintf(partition, sizeof(partition), "%" PRId32, l->message->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, l->message->offset);
    (void)snprintf(bytes, sizeof(bytes), "%zu", l->message->value.len);
    if (h && l->message->value.len > KAFKA_LETTER_VALUE_MAX && !add(h, "dlq.whole_bytes", bytes)) {
        rd_kafka_headers_destroy(h);
        return NULL;
    }
    if (h && add(h, "dlq.topic", l->topic) && add(h, "dlq.partition", partition) &&
        add(h, "dlq.offset", offset) && add(h, "dlq.stage", l->stage) &&
        add(h, "dlq.reason", l->reason))
        return h;
    if (h)
        rd_kafka_headers_destroy(h);
    return NULL;
}

int dead_letters_put(struct dead_letters *d, const struct dead_letter *letter, struct err *e)
{
    const struct kafka_message *m = letter->message;
    const struct outbox_message out = {
        .topic = d->topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = kafka_cut(m->key, KAFKA_LETTER_KEY_MAX),
        .value = kafka_cut(m->value, KAFKA_LETTER_VALUE_MAX),
        .headers = make_headers(letter),
    };
    if (!out.headers)
        return err_set(e, ERR_NOMEM, "kafka: no memory for headers");
    if (outbox_put(d->out, &out, e) == 0)
        return 0;
    rd_kafka_headers_destroy(out.headers);
    return -1;
}

int dead_letters_flush(struct dead_letters *d, struct err *e)
{
    return outbox_flush(d->out, e) == 0 ? 0 : err_prefix(e, "%s", d->topic);
}
