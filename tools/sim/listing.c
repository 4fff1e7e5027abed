#include "listing.h"

#include "assets.h"
#include "e8.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 5, TICKS_MIN = 100, TYPICAL_USD = 250 };

#define E12_PER_E8 INT64_C(10000)
#define PRICE_TICK_MAX_E8 (E8_ONE / 100)

/* A pair that could be listed. */
struct candidate {
    uint32_t base;
    uint32_t quote;
    int64_t weight;
};

/* The largest power of ten not above n; n at least 1. */
static int64_t power_of_ten(int64_t n)
{
    int64_t p = 1;
    while (n / p >= 10)
        p *= 10;
    return p;
}

/* Price of one base asset in the quote asset, in 10^-8. */
static int64_t nominal_price_e8(const struct asset *base, const struct asset *quote)
{
    return (int64_t)((__int128)base->usd_e12 * E8_ONE / quote->usd_e12);
}

/* A price has about DIGITS digits: 0.01 from a hundred up, never finer than 10^-8. */
static int64_t tick_for(int64_t price_e8)
{
    int64_t tick_e8 = power_of_ten(price_e8);
    for (int i = 1; i < DIGITS && tick_e8 > 1; i++)
        tick_e8 /= 10;
    return tick_e8 < PRICE_TICK_MAX_E8 ? tick_e8 : PRICE_TICK_MAX_E8;
}

/* A lot is worth between a dime and a dollar, but is never more than one coin. */
static int64_t lot_for(const struct asset *base)
{
    int64_t dollar_e8 = (int64_t)((__int128)E8_ONE * E8_ONE * E12_PER_E8 / base->usd_e12);
    int64_t lot_e8 = power_of_ten(dollar_e8 > 0 ? dollar_e8 : 1);
    return lot_e8 < E8_ONE ? lot_e8 : E8_ONE;
}

static int64_t typical_lots(const struct asset *base, int64_t lot_e8)
{
    __int128 lot_usd_e20 = (__int128)base->usd_e12 * lot_e8;
    int64_t lots = (int64_t)((__int128)TYPICAL_USD * E8_ONE * E8_ONE * E12_PER_E8 / lot_usd_e20);
    return lots > 0 ? lots : 1;
}

static bool is_listed(uint32_t asset, const struct listing_rules *rules)
{
    return asset >= QUOTE_ASSETS || rules->quote_permille[asset] > 0;
}

static bool is_pair(uint32_t base, uint32_t quote, const struct listing_rules *rules,
                    const struct asset *assets)
{
    return quote < base && is_listed(base, rules) && is_listed(quote, rules) &&
           nominal_price_e8(&assets[base], &assets[quote]) >= TICKS_MIN;
}

static void fill_symbol(const struct listing *l, uint32_t base, uint32_t quote,
                        const struct listing_rules *rules, struct symbol *s)
{
    const struct asset *b = &l->assets[base];
    const struct asset *q = &l->assets[quote];
    *s = (struct symbol){.base = base, .quote = quote};
    (void)snprintf(s->native, sizeof(s->native), "%s%s%s", b->name, rules->separator, q->name);
    (void)snprintf(s->canonical, sizeof(s->canonical), "%s-%s", b->name, q->name);
    s->tick_e8 = tick_for(nominal_price_e8(b, q));
    s->lot_e8 = lot_for(b);
    s->typical_lots = typical_lots(b, s->lot_e8);
}

/* --- which pairs ----------------------------------------------------------------------------- */

/* Heaviest first; then by rank, so that the order is one. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return x->quote < y->quote ? -1 : x->quote > y->quote;
}

static int64_t pair_weight(const struct listing *l, const struct listing_rules *rules,
                           uint32_t base, uint32_t quote)
{
    int64_t weight = l->assets[base].weight * rules->quote_permille[quote] / 1000;
    if (base < QUOTE_BTC)
        weight = weight * rules->currency_permille / 1000;
    return weight > 0 ? weight : 1;
}

/* Fills assets and candidates until there are at least n of these; the table is always whole.
 * Room for n + QUOTE_ASSETS candidates beyond the table's. Returns how many. */
static uint32_t gather(struct listing *l, uint32_t n, const struct listing_rules *rules,
                       struct candidate *out)
{
    uint32_t found = 0;
    for (uint32_t b = 0; b < asset_known() || (found < n && b < asset_count()); b++) {
        asset_at(b, &l->assets[b]);
        l->n_assets = b + 1;
        for (uint32_t q = 0; q < QUOTE_ASSETS; q++)
            if (is_pair(b, q, rules, l->assets))
                out[found++] = (struct candidate){b, q, pair_weight(l, rules, b, q)};
    }
    return found;
}

/* Against what most is traded for. */
static void list_delisted(struct listing *l, const struct listing_rules *rules)
{
    uint32_t quote = 0;
    for (uint32_t q = 1; q < QUOTE_ASSETS; q++)
        if (rules->quote_permille[q] > rules->quote_permille[quote])
            quote = q;
    for (uint32_t i = 0; i < LISTING_DELISTED; i++) {
        asset_delisted_at(i, &l->assets[l->n_assets]);
        fill_symbol(l, l->n_assets, quote, rules, &l->symbols[l->n_symbols]);
        l->n_assets++;
        l->n_symbols++;
    }
}

