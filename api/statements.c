#include "statements.h"

/* SQL reads best in lines of its own: */
/* clang-format off */

#define TIME_US(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

const struct statement statement_check = {
    0, "check",
    "SELECT count(to_regclass(name)) = 13 FROM"
    " unnest(ARRAY['candle', 'candle_revision', 'trade', 'symbol', 'gap', 'feed_event',"
    " 'known_symbol', 'latest_quote', 'exchange_state', 'instrument', 'instrument_period', 'opportunity', 'watching'])"
    " name"};

#define NAMES(id, prefix, table)                                                                   \
    {(id), prefix "exchanges", "SELECT DISTINCT exchange COLLATE \"C\" FROM " table " ORDER BY 1"},  \
    {(id) + 1, prefix "symbol",                                                                    \
     "SELECT symbol FROM " table " WHERE ($1 = '' OR exchange = $1) AND symbol = $2 LIMIT 1"},     \
    {(id) + 2, prefix "symbol_names",                                                              \
     "SELECT DISTINCT symbol COLLATE \"C\" FROM " table " WHERE $1 = '' OR exchange = $1"          \
     " ORDER BY 1 LIMIT $2::bigint"}

const struct names_statements names_known = {NAMES(1, "", "known_symbol")};
const struct names_statements names_listed = {NAMES(41, "listed_", "instrument")};

const struct statement statement_symbols = {
    4, "symbols",
    "SELECT exchange, symbol, coalesce(trades, 0), " TIME_US("first_trade_time") ", "
    TIME_US("last_trade_time") ", native_symbol, status, tick_size, lot_size, "
    TIME_US("update_time") " FROM known_symbol LEFT JOIN symbol USING (exchange, symbol)"
    " LEFT JOIN instrument USING (exchange, symbol) WHERE ($1 = '' OR exchange = $1)"
    " AND (exchange COLLATE \"C\", symbol COLLATE \"C\") > ($2, $3)"
    " ORDER BY exchange COLLATE \"C\", symbol COLLATE \"C\" LIMIT $4::bigint"};

/* --- instruments and assets ------------------------------------------------------------------ */

const struct statement statement_instruments = {
    44, "instruments",
    "SELECT exchange, symbol, native_symbol, base, quote, status, tick_size, lot_size, "
    TIME_US("from_time") ", " TIME_US("to_time") ", partition, \"offset\" FROM instrument_period"
    " WHERE ($1 = '' OR exchange = $1) AND ($2 = '' OR symbol = $2) AND ($3 = '' OR status = $3)"
    " AND from_time <= $4::timestamptz"
    " AND ($5::bigint = 1 OR to_time IS NULL OR to_time > $4::timestamptz)"
    " AND (exchange COLLATE \"C\", symbol COLLATE \"C\", from_time) > ($6, $7, $8::timestamptz)"
    " ORDER BY exchange COLLATE \"C\", symbol COLLATE \"C\", from_time LIMIT $9::bigint"};

const struct statement statement_assets = {
    45, "assets",
    "WITH named AS (SELECT unnest($1::text[]) AS asset, NULL AS symbol"
    " UNION ALL SELECT split_part(symbol, '-', 1), symbol FROM known_symbol"
    " UNION ALL SELECT split_part(symbol, '-', 2), symbol FROM known_symbol)"
    " SELECT asset COLLATE \"C\", count(symbol) FROM named"
    " WHERE asset <> '' AND asset COLLATE \"C\" > $2 GROUP BY 1 ORDER BY 1 LIMIT $3::bigint"};

/* --- candles: now from candle, as of $4 from the newest revision that was there then --------- */

#define KEY "exchange = $1 AND symbol = $2 AND \"interval\" = $3"

#define NOW(what, where, direction, limit)                                                         \
    "SELECT " what " FROM candle WHERE " KEY where                                                 \
    " ORDER BY open_time" direction " LIMIT " limit

#define AS_OF(what, where, direction, limit)                                                       \
    "SELECT DISTINCT ON (open_time) " what " FROM candle_revision WHERE " KEY                      \
    " AND record_time <= $4::timestamptz" where                                                    \
    " ORDER BY open_time" direction ", revision DESC LIMIT " limit

