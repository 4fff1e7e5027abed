/**
 * A plan of repair over a shard of a small market, and a time that passes as the test says.
 *
 *     plan_case_declare(f, "SOL-USDT", 1, 5);                  // 2 to 4 are declared missing
 *     plan_case_expect(f, SHARD_MISSING_DECLARED, "SOL-USDT", 2, 4);
 *     plan_case_answered(f, REPAIR_ALL);
 *     plan_case_expect_wait(f, 250 * MS);
 *
 * setup and teardown are for cmocka; *state is a struct plan_case.
 * Threads: one.
 */
#ifndef CANDLEWICK_PLAN_CASE_H
#define CANDLEWICK_PLAN_CASE_H

#include "repair_plan.h"
#include "shard_case.h"

enum { MS = 1000, SECOND = 1000000, GIVE_UP_US = 600 * SECOND };

struct plan_case {
    struct shard_case *c;
    struct repair_plan *plan;
    int64_t now_us;
    struct repair_pick pick; /* the last one */
};

/* Of the trades it asks for. */
extern const struct channel plan_case_channel;

int plan_case_setup(void **state);
int plan_case_setup_second_of_two(void **state); /* the shard 1 of 2 */
int plan_case_teardown(void **state);

/* A trade arrives; live: on the stream. */
void plan_case_trade(struct plan_case *f, const char *symbol, int64_t id, enum trade_origin origin);
void plan_case_live(struct plan_case *f, const char *symbol, int64_t id);

/* A declared hole of a symbol: the ids between these. */
void plan_case_declare(struct plan_case *f, const char *symbol, int64_t before, int64_t behind);

/* What waits is let go: the holes in front of it are declared. */
void plan_case_let_go(struct plan_case *f);

/* Its connection is back. */
void plan_case_reconnect(struct plan_case *f, const char *symbol);

/* Whether something is asked for now, looks too: then f->pick says what. */
bool plan_case_next(struct plan_case *f);

/* That is asked for now. */
void plan_case_expect(struct plan_case *f, enum shard_missing_kind kind, const char *symbol,
                      int64_t first_id, int64_t last_id);

/* Nothing is asked for until then, and something is at that time. */
void plan_case_expect_wait(struct plan_case *f, int64_t wait_us);

/* What came of f->pick. True: it is not asked for any more. */
bool plan_case_answered(struct plan_case *f, enum repair_outcome outcome);

#endif
