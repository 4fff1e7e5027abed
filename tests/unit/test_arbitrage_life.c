/* docs/ARBITRAGE.md, sentence by sentence: what opens, changes, closes and is watched, and when. */
#include "arbitrage_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS_MAX = 12 };

struct row {
    const char *name;
    struct arbitrage_step steps[STEPS_MAX]; /* up to the first without an exchange */
};

static void run_rows(const struct arbitrage_options *options, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t steps = 0;
        while (steps < STEPS_MAX && rows[i].steps[steps].exchange)
            steps++;
        arbitrage_case_run(rows[i].name, options, rows[i].steps, steps);
    }
}

#define RUN(options, rows) run_rows(options, rows, sizeof(rows) / sizeof((rows)[0]))

/* Bought on kraken at 100, sold on okx at 101: 100 bps gross, 79.84 net. */
#define CHEAP(at, said)                                                                            \
    {                                                                                              \
        NORMAL, "kraken", at, said, "99", "100"                                                    \
    }
#define DEAR(at, said)                                                                             \
    {                                                                                              \
        NORMAL, "okx", at, said, "101", "102"                                                      \
    }
#define OPEN_AT_50 CHEAP(0, ""), DEAR(0, ""), CHEAP(50, "opened kraken>okx")

static const struct row opening_rows[] = {
    {"it opens when it has stood for the dwell",
     {CHEAP(0, ""), DEAR(0, ""), DEAR(49, ""), DEAR(50, "opened kraken>okx")}},
    {"a tick judges too, of whichever exchange",
     {CHEAP(0, ""), DEAR(0, ""), {TICK, "free", 60, "opened kraken>okx"}}},
    {"the quote of another pair does not judge it",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {NORMAL, "okx", 60, "", "1", "2", NULL, "ETH-USD"},
      DEAR(60, "opened kraken>okx")}},
    {"one judgement without the edge begins the dwell anew",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {NORMAL, "okx", 40, "", "100", "102"},
      DEAR(41, ""),
      DEAR(90, ""),
      DEAR(91, "opened kraken>okx")}},
    {"prices may change while it dwells",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {NORMAL, "okx", 40, "", "103", "104"},
      {NORMAL, "okx", 50, "opened kraken>okx", "102", "104"}}},
    {"net of both fees 5 bps are needed: gross 25.03003 bps",
     {CHEAP(0, ""),
      {NORMAL, "okx", 0, "", "100.2503", "102"},
      {NORMAL, "okx", 50, "", "100.2503", "102"},
      {NORMAL, "okx", 51, "", "100.2504", "102"},
      {NORMAL, "okx", 101, "opened kraken>okx", "100.2504", "102"}}},
    {"the notional must reach the least of its quote asset",
     {{NORMAL, "kraken", 0, "", "99", "100", "0.0999"},
      DEAR(0, ""),
      DEAR(50, ""),
      {NORMAL, "kraken", 60, "", "99", "100", "0.1"},
      DEAR(110, "opened kraken>okx")}},
    {"an asset that is not named has none",
     {{NORMAL, "kraken", 0, "", "99", "100", "0.0001", "BTC-XYZ"},
      {NORMAL, "okx", 0, "", "101", "102", "1", "BTC-XYZ"},
      {TICK, "okx", 50, "opened BTC-XYZ kraken>okx"}}},
    {"pairs of two quote assets do not meet",
     {CHEAP(0, ""),
      {NORMAL, "okx", 0, "", "101", "102", NULL, "BTC-USDT"},
      {TICK, "okx", 100, ""}}},
    {"both directions have a life of their own",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {NORMAL, "okx", 10, "", "97", "98"},
      CHEAP(20, ""),
      CHEAP(60, "opened okx>kraken"),
      DEAR(70, "closed okx>kraken edge"),
      DEAR(120, "opened kraken>okx")}},
    {"5 bps open, exactly",
     {{TICK, "free", 0, ""},
      {TICK, "gratis", 0, ""},
      {NORMAL, "free", 0, "", "99", "100"},
      {NORMAL, "gratis", 0, "", "100.049999", "102"},
      {TICK, "free", 60, ""},
      {NORMAL, "gratis", 60, "", "100.05", "102"},
      {TICK, "free", 110, "opened free>gratis"}}},
    {"above 500 bps it is suspect",

     {CHEAP(0, ""),
      {NORMAL, "okx", 0, "", "106", "107"},
      {TICK, "okx", 50, "opened kraken>okx suspect"}}},
    {"a rate moves nothing, not even time",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {RATE, "okx", 900000, "", .epoch = 5},
      {TICK, "okx", 50, "opened kraken>okx"}}},
};

