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

struct universe *case_universe(int32_t shards, uint32_t subs_per_conn)
{
    static const char *const pairs[][2] = {{"XRP", "USDT"}, {"BTC", "USDT"}, {"ETH", "USDT"},
                                           {"BTC", "EUR"},  {"SOL", "USDT"}, {"ADA", "USDT"}};
    enum { N = sizeof(pairs) / sizeof(pairs[0]) };
    struct instrument_info list[N] = {0};
    struct err e = {0};
    for (int i = 0; i < N; i++) {
        (void)snprintf(list[i].native, sizeof(list[i].native), "%s%s", pairs[i][0], pairs[i][1]);
        (void)snprintf(list[i].symbol, sizeof(list[i].symbol), "%s-%s", pairs[i][0], pairs[i][1]);
        (void)snprintf(list[i].base, sizeof(list[i].base), "%s", pairs[i][0]);
        (void)snprintf(list[i].quote, sizeof(list[i].quote), "%s", pairs[i][1]);
        list[i].status = INSTRUMENT_STATUS_TRADING;
    }
    const struct universe_about about = {list, N, 4, shards, subs_per_conn, case_partition};
    struct universe *u = universe_create(&about, &e);
    assert_non_null(u);
    return u;
}

uint32_t case_symbol(const struct universe *u, const char *symbol)
{
    int64_t i = universe_find_symbol(u, slice_of(symbol));
    assert_true(i >= 0);
    return (uint32_t)i;
}
