/* Which symbols are followed, and where each belongs. */
#include "instruments.h"
#include "producer_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct instruments *all, const char *native, const char *base, const char *quote,
                enum instrument_status status)
{
    struct instrument_info in = {.status = status};
    struct err e = {0};
    (void)snprintf(in.native, sizeof(in.native), "%s", native);
    (void)snprintf(in.base, sizeof(in.base), "%s", base);
    (void)snprintf(in.quote, sizeof(in.quote), "%s", quote);
    (void)snprintf(in.symbol, sizeof(in.symbol), "%.19s-%.19s", base, quote);
    assert_int_equal(instruments_add(all, &in, &e), 0);
}

static int setup(void **state)
{
    struct instruments *all = calloc(1, sizeof(*all));
    if (!all)
        return -1;
    add(all, "BTCUSDT", "BTC", "USDT", INSTRUMENT_STATUS_TRADING);
    add(all, "ETHUSDT", "ETH", "USDT", INSTRUMENT_STATUS_TRADING);
    add(all, "ETHEUR", "ETH", "EUR", INSTRUMENT_STATUS_TRADING);
    add(all, "OLDEUR", "OLD", "EUR", INSTRUMENT_STATUS_HALTED);
    add(all, "BTCTUSD", "BTC", "TUSD", INSTRUMENT_STATUS_TRADING);
    add(all, "USDTTRY", "USDT", "TRY", INSTRUMENT_STATUS_TRADING);
    add(all, "XETHZ", "ETH", "ZUSD", INSTRUMENT_STATUS_TRADING);
    add(all, "XETHZ2", "ETH", "ZUSD", INSTRUMENT_STATUS_TRADING);
    *state = all;
    return 0;
}

static int teardown(void **state)
{
    instruments_finish(*state);
    free(*state);
    return 0;
}

static const struct {
    const char *spec;
    enum instruments_scope scope;
    const char *is; /* native names, or the error */
} cases[] = {
    {"BTC-USDT", INSTRUMENTS_TRADING, "BTCUSDT "},
    {"btc/usdt", INSTRUMENTS_TRADING, "BTCUSDT "},
    {"BtcUsdt", INSTRUMENTS_TRADING, "BTCUSDT "},
    {" ETH-EUR , BTC-USDT,ethusdt,BTCUSDT", INSTRUMENTS_TRADING, "BTCUSDT ETHUSDT ETHEUR "},
    {"quote:eur", INSTRUMENTS_TRADING, "ETHEUR "},
    {"quote:EUR", INSTRUMENTS_LISTED, "ETHEUR OLDEUR "},
    {"OLD-EUR", INSTRUMENTS_TRADING, "OLDEUR "}, /* asked for by name */
    {"", INSTRUMENTS_TRADING, "BTCUSDT ETHUSDT ETHEUR "},
    {"ETH-USD", INSTRUMENTS_TRADING,
     "symbols: there is no ETH-USD (did you mean ETH-USDT, ETH-ZUSD, ETH-ZUSD?)"},
    {"BTCUSD", INSTRUMENTS_TRADING,
     "symbols: there is no BTCUSD (did you mean BTC-USDT, BTC-TUSD?)"},
    {"NOSUCHTHING", INSTRUMENTS_TRADING, "symbols: there is no NOSUCHTHING"},
    {"BTC-USDT,,ETH-EUR", INSTRUMENTS_TRADING, "symbols: an empty name in \"BTC-USDT,,ETH-EUR\""},
    {"quote:XYZ", INSTRUMENTS_TRADING,
     "symbols: \"quote:XYZ\" takes none of the 8 pairs that are listed"},
    {"all", INSTRUMENTS_TRADING, "symbols: XETHZ and XETHZ2 are both ETH-ZUSD"},
    {"XETHZ,XETHZ2", INSTRUMENTS_TRADING, "symbols: XETHZ and XETHZ2 are both ETH-ZUSD"},
    {"XETHZ2", INSTRUMENTS_TRADING, "XETHZ2 "},
};

