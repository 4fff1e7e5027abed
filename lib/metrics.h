/**
 * Metrics in the Prometheus text format.
 *
 *     static const struct metric_desc trades = {"candlewick_trades_total", "trades written",
 *                                               METRIC_COUNTER, 1, "exchange"};
 *     struct metric *m = metrics_add(reg, &trades, "exchange=\"binance\"", &e);
 *     metric_inc(m, 1);
 *
 * A metric is a whole number; a unit in seconds is kept in microseconds and divided when shown.
 * Threads: metric_* from any, adding from one before the listener starts or at any time (locked).
 */
#ifndef CANDLEWICK_METRICS_H
#define CANDLEWICK_METRICS_H

#include "strbuf.h"

#include <stdatomic.h>
#include <stdint.h>

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric_desc {
    const char *name; /* with its unit: _total, _seconds, _bytes */
    const char *help;
    enum metric_type type;
    int64_t divisor;    /* shown value = number / divisor; 1 or a power of ten */
    const char *labels; /* names of its labels, "exchange,reason"; NULL for none */
};

/* The descriptors of a module, so that a program can list what it may show. They lie in a table
 * whose rows may hold more: METRIC_TABLE(descs), METRIC_TABLE_OF(rows, desc). */
struct metric_table {
    const struct metric_desc *first;
    size_t n;
    size_t stride; /* bytes from one to the next */
};

#define METRIC_TABLE(array_) METRIC_TABLE_ROWS(array_, &(array_)[0])
#define METRIC_TABLE_OF(array_, member_) METRIC_TABLE_ROWS(array_, &(array_)[0].member_)
#define METRIC_TABLE_ROWS(array_, first_)                                                          \
    {                                                                                              \
        (first_), sizeof(array_) / sizeof((array_)[0]), sizeof((array_)[0])                        \
    }

static inline const struct metric_desc *metric_table_get(const struct metric_table *t, size_t i)
{
    return (const struct metric_desc *)((const char *)t->first + i * t->stride);
}

struct metrics; /* the registry */
struct metric {
    atomic_llong value;
};

struct metrics *metrics_create(struct err *e);
void metrics_destroy(struct metrics *r); /* and every metric; NULL is fine */

/* The metric of this name and these labels ('a="b",c="d"', "" for none; values must not hold '"'),
 * made on first use, owned by the registry. NULL with ERR_NOMEM. */
struct metric *metrics_add(struct metrics *r, const struct metric_desc *desc, const char *labels,
                           struct err *e);

static inline void metric_inc(struct metric *m, int64_t by)
{
    atomic_fetch_add_explicit(&m->value, by, memory_order_relaxed);
}

static inline void metric_set(struct metric *m, int64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

static inline int64_t metric_get(const struct metric *m)
{
    return atomic_load_explicit(&m->value, memory_order_relaxed);
}

/* Appends the exposition. -1: no room. */
int metrics_print(struct metrics *r, struct strbuf *out) MUST_CHECK;

#endif
