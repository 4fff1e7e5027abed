/* Any bytes as a table of assets: refused as a wrong option, or each word in it means one asset.
 * And the same bytes as a symbol: never another one than those there are. */
#include "assets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_mean(const struct assets *a, const char *text, const struct asset *asset)
{
    char folded[SYMBOL_TEXT_MAX + 1];
    if (symbol_fold(text, folded) < 1)
        abort();
    const char *found = assets_find(a, folded);
    if (!found || strcmp(found, asset->asset) != 0)
        abort();
}

static void check_match(const struct assets *a, const char *text)
{
    static const char *const known[] = {"BTC-USDT", "A-B", "1000A-B"};
    struct symbol_match m;
    symbol_match(text, known, 3, &m);
    if (m.found >= 0 || m.ambiguous)
        return;
    assets_match(a, text, known, 3, &m);
    if (m.found < -1 || m.found >= 3 || m.n_near < 0 || m.n_near > SYMBOL_NEAR_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct assets *a = assets_parse(slice_make(data, size), &e);
    if (!a) {
        if (e.code != ERR_CONF || *e.text == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < assets_count(a); i++) {
        const struct asset *it = assets_at(a, i);
        must_mean(a, it->asset, it);
        must_mean(a, it->name, it);
        for (size_t k = 0; k < it->n_aliases; k++)
            must_mean(a, it->aliases[k], it);
        if (assets_get(a, slice_of(it->asset)) != it)
            abort();
        check_match(a, it->name);
        check_match(a, it->n_aliases ? it->aliases[0] : "x/y");
    }
    assets_destroy(a);
    return 0;
}