static void selection(void **state)
{
    const struct instruments *all = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instruments chosen = {0};
        struct err e = {0};
        struct strbuf b = STRBUF_INIT(1000);
        if (instruments_select(all, cases[i].spec, cases[i].scope, &chosen, &e) != 0) {
            assert_int_equal(e.code, ERR_CONF);
            assert_int_equal(strbuf_adds(&b, e.text), 0);
        }
        for (size_t k = 0; k < chosen.n; k++)
            assert_int_equal(strbuf_addf(&b, "%s ", chosen.list[k].native), 0);
        if (!b.data || strcmp(b.data, cases[i].is) != 0)
            fail_msg("\"%s\"\nis     %s\nwanted %s", cases[i].spec, b.data, cases[i].is);
        instruments_finish(&chosen);
        strbuf_finish(&b);
    }
}

/* The list is read again: what is not there any more, or collides, costs the others nothing. */
static void selection_again(void **state)
{
    static const struct {
        const char *spec;
        const char *before; /* native name of a pair that is followed already */
        const char *is;
        const char *why; /* "": nothing was left out */
    } again[] = {
        {"BTC-USDT", "BTCUSDT", "BTCUSDT ", ""},
        {"BTC-USDT, NO-SUCH,ETH-EUR", "BTCUSDT", "BTCUSDT ETHEUR ", "symbols: there is no NO-SUCH"},
        {"quote:XYZ,ETH-EUR", "ETHEUR", "ETHEUR ",
         "symbols: \"quote:XYZ\" takes none of the 8 pairs that are listed"},
        {"quote:EUR", "OLDEUR", "ETHEUR ", ""}, /* it does not trade any more */
        {"XETHZ,XETHZ2", "XETHZ2", "XETHZ2 ", "XETHZ and XETHZ2 are both ETH-ZUSD"},
        {"XETHZ,XETHZ2,BTC-USDT", "BTCUSDT", "BTCUSDT ", "XETHZ and XETHZ2 are both ETH-ZUSD"},
        {"", "BTCUSDT", "BTCUSDT ETHUSDT ETHEUR ", ""},
    };
    const struct instruments *all = *state;
    for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
        struct instruments before = {0};
        struct instruments chosen = {0};
        struct err e = {0};
        struct err why = {0};
        struct strbuf b = STRBUF_INIT(1000);
        assert_int_equal(instruments_add(&before, instruments_native(all, again[i].before), &e), 0);
        assert_int_equal(instruments_select_again(all, again[i].spec, &before, &chosen, &why, &e),
                         0);
        for (size_t k = 0; k < chosen.n; k++)
            assert_int_equal(strbuf_addf(&b, "%s ", chosen.list[k].native), 0);
        assert_string_equal(b.data, again[i].is);
        assert_string_equal(why.text, again[i].why);
        assert_int_equal(why.code, *again[i].why ? ERR_CONF : ERR_NONE);
        instruments_finish(&before);
        instruments_finish(&chosen);
        strbuf_finish(&b);
    }
}

static void what_is_the_same(void **state)
{
    const struct instruments *all = *state;
    struct err e = {0};
    struct instruments turned = {0};
    for (size_t i = all->n; i-- > 0;)
        assert_int_equal(instruments_add(&turned, &all->list[i], &e), 0);
    assert_true(instruments_same(all, &turned)); /* in any order */
    turned.n--;
    assert_false(instruments_same(all, &turned));
    assert_false(instruments_same(&turned, all));
    turned.n++;
    turned.list[0].has_tick_size = true;
    assert_false(instruments_same(all, &turned));
    turned.list[0].has_tick_size = false;
    turned.list[1].status = INSTRUMENT_STATUS_DELISTED;
    assert_false(instruments_same(all, &turned));
    instruments_finish(&turned);
}

/* --- universe -------------------------------------------------------------------------------- */

static void one_shard(void **state)
{
    (void)state;
    struct universe *u = case_universe(1, 0);
    static const char *const order[] = {"BTC-EUR",  "BTC-USDT", "ETH-USDT",
                                        "SOL-USDT", "ADA-USDT", "XRP-USDT"};
    assert_int_equal(u->n_symbols, 6);
    assert_int_equal(u->n_links, 1);
    assert_int_equal(universe_shard_partitions(u, 0), 4);
    for (uint32_t i = 0; i < u->n_symbols; i++) {
        assert_string_equal(u->symbols[i].info.symbol, order[i]);
        assert_int_equal(universe_find(u, slice_of(u->symbols[i].info.native)), i);
        assert_int_equal(universe_find_symbol(u, slice_of(order[i])), i);
    }
    assert_int_equal(universe_find(u, slice_of("BTC-EUR")), -1);
    assert_int_equal(universe_find(u, slice_of("")), -1);
    assert_int_equal(universe_find_symbol(u, slice_of("BTCEUR")), -1);
    universe_destroy(u);
}

