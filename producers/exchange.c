#include "exchange.h"

#include "exchanges/binance.h"
#include "exchanges/kraken.h"
#include "exchanges/okx.h"

#include <string.h>

/* Alphabetical. */
static const struct exchange_ops *const exchanges[] = {
    &binance_exchange,
    &kraken_exchange,
    &okx_exchange,
};

const struct exchange_ops *exchange_find(const char *name)
{
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++)
        if (strcmp(exchanges[i]->name, name) == 0)
            return exchanges[i];
    return NULL;
}

const char *exchange_names(void)
{
    return "binance, kraken, okx";
}

const char *exchange_endpoint_url(const struct exchange_ops *x, const char *endpoint)
{
    for (const struct endpoint *p = x->endpoints; p->name; p++)
        if (strcmp(p->name, endpoint) == 0)
            return p->default_url;
    return NULL;
}

int exchange_whole_url(const struct subs *s, char *ret, size_t cap, struct err *e)
{
    if (cap == 0)
        return err_set(e, ERR_LIMIT, "no room for a path of %s", s->channel->endpoint);
    *ret = '\0';
    return 0;
}

const struct channel *exchange_channel(const struct exchange_ops *x, enum channel_kind kind,
                                       const char *name)
{
    for (const struct channel *c = x->channels; c->name; c++)
        if (c->kind == kind && (*name == '\0' || strcmp(c->name, name) == 0))
            return c;
    return NULL;
}