#define CANDLE                                                                                     \
    "exchange, symbol, \"interval\", " TIME_US("open_time") ", " TIME_US("close_time")             \
    ", open, high, low, close, volume, quote_volume, buy_volume, trades, vwap, first_trade_id,"    \
    " last_trade_id, status, coverage, missing, revision, reason, origin, trades_partition,"       \
    " trades_first_offset, trades_last_offset"

#define COVERAGE TIME_US("open_time") ", " TIME_US("close_time") ", coverage, 1, missing"

#define OPENS_IN(from, to)                                                                         \
    " AND open_time >= " from "::timestamptz AND open_time < " to "::timestamptz"
#define TRADED_BEFORE(time) " AND open_time < " time "::timestamptz AND close IS NOT NULL"

#define FIRST                                                                                      \
    TIME_US("first.open_time") ", " TIME_US("first.close_time")                                    \
    ", coalesce(first.trades_partition, first.partition), "

const struct candle_statements candles_now = {
    {5, "candles_first", NOW(CANDLE, OPENS_IN("$4", "$5"), "", "$6::bigint")},
    {6, "candles_last", NOW(CANDLE, OPENS_IN("$4", "$5"), " DESC", "$6::bigint")},
    {7, "candles_known",
     "SELECT " FIRST
     "(SELECT " TIME_US("max(newest.close_time)") " FROM symbol s CROSS JOIN LATERAL"
     " (SELECT c.partition, c.close_time FROM candle c WHERE c.exchange = s.exchange"
     " AND c.symbol = s.symbol AND c.\"interval\" = $3 AND c.status = 'final'"
     " ORDER BY c.open_time DESC LIMIT 1) newest"
     " WHERE s.exchange = $1 AND newest.partition = first.partition)"
     " FROM (" NOW("*", "", "", "1") ") first"},
    {8, "candles_close_before", NOW("close", TRADED_BEFORE("$4"), " DESC", "1")},
    {9, "candles_coverage", NOW(COVERAGE, OPENS_IN("$4", "$5"), "", "$6::bigint")},
};

const struct candle_statements candles_as_of = {
    {10, "candles_first_as_of", AS_OF(CANDLE, OPENS_IN("$5", "$6"), "", "$7::bigint")},
    {11, "candles_last_as_of", AS_OF(CANDLE, OPENS_IN("$5", "$6"), " DESC", "$7::bigint")},
    {12, "candles_known_as_of",
     "SELECT " FIRST "(SELECT " TIME_US("close_time") " FROM (" AS_OF("*", "", " DESC", "1")
     ") newest) FROM (" AS_OF("*", "", "", "1") ") first"},
    {13, "candles_close_before_as_of", AS_OF("close", TRADED_BEFORE("$5"), " DESC", "1")},
    {14, "candles_coverage_as_of", AS_OF(COVERAGE, OPENS_IN("$5", "$6"), "", "$7::bigint")},
};

/* A run goes on where a candle follows at once and says the same. */
const struct statement statement_runs = {
    15, "runs",
    "WITH seen AS ("
    NOW("open_time, close_time, coverage, missing", OPENS_IN("$4", "$5"), "", "$6::bigint") "),"
    " marked AS (SELECT *, lag(coverage) OVER w = coverage AND lag(close_time) OVER w = open_time"
    " AS goes_on FROM seen WINDOW w AS (ORDER BY open_time)),"
    " numbered AS (SELECT *, count(*) FILTER (WHERE goes_on IS NOT TRUE) OVER (ORDER BY open_time)"
    " AS run FROM marked)"
    " SELECT " TIME_US("min(open_time)") ", " TIME_US("max(close_time)") ", min(coverage),"
    " count(*), CASE WHEN count(missing) > 0 THEN"
    " least(sum(missing), 9223372036854775807)::bigint END"
    " FROM numbered GROUP BY run ORDER BY run LIMIT $7::bigint"};

/* --- trades ---------------------------------------------------------------------------------- */

/* The order of trades: the same as that of a candle's first and last. The index gives the time,
 * the rest is sorted within equal times. */
#define TRADES                                                                                     \
    "SELECT exchange, symbol, trade_id, sequence, price, amount, side, " TIME_US("exchange_time")  \
    ", " TIME_US("receive_time") ", origin, partition, \"offset\" FROM trade"                      \
    " WHERE exchange = $1 AND symbol = $2"                                                         \
    " AND exchange_time >= $3::timestamptz AND exchange_time < $4::timestamptz"

