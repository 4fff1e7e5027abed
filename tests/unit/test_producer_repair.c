/* Repair at its turn: what is asked for, told and written, of two shards that one exchange answers
 * for. */
#include "bell.h"
#include "fetch_case.h"
#include "producer_case.h"
#include "repair.h"
#include "shard_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_MS = 20000, SHARDS = 2 };

static const char SOL[] = "SOL-USDT"; /* of shard 0 */
static const char ETH[] = "ETH-USDT"; /* of shard 1 */
static const struct channel channel = {"trade", CHANNEL_TRADES, "ws", 2};

struct fixture {
    struct fetch_case *http;
    struct universe *universe;
    struct shard_case *shards[SHARDS];
    struct repair *repair;
    int begun; /* how often somebody made sure of a transaction */
    bool broken;
};

/* --- setup and teardown ----------------------------------------------------------------------- */

static void create_shard(struct fixture *f, uint32_t number)
{
    void *inner = NULL;
    struct err e = {0};
    assert_int_equal(shard_case_setup(&inner), 0);
    struct shard_case *c = inner;
    f->shards[number] = c;
    c->brief = true;
    c->universe = f->universe;
    c->hold = hold_create(f->universe->shards[number].n, 100, &e);
    assert_non_null(c->hold);
    shard_case_create(c, &(struct shard_about){.exchange = "test",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .number = number,
                                               .hold = c->hold,
                                               .wait_us = 2 * US_PER_S});
}

static int setup_with(void **state, int64_t give_up_us)
{
    void *http = NULL;
    struct err e = {0};
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f || fetch_case_setup(&http) != 0)
        return -1;
    *state = f;
    f->http = http;
    f->universe = case_universe(SHARDS, 2);
    for (uint32_t i = 0; i < SHARDS; i++)
        create_shard(f, i);
    f->repair = repair_create(&(struct repair_about){.fetch = f->http->about,
                                                     .universe = f->universe,
                                                     .channel = &channel,
                                                     .give_up_us = give_up_us},
                              &e);
    return f->repair ? 0 : -1;
}

static int setup(void **state)
{
    return setup_with(state, INT64_C(3600) * US_PER_S);
}

static int setup_impatient(void **state)
{
    return setup_with(state, 1);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *inner;
    repair_destroy(f->repair);
    for (uint32_t i = 0; i < SHARDS; i++) {
        inner = f->shards[i];
        f->shards[i]->universe = NULL; /* both have one */
        (void)shard_case_teardown(&inner);
    }
    universe_destroy(f->universe);
    inner = f->http;
    (void)fetch_case_teardown(&inner);
    free(f);
    return 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

static int begin(void *owner, struct err *e)
{
    struct fixture *f = owner;
    f->begun++;
    return f->broken ? err_set(e, ERR_STATE, "no transaction") : 0;
}

static int turn(struct fixture *f, uint32_t shard, struct err *e)
{
    struct shard_case *c = f->shards[shard];
    const struct repair_out out = {begin, f, shard_case_emit, c};
    return repair_turn(f->repair, shard, c->shard, &out, e);
}

static void take_turn(struct fixture *f, uint32_t shard)
{
    struct err e = {0};
    assert_int_equal(turn(f, shard, &e), 0);
}

/* The answer to the question under way is there. */
static void await_answer(struct fixture *f)
{
    assert_true(bell_wait(f->http->bell, WAIT_MS));
}

/* The ids between these are missing; declared: nobody waits for them. */
static void miss(struct fixture *f, uint32_t shard, const char *symbol, bool declared)
{
    struct shard_case *c = f->shards[shard];
    struct err e = {0};
    shard_case_trade(c, symbol, 1, TRADE_ORIGIN_LIVE);
    shard_case_trade(c, symbol, 5, TRADE_ORIGIN_LIVE);
    shard_time(c->shard, declared ? INT64_MAX : 0, 777);
    assert_int_equal(shard_let_go(c->shard, shard_case_emit, c, &e), 0);
    strbuf_reset(&c->out);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_declared_gap(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, true);
    fetch_case_answer(f->http, "200 OK", "done 2-4");
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "T2[SOL] repairing SOL-USDT 2-4 from 10 to 50 at 777\n");
    assert_int_equal(f->begun, 1);
    await_answer(f);
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                                    "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                                    "T2[SOL] trade SOL-USDT 4=4 @40 repair\n");
    assert_int_equal(f->begun, 2);
    shard_case_flush(f->shards[0]); /* with the commit */
    const char *out = f->shards[0]->out.data;
    assert_non_null(strstr(out, "T2[SOL] repaired SOL-USDT 2-4 from 10 to 50 at "));
    assert_non_null(strstr(out, "P0[SOL-USDT] progress SOL-USDT trade 1-5 at 50\n"));
}

