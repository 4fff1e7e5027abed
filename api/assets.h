/**
 * Assets and what people call them: bitcoin and XBT are BTC.
 *
 *     struct assets *assets = assets_parse(text, &e);
 *     assets_match(assets, "bitcoin/usdt", known, n, &m);         // known[m.found]: "BTC-USDT"
 *     const struct asset *btc = assets_get(assets, slice_of("BTC"));
 *     if (btc) use(btc->name);                                    // "Bitcoin"
 *     assets_destroy(assets);
 *
 * Shape: [{"asset": "BTC", "name": "Bitcoin", "aliases": ["XBT"]}, …]; only the aliases may be
 * absent. Assets, names and aliases are compared by their letters and digits, whatever their case,
 * and each means one asset. 1000SHIB is an asset of its own: no alias of SHIB may be a multiple.
 * Threads: constant once parsed.
 */
#ifndef CANDLEWICK_ASSETS_H
#define CANDLEWICK_ASSETS_H

#include "err.h"
#include "match.h"
#include "slice.h"

#include <stddef.h>

enum {
    ASSETS_MAX = 5000,
    ASSET_MAX = 20, /* bytes of an asset */
    ASSET_NAME_MAX = 60,
    ASSET_ALIASES_MAX = 8,
};

struct asset {
    const char *asset; /* as in symbols: upper case letters and digits */
    const char *name;
    const char *aliases[ASSET_ALIASES_MAX];
    size_t n_aliases;
};

struct assets;

/* NULL with ERR_CONF: names the line where the text is no JSON, or the entry, and both entries
 * where two say the same; or ERR_NOMEM. */
struct assets *assets_parse(struct slice text, struct err *e);
void assets_destroy(struct assets *a); /* NULL is fine */

size_t assets_count(const struct assets *a);
/* The i-th, in the order of the text. Lives as long as a. */
const struct asset *assets_at(const struct assets *a, size_t i);
/* The one that is written so; NULL: none. */
const struct asset *assets_get(const struct assets *a, struct slice asset);

/* The asset that a text means, as symbol_fold() makes it; NULL: none. */
const char *assets_find(const struct assets *a, const char *folded);

/* All of them as a text array of PostgreSQL: {"BTC","ETH"}. */
const char *assets_array(const struct assets *a);

/* Which of the known symbols a text means that names an asset or both: as symbol_match(), which has
 * found none. A part that a known symbol has as base or quote means that asset alone. Where none is
 * found *ret goes on as it is, but for what may be near to the names' symbol. */
void assets_match(const struct assets *a, const char *text, const char *const *known, int n,
                  struct symbol_match *ret);

#endif