/* --- lookup ---------------------------------------------------------------------------------- */

struct name_at {
    struct slice name;
    uint32_t index;
};

static int compare_names(const void *a, const void *b)
{
    const struct name_at *x = a;
    const struct name_at *y = b;
    return slice_cmp(x->name, y->name);
}

static int index_names(struct listing *l, struct err *e)
{
    struct name_at *names = calloc(l->n_symbols, sizeof(*names));
    l->by_native = calloc(l->n_symbols, sizeof(*l->by_native));
    if (!names || !l->by_native) {
        free(names);
        return err_set(e, ERR_NOMEM, "listing: out of memory");
    }
    for (uint32_t i = 0; i < l->n_symbols; i++)
        names[i] = (struct name_at){slice_of(l->symbols[i].native), i};
    qsort(names, l->n_symbols, sizeof(*names), compare_names);
    for (uint32_t i = 0; i < l->n_symbols; i++)
        l->by_native[i] = names[i].index;
    free(names);
    return 0;
}

bool listing_find(const struct listing *l, struct slice native, uint32_t *ret_index)
{
    uint32_t low = 0;
    uint32_t high = l->n_symbols;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int c = slice_cmp(native, slice_of(l->symbols[l->by_native[mid]].native));
        if (c == 0) {
            *ret_index = l->by_native[mid];
            return !l->symbols[l->by_native[mid]].hidden;
        }
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

uint32_t listing_pick(const struct listing *l, uint64_t random)
{
    uint64_t sum = (uint64_t)l->weight_sums[l->n_trading - 1];
    int64_t mark = (int64_t)(((random >> 32) * sum) >> 32); /* as rng_below() */
    uint32_t low = 0;
    uint32_t high = l->n_trading - 1;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (mark < l->weight_sums[mid])
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* --- life ------------------------------------------------------------------------------------ */

static int fill(struct listing *l, uint32_t n, const struct listing_rules *rules, struct err *e)
{
    size_t room = (size_t)asset_known() * QUOTE_ASSETS + n + QUOTE_ASSETS;
    struct candidate *candidates = calloc(room, sizeof(*candidates));
    l->assets = calloc(asset_count() + LISTING_DELISTED, sizeof(*l->assets));
    l->weight_sums = calloc(n, sizeof(*l->weight_sums));
    l->symbols = calloc((size_t)n + LISTING_DELISTED, sizeof(*l->symbols));
    if (!candidates || !l->assets || !l->weight_sums || !l->symbols) {
        free(candidates);
        return err_set(e, ERR_NOMEM, "listing: out of memory");
    }
    uint32_t found = gather(l, n, rules, candidates);
    qsort(candidates, found, sizeof(*candidates), compare_candidates);
    for (uint32_t i = 0; i < n; i++) {
        fill_symbol(l, candidates[i].base, candidates[i].quote, rules, &l->symbols[i]);
        l->symbols[i].weight = candidates[i].weight;
        l->symbols[i].trading = true;
        l->weight_sums[i] = l->symbols[i].weight + (i > 0 ? l->weight_sums[i - 1] : 0);
    }
    free(candidates);
    l->n_symbols = l->n_trading = n;
    list_delisted(l, rules);
    return index_names(l, e);
}

struct listing *listing_create_later(uint32_t n, uint32_t later, const struct listing_rules *rules,
                                     struct err *e)
{
    if (n < 1 || n > LISTING_MAX || later > LISTING_MAX - n) {
        (void)err_set(e, ERR_ARG, "listing: %u symbols, %u later; 1 to %d can be made", n, later,
                      LISTING_MAX);
        return NULL;
    }
    struct listing *l = calloc(1, sizeof(*l));
    if (!l) {
        (void)err_set(e, ERR_NOMEM, "listing: out of memory");
        return NULL;
    }
    if (fill(l, n + later, rules, e) == 0) {
        for (uint32_t i = n; i < n + later; i++) {
            l->symbols[i].trading = false;
            l->symbols[i].hidden = true;
        }
        return l;
    }
    listing_destroy(l);
    return NULL;
}

struct listing *listing_create(uint32_t n, const struct listing_rules *rules, struct err *e)
{
    return listing_create_later(n, 0, rules, e);
}

void listing_set_trading(struct listing *l, uint32_t symbol, bool trading)
{
    l->symbols[symbol].hidden = false;
    l->symbols[symbol].trading = trading;
}

uint32_t listing_trading(const struct listing *l)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n_trading; i++)
        n += l->symbols[i].trading;
    return n;
}

void listing_destroy(struct listing *l)
{
    if (!l)
        return;
    free(l->assets);
    free(l->symbols);
    free(l->weight_sums);
    free(l->by_native);
    free(l);
}
