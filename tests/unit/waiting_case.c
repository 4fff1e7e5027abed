#include "waiting_case.h"

#include "producer_case.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void waiting_create(struct shard_case *f, size_t limit, bool looks)
{
    struct err e = {0};
    f->brief = true;
    f->universe = case_universe(1, 2);
    f->hold = hold_create(f->universe->shards[0].n, limit, &e);
    assert_non_null(f->hold);
    shard_case_create(f, &(struct shard_about){.exchange = "binance",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .hold = f->hold,
                                               .wait_us = WAIT_US,
                                               .looks = looks});
    shard_time(f->shard, 1, 1);
}

void waiting_arrive(struct shard_case *f, const char *symbol, enum trade_origin origin,
                    const int64_t *ids)
{
    for (; *ids > 0; ids++)
        shard_case_trade(f, symbol, *ids, origin);
}
void waiting_let_go(struct shard_case *f, int64_t now_us)
{
    struct err e = {0};
    shard_time(f->shard, now_us, now_us);
    assert_int_equal(shard_let_go(f->shard, shard_case_emit, f, &e), 0);
}

void waiting_expect_missing(struct shard_case *f, const char *symbol, const char *wanted)
{
    struct shard_missing m[SHARD_MISSING_MAX];
    struct strbuf b = STRBUF_INIT(1000);
    size_t n = shard_missing(f->shard, case_symbol(f->universe, symbol), m);
    assert_int_equal(strbuf_adds(&b, ""), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(
            strbuf_addf(&b, "%s%c %" PRId64 "-", i ? ", " : "", "WDP"[m[i].kind], m[i].first_id),
            0);
        if (m[i].last_id < INT64_MAX)
            assert_int_equal(strbuf_addf(&b, "%" PRId64, m[i].last_id), 0);
        assert_int_equal(strbuf_addf(&b, " at %" PRId64, m[i].from_time_us), 0);
        assert_int_equal(m[i].look != 0, m[i].kind == SHARD_MISSING_PERHAPS);
    }
    if (strcmp(b.data ? b.data : "", wanted) != 0)
        fail_msg("is     %s\nwanted %s", b.data ? b.data : "", wanted);
    strbuf_finish(&b);
}

bool waiting_is_needy(const struct shard_case *f, const char *symbol)
{
    for (uint32_t i = 0; i < shard_needy(f->shard); i++)
        if (shard_needy_at(f->shard, i) == case_symbol(f->universe, symbol))
            return true;
    return false;
}

void waiting_restore(struct shard_case *f, const char *symbol, int64_t first, int64_t last)
{
    struct err e = {0};
    assert_int_equal(shard_case_restore(f, "binance", "trade", symbol, first, last, &e), 0);
}

void waiting_begin_again(struct shard_case *f, int64_t last_id)
{
    hold_rewind(f->hold);
    shard_reset(f->shard);
    waiting_restore(f, WAITING_SOL, 1, last_id);
    shard_case_begin(f, false, 1);
    strbuf_reset(&f->out);
}
