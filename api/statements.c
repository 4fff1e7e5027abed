#include "statements.h"

#define TIME_US(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

const struct statement statement_check = {
    0, "check",
    "SELECT count(to_regclass(name)) = 3 FROM unnest(ARRAY['candle', 'trade', 'symbol']) name"};

const struct statement statement_exchanges = {
    1, "exchanges", "SELECT DISTINCT exchange COLLATE \"C\" FROM symbol ORDER BY 1"};

const struct statement statement_symbol = {
    2, "symbol", "SELECT symbol FROM symbol WHERE exchange = $1 AND symbol = $2"};

const struct statement statement_symbol_names = {
    3, "symbol_names",
    "SELECT symbol FROM symbol WHERE exchange = $1 ORDER BY symbol COLLATE \"C\" LIMIT $2::bigint"};

const struct statement statement_symbols = {
    4, "symbols",
    "SELECT exchange, symbol, trades, " TIME_US("first_trade_time") ", " TIME_US(
        "last_trade_time") " FROM symbol WHERE ($1 = '' OR exchange = $1)"
                           " AND (exchange COLLATE \"C\", symbol COLLATE \"C\") > ($2, $3)"
                           " ORDER BY exchange COLLATE \"C\", symbol COLLATE \"C\" LIMIT "
                           "$4::bigint"};

#define CANDLES                                                                                    \
    "SELECT exchange, symbol, \"interval\", " TIME_US("open_time") ", " TIME_US(                   \
        "close_time") ", open, high, low, close, volume, quote_volume, buy_volume, trades, vwap, " \
                      "first_trade_id,"                                                            \
                      " last_trade_id, status, coverage, missing, revision, reason, origin, "      \
                      "trades_partition,"                                                          \
                      " trades_first_offset, trades_last_offset FROM candle WHERE exchange = $1 "  \
                      "AND symbol = $2"                                                            \
                      " AND \"interval\" = $3 AND open_time >= $4::timestamptz AND open_time < "   \
                      "$5::timestamptz"

const struct statement statement_candles_first = {5, "candles_first",
                                                  CANDLES " ORDER BY open_time LIMIT $6::bigint"};

const struct statement statement_candles_last = {
    6, "candles_last", CANDLES " ORDER BY open_time DESC LIMIT $6::bigint"};

/* The order of trades: the same as that of a candle's first and last. The index gives the time,
 * the rest is sorted within equal times. */
#define TRADES                                                                                     \
    "SELECT exchange, symbol, trade_id, sequence, price, amount, side, " TIME_US(                  \
        "exchange_time") ", " TIME_US("receive_time") ", origin, partition, \"offset\" FROM trade" \
                                                      " WHERE exchange = $1 AND symbol = $2"       \
                                                      " AND exchange_time >= $3::timestamptz AND " \
                                                      "exchange_time < $4::timestamptz"

#define TRADES_KEY                                                                                 \
    "exchange_time, coalesce(sequence, 0), octet_length(trade_id), trade_id COLLATE \"C\","        \
    " partition, \"offset\""

const struct statement statement_trades_first = {
    7, "trades_first", TRADES " ORDER BY " TRADES_KEY " LIMIT $5::bigint"};

const struct statement statement_trades_last = {
    8, "trades_last",
    TRADES " ORDER BY exchange_time DESC, coalesce(sequence, 0) DESC, octet_length(trade_id) DESC,"
           " trade_id COLLATE \"C\" DESC, partition DESC, \"offset\" DESC LIMIT $5::bigint"};

const struct statement statement_trades_after = {
    9, "trades_after",
    TRADES " AND (" TRADES_KEY ") > ($6::timestamptz, $7::bigint, octet_length($8::text), $8::text,"
           " $9::integer, $10::bigint) ORDER BY " TRADES_KEY " LIMIT $5::bigint"};
