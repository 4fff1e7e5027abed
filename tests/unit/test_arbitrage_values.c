/* The figures of opportunities, and every field of their records. */
#include "arbitrage_case.h"
#include "edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { JSON_LIMIT = 1 << 16 };

static void expect(const char *name, struct decimal got, const char *wanted)
{
    char text[DECIMAL_TEXT];
    (void)decimal_format(got, text);
    if (strcmp(text, wanted) != 0)
        fail_msg("%s: %s, not %s", name, text, wanted);
}

/* Worked out by hand, or with 60 digits by another program. */
static void edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *ask;
        const char *buy_fee;
        const char *bid;
        const char *sell_fee;
        const char *gross; /* NULL: no edge */
        const char *net;
    } rows[] = {
        {"no fees", "100", "0", "101", "0", "100", "100"},
        {"a loss", "100", "0", "99", "0", "-100", "-100"},
        {"both fees", "100", "10", "101", "10", "100", "79.82017982017982"},
        {"a third, rounded once as ratio", "3", "0", "4", "0", "3333.33333333333333",
         "3333.33333333333333"},
        {"two thirds round up", "3", "0", "5", "0", "6666.66666666666667", "6666.66666666666667"},
        {"a tiny price loses nothing", "0.000000000000000001", "0", "0.000000000000000003", "0",
         "20000", "20000"},
        {"fees of their own decimals", "100", "0.5", "101", "33.333333333333333333", "100",
         "65.83004183124177"},
        {"half to even: down", "2", "0", "2.000000000000000001", "0", "0", "0"},
        {"half to even: up", "2", "0", "2.000000000000000003", "0", "0.00000000000002",
         "0.00000000000002"},
        {"just fits", "0.01", "0", "99999999999999", "0", "99999999999998990000",
         "99999999999998990000"},
        {"the edge does not fit", "0.01", "0", "100000000000000.01", "0", NULL, NULL},
        {"the ratio does not fit", "0.000000000000000001", "0", "100", "0", NULL, NULL},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct edge g;
        bool has =
            edge_find(arbitrage_case_num(rows[i].ask), arbitrage_case_num(rows[i].buy_fee),
                      arbitrage_case_num(rows[i].bid), arbitrage_case_num(rows[i].sell_fee), &g);
        if (has != (rows[i].gross != NULL))
            fail_msg("%s: %d", rows[i].name, has);
        if (!has)
            continue;
        expect(rows[i].name, g.gross_bps, rows[i].gross);
        expect(rows[i].name, g.net_bps, rows[i].net);
    }
}

static uint64_t next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to below 10^digits, in units of 10^-18. */
static struct decimal any(uint64_t *state, int digits)
{
    __int128 limit = 1;
    for (int i = 0; i < digits; i++)
        limit *= 10;
    unsigned __int128 wide = (unsigned __int128)next(state) << 64 | next(state);
    return (struct decimal){(__int128)(wide % (unsigned __int128)limit)};
}

/* Bids around the one from which it opens, for asks and fees of all sizes: what the short cut
 * leaves out never opens, and it leaves out nearly all that does not. */
static void the_short_cut_leaves_out_nothing(void **state)
{
    (void)state;
    uint64_t random = 1;
    int64_t left_out = 0;
    int64_t edges_found = 0;
    const __int128 all = (__int128)10000 * 1000000000000000000;
    for (int i = 0; i < 300000; i++) {
        struct decimal ask = any(&random, 1 + (int)(next(&random) % 37));
        struct decimal buy = any(&random, (int)(next(&random) % 22));
        struct decimal sell = any(&random, (int)(next(&random) % 22));
        struct decimal open = any(&random, 1 + (int)(next(&random) % 21));
        ask.e18++;
        open.e18++;
        /* the bid that opens, more or less: ask * (1 + open + buy + sell) */
        struct decimal bid;
        struct decimal more = {all + open.e18 + buy.e18 + sell.e18};
        if (decimal_div(more, (struct decimal){all}, &bid) != 0 || decimal_mul(ask, bid, &bid) != 0)
            continue;
        bid.e18 += (__int128)(next(&random) % 5) - 2;
        bid.e18 += i % 3 ? 0 : ask.e18 >> (15 + next(&random) % 10);
        bid.e18 -= i % 5 ? 0 : ask.e18 >> (15 + next(&random) % 10);
        if (bid.e18 <= 0 || bid.e18 >= all * 10000000000000000)
            continue;
        struct edge g;
        bool opens = edge_find(ask, buy, bid, sell, &g) && decimal_cmp(g.net_bps, open) >= 0;
        bool may = edge_may_reach(ask, bid, edge_share(open) + edge_share(buy) + edge_share(sell));
        if (opens && !may)
            fail_msg("case %d opens, and was left out", i);
        left_out += !may;
        edges_found += opens;
    }
    assert_true(left_out > 5000 && edges_found > 5000);
}

