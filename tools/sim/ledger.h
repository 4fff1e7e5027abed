/**
 * The ledger: a file with one JSON object a line for every trade the market made. It is the truth
 * that tests and rehearsals hold their results against.
 *
 *     struct ledger *l = ledger_open("ledger.jsonl", "binance", listing, &e);
 *     ledger_add(l, &trade, send_us, n_connections, &e);
 *     ledger_flush(l, &e);                                   // before any frame leaves
 *     ledger_close(l, &e);
 *
 * {"kind":"trade","exchange":"binance","symbol":"BTC-USDT","native":"BTCUSDT","id":179500000000000,
 * "price":"95000.01000000","amount":"0.00150000","side":"buy","time_us":1795000000000000,
 * "send_us":1795000000000123,"connections":1} (one line in the file). Times are market time in
 * microseconds; connections is to how many the frame was handed. The file is appended to, and holds
 * nothing but whole lines.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_LEDGER_H
#define CANDLEWICK_SIM_LEDGER_H

#include "err.h"
#include "market.h"

struct ledger;

/* path: "" for no file (the other calls then do nothing). exchange, listing: borrowed until closed.
 * NULL with ERR_IO (cannot be opened), ERR_STATE (it ends amid a line), ERR_NOMEM. */
struct ledger *ledger_open(const char *path, const char *exchange, const struct listing *listing,
                           struct err *e);

/* Each buffers a line. connections: to how many a frame of it was handed. ERR_IO, ERR_NOMEM. */
int ledger_add(struct ledger *l, const struct market_trade *t, int64_t send_us,
               uint32_t connections, struct err *e) MUST_CHECK;
/* A trade that nobody can ever see: its line ends in "connections":0,"lost":true. */
int ledger_add_lost(struct ledger *l, const struct market_trade *t, int64_t send_us,
                    struct err *e) MUST_CHECK;
int ledger_add_quote(struct ledger *l, const struct market_quote *q, int64_t send_us,
                     uint32_t connections, struct err *e) MUST_CHECK;
int ledger_add_plant(struct ledger *l, const struct plant *p, struct err *e) MUST_CHECK;

/* Writes what is buffered. ERR_IO: the file is cut back to its last whole line. */
int ledger_flush(struct ledger *l, struct err *e) MUST_CHECK;

/* Writes what is buffered and closes; frees in every case. NULL is fine. ERR_IO. */
int ledger_close(struct ledger *l, struct err *e) MUST_CHECK;

#endif
