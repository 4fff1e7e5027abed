#include "listing.h"

#include <stdio.h>

int listing_request(const char *path, int64_t weight, struct http_request *ret, struct err *e)
{
    int n = snprintf(ret->path, sizeof(ret->path), "%s", path);
    if (n < 0 || (size_t)n >= sizeof(ret->path))
        return err_set(e, ERR_LIMIT, "a path of %d bytes", n);
    ret->endpoint = "rest";
    ret->weight = weight;
    return 0;
}

int listing_parse(const char *what, struct slice body, listing_answer_fn answer, instrument_fn fn,
                  void *ctx, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb(body.data ? body.data : "", body.len, 0, &why);
    if (!root)
        return err_set(e, ERR_PROTO, "%s: line %d: %s", what, why.line, why.text);
    int r = answer(root, fn, ctx, e);
    json_decref(root);
    return r;
}

const char *listing_text(const char *what, const json_t *entry, const char *key, struct err *e)
{
    const char *text = json_string_value(json_object_get(entry, key));
    if (!text)
        (void)err_set(e, ERR_PROTO, "%s: a pair without %s", what, key);
    return text;
}

int listing_step(const char *what, const char *key, const char *text, bool *ret_has,
                 struct decimal *ret, struct err *e)
{
    struct decimal step = {0};
    if (text && decimal_parse(slice_of(text), &step, e) != 0)
        return err_prefix(e, "%s: %s", what, key);
    if (step.e18 < 0)
        return err_set(e, ERR_PROTO, "%s: %s is below 0", what, key);
    *ret_has = step.e18 > 0;
    *ret = step;
    return 0;
}

/* What separates parts of our names cannot be part of an asset. */
static bool asset_fits(const char *asset)
{
    size_t len = strlen(asset);
    if (len == 0 || len > EXCHANGE_ASSET_MAX)
        return false;
    for (const unsigned char *p = (const unsigned char *)asset; *p; p++)
        if (*p <= ' ' || *p == 0x7f || strchr("-|/,:\"\\*", *p))
            return false;
    return true;
}

static bool native_fits(const char *native)
{
    size_t len = strlen(native);
    if (len == 0 || len > EXCHANGE_SYMBOL_MAX)
        return false;
    for (const unsigned char *p = (const unsigned char *)native; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '@' || *p == '"' || *p == '\\')
            return false;
    return true;
}

bool listing_name(struct instrument_info *in, const char *native, const char *base,
                  const char *quote)
{
    if (!native_fits(native) || !asset_fits(base) || !asset_fits(quote) ||
        strlen(base) + strlen(quote) >= EXCHANGE_SYMBOL_MAX)
        return false;
    (void)snprintf(in->native, sizeof(in->native), "%s", native);
    (void)snprintf(in->rest, sizeof(in->rest), "%s", native);
    (void)snprintf(in->base, sizeof(in->base), "%s", base);
    (void)snprintf(in->quote, sizeof(in->quote), "%s", quote);
    (void)snprintf(in->symbol, sizeof(in->symbol), "%s-%s", base, quote);
    return true;
}

/* A list on its way. */
struct listing {
    listing_entry_fn entry;
    instrument_fn fn;
    void *ctx;
    int left_out;
    int malformed;
    int entries;
    struct err first; /* why the first malformed one is */
};

static int take(struct listing *l, const char *key, const json_t *value, struct err *e)
{
    struct instrument_info in = {0};
    struct err why = {0};
    int r = l->entry(key, value, &in, &why);
    l->entries++;
    if (r == LISTING_PAIR)
        return l->fn(l->ctx, &in, e);
    if (r < 0 && l->malformed++ == 0)
        l->first = why;
    l->left_out += r != LISTING_OTHERS;
    return 0;
}

int listing_each(const json_t *list, listing_entry_fn entry, instrument_fn fn, void *ctx,
                 struct err *e)
{
    struct listing l = {.entry = entry, .fn = fn, .ctx = ctx};
    const char *key;
    json_t *value; /* borrowed */
    for (size_t i = 0; i < json_array_size(list); i++)
        if (take(&l, NULL, json_array_get(list, i), e) != 0)
            return -1;
    json_object_foreach((json_t *)list, key, value)
    {
        if (take(&l, key, value, e) != 0)
            return -1;
    }
    if (l.malformed > 0)
        *e = l.first;
    return l.malformed > 0 && l.malformed == l.entries ? -1 : l.left_out;
}
