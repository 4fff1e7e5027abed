/**
 * Probes: records that are timed from their market to a reader of what comes of them.
 *
 *     struct probes *p = probes_create(&e);
 *     probes_add(p, symbol, mark, due_us, &e);       // it goes out: mark tells it among its
 * symbol's probes_commit(p, now_us);                      // all that went out so far are committed
 *     probes_read(p, symbol, mark, now_us);          // somebody read what came of it
 *     probes_await(p, tail, &e);
 *     probes_print(p, "from_trade", PROBES_DUE, &e); // "from_trade":{"p50_us":…,"p99_us":…}
 *
 * Times are clock_mono_us(). Threads: any.
 */
#ifndef CANDLEWICK_BENCH_PROBES_H
#define CANDLEWICK_BENCH_PROBES_H

#include "tail.h"

struct probes;

enum probes_start { PROBES_DUE, PROBES_COMMITTED };

struct probes *probes_create(struct err *e); /* NULL: ERR_NOMEM */
void probes_destroy(struct probes *p);       /* NULL is fine */

/* due_us: when the market has it. ERR_LIMIT: there are too many. */
int probes_add(struct probes *p, struct slice symbol, int64_t mark, int64_t due_us,
               struct err *e) MUST_CHECK;
void probes_commit(struct probes *p, int64_t now_us);

/* The first time counts; what is no probe is nothing. */
void probes_read(struct probes *p, struct slice symbol, int64_t mark, int64_t now_us);

/* Until each one is read, some seconds at most. ERR_STATE says how many are missing; what the tail
 * says. */
int probes_await(struct probes *p, struct tail *t, struct err *e) MUST_CHECK;

/* How many there are. */
size_t probes_count(struct probes *p);

/* Percentiles of the time to the reading, on stdout. All are read. ERR_ARG: there is none. */
int probes_print(struct probes *p, const char *name, enum probes_start start,
                 struct err *e) MUST_CHECK;

#endif
