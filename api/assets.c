#include "assets.h"

#include "key.h"
#include "strbuf.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A text that means an asset. */
struct term {
    char folded[SYMBOL_TEXT_MAX + 1]; /* as symbol_fold() */
    const char *text;
    size_t asset; /* index */
};

struct assets {
    json_t *top; /* holds the texts */
    struct asset *items;
    size_t n;
    struct term *terms; /* by folded */
    size_t n_terms;
    struct strbuf array;
};

enum { TERMS_EACH = ASSET_ALIASES_MAX + 2, ARRAY_BYTES = ASSETS_MAX * (ASSET_MAX + 3) + 3 };

/* --- one entry ------------------------------------------------------------------------------- */

static int text_of(const json_t *value, const char *key, size_t max, const char **ret,
                   struct err *e)
{
    const char *text = json_string_value(value);
    char folded[SYMBOL_TEXT_MAX + 1];
    if (!text || !key_is_part(slice_of(text), max) || symbol_fold(text, folded) < 1)
        return err_set(e, ERR_CONF, "%s: expected a text of 1 to %zu bytes, with letters", key,
                       max);
    *ret = text;
    return 0;
}

/* Whether a text is an asset with a number before it, 1000SHIB or 1MBABYDOGE: so exchanges call
 * what trades by the thousand, whose prices are others. */
static bool is_multiple(const char *text, const char *asset)
{
    char folded[SYMBOL_TEXT_MAX + 1];
    int len = symbol_fold(text, folded);
    int rest = len - (int)strlen(asset);
    if (rest <= 0 || strcmp(folded + rest, asset) != 0)
        return false;
    size_t digits = strspn(folded, "0123456789");
    return digits > 0 && digits + strspn(folded + digits, "KMB") >= (size_t)rest;
}

static int parse_aliases(const json_t *list, struct asset *ret, struct err *e)
{
    if (!list)
        return 0;
    if (!json_is_array(list) || json_array_size(list) > ASSET_ALIASES_MAX)
        return err_set(e, ERR_CONF, "aliases: expected a list of at most %d", ASSET_ALIASES_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char **alias = &ret->aliases[ret->n_aliases++];
        if (text_of(json_array_get(list, i), "aliases", ASSET_NAME_MAX, alias, e) != 0)
            return -1;
        if (is_multiple(*alias, ret->asset))
            return err_set(e, ERR_CONF, "aliases: %s is a multiple of %s, an asset of its own",
                           *alias, ret->asset);
    }
    return 0;
}

static int check_keys(const json_t *entry, struct err *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)entry, key, value) /* the macro wants it without const */
    {
        if (strcmp(key, "asset") != 0 && strcmp(key, "name") != 0 && strcmp(key, "aliases") != 0)
            return err_set(e, ERR_CONF, "unknown key \"%.60s\"", key);
    }
    return 0;
}

static int parse_entry(const json_t *entry, struct asset *ret, struct err *e)
{
    char folded[SYMBOL_TEXT_MAX + 1];
    if (!json_is_object(entry))
        return err_set(e, ERR_CONF, "expected an object");
    if (check_keys(entry, e) != 0 ||
        text_of(json_object_get(entry, "asset"), "asset", ASSET_MAX, &ret->asset, e) != 0)
        return -1;
    if (symbol_fold(ret->asset, folded) < 1 || strcmp(folded, ret->asset) != 0)
        return err_set(e, ERR_CONF, "asset: \"%s\" is not upper case letters and digits",
                       ret->asset);
    if (text_of(json_object_get(entry, "name"), "name", ASSET_NAME_MAX, &ret->name, e) != 0 ||
        parse_aliases(json_object_get(entry, "aliases"), ret, e) != 0)
        return err_prefix(e, "%s", ret->asset);
    return 0;
}

/* --- terms ----------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct term *x = a;
    const struct term *y = b;
    int c = strcmp(x->folded, y->folded);
    return c != 0 ? c : (x->asset > y->asset) - (x->asset < y->asset);
}

static void add_term(struct assets *a, size_t asset, const char *text)
{
    struct term *t = &a->terms[a->n_terms++];
    *t = (struct term){.text = text, .asset = asset};
    (void)symbol_fold(text, t->folded); /* not empty: text_of() has seen to it */
}

