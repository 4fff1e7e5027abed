#include "quote_rates.h"

#include "timefmt.h"

#include <stdlib.h>

struct pair {
    struct quote_rate said;
    bool due;           /* something of it is not written yet */
    int64_t written_us; /* 0: not yet */
};

struct quote_rates {
    struct pair *rates;
    uint32_t n;
    uint32_t n_due;
};

struct quote_rates *quote_rates_create(const struct universe *u, struct err *e)
{
    struct quote_rates *r = calloc(1, sizeof(*r));
    if (r)
        r->rates = calloc(u->n_rates + (size_t)1, sizeof(*r->rates));
    if (!r || !r->rates) {
        quote_rates_destroy(r);
        (void)err_set(e, ERR_NOMEM, "rates: out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < u->n_symbols; i++)
        if (u->symbols[i].is_rate)
            r->rates[r->n++].said.symbol = i;
    return r;
}

void quote_rates_destroy(struct quote_rates *r)
{
    if (!r)
        return;
    free(r->rates);
    free(r);
}

static bool is_normal(const struct pair *r)
{
    return quote_top_state(&r->said.top) == QUOTE_STATE_NORMAL;
}

static void set_due(struct quote_rates *r, struct pair *one, bool due)
{
    r->n_due += (uint32_t)due - (uint32_t)one->due;
    one->due = due;
}

void quote_rates_take(struct quote_rates *r, uint32_t symbol, const struct quote_top *top)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct pair *one = &r->rates[i];
        if (one->said.symbol != symbol)
            continue;
        bool same = quote_top_same(&one->said.top, top);
        one->said.top = *top;
        set_due(r, one, is_normal(one) && (one->due || !same));
        return;
    }
}

void quote_rates_tick(struct quote_rates *r, int64_t receive_us)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct pair *one = &r->rates[i];
        if (!is_normal(one))
            continue;
        one->said.top.receive_us = receive_us;
        set_due(r, one, true);
    }
}

void quote_rates_again(struct quote_rates *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        r->rates[i].written_us = 0;
        set_due(r, &r->rates[i], is_normal(&r->rates[i]));
    }
}

const struct quote_rate *quote_rates_next(struct quote_rates *r, int64_t now_us)
{
    for (uint32_t i = 0; r->n_due > 0 && i < r->n; i++) {
        struct pair *one = &r->rates[i];
        if (!one->due || (one->written_us && now_us - one->written_us < RATE_PAUSE_MS * US_PER_MS))
            continue;
        set_due(r, one, false);
        one->written_us = now_us;
        return &one->said;
    }
    return NULL;
}
