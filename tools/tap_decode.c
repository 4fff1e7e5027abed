#include "tap.h"

int tap_decode(struct tap *t, struct slice value, struct record *ret, struct err *e)
{
    (void)t;
    return record_decode(value, ret, e);
}

int tap_decode_prefix(struct tap *t, struct slice input, struct record *ret, size_t *ret_len,
                      struct err *e)
{
    (void)t;
    return record_decode_prefix(input, ret, ret_len, e);
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
