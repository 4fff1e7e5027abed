#include "clock.h"
#include "log.h"
#include "tap.h"

enum { PAUSE_MS = 500 };

/* The schema could not be asked for just now: that is waited for, as Kafka is. */
static int wait_for_schema(struct tap *t, struct err *e)
{
    if (log_limit_pass(&t->schema_limit, clock_mono_us()))
        log_warn("tap", "waiting for a schema", LOG_ERR(e));
    if (!program_pause(t->program, PAUSE_MS))
        return err_set(e, ERR_STOPPED, "stopped while waiting for a schema");
    return 0;
}

int tap_decode(struct tap *t, struct slice value, struct record *ret, struct err *e)
{
    while (framing_decode(t->framing, value, ret, e) != 0)
        if (!e->retriable || wait_for_schema(t, e) != 0)
            return -1;
    return 0;
}

int tap_decode_prefix(struct tap *t, struct slice input, struct record *ret, size_t *ret_len,
                      struct err *e)
{
    for (;;) {
        e->retriable = false;
        int r = framing_decode_prefix(t->framing, input, ret, ret_len, e);
        if (r >= 0 || !e->retriable)
            return r;
        if (wait_for_schema(t, e) != 0)
            return -1;
    }
}

int tap_check_topic(const char *topic, struct err *e)
{
    static const char json[] = ".json";
    size_t len = strlen(topic);
    if (strcmp(topic, "dead-letters") == 0)
        return err_set(e, ERR_CONF,
                       "dead-letters holds what could not be read as records: use "
                       "cw-deadletter list");
    if (strcmp(topic, "schemas") == 0 ||
        (len >= sizeof(json) && strcmp(topic + len - strlen(json), json) == 0))
        return err_set(e, ERR_CONF,
                       "%.100s holds JSON text, no records: use kafka-console-consumer", topic);
    return 0;
}
