#include "fees.h"

#include "timefmt.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const __int128 BPS_END_E18 = (__int128)10000 * 1000000000000000000; /* all of it */

static int text_of(const json_t *entry, const char *key, const char **ret, struct err *e)
{
    *ret = json_string_value(json_object_get(entry, key));
    if (!*ret || **ret == '\0')
        return err_set(e, ERR_CONF, "%s: expected a text", key);
    return 0;
}

/* "2025-01-31" */
static int day_of(const json_t *entry, const char *key, int64_t *ret_us, struct err *e)
{
    const char *text;
    if (text_of(entry, key, &text, e) != 0)
        return -1;
    char whole[TIME_TEXT];
    int n = snprintf(whole, sizeof(whole), "%.20sT00:00:00Z", text);
    if (strlen(text) != strlen("2025-01-31") || time_parse(slice_make(whole, (size_t)n), ret_us, e))
        return err_set(e, ERR_CONF, "%s: \"%.20s\" is no day such as 2025-01-31", key, text);
    return 0;
}

static int parse_bps(const json_t *entry, struct decimal *ret, struct err *e)
{
    const char *text;
    if (text_of(entry, "taker_bps", &text, e) != 0)
        return -1;
    if (decimal_parse(slice_of(text), ret, e) != 0)
        return err_prefix(e, "taker_bps");
    if (ret->e18 < 0 || ret->e18 >= BPS_END_E18)
        return err_set(e, ERR_CONF, "taker_bps: %.40s is not from 0 to below 10000", text);
    return 0;
}

static int check_keys(const json_t *object, const char *const *allowed, struct err *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) /* the macro wants it without const */
    {
        const char *const *a = allowed;
        while (*a && strcmp(*a, key) != 0)
            a++;
        if (!*a)
            return err_set(e, ERR_CONF, "unknown key \"%.60s\"", key);
    }
    return 0;
}

static int parse_entry(const json_t *j, struct fee *ret, struct err *e)
{
    static const char *const keys[] = {"exchange", "taker_bps", "from", "source",
                                       "checked",  "note",      NULL};
    const char *exchange;
    const char *source;
    int64_t checked_us;
    struct fee fee = {{0}};
    if (!json_is_object(j))
        return err_set(e, ERR_CONF, "expected an object");
    if (check_keys(j, keys, e) != 0 || text_of(j, "exchange", &exchange, e) != 0)
        return -1;
    if (!key_is_part(slice_of(exchange), KEY_EXCHANGE_MAX))
        return err_set(e, ERR_CONF, "exchange: \"%.60s\" cannot be the name of one", exchange);
    memcpy(fee.exchange, exchange, strlen(exchange));
    if (parse_bps(j, &fee.taker_bps, e) != 0 || day_of(j, "from", &fee.from_us, e) != 0 ||
        text_of(j, "source", &source, e) != 0 || day_of(j, "checked", &checked_us, e) != 0)
        return err_prefix(e, "%s", exchange);
    *ret = fee;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct fee *x = a;
    const struct fee *y = b;
    int c = strcmp(x->exchange, y->exchange);
    return c != 0 ? c : (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

static int fill(const json_t *top, struct fees *ret, struct err *e)
{
    static const char *const keys[] = {"fees", NULL};
    if (!json_is_object(top))
        return err_set(e, ERR_CONF, "expected an object");
    if (check_keys(top, keys, e) != 0)
        return -1;
    const json_t *list = json_object_get(top, "fees");
    if (!json_is_array(list) || json_array_size(list) > FEES_MAX)
        return err_set(e, ERR_CONF, "fees: expected a list of at most %d", FEES_MAX);
    ret->n = json_array_size(list);
    for (size_t i = 0; i < ret->n; i++)
        if (parse_entry(json_array_get(list, i), &ret->items[i], e) != 0)
            return err_prefix(e, "fees: entry %zu", i + 1);
    qsort(ret->items, ret->n, sizeof(ret->items[0]), compare);
    for (size_t i = 1; i < ret->n; i++)
        if (compare(&ret->items[i - 1], &ret->items[i]) == 0)
            return err_set(e, ERR_CONF, "fees: two entries of %s begin on the same day",
                           ret->items[i].exchange);
    return 0;
}

int fees_parse(struct slice text, struct fees *ret, struct err *e)
{
    json_error_t at;
    json_t *top = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &at);
    if (!top)
        return err_set(e, ERR_CONF, "line %d: %s", at.line, at.text);
    int r = fill(top, ret, e);
    json_decref(top);
    if (r != 0 && e)
        e->code = ERR_CONF; /* whatever a number in it said */
    return r;
}

struct fee_span fees_at(const struct fees *f, struct slice exchange, int64_t time_us)
{
    struct fee_span span = {NULL, INT64_MAX};
    for (size_t i = 0; i < f->n; i++) {
        if (!slice_is(exchange, f->items[i].exchange))
            continue;
        if (f->items[i].from_us > time_us) {
            span.until_us = f->items[i].from_us;
            break;
        }
        span.fee = &f->items[i];
    }
    return span;
}