/* Nobody is told of it, and no transaction is opened for a question. */
static void what_trades_wait_for(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, false);
    fetch_case_answer(f->http, "200 OK", "done 2-4");
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "");
    assert_int_equal(f->begun, 0);
    await_answer(f);
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                                    "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                                    "T2[SOL] trade SOL-USDT 4=4 @40 repair\n"
                                    "T2[SOL] trade SOL-USDT 5=5 @50\n");
    assert_int_equal(f->begun, 1);
}

static void page_after_page(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, false);
    fetch_case_answer(f->http, "200 OK", "more 2-3");
    take_turn(f, 0);
    await_answer(f);
    fetch_case_answer(f->http, "200 OK", "done 4-4");
    take_turn(f, 0); /* takes the page, and asks for the next at once */
    shard_case_expect(f->shards[0], "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                                    "T2[SOL] trade SOL-USDT 3=3 @30 repair\n");
    await_answer(f);
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "T2[SOL] trade SOL-USDT 4=4 @40 repair\n"
                                    "T2[SOL] trade SOL-USDT 5=5 @50\n");
}

/* An answer waits for the shard it is for. */
static void of_two_shards(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, false);
    miss(f, 1, ETH, false);
    fetch_case_answer(f->http, "200 OK", "done 2-4");
    take_turn(f, 0);
    await_answer(f);
    take_turn(f, 1);
    repair_forget(f->repair, 1); /* the question is not of that one */
    shard_case_expect(f->shards[1], "");
    assert_int_equal(http_case_requests(f->http->server), 1);
    take_turn(f, 0);
    assert_non_null(strstr(f->shards[0]->out.data, "trade SOL-USDT 4=4 @40 repair\n"));
    take_turn(f, 1);
    await_answer(f);
    take_turn(f, 1);
    shard_case_expect(f->shards[1], "T1[ETH] trade ETH-USDT 2=2 @20 repair\n"
                                    "T1[ETH] trade ETH-USDT 3=3 @30 repair\n"
                                    "T1[ETH] trade ETH-USDT 4=4 @40 repair\n"
                                    "T1[ETH] trade ETH-USDT 5=5 @50\n");
}

/* The shard went to somebody else, or begins anew, with a question under way. */
static void a_forgotten_answer_is_in_nobodys_way(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, false);
    miss(f, 1, ETH, false);
    fetch_case_answer(f->http, "200 OK", "done 2-4");
    take_turn(f, 0);
    repair_forget(f->repair, 0);
    await_answer(f);
    take_turn(f, 1);
    shard_case_expect(f->shards[1], "");
    await_answer(f); /* to its own question */
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "");
    take_turn(f, 1);
    assert_non_null(strstr(f->shards[1]->out.data, "trade ETH-USDT 4=4 @40 repair\n"));
    assert_int_equal(f->shards[0]->out.len, 0);
}

static void asked_again_until_it_gives_up(void **state)
{
    struct fixture *f = *state;
    miss(f, 0, SOL, true);
    fetch_case_answer(f->http, "503 Down", "");
    take_turn(f, 0);
    await_answer(f);
    take_turn(f, 0);
    shard_case_expect(f->shards[0], "T2[SOL] repairing SOL-USDT 2-4 from 10 to 50 at 777\n");
    int64_t end_us = clock_mono_us() + WAIT_MS * US_PER_MS;
    while (!bell_wait(f->http->bell, 5)) { /* its answer */
        assert_true(clock_mono_us() < end_us);
        take_turn(f, 0);
    }
    assert_int_equal(http_case_requests(f->http->server), 2);
    take_turn(f, 0);
    const char *out = f->shards[0]->out.data;
    assert_non_null(strstr(out, "T2[SOL] given_up SOL-USDT 2-4 from 10 to 50 at 777 (the exchange "
                                "did not answer for too long: http://127.0.0.1:"));
    assert_non_null(strstr(out, "HTTP status 503"));
    assert_int_equal(shard_holes(f->shards[0]->shard), 0);
}

/* Then the writer begins anew, and asks again. */
static void no_transaction(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    miss(f, 0, SOL, true);
    f->broken = true;
    assert_int_equal(turn(f, 0, &e), -1);
    assert_string_equal(e.text, "no transaction");
    assert_int_equal(http_case_requests(f->http->server), 0);
    f->broken = false;
    fetch_case_answer(f->http, "200 OK", "done 2-4");
    take_turn(f, 0);
    await_answer(f);
    f->broken = true;
    assert_int_equal(turn(f, 0, &e), -1);
    f->broken = false;
    strbuf_reset(&f->shards[0]->out);
    take_turn(f, 0);
    await_answer(f);
    take_turn(f, 0);
    assert_non_null(strstr(f->shards[0]->out.data, "trade SOL-USDT 4=4 @40 repair\n"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_declared_gap),
        CASE(what_trades_wait_for),
        CASE(page_after_page),
        CASE(of_two_shards),
        CASE(a_forgotten_answer_is_in_nobodys_way),
        cmocka_unit_test_setup_teardown(asked_again_until_it_gives_up, setup_impatient, teardown),
        CASE(no_transaction),
    };
    return cmocka_run_group_tests(tests, http_case_begin, http_case_end);
}