#define TRADES_KEY                                                                                 \
    "exchange_time, coalesce(sequence, 0), octet_length(trade_id), trade_id COLLATE \"C\","        \
    " partition, \"offset\""

const struct statement statement_trades_first = {
    16, "trades_first", TRADES " ORDER BY " TRADES_KEY " LIMIT $5::bigint"};

const struct statement statement_trades_last = {
    17, "trades_last",
    TRADES " ORDER BY exchange_time DESC, coalesce(sequence, 0) DESC, octet_length(trade_id) DESC,"
    " trade_id COLLATE \"C\" DESC, partition DESC, \"offset\" DESC LIMIT $5::bigint"};

const struct statement statement_trades_after = {
    18, "trades_after",
    TRADES " AND (" TRADES_KEY ") > ($6::timestamptz, $7::bigint, octet_length($8::text), $8::text,"
    " $9::bigint, $10::bigint) ORDER BY " TRADES_KEY " LIMIT $5::bigint"};

/* --- gaps and feed records ------------------------------------------------------------------- */

#define FILTER(word)                                                                               \
    " WHERE ($1 = '' OR exchange = $1) AND ($2 = '' OR symbol = $2) AND ($3 = '' OR " word " = $3)"
#define ASCENDING(time) " ORDER BY " time ", partition, \"offset\" LIMIT $6::bigint"
#define DESCENDING(time) " ORDER BY " time " DESC, partition DESC, \"offset\" DESC LIMIT $6::bigint"
#define AFTER(time)                                                                                \
    " AND (" time ", partition, \"offset\") > ($7::timestamptz, $8::bigint, $9::bigint)"

#define GAP_TIME "coalesce(from_time, open_time)"
#define GAPS                                                                                       \
    "SELECT exchange, symbol, first_id, last_id, " TIME_US("from_time") ", " TIME_US("to_time")    \
    ", missing, given_up, state, reason, " TIME_US("open_time") ", " TIME_US("update_time")        \
    ", partition, \"offset\" FROM gap" FILTER("state")                                             \
    " AND coalesce(to_time, open_time) >= $4::timestamptz AND " GAP_TIME " < $5::timestamptz"

const struct list_statements statements_gaps = {
    {19, "gaps_first", GAPS ASCENDING(GAP_TIME)},
    {20, "gaps_last", GAPS DESCENDING(GAP_TIME)},
    {21, "gaps_after", GAPS AFTER(GAP_TIME) ASCENDING(GAP_TIME)},
};

#define FEEDS                                                                                      \
    "SELECT exchange, symbol, event, first_id, last_id, " TIME_US("from_time") ", "                \
    TIME_US("to_time") ", " TIME_US("receive_time") ", reason, partition, \"offset\""              \
    " FROM feed_event" FILTER("event")                                                             \
    " AND receive_time >= $4::timestamptz AND receive_time < $5::timestamptz"

const struct list_statements statements_feeds = {
    {22, "feeds_first", FEEDS ASCENDING("receive_time")},
    {23, "feeds_last", FEEDS DESCENDING("receive_time")},
    {24, "feeds_after", FEEDS AFTER("receive_time") ASCENDING("receive_time")},
};

/* --- quotes and the feeds they come from ----------------------------------------------------- */

const struct statement statement_quotes = {
    25, "quotes",
    "SELECT q.exchange, q.symbol, bid, bid_amount, ask, ask_amount, state, "
    TIME_US("exchange_time") ", " TIME_US("q.receive_time") ", q.epoch, q.partition, q.\"offset\", "
    TIME_US("s.receive_time") ", s.alive, s.epoch > q.epoch"
    " FROM latest_quote q LEFT JOIN exchange_state s ON s.exchange = q.exchange"
    " AND s.topic = 'quotes' AND s.partition = q.partition"
    " WHERE ($1 = '' OR q.exchange = $1) AND ($2 = '' OR q.symbol = $2)"
    " AND (q.exchange COLLATE \"C\", q.symbol COLLATE \"C\") > ($3, $4)"
    " ORDER BY q.exchange COLLATE \"C\", q.symbol COLLATE \"C\" LIMIT $5::bigint"};