static void expect_json(const struct fold_harness *h, size_t i, const char *wanted, bool urgent)
{
    struct record r;
    struct strbuf json = STRBUF_INIT(JSON_LIMIT);
    fold_harness_decode(h, i, &r);
    assert_int_equal(record_json(&r, &json, NULL), 0);
    assert_string_equal(json.data, wanted);
    assert_int_equal(h->said[i].topic, 0);
    assert_int_equal(h->said[i].urgent, urgent);
    strbuf_finish(&json);
}

static const char opened_json[] =
    "{\"id\":\"cross|BTC-USD|kraken|okx|3|1004\",\"kind\":\"cross\",\"state\":\"opened\","
    "\"legs\":[{\"exchange\":\"kraken\",\"symbol\":\"BTC-USD\",\"side\":\"buy\","
    "\"price\":\"100\",\"amount\":\"0.5\",\"taker_fee_bps\":\"10\",\"age_us\":50000},"
    "{\"exchange\":\"okx\",\"symbol\":\"BTC-USD\",\"side\":\"sell\",\"price\":\"101\","
    "\"amount\":\"2\",\"taker_fee_bps\":\"10\",\"age_us\":60000}],\"rates\":[],"
    "\"size\":\"0.5\",\"gross_bps\":\"100\",\"net_bps\":\"79.82017982017982\","
    "\"peak_net_bps\":\"79.82017982017982\",\"suspect\":false,"
    "\"open_time\":\"2026-01-05T00:00:00.150000Z\","
    "\"time\":\"2026-01-05T00:00:00.150000Z\",\"duration_us\":0,\"reason\":null,"
    "\"partition\":3,\"offset\":1004}";

static const char updated_json[] =
    "{\"id\":\"cross|BTC-USD|kraken|okx|3|1004\",\"kind\":\"cross\",\"state\":\"updated\","
    "\"legs\":[{\"exchange\":\"kraken\",\"symbol\":\"BTC-USD\",\"side\":\"buy\","
    "\"price\":\"100\",\"amount\":\"0.5\",\"taker_fee_bps\":\"10\",\"age_us\":400000},"
    "{\"exchange\":\"okx\",\"symbol\":\"BTC-USD\",\"side\":\"sell\",\"price\":\"100.5\","
    "\"amount\":\"0.25\",\"taker_fee_bps\":\"10\",\"age_us\":0}],\"rates\":[],"
    "\"size\":\"0.25\",\"gross_bps\":\"50\",\"net_bps\":\"29.92007992007992\","
    "\"peak_net_bps\":\"79.82017982017982\",\"suspect\":false,"
    "\"open_time\":\"2026-01-05T00:00:00.150000Z\","
    "\"time\":\"2026-01-05T00:00:00.500000Z\",\"duration_us\":350000,\"reason\":null,"
    "\"partition\":3,\"offset\":1005}";

static const char closed_json[] =
    "{\"id\":\"cross|BTC-USD|kraken|okx|3|1004\",\"kind\":\"cross\",\"state\":\"closed\","
    "\"legs\":[{\"exchange\":\"kraken\",\"symbol\":\"BTC-USD\",\"side\":\"buy\","
    "\"price\":\"100\",\"amount\":\"0.5\",\"taker_fee_bps\":\"10\",\"age_us\":600000},"
    "{\"exchange\":\"okx\",\"symbol\":\"BTC-USD\",\"side\":\"sell\",\"price\":\"100.5\","
    "\"amount\":\"0.25\",\"taker_fee_bps\":\"10\",\"age_us\":200000}],\"rates\":[],"
    "\"size\":\"0.25\",\"gross_bps\":\"50\",\"net_bps\":\"29.92007992007992\","
    "\"peak_net_bps\":\"79.82017982017982\",\"suspect\":false,"
    "\"open_time\":\"2026-01-05T00:00:00.150000Z\","
    "\"time\":\"2026-01-05T00:00:00.700000Z\",\"duration_us\":550000,"
    "\"reason\":\"dead\",\"partition\":3,\"offset\":1006}";