static void many_shards(void **state)
{
    (void)state;
    for (int32_t shards = 1; shards <= 6; shards++) {
        struct universe *u = case_universe(shards, 2);
        uint32_t seen = 0;
        uint32_t partitions = 0;
        for (uint32_t s = 0; s < u->n_shards; s++) {
            assert_true(u->shards[s].n == 0 || u->shards[s].first == seen);
            seen += u->shards[s].n;
            partitions += universe_shard_partitions(u, s);
        }
        assert_int_equal(seen, u->n_symbols);
        assert_int_equal(partitions, 4);
        seen = 0;
        for (uint32_t l = 0; l < u->n_links; l++) {
            const struct universe_link *k = &u->links[l];
            assert_true(k->symbols.n > 0 && k->symbols.n <= 2);
            assert_int_equal(k->symbols.first, seen);
            seen += k->symbols.n;
            for (uint32_t i = k->symbols.first; i < seen; i++) {
                assert_int_equal(u->symbols[i].shard, k->shard);
                assert_int_equal(u->symbols[i].partition % shards, k->shard);
            }
        }
        assert_int_equal(seen, u->n_symbols);
        universe_destroy(u);
    }
}

/* Quotes have connections of their own, and so have pairs that are there for their rate alone. */
static void quotes_and_rates(void **state)
{
    (void)state;
    struct universe *u = case_universe_of_quotes(2, 2);
    uint32_t eur = case_symbol(u, "EUR-USDT");
    uint32_t carried[CHANNEL_KINDS] = {0};
    assert_int_equal(u->n_symbols, 7);
    assert_int_equal(u->n_rates, 2);
    assert_int_equal(eur, 6);
    assert_true(!u->symbols[eur].followed && u->symbols[eur].is_rate);
    uint32_t btc = case_symbol(u, "BTC-USDT");
    assert_true(u->symbols[btc].followed && u->symbols[btc].is_rate);
    for (uint32_t s = 0; s < u->n_shards; s++)
        assert_true(u->shards[s].first + u->shards[s].n <= 6);
    for (uint32_t l = 0; l < u->n_links; l++) {
        const struct universe_link *k = &u->links[l];
        assert_int_equal(k->kind, l < 4 ? CHANNEL_TRADES : CHANNEL_QUOTES);
        assert_int_equal(k->followed, l < 8);
        assert_int_equal(k->symbols.first, k->followed ? carried[k->kind] : eur);
        carried[k->kind] += k->symbols.n;
    }
    assert_int_equal(u->n_links, 9);
    assert_int_equal(carried[CHANNEL_TRADES], 6);
    assert_int_equal(carried[CHANNEL_QUOTES], 7);
    universe_destroy(u);
}

static void which_rates(void **state)
{
    static const struct {
        const char *spec;
        const char *is; /* native names, or the error */
    } specs[] = {
        {"", ""},
        {"BTC-USDT", "BTCUSDT "},
        {"USDT-USD,ETH-EUR, btc-usdt,ETH-EUR", "ETHEUR BTCUSDT "},
        {"OLD-EUR", ""}, /* not traded */
        {"BTCUSDT", "rates: \"BTCUSDT\" is no pair such as USDT-USD"},
        {"BTC-USDT,", "rates: \"\" is no pair such as USDT-USD"},
        {"-USD", "rates: \"-USD\" is no pair such as USDT-USD"},
        {"USDT-", "rates: \"USDT-\" is no pair such as USDT-USD"},
    };
    const struct instruments *all = *state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct instruments rates = {0};
        struct err e = {0};
        char is[300] = "";
        if (instruments_rates(all, specs[i].spec, INSTRUMENTS_TRADING, &rates, &e) != 0)
            (void)snprintf(is, sizeof(is), "%s", e.text);
        for (size_t k = 0; k < rates.n; k++)
            (void)snprintf(is + strlen(is), sizeof(is) - strlen(is), "%s ", rates.list[k].native);
        assert_string_equal(is, specs[i].is);
        instruments_finish(&rates);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(selection, setup, teardown),
        cmocka_unit_test_setup_teardown(selection_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_the_same, setup, teardown),
        cmocka_unit_test(one_shard),
        cmocka_unit_test(many_shards),
        cmocka_unit_test(quotes_and_rates),
        cmocka_unit_test_setup_teardown(which_rates, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
