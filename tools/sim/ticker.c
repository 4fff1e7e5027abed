#include "ticker.h"

#include "e8.h"

#include <stdlib.h>

struct tickers {
    struct ticker *of; /* per symbol */
};

struct tickers *tickers_create(const struct listing *listing, struct err *e)
{
    struct tickers *k = calloc(1, sizeof(*k));
    if (k)
        k->of = calloc(listing->n_symbols, sizeof(*k->of));
    if (k && k->of)
        return k;
    tickers_destroy(k);
    (void)err_set(e, ERR_NOMEM, "tickers: out of memory");
    return NULL;
}

void tickers_destroy(struct tickers *k)
{
    if (!k)
        return;
    free(k->of);
    free(k);
}

static int64_t add_up(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

void tickers_add(struct tickers *k, const struct market_trade *t)
{
    struct ticker *x = &k->of[t->symbol];
    if (x->trades++ == 0)
        x->first_e8 = x->low_e8 = x->high_e8 = t->price_e8;
    x->last_e8 = t->price_e8;
    if (t->price_e8 < x->low_e8)
        x->low_e8 = t->price_e8;
    if (t->price_e8 > x->high_e8)
        x->high_e8 = t->price_e8;
    x->volume_e8 = add_up(x->volume_e8, t->amount_e8);
    x->quote_volume_e8 = add_up(x->quote_volume_e8, e8_product(t->price_e8, t->amount_e8));
}

const struct ticker *tickers_get(const struct tickers *k, uint32_t symbol)
{
    return &k->of[symbol];
}

int64_t ticker_vwap_e8(const struct ticker *t, int64_t tick_e8)
{
    if (t->volume_e8 == 0)
        return 0;
    __int128 e8 = (__int128)t->quote_volume_e8 * E8_ONE / t->volume_e8;
    return e8 > INT64_MAX ? INT64_MAX : (int64_t)(e8 - e8 % tick_e8);
}