static void opening(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    RUN(&options, opening_rows);
}

static const struct row legs_rows[] = {
    {"an exchange without a tick is dead",
     {{NORMAL, "free", 0, "", "101", "102"},
      CHEAP(0, ""),
      {TICK, "okx", 50, ""},
      {TICK, "free", 60, ""},
      {TICK, "okx", 110, "opened kraken>free"}}},
    {"an exchange without a fee never enters a signal",
     {{TICK, "x", 0, ""},
      {NORMAL, "x", 0, "", "101", "102"},
      CHEAP(0, ""),
      {TICK, "x", 60, ""},
      {TICK, "x", 500, ""}}},
    {"void", {OPEN_AT_50, {VOID, "okx", 60, "closed kraken>okx void"}}},
    {"one_sided",
     {OPEN_AT_50, {ONE_SIDED, "kraken", 60, "closed kraken>okx one_sided", NULL, "100"}}},
    {"crossed", {OPEN_AT_50, {CROSSED, "okx", 60, "closed kraken>okx crossed", "102", "101"}}},
    {"a state that a later version knows",
     {OPEN_AT_50, {UNKNOWN, "okx", 60, "closed kraken>okx unknown"}}},
    {"the tick says it is not alive", {OPEN_AT_50, {DEAD, "okx", 60, "closed kraken>okx dead"}}},
    {"its tick is 2 s old, and another's says so",
     {OPEN_AT_50,
      {TICK, "okx", 1000, ""},
      {TICK, "okx", 1999, ""},
      {TICK, "okx", 2000, "closed kraken>okx dead"}}},
    {"a quote is 10 s old: ticks alone close it",
     {CHEAP(0, ""),
      {TICK, "kraken", 9000, ""},
      {TICK, "okx", 9000, ""},
      DEAR(9000, ""),
      {TICK, "okx", 9999, "opened kraken>okx"},
      {TICK, "kraken", 9999, ""},
      {TICK, "okx", 10000, "closed kraken>okx stale; watching legs; kraken stale"}}},
    {"time is that of the newest record of whichever exchange, and never goes back",
     {OPEN_AT_50,
      {TICK, "free", 2000, "closed kraken>okx dead"},
      {TICK, "kraken", 1000, ""},
      {TICK, "okx", 1000, ""},
      DEAR(1000, ""),
      {TICK, "free", 2049, ""},
      {TICK, "free", 2050, "opened kraken>okx"}}},
    {"a higher epoch voids quotes and tick of its exchange",
     {OPEN_AT_50,
      {TICK, "okx", 60, "closed kraken>okx epoch", .epoch = 1},
      {TICK, "okx", 200, "", .epoch = 1},
      {NORMAL, "okx", 210, "", "101", "102", .epoch = 1},
      {TICK, "okx", 260, "opened kraken>okx", .epoch = 1}}},
    {"a quote brings it too: then the tick is missing",
     {OPEN_AT_50,
      {NORMAL, "okx", 60, "closed kraken>okx dead", "101", "102", .epoch = 1},
      {TICK, "okx", 70, "", .epoch = 1},
      {TICK, "okx", 120, "opened kraken>okx", .epoch = 1}}},
    {"a lower epoch is ignored, time included",
     {{TICK, "okx", 0, "", .epoch = 1},
      CHEAP(0, ""),
      {NORMAL, "okx", 0, "", "101", "102", .epoch = 1},
      {VOID, "okx", 60, ""},
      {DEAD, "okx", 900000, ""},
      {TICK, "okx", 50, "opened kraken>okx", .epoch = 1}}},
    {"the first obstacle counts, the buying leg's before the selling leg's",
     {OPEN_AT_50,
      {DEAD, "kraken", 60, "closed kraken>okx dead"},
      {TICK, "kraken", 61, ""},
      CHEAP(200, "opened kraken>okx"),
      {TICK, "free", 99000, "closed kraken>okx dead; watching legs; kraken dead; okx dead"}}},
    {"of a change of fees the newer counts from 00:00 UTC on",
     {{TICK, "okx", 86399900, ""},
      {TICK, "kraken", 86399900, ""},
      CHEAP(86399900, ""),
      {NORMAL, "okx", 86399900, "", "100.9", "102"},
      {TICK, "okx", 86399950, "opened kraken>okx"},
      {TICK, "okx", 86399999, ""},
      {TICK, "okx", 86400000, "closed kraken>okx edge; watching fees"}}},
};

static void legs(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    RUN(&options, legs_rows);
}

