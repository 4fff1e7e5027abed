#include "rules.h"

#define WHOLE(n) ((__int128)(n)*1000000000000000000)

int rules_parse_bps(const char *key, const char *text, struct decimal *ret, struct err *e)
{
    struct decimal d;
    if (decimal_parse(slice_of(text), &d, e) != 0 || d.e18 < WHOLE(-10000) ||
        d.e18 > WHOLE(1000000))
        return err_set(e, ERR_CONF, "%s: \"%.60s\" is no number of basis points", key, text);
    *ret = d;
    return 0;
}

/* One "ASSET=AMOUNT". */
static int parse_notional(struct slice part, struct notionals *n, struct err *e)
{
    const char *equals = part.len ? memchr(part.data, '=', part.len) : NULL;
    struct slice asset = {part.data, equals ? (size_t)(equals - part.data) : 0};
    struct decimal least;
    if (!key_is_part(asset, KEY_SYMBOL_MAX))
        return err_set(e, ERR_CONF, "\"%.*s\" is not ASSET=AMOUNT",
                       (int)(part.len < 60 ? part.len : 60), part.data ? part.data : "");
    if (decimal_parse(slice_make(equals + 1, part.len - asset.len - 1), &least, e) != 0)
        return err_prefix(e, "%.*s", SLICE_ARG(asset));
    if (least.e18 < 0)
        return err_set(e, ERR_CONF, "%.*s: below zero", SLICE_ARG(asset));
    if (slice_is(asset, "*")) {
        n->other = least;
        return 0;
    }
    for (size_t i = 0; i < n->n; i++)
        if (slice_is(asset, n->items[i].asset))
            return err_set(e, ERR_CONF, "%.*s is there twice", SLICE_ARG(asset));
    if (n->n == RULES_NOTIONALS_MAX)
        return err_set(e, ERR_CONF, "more than %d assets", RULES_NOTIONALS_MAX);
    memcpy(n->items[n->n].asset, asset.data, asset.len);
    n->items[n->n++].least = least;
    return 0;
}

int rules_parse_notionals(const char *text, struct notionals *ret, struct err *e)
{
    struct notionals n = {0};
    for (const char *p = text; *p != '\0';) {
        size_t len = strcspn(p, ",");
        if (parse_notional(slice_make(p, len), &n, e) != 0) {
            (void)err_prefix(e, "min.notional");
            if (e)
                e->code = ERR_CONF; /* whatever a number in it said */
            return -1;
        }
        p += len;
        p += *p == ',';
    }
    *ret = n;
    return 0;
}

struct slice rules_quote_asset(struct slice symbol)
{
    size_t at = symbol.len;
    while (at > 1 && symbol.data[at - 1] != '-')
        at--;
    return at > 1 ? slice_make(symbol.data + at, symbol.len - at) : slice_make(NULL, 0);
}

struct decimal rules_notional(const struct notionals *n, struct slice symbol)
{
    struct slice asset = rules_quote_asset(symbol);
    for (size_t i = 0; i < n->n; i++)
        if (slice_is(asset, n->items[i].asset))
            return n->items[i].least;
    return n->other;
}
