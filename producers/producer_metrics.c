#include "producer_metrics.h"

#include <stddef.h>
#include <stdio.h>

struct row {
    size_t offset; /* of the metric in struct producer_metrics */
    struct metric_desc desc;
    const char *reason; /* label beside the exchange, NULL for none */
};

#define AT(field_) offsetof(struct producer_metrics, field_)
#define COUNTER(field_, name_, help_)                                                              \
    {                                                                                              \
        AT(field_), {"candlewick_" name_, help_, METRIC_COUNTER, 1, "exchange"}, NULL              \
    }
#define GAUGE(field_, name_, help_)                                                                \
    {                                                                                              \
        AT(field_), {"candlewick_" name_, help_, METRIC_GAUGE, 1, "exchange"}, NULL                \
    }
#define BAD(field_, reason_)                                                                       \
    {                                                                                              \
        AT(field_),                                                                                \
            {"candlewick_frames_bad_total", "frames that could not be understood, dead-lettered",  \
             METRIC_COUNTER, 1, "exchange,reason"},                                                \
            reason_                                                                                \
    }

static const struct row rows[] = {
    COUNTER(frames, "frames_total", "frames received from the exchange"),
    COUNTER(frames_skipped, "frames_skipped_total",
            "frames of channels or symbols that are not followed"),
    BAD(frames_bad_proto, "proto"),
    BAD(frames_bad_limit, "limit"),
    GAUGE(feed_connections, "feed_connections",
          "connections the wanted symbols need, for trades and for quotes"),
    GAUGE(feed_connected, "feed_connected",
          "connections that are subscribed, for trades and for quotes"),
    GAUGE(feed_unread, "feed_connections_unreadable",
          "connections of which more than one frame in ten could not be understood lately"),
    GAUGE(symbols_refused, "symbols_refused",
          "symbols the exchange refused or did not acknowledge, of trades and of quotes"),
    COUNTER(feed_reconnects, "feed_reconnects_total", "connections made again after a loss"),
    COUNTER(feed_handovers, "feed_handovers_total",
            "connections replaced by a successor before they ended"),
    COUNTER(feed_paused, "feed_paused_total", "times reading paused because the journal was full"),
    COUNTER(feed_overflows, "feed_overflows_total",
            "connections dropped because the journal was full for too long, or had no room for a "
            "frame"),
    COUNTER(feed_stalls, "feed_stalls_total",
            "turns of the feed's loop that came over 500 ms late"),
    {AT(last_receive_time),
     {"candlewick_last_receive_time_seconds", "market time of the last frame", METRIC_GAUGE,
      1000000, "exchange"},
     NULL},
    COUNTER(record_failures, "record_failures_total",
            "times recording of frames ended on an error"),
    COUNTER(quotes_conflated, "quotes_conflated_total",
            "quotes dropped for a newer one because the brokers were slow"),
    COUNTER(quotes_written, "quotes_written_total", "quotes given to the brokers, void ones too"),
    COUNTER(quotes_unchanged, "quotes_unchanged_total",
            "quotes received that said what was written last"),
    COUNTER(quotes_lost, "quotes_lost_total",
            "records of quotes the brokers did not take; what is true was then written anew"),
    COUNTER(quote_rebuilds, "quote_rebuilds_total",
            "times the producer of quotes was made anew after a fatal error"),
    COUNTER(rates_written, "rates_written_total", "rates given to the brokers, per partition"),
    COUNTER(trades_written, "trades_written_total", "trades in committed transactions"),
    COUNTER(duplicates, "duplicates_total", "trades received that were already written"),
    COUNTER(duplicates_strange, "duplicates_strange_total",
            "duplicates dated after the newest trade: ids may have started over"),
    COUNTER(gaps, "gaps_total", "jumps of trade ids"),
    COUNTER(gap_ids, "gap_ids_total", "trade ids that were missing in them"),
    COUNTER(repaired_ids, "repaired_ids_total", "of those, ids that came after all"),
    COUNTER(given_up_ids, "given_up_ids_total", "of those, ids no longer waited for"),
    COUNTER(brought_back, "trades_reinjected_total",
            "missing trades that came from dead letters, re-injected"),
    GAUGE(open_holes, "open_holes", "ranges of ids declared missing and still waited for"),
    GAUGE(trades_held, "trades_held", "trades that wait for what is missing before them"),
    COUNTER(repair_requests, "repair_requests_total", "requests for trades of the past"),
    COUNTER(repair_failures, "repair_failures_total",
            "of these, without an answer, refused or not understood"),
    COUNTER(repair_trades, "repair_trades_total",
            "trades that came in answers, some of them more than once"),
    {AT(clock_skew),
     {"candlewick_clock_skew_seconds",
      "how far our clock is ahead of the exchange's, told by its last answer", METRIC_GAUGE,
      1000000, "exchange"},
     NULL},
    GAUGE(journal_bytes, "journal_bytes", "memory of what is received and not committed"),
    GAUGE(journal_limit, "journal_limit_bytes", "memory it may be at most, of all shards"),
    COUNTER(txn_commits, "txn_commits_total", "transactions committed"),
    COUNTER(txn_aborts, "txn_aborts_total", "transactions given up while open"),
    COUNTER(rebuilds, "rebuilds_total", "times a shard was opened again after a failure"),
    COUNTER(stalls, "stalls_total", "times over 500 ms passed without a look at the group"),
    GAUGE(shards_owned, "shards_owned", "shards this instance writes; 0: standby"),
    COUNTER(instrument_reads, "instrument_reads_total", "times the exchange's list was read again"),
    COUNTER(instrument_changes, "instrument_changes_total",
            "times what it says of what is followed had changed"),
    GAUGE(symbols, "symbols", "symbols followed"),
};

const struct metric_table producer_metric_table = METRIC_TABLE_OF(rows, desc);

int producer_metrics_add(struct producer_metrics *m, struct metrics *registry, const char *exchange,
                         struct err *e)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char labels[128];
        const char *reason = rows[i].reason;
        (void)snprintf(labels, sizeof(labels), "exchange=\"%.40s\"%s%s%s", exchange,
                       reason ? ",reason=\"" : "", reason ? reason : "", reason ? "\"" : "");
        struct metric *added = metrics_add(registry, &rows[i].desc, labels, e);
        if (!added)
            return -1;
        *(struct metric **)((char *)m + rows[i].offset) = added;
    }
    return 0;
}