const struct statement statement_exchange_feeds = {
    26, "exchange_feeds",
    "WITH parts AS (SELECT *, max(receive_time) OVER (PARTITION BY exchange) AS newest"
    " FROM exchange_state),"
    " feeds AS (SELECT exchange, topic, count(*) AS partitions,"
    " count(*) FILTER (WHERE receive_time >= $1::timestamptz) AS fresh,"
    " count(*) FILTER (WHERE receive_time >= $1::timestamptz AND alive) AS alive,"
    " max(receive_time) AS receive_time FROM parts"
    " WHERE receive_time > newest - interval '1 hour' GROUP BY exchange, topic),"
    " names AS (SELECT exchange, count(*) AS symbols, max(last_trade_time) AS last_trade_time"
    " FROM known_symbol LEFT JOIN symbol USING (exchange, symbol) GROUP BY exchange)"
    " SELECT exchange, coalesce(symbols, 0), " TIME_US("last_trade_time") ", topic, partitions,"
    " fresh, alive, " TIME_US("receive_time") " FROM names FULL JOIN feeds USING (exchange)"
    " ORDER BY exchange COLLATE \"C\", topic COLLATE \"C\" DESC LIMIT $2::bigint"};

/* --- arbitrage ------------------------------------------------------------------------------- */

#define OPPORTUNITY(opened)                                                                        \
    "SELECT id, kind, state, legs, rates, size, gross_bps, net_bps, peak_net_bps, suspect, "       \
    TIME_US("open_time") ", " TIME_US("time") ", duration_us, reason, quotes_partition,"           \
    " quotes_offset, " opened ", partition, \"offset\""
#define OPENED "open_size, open_gross_bps, open_net_bps"
#define NOT_OPENED                                                                                 \
    "NULL::numeric AS open_size, NULL::numeric AS open_gross_bps, NULL::numeric AS open_net_bps"

#define LEGS_AND_TIME(net, time)                                                                   \
    "($1 = '' OR $1 = ANY (symbols)) AND ($2 = '' OR $2 = ANY (exchanges))"                        \
    " AND ($3 = '' OR " net " >= nullif($3, '')::numeric)"                                         \
    " AND " time " >= $4::timestamptz AND " time " < $5::timestamptz"
#define BY_ID(direction) ", id COLLATE \"C\"" direction " LIMIT $6::bigint"
#define LIST(id, name, rows, time)                                                                 \
    {(id), name "_first", rows " ORDER BY " time BY_ID("")},                                       \
    {(id) + 1, name "_last", rows " ORDER BY " time " DESC" BY_ID(" DESC")},                       \
    {(id) + 2, name "_after", rows " AND (" time ", id COLLATE \"C\") > ($7::timestamptz, $8)"     \
     " ORDER BY " time BY_ID("")}

#define OPPORTUNITIES(state, net)                                                                  \
    OPPORTUNITY(OPENED) " FROM opportunity WHERE " state LEGS_AND_TIME(net, "open_time")

const struct list_statements statements_open = {
    LIST(27, "open", OPPORTUNITIES("state <> 'closed' AND ", "net_bps"), "open_time")};

const struct list_statements statements_closed = {
    LIST(30, "closed", OPPORTUNITIES("state = 'closed' AND ", "peak_net_bps"), "open_time")};

const struct list_statements statements_opportunities = {
    LIST(33, "opportunities",
         OPPORTUNITIES("", "CASE state WHEN 'closed' THEN peak_net_bps ELSE net_bps END"),
         "open_time")};

const struct list_statements statements_watching = {
    LIST(36, "watching",
         OPPORTUNITY(NOT_OPENED) " FROM watching WHERE " LEGS_AND_TIME("net_bps", "time"), "time")};

const struct statement statement_opportunity = {
    39, "opportunity", OPPORTUNITY(OPENED) " FROM opportunity WHERE id = $1"};

const struct statement statement_opportunity_events = {
    40, "opportunity_events",
    OPPORTUNITY(NOT_OPENED) " FROM opportunity_event"
    " WHERE id = $1 AND (partition, \"offset\") > ($2::bigint, $3::bigint)"
    " ORDER BY partition, \"offset\" LIMIT $4::bigint"};
/* clang-format on */
