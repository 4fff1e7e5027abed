/**
 * The parts of the arbitrage fold, for each other: what each file does for the rest.
 *
 *     struct turn t = {state, sink, offset, e};
 *     if (judge_pair(&t, pair) != 0) ...
 *
 * All that can fail returns -1 with *t->e: the sink said so, or ERR_NOMEM; the state is spoiled
 * then. Threads: one at a time.
 */
#ifndef CANDLEWICK_ARBITRAGE_PARTS_H
#define CANDLEWICK_ARBITRAGE_PARTS_H

#include "arbitrage.h"

/* One input being folded. */
struct turn {
    struct arbitrage_state *state;
    const struct fold_sink *sink;
    int64_t offset; /* of the input */
    struct err *e;
};

int turn_no_memory(const struct turn *t);
void turn_count(const struct turn *t, enum arbitrage_counter counter);

/* --- arbitrage_options.c: from options to rules ---------------------------------------------- */

int arbitrage_prepare(void *options, struct err *e) MUST_CHECK;

/* All of the rules but the fees, which are in a file. ERR_CONF. */
int arbitrage_make_rules(const struct arbitrage_options *o, struct rules *ret,
                         struct err *e) MUST_CHECK;

/* As fold_ops.configuration. */
int arbitrage_configuration(const void *options, struct strbuf *out) MUST_CHECK;

/* --- arbitrage_judge.c: what can be traded, and the lives of opportunities ---------------------
 */

/* Why a leg cannot be traded; the first that holds. */
enum obstacle {
    OBSTACLE_NONE,
    OBSTACLE_EPOCH,
    OBSTACLE_VOID,
    OBSTACLE_ONE_SIDED,
    OBSTACLE_CROSSED,
    OBSTACLE_UNKNOWN,
    OBSTACLE_DEAD,
    OBSTACLE_STALE,
    OBSTACLE_FEE,
};
extern const char *const obstacle_names[];

/* Looks at a leg at partition time; notes the fee in force with its exchange. */
enum obstacle judge_top(const struct turn *t, const struct top *l);

/* What buying on a and selling on b yields; neither has an obstacle. False: there is no edge. */
bool judge_edge(const struct pair *p, const struct top *a, const struct top *b,
                struct found *ret) MUST_CHECK;

/* Judges each direction of the pair: what opens, changes or closes is written. */
int judge_pair(const struct turn *t, struct pair *p) MUST_CHECK;

/* --- arbitrage_watch.c: why there is nothing ---------------------------------------------------
 */

/* Writes `watching` of all pairs, if partition time calls for it. */
int watch_all(const struct turn *t) MUST_CHECK;

/* --- arbitrage_write.c: records ----------------------------------------------------------------
 */

/* reason: of a closed one, else NULL. */
int write_life(const struct turn *t, const struct pair *p, struct life *life,
               enum opportunity_state state, const char *reason) MUST_CHECK;

/* The best direction, or NULL for all three. */
int write_watching(const struct turn *t, const struct pair *p, const struct top *buy,
                   const struct top *sell, const struct found *f, struct slice reason) MUST_CHECK;

/* --- arbitrage_image.c, arbitrage_restore.c ----------------------------------------------------
 */

int arbitrage_image(void *state, struct strbuf *out, struct err *e) MUST_CHECK;
int arbitrage_restore(void *state, struct slice image, struct err *e) MUST_CHECK;

#endif
