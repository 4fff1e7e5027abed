#include "coverage.h"

#include <stdlib.h>

/* Adds a run, to the last one where it says the same and follows at once. */
static void add(struct coverage_list *l, const struct coverage_run *run)
{
    struct coverage_run *last = l->n > 0 ? &l->runs[l->n - 1] : NULL;
    if (!last || last->coverage != run->coverage || last->end_us != run->start_us) {
        l->runs[l->n++] = *run;
        return;
    }
    last->end_us = run->end_us;
    last->windows += run->windows;
    last->has_missing = last->has_missing || run->has_missing;
    last->missing += run->missing;
}

/* Adds the windows without a record in [from_us, to_us). */
static void add_quiet(struct coverage_list *l, int64_t from_us, int64_t to_us, int64_t length_us)
{
    const struct coverage_run quiet = {.start_us = from_us,
                                       .end_us = to_us,
                                       .coverage = COVERAGE_QUIET,
                                       .windows = (to_us - from_us) / length_us};
    if (from_us < to_us)
        add(l, &quiet);
}

/* Runs of records, and the quiet ones between them. */
static int collect(const struct rows *rows, const struct windows *w, struct coverage_list *l,
                   struct err *e)
{
    int64_t next_us = w->from_us;
    int64_t seen = 0;
    for (int i = 0; i < rows_count(rows); i++) {
        struct coverage_run run = {0};
        if (rows_coverage(rows, i, &run, e) != 0)
            return -1;
        add_quiet(l, next_us, run.start_us, w->length_us);
        add(l, &run);
        next_us = run.end_us;
        seen += run.windows;
    }
    if (!rows_more(rows) && seen < QUERY_RUNS_SCAN) {
        add_quiet(l, next_us, w->to_us, w->length_us);
        next_us = w->to_us;
    }
    l->more = next_us < w->to_us;
    return 0;
}

int coverage_list_read(struct pool *pool, const struct candle_key *key, const struct page *page,
                       struct coverage_list *ret, struct err *e)
{
    struct known known;
    int64_t start_us = page->start_us;
    *ret = (struct coverage_list){0};
    int found = query_known(pool, key, &known, e);
    if (found <= 0)
        return found;
    if (page->has_after && page->after.time_us > start_us)
        start_us = page->after.time_us;
    const struct windows w = windows_between(&known.windows, start_us, page->end_us);
    if (w.from_us >= w.to_us)
        return 0;
    ret->runs = calloc(2 * (size_t)page->limit + 2, sizeof(*ret->runs));
    if (!ret->runs)
        return err_set(e, ERR_NOMEM, "out of memory for coverage");
    struct rows *rows = query_runs(pool, key, w.from_us, w.to_us, page->limit, e);
    int r = rows ? collect(rows, &w, ret, e) : -1;
    rows_close(rows);
    if (r == 0 && ret->n > page->limit) {
        ret->n = page->limit;
        ret->more = true;
    }
    return r;
}

void coverage_list_finish(struct coverage_list *l)
{
    free(l->runs);
    *l = (struct coverage_list){0};
}
