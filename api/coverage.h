/**
 * How much of a symbol's time is covered: windows of equal coverage as runs, without a hole.
 *
 *     struct coverage_list list;
 *     if (coverage_list_read(pool, &key, &page, &list, &e) != 0) ...
 *     for (int i = 0; i < list.n; i++)
 *         use(&list.runs[i]);
 *     coverage_list_finish(&list);
 *
 * From the symbol's first candle to the newest time known to be closed; where there is no record
 * between them it is `quiet`. One question looks at QUERY_RUNS_SCAN candles at most; a run that
 * goes on behind them is cut there.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_COVERAGE_H
#define CANDLEWICK_COVERAGE_H

#include "query.h"

struct coverage_list {
    struct coverage_run *runs; /* ours */
    int n;
    bool more; /* windows follow; the next page goes on behind the end of the last run */
};

/* key: of an interval from 1m up, as known now. Of the page, after is the end of a run. Finish
 * *ret whatever this returns. Errors as pool_query(), ERR_NOMEM, ERR_PROTO. */
int coverage_list_read(struct pool *pool, const struct candle_key *key, const struct page *page,
                       struct coverage_list *ret, struct err *e) MUST_CHECK;
void coverage_list_finish(struct coverage_list *l);

#endif
