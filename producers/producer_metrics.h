/**
 * The numbers a producer shows at /metrics.
 *
 *     struct producer_metrics m;
 *     if (producer_metrics_add(&m, p.metrics, "binance", &e) != 0) ...
 *     metric_inc(m.frames, 1);
 *
 * Threads: any, once added.
 */
#ifndef CANDLEWICK_PRODUCER_METRICS_H
#define CANDLEWICK_PRODUCER_METRICS_H

#include "metrics.h"

struct producer_metrics {
    /* feed */
    struct metric *frames;
    struct metric *frames_skipped;
    struct metric *frames_bad_proto; /* by reason */
    struct metric *frames_bad_limit;
    struct metric *feed_connections;
    struct metric *feed_connected;
    struct metric *feed_unread;
    struct metric *feed_reconnects;
    struct metric *feed_handovers;
    struct metric *feed_paused;
    struct metric *feed_overflows;
    struct metric *feed_stalls;
    struct metric *last_receive_time;
    struct metric *record_failures;
    struct metric *symbols_refused;
    struct metric *quotes_conflated;
    /* writer */
    struct metric *trades_written;
    struct metric *duplicates;
    struct metric *duplicates_strange;
    struct metric *gaps;
    struct metric *gap_ids;
    struct metric *repaired_ids;
    struct metric *given_up_ids;
    struct metric *brought_back;
    struct metric *open_holes;
    struct metric *trades_held;
    struct metric *repair_requests;
    struct metric *repair_failures;
    struct metric *repair_trades;
    struct metric *clock_skew;
    struct metric *instrument_reads;
    struct metric *instrument_changes;
    struct metric *journal_bytes;
    struct metric *journal_limit;
    struct metric *txn_commits;
    struct metric *txn_aborts;
    struct metric *rebuilds;
    struct metric *stalls;
    struct metric *shards_owned;
    /* quote writer */
    struct metric *quotes_written;
    struct metric *quotes_unchanged;
    struct metric *quotes_lost;
    struct metric *quote_rebuilds;
    struct metric *rates_written;
    struct metric *symbols;
};

extern const struct metric_table producer_metric_table;

int producer_metrics_add(struct producer_metrics *m, struct metrics *registry, const char *exchange,
                         struct err *e) MUST_CHECK;

#endif