/* A name may be the asset itself, SUI is Sui; nothing else is said twice. */
static void add_terms(struct assets *a, size_t i)
{
    const struct asset *it = &a->items[i];
    char folded[SYMBOL_TEXT_MAX + 1];
    add_term(a, i, it->asset);
    (void)symbol_fold(it->name, folded);
    if (strcmp(folded, it->asset) != 0)
        add_term(a, i, it->name);
    for (size_t k = 0; k < it->n_aliases; k++)
        add_term(a, i, it->aliases[k]);
}

static int sort_terms(struct assets *a, struct err *e)
{
    for (size_t i = 0; i < a->n; i++)
        add_terms(a, i);
    if (a->n_terms > 0)
        qsort(a->terms, a->n_terms, sizeof(a->terms[0]), compare);
    for (size_t i = 1; i < a->n_terms; i++) {
        const struct term *x = &a->terms[i - 1];
        const struct term *y = &a->terms[i];
        if (strcmp(x->folded, y->folded) == 0)
            return err_set(e, ERR_CONF,
                           "\"%s\" of %s (entry %zu) and \"%s\" of %s (entry %zu) are the same",
                           x->text, a->items[x->asset].asset, x->asset + 1, y->text,
                           a->items[y->asset].asset, y->asset + 1);
    }
    return 0;
}

static const struct asset *find(const struct assets *a, const char *folded)
{
    size_t low = 0;
    size_t high = a->n_terms;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = strcmp(folded, a->terms[middle].folded);
        if (c == 0)
            return &a->items[a->terms[middle].asset];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int make_array(struct assets *a, struct err *e)
{
    int r = strbuf_addc(&a->array, '{');
    for (size_t i = 0; r == 0 && i < a->n; i++)
        r = strbuf_addf(&a->array, "%s\"%s\"", i ? "," : "", a->items[i].asset);
    return r == 0 && strbuf_addc(&a->array, '}') == 0 ? 0 : strbuf_full(&a->array, "assets", e);
}

static int fill(struct assets *a, struct err *e)
{
    if (!json_is_array(a->top) || json_array_size(a->top) > ASSETS_MAX)
        return err_set(e, ERR_CONF, "expected a list of at most %d", ASSETS_MAX);
    a->n = json_array_size(a->top);
    a->items = calloc(a->n + 1, sizeof(a->items[0]));
    a->terms = calloc(a->n * TERMS_EACH + 1, sizeof(a->terms[0]));
    if (!a->items || !a->terms)
        return err_set(e, ERR_NOMEM, "out of memory for %zu assets", a->n);
    for (size_t i = 0; i < a->n; i++)
        if (parse_entry(json_array_get(a->top, i), &a->items[i], e) != 0)
            return err_prefix(e, "entry %zu", i + 1);
    return sort_terms(a, e) == 0 ? make_array(a, e) : -1;
}

struct assets *assets_parse(struct slice text, struct err *e)
{
    json_error_t at;
    struct assets *a = calloc(1, sizeof(*a));
    if (!a) {
        (void)err_set(e, ERR_NOMEM, "out of memory for assets");
        return NULL;
    }
    a->array = (struct strbuf)STRBUF_INIT(ARRAY_BYTES);
    a->top = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &at);
    if (!a->top)
        (void)err_set(e, ERR_CONF, "line %d: %s", at.line, at.text);
    else if (fill(a, e) == 0)
        return a;
    assets_destroy(a);
    return NULL;
}

void assets_destroy(struct assets *a)
{
    if (!a)
        return;
    strbuf_finish(&a->array);
    free(a->terms);
    free(a->items);
    json_decref(a->top); /* NULL is fine */
    free(a);
}

size_t assets_count(const struct assets *a)
{
    return a->n;
}

const struct asset *assets_at(const struct assets *a, size_t i)
{
    return &a->items[i];
}

const struct asset *assets_get(const struct assets *a, struct slice asset)
{
    char text[ASSET_MAX + 1];
    if (asset.len > ASSET_MAX)
        return NULL;
    memcpy(text, asset.data, asset.len);
    text[asset.len] = '\0';
    const struct asset *it = find(a, text);
    return it && strcmp(it->asset, text) == 0 ? it : NULL;
}

const char *assets_find(const struct assets *a, const char *folded)
{
    const struct asset *it = find(a, folded);
    return it ? it->asset : NULL;
}

const char *assets_array(const struct assets *a)
{
    return a->array.data;
}
