/**
 * Tables for the tests of trades of the past: pages and what they say, and walks from page to page.
 *
 *     static const struct history_case okx = {&okx_exchange, "trades-all", "BTC-USDT", "BTC-USDT"};
 *     static const struct history_case_page pages[] = {
 *         {.first = 7, .last = 9, .status = 200, .body = "{\"code\":\"0\",\"data\":[]}", .is =
 * "done 10 0"}}; history_case_pages(&okx, pages, 1);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_HISTORY_CASE_H
#define CANDLEWICK_HISTORY_CASE_H

#include "exchange.h"

/* Whose trades. */
struct history_case {
    const struct exchange_ops *exchange;
    const char *channel;
    const char *native;
    const char *rest;
};

/* is: the events as event_text_add() has them, each followed by "; ", then "done FIRST CURSOR" or
 * "more FIRST CURSOR" with what the query holds then, "busy TEXT" or "error CODE: TEXT", of an
 * error's text its beginning. */
struct history_case_page {
    int64_t first;
    int64_t last;
    int64_t from_us;
    int64_t cursor;
    long status;
    const char *body;
    const char *is;
};

/* Each page says what it must. One with HTTP 200 is, cut at any byte, an error without events, read
 * from memory that ends where it does. */
void history_case_pages(const struct history_case *c, const struct history_case_page *pages,
                        size_t n);

/* "PATH WEIGHT" of the page's request, or its error. Valid until the next call. */
const char *history_case_request(const struct history_case *c,
                                 const struct history_case_page *page);

/* What an answer of 200 holds, the whole of a file say, is as a page. "" and "; " behind each
 * event. Valid until the next call. */
const char *history_case_say(const struct history_case *c, const struct history_case_page *page,
                             struct slice body);

/* What a stream says of a frame, origin repair in place of live, as history_case_say() has it. */
const char *history_case_frame(const struct history_case *c, struct slice frame);

/* Trades that an exchange has, ascending by id. */
struct history_case_trade {
    int64_t id;
    int64_t time_us;
};

struct history_case_tape {
    const struct history_case_trade *trades;
    size_t n;
    size_t requests; /* answered so far */
};

/* Appends what the exchange answers to a request with that path. */
typedef void (*history_case_answer)(struct history_case_tape *t, const char *path,
                                    struct strbuf *out);

/* The whole number of a path's parameter. The path must begin like that, and have it. */
int64_t history_case_param(const char *path, const char *begin, const char *name);

/* From page to page until it is done, each wanted id of the tape once and ascending, in at most so
 * many requests. page: the query. */
void history_case_walk(const struct history_case *c, const struct history_case_page *page,
                       struct history_case_tape *t, history_case_answer answer, size_t requests);

#endif