static const struct row changing_and_closing_rows[] = {
    {"it closes below 2 bps, not below 5",
     {OPEN_AT_50,
      {NORMAL, "okx", 400, "updated kraken>okx", "100.23", "102"},
      {NORMAL, "okx", 410, "closed kraken>okx edge", "100.22", "102"}}},
    {"2 bps keep it open, exactly",
     {{TICK, "free", 0, ""},
      {TICK, "gratis", 0, ""},
      {NORMAL, "free", 0, "", "99", "100"},
      {NORMAL, "gratis", 0, "", "101", "102"},
      {TICK, "free", 50, "opened free>gratis"},
      {NORMAL, "gratis", 60, "", "100.02", "102"},
      {NORMAL, "gratis", 70, "closed free>gratis edge", "100.0199999", "102"}}},
    {"it is written again 250 ms later  at the earliest, and only if something differs",
     {OPEN_AT_50,
      {NORMAL, "okx", 60, "", "102", "103"},
      {TICK, "okx", 299, ""},
      {TICK, "okx", 300, "updated kraken>okx"},
      {TICK, "okx", 600, ""},
      {NORMAL, "okx", 601, "updated kraken>okx", "102", "103", "0.5"}}},
    {"what returns to what was written is no change",
     {OPEN_AT_50, {NORMAL, "okx", 60, "", "102", "103"}, DEAR(299, ""), {TICK, "okx", 400, ""}}},
    {"too small a size closes",
     {OPEN_AT_50, {NORMAL, "okx", 60, "closed kraken>okx size", "101", "102", "0.09"}}},
    {"no edge at all: the bid is 10^17 times the ask",
     {OPEN_AT_50,
      {NORMAL, "okx", 60, "closed kraken>okx edge", "10000000000000000000",
       "10000000000000000000"}}},
    {"what qualifies when it closes begins anew at the next judgement",
     {OPEN_AT_50,
      {NORMAL, "okx", 60, "closed kraken>okx edge", "99", "102"},
      DEAR(70, ""),
      DEAR(119, ""),
      DEAR(120, "opened kraken>okx")}},
    {"suspect stays, once its peak was",
     {CHEAP(0, ""),
      {NORMAL, "okx", 0, "", "106", "107"},
      {TICK, "okx", 50, "opened kraken>okx suspect"},
      DEAR(300, "updated kraken>okx suspect"),
      {VOID, "okx", 310, "closed kraken>okx void suspect"}}},
    {"a quote that contradicts itself is refused and void",
     {OPEN_AT_50,
      {NORMAL, "okx", 60,
       "refused: a normal quote without two sides above zero, the bid not above the ask; "
       "closed kraken>okx void",
       "103", "102"},
      {NORMAL, "okx", 70,
       "refused: a normal quote without two sides above zero, the bid not above the ask", "103"},
      {NORMAL, "okx", 80,
       "refused: a normal quote without two sides above zero, the bid not above the ask", "101",
       "102", "0"}}},
    {"a bid that equals the ask does not",
     {CHEAP(0, ""), {NORMAL, "okx", 0, "", "101", "101"}, {TICK, "okx", 50, "opened kraken>okx"}}},
};

static void changing_and_closing(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    RUN(&options, changing_and_closing_rows);
}

static const struct row longest_duration_rows[] = {
    {"open for so long it closes, and may open again",
     {OPEN_AT_50,
      {TICK, "kraken", 1049, ""},
      {TICK, "okx", 1049, ""},
      {TICK, "okx", 1050, "closed kraken>okx duration"},
      {TICK, "okx", 1060, ""},
      {TICK, "okx", 1109, ""},
      {TICK, "okx", 1110, "opened kraken>okx"}}},
};

static void longest_duration(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    options.rules.max_duration_us = 1000000;
    RUN(&options, longest_duration_rows);
}

static const struct row no_dwell_rows[] = {
    {"without a dwell it opens when it is first seen",
     {CHEAP(0, ""), DEAR(0, "opened kraken>okx")}},
};

static void no_dwell(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    options.rules.min_dwell_us = 0;
    RUN(&options, no_dwell_rows);
}

