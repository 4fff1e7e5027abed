/**
 * A simulated exchange without sockets: what the tests of the dialects share.
 *
 *     struct sim_case *c = sim_case_create(&okx_dialect, 20);
 *     assert_string_equal(sim_case_ask(c, "ping"), "pong");     // several answers: one a line
 *     assert_string_equal(sim_case_get(c, "/api/v5/public/time", ""), "...");
 *     sim_case_destroy(c);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_TEST_SIM_CASE_H
#define CANDLEWICK_TEST_SIM_CASE_H

#include "dialect.h"

#define SIM_CASE_NOW_US INT64_C(1795000000123456)

struct sim_case {
    const struct dialect *dialect;
    struct listing *listing;
    struct market *market;
    struct history *history;
    struct tickers *tickers;
    struct rest_budget budget;
    struct site site;
    struct session *session;
    struct outq pushed;
    struct strbuf text;
    struct rest_answer answer; /* to the last sim_case_get() */
    bool empty;                /* pages of trades are asked for without rows */
};

/* Of a dialect with so many symbols; its market has not begun. Fails the test on any error. */
struct sim_case *sim_case_create(const struct dialect *dialect, uint32_t symbols);
void sim_case_destroy(struct sim_case *c); /* NULL is fine */

/* A connection to path ("/ws"), which must be welcome; what it is told, one message a line. */
const char *sim_case_connect(struct sim_case *c, const char *path);

/* What a message of the client is answered with, likewise. */
const char *sim_case_ask_bytes(struct sim_case *c, const char *text, size_t len);
const char *sim_case_ask(struct sim_case *c, const char *text);

/* Body of the answer to a GET; query: "a=b&c=d". */
const char *sim_case_get(struct sim_case *c, const char *path, const char *query);
const char *sim_case_get_at(struct sim_case *c, const char *path, const char *query,
                            int64_t real_us, bool micros);

/* Frames of one trade or order, and of a quote. */
const char *sim_case_trades(struct sim_case *c, enum channel channel, const struct market_trade *t,
                            size_t n, unsigned form);
const char *sim_case_quote(struct sim_case *c, const struct market_quote *q, unsigned form);

/* The trade goes to history and ticker. */
void sim_case_keep(struct sim_case *c, const struct market_trade *t);

#endif