static const char watching_json[] =
    "{\"id\":\"watching|cross|BTC-USD\",\"kind\":\"cross\",\"state\":\"watching\","
    "\"legs\":[],\"rates\":[],\"size\":null,\"gross_bps\":null,\"net_bps\":null,"
    "\"peak_net_bps\":null,\"suspect\":false,\"open_time\":null,"
    "\"time\":\"2026-01-05T00:00:10.000000Z\",\"duration_us\":null,"
    "\"reason\":\"legs; okx dead\",\"partition\":3,\"offset\":1007}";

static void each_field(void **state)
{
    (void)state;
    static const struct arbitrage_step steps[] = {
        {TICK, "kraken", 0, ""},
        {TICK, "okx", 0, ""},
        {NORMAL, "kraken", 100, "", "99", "100", "0.5"},
        {NORMAL, "okx", 90, "", "101", "102", "2"}, /* its clock is 10 ms behind */
        {TICK, "okx", 150, ""},                     /* opens */
        {NORMAL, "okx", 500, "", "100.5", "102", "0.25"},
        {DEAD, "okx", 700, ""},
        {TICK, "kraken", 10000, ""},
    };
    struct arbitrage_options options;
    struct fold_harness h;
    arbitrage_case_options(&options);
    fold_harness_init(&h, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
    for (size_t i = 0; i < N(steps); i++) {
        const struct record r = arbitrage_case_record(&steps[i]);
        fold_harness_apply_at(&h, 1000 + (int64_t)i, &r);
    }
    assert_int_equal(h.n_said, 4);
    expect_json(&h, 0, opened_json, true);
    expect_json(&h, 1, updated_json, false);
    expect_json(&h, 2, closed_json, true);
    expect_json(&h, 3, watching_json, false);
    assert_int_equal(h.counts[ARBITRAGE_QUOTES], 3);
    assert_int_equal(h.counts[ARBITRAGE_OPENED], 1);
    assert_int_equal(h.counts[ARBITRAGE_CLOSED], 1);
    assert_int_equal(h.counts[ARBITRAGE_SUSPECT], 0);
    fold_harness_finish(&h);
}

/* kraken is cheaper, but free takes no fee: bought there and sold on okx is best. */
static void watching_shows_the_best_direction(void **state)
{
    (void)state;
    static const struct arbitrage_step steps[] = {
        {TICK, "kraken", 9999, ""},
        {TICK, "okx", 9999, ""},
        {TICK, "free", 9999, ""},
        {NORMAL, "kraken", 9999, "", "99", "100", "0.5"},
        {NORMAL, "okx", 9999, "", "100.15", "101", "2"},
        {NORMAL, "free", 9999, "", "98", "100.05", "3"},
        {TICK, "okx", 10001, ""},
    };
    struct arbitrage_options options;
    struct fold_harness h;
    struct record r;
    arbitrage_case_options(&options);
    fold_harness_init(&h, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
    for (size_t i = 0; i < N(steps); i++) {
        const struct record in = arbitrage_case_record(&steps[i]);
        fold_harness_apply(&h, &in);
    }
    assert_int_equal(h.n_said, 1);
    fold_harness_decode(&h, 0, &r);
    const struct opportunity *o = &r.opportunity;
    assert_true(slice_is(o->reason, "fees"));
    assert_int_equal(o->n_legs, 2);
    /* bought on free: gross 9.995, net -0.015; on kraken: gross 15, net -5 */
    assert_true(slice_is(o->legs[0].exchange, "free") && o->legs[0].side == SIDE_BUY);
    assert_true(slice_is(o->legs[1].exchange, "okx") && o->legs[1].side == SIDE_SELL);
    assert_int_equal(o->legs[0].age_us, 2000);
    expect("size", o->size, "2");
    expect("net", o->net_bps, "-0.01499250374813");
    fold_harness_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(the_short_cut_leaves_out_nothing),
        cmocka_unit_test(each_field),
        cmocka_unit_test(watching_shows_the_best_direction),
    };
    return cmocka_run_group_tests_name("arbitrage_values", tests, NULL, NULL);
}
