#include "kraken.h"

#include <stdio.h>

static const struct {
    const char *asset;
    const char *alt;
    const char *old;
} names[] = {
    {"BTC", "XBT", "XXBT"}, {"DOGE", "XDG", "XXDG"}, {"ETH", "ETH", "XETH"}, {"ETC", "ETC", "XETC"},
    {"LTC", "LTC", "XLTC"}, {"XLM", "XLM", "XXLM"},  {"XRP", "XRP", "XXRP"}, {"ZEC", "ZEC", "XZEC"},
    {"EUR", "EUR", "ZEUR"}, {"USD", "USD", "ZUSD"},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *kraken_alt_asset(const char *asset)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(asset, names[i].asset) == 0)
            return names[i].alt;
    return asset;
}

const char *kraken_old_asset(const char *asset)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(asset, names[i].asset) == 0)
            return names[i].old;
    return asset;
}

static bool is_old(const char *asset)
{
    return kraken_old_asset(asset) != asset && strcmp(asset, "DOGE") != 0; /* it is XDGUSD */
}

void kraken_name_pair(const struct listing *l, const struct symbol *s, struct kraken_pair *ret)
{
    const char *base = l->assets[s->base].name;
    const char *quote = l->assets[s->quote].name;
    bool old = is_old(base) && is_old(quote);
    (void)snprintf(ret->altname, sizeof(ret->altname), "%s%s", kraken_alt_asset(base),
                   kraken_alt_asset(quote));
    (void)snprintf(ret->wsname, sizeof(ret->wsname), "%s/%s", kraken_alt_asset(base),
                   kraken_alt_asset(quote));
    (void)snprintf(ret->key, sizeof(ret->key), "%s%s", old ? kraken_old_asset(base) : ret->altname,
                   old ? kraken_old_asset(quote) : "");
}
