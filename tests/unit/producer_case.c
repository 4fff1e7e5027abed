#include "producer_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

int32_t case_partition(struct slice base, int32_t partitions)
{
    int32_t p = slice_is(base, "BTC")   ? 0
                : slice_is(base, "ETH") ? 1
                : slice_is(base, "SOL") ? 2
                                        : 3;
    return p % partitions;
}

static void describe(struct instrument_info *in, const char *base, const char *quote)
{
    *in = (struct instrument_info){.status = INSTRUMENT_STATUS_TRADING};
    (void)snprintf(in->native, sizeof(in->native), "%s%s", base, quote);
    (void)snprintf(in->symbol, sizeof(in->symbol), "%s-%s", base, quote);
    (void)snprintf(in->base, sizeof(in->base), "%s", base);
    (void)snprintf(in->quote, sizeof(in->quote), "%s", quote);
}

static struct universe *make(int32_t shards, uint32_t subs_per_conn, bool quotes)
{
    static const char *const pairs[][2] = {{"XRP", "USDT"}, {"BTC", "USDT"}, {"ETH", "USDT"},
                                           {"BTC", "EUR"},  {"SOL", "USDT"}, {"ADA", "USDT"}};
    enum { N = sizeof(pairs) / sizeof(pairs[0]) };
    const struct channel channels[] = {{"trade", CHANNEL_TRADES, "ws", subs_per_conn},
                                       {"top", CHANNEL_QUOTES, "ws", subs_per_conn}};
    struct instrument_info list[N];
    struct instrument_info rates[2];
    struct err e = {0};
    for (int i = 0; i < N; i++)
        describe(&list[i], pairs[i][0], pairs[i][1]);
    describe(&rates[0], "EUR", "USDT");
    describe(&rates[1], "BTC", "USDT");
    const struct universe_about about = {
        .list = list,
        .n = N,
        .rates = rates,
        .n_rates = quotes ? 2 : 0,
        .listen = {{&channels[0], quotes ? &channels[1] : NULL}},
        .partitions = 4,
        .shards = shards,
        .partition_of = case_partition,
    };
    struct universe *u = universe_create(&about, &e);
    assert_non_null(u);
    return u;
}

struct universe *case_universe(int32_t shards, uint32_t subs_per_conn)
{
    return make(shards, subs_per_conn, false);
}

struct universe *case_universe_of_quotes(int32_t shards, uint32_t subs_per_conn)
{
    return make(shards, subs_per_conn, true);
}

uint32_t case_symbol(const struct universe *u, const char *symbol)
{
    int64_t i = universe_find_symbol(u, slice_of(symbol));
    assert_true(i >= 0);
    return (uint32_t)i;
}