static const struct row watching_rows[] = {
    {"behind the tick that takes time into another 10 s, each pair of two exchanges, by symbol",
     {{NORMAL, "okx", 9000, "", "99", "100", NULL, "A-USD"},
      {NORMAL, "kraken", 9000, "", "99", "100", NULL, "A-USD"},
      {NORMAL, "okx", 9000, "", "99", "100", NULL, "B-USD"},
      {NORMAL, "okx", 9000, "", "99", "100"},
      {NORMAL, "kraken", 9000, "", "99", "100"},
      {NORMAL, "kraken", 10000, "", "99", "100"},
      {TICK, "okx", 9999, "watching A-USD legs; kraken dead; watching legs; kraken dead"},
      {TICK, "kraken", 10000, ""},
      {TICK, "okx", 19999, ""}}},
    {"the prices alone do not reach",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      {NORMAL, "kraken", 9999, "", "99", "100"},
      {NORMAL, "okx", 9999, "", "100.04", "101"},
      {TICK, "okx", 10000, "watching spread"}}},
    {"the fees eat it",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      {NORMAL, "kraken", 9999, "", "99", "100"},
      {NORMAL, "okx", 9999, "", "100.05", "101"},
      {TICK, "okx", 10000, "watching fees"}}},
    {"too small",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      CHEAP(9999, ""),
      {NORMAL, "okx", 9999, "", "101", "102", "0.09"},
      {TICK, "okx", 10000, "watching size"}}},
    {"not for long enough yet",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      CHEAP(9999, ""),
      DEAR(9999, ""),
      {TICK, "okx", 10000, "watching dwell"}}},
    {"suspect as well",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      CHEAP(9999, ""),
      {NORMAL, "okx", 9999, "", "107", "108"},
      {TICK, "okx", 10000, "watching dwell suspect"}}},
    {"an exchange that is left out is named with its obstacle",
     {{TICK, "okx", 9999, ""},
      {TICK, "kraken", 9999, ""},
      {TICK, "x", 9999, ""},
      {NORMAL, "x", 9999, "", "150", "151"},
      CHEAP(9999, ""),
      {NORMAL, "okx", 9999, "", "99", "100"},
      {VOID, "free", 9999, ""},
      {TICK, "okx", 10000, "watching spread; free void; x fee"}}},
    {"not while the pair has something open",
     {{TICK, "okx", 9900, ""},
      {TICK, "kraken", 9900, ""},
      CHEAP(9900, ""),
      DEAR(9900, ""),
      {TICK, "okx", 9950, "opened kraken>okx"},
      {TICK, "okx", 10000, ""}}},
    {"time that jumps over several is one",
     {{NORMAL, "okx", 0, "", "99", "100"},
      {NORMAL, "kraken", 0, "", "99", "100"},
      {TICK, "okx", 55000, "watching legs; kraken dead; okx stale"},
      {TICK, "okx", 59999, ""},
      {TICK, "okx", 60000, "watching legs; kraken dead; okx stale"}}},
};

static void watching(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    RUN(&options, watching_rows);
}

static const struct row never_watching_rows[] = {
    {"0: never",
     {{NORMAL, "okx", 0, "", "99", "100"},
      {NORMAL, "kraken", 0, "", "99", "100"},
      {TICK, "okx", 55000, ""}}},
};

static void never_watching(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    options.rules.watching_us = 0;
    RUN(&options, never_watching_rows);
}

static const struct row limits_rows[] = {
    {"one symbol more",
     {CHEAP(0, ""),
      {NORMAL, "okx", 0, "refused: one symbol more than state.max.symbols", "1", "2", NULL,
       "A-USD"}}},
    {"one exchange more, which moves nothing",
     {CHEAP(0, ""),
      DEAR(0, ""),
      {TICK, "free", 60, "refused: one exchange more than state.max.exchanges"},
      {NORMAL, "free", 60, "refused: one exchange more than state.max.exchanges", "1", "2"},
      DEAR(49, ""),
      DEAR(50, "opened kraken>okx")}},
    {"what cannot be",
     {{TICK, "", 0, "refused: exchange: not a name of 1 to 20 bytes"},
      {TICK, "a|b", 0, "refused: exchange: not a name of 1 to 20 bytes"},
      {NORMAL, "okx", 0, "refused: symbol: not a BASE-QUOTE of at most 40 bytes", "1", "2", NULL,
       "BTC"},
      {NORMAL, "okx", 0, "refused: symbol: not a BASE-QUOTE of at most 40 bytes", "1", "2", NULL,
       "-USD"},
      {NORMAL, "okx", 0, "refused: symbol: not a BASE-QUOTE of at most 40 bytes", "1", "2", NULL,
       "BTC-"},
      {TICK, "okx", INT64_C(-1767571200001), "refused: receive_time: not between 1970 and 9999"}}},
};

static void limits(void **state)
{
    (void)state;
    struct arbitrage_options options;
    arbitrage_case_options(&options);
    options.rules.max_symbols = 1;
    options.rules.max_exchanges = 2;
    RUN(&options, limits_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening),
        cmocka_unit_test(legs),
        cmocka_unit_test(changing_and_closing),
        cmocka_unit_test(longest_duration),
        cmocka_unit_test(no_dwell),
        cmocka_unit_test(watching),
        cmocka_unit_test(never_watching),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("arbitrage_life", tests, NULL, NULL);
}
