#include "assets.h"

#include <stdio.h>
#include <string.h>

/* The symbols that a text may mean, as its parts are taken. */
struct choice {
    const struct assets *assets;
    const char *const *known;
    int n;
    char symbol[2 * SYMBOL_TEXT_MAX + 2]; /* the first that names made */
    int found;                            /* -1: none yet */
    bool ambiguous;
};

/* Whether a known symbol has the part as its base or quote. */
static bool is_traded(const struct choice *c, const char *part)
{
    size_t len = strlen(part);
    for (int i = 0; i < c->n; i++) {
        const char *dash = strchr(c->known[i], '-');
        if (!dash)
            continue;
        size_t base = (size_t)(dash - c->known[i]);
        if ((base == len && memcmp(c->known[i], part, len) == 0) || strcmp(dash + 1, part) == 0)
            return true;
    }
    return false;
}

/* What a part of the text stands for: an asset, else where it is one word itself. false: nothing.
 * *ret_named: it is another word for the asset. */
static bool part_of(const struct choice *c, const char *text, size_t len, bool may_be_itself,
                    char ret[SYMBOL_TEXT_MAX + 1], bool *ret_named)
{
    char part[SYMBOL_TEXT_MAX + 1];
    if (len > SYMBOL_TEXT_MAX)
        return false;
    memcpy(part, text, len);
    part[len] = '\0';
    if (symbol_fold(part, ret) < 1)
        return false;
    const char *asset = assets_find(c->assets, ret);
    if (asset && strcmp(asset, ret) != 0 && !is_traded(c, ret)) {
        (void)snprintf(ret, SYMBOL_TEXT_MAX + 1, "%s", asset);
        *ret_named = true;
        return true;
    }
    if (asset)
        return true;
    for (size_t i = 0; may_be_itself && i < len; i++)
        may_be_itself = symbol_is_letter(part[i]);
    return may_be_itself;
}

/* The text with its base in the first bytes, its quote in the last ones. */
static void try_split(struct choice *c, const char *text, size_t base, size_t quote,
                      bool may_be_itself)
{
    char parts[2][SYMBOL_TEXT_MAX + 1];
    char symbol[sizeof(c->symbol)];
    bool named = false;
    const char *end = text + strlen(text) - quote;
    if (!part_of(c, text, base, may_be_itself, parts[0], &named) ||
        !part_of(c, end, quote, may_be_itself, parts[1], &named) || !named)
        return;
    (void)snprintf(symbol, sizeof(symbol), "%s-%s", parts[0], parts[1]);
    if (*c->symbol == '\0')
        memcpy(c->symbol, symbol, sizeof(symbol));
    for (int i = 0; i < c->n; i++) {
        if (strcmp(c->known[i], symbol) != 0)
            continue;
        c->ambiguous = c->ambiguous || (c->found >= 0 && c->found != i);
        c->found = i;
    }
}

/* With separators the parts lie between two of them, else anywhere; then both must be assets. */
static void try_all(struct choice *c, const char *text)
{
    size_t len = strlen(text);
    bool separated = false;
    for (size_t i = 0; i < len; i++) {
        if (symbol_is_letter(text[i]))
            continue;
        separated = true;
        try_split(c, text, i, len - i - 1, true);
    }
    for (size_t i = 1; !separated && i < len; i++)
        try_split(c, text, i, len - i, false);
}

void assets_match(const struct assets *a, const char *text, const char *const *known, int n,
                  struct symbol_match *ret)
{
    struct choice c = {.assets = a, .known = known, .n = n, .found = -1};
    struct symbol_match near;
    char whole[SYMBOL_TEXT_MAX + 1];
    if (strlen(text) > SYMBOL_TEXT_MAX)
        return;
    try_all(&c, text);
    if (c.found >= 0 && !c.ambiguous) {
        *ret = (struct symbol_match){.found = c.found};
        return;
    }
    const char *asset = symbol_fold(text, whole) > 0 ? assets_find(a, whole) : NULL;
    if (*c.symbol == '\0' && !asset)
        return;
    symbol_match(*c.symbol ? c.symbol : asset, known, n, &near); /* "bitcoin": of what quote? */
    if (near.found < 0 && near.n_near > 0)
        *ret = near;
}
