/**
 * Tables for the tests of exchange adapters: frames and what they say, lists and what they hold.
 *
 *     static const struct exchange_case_frame frames[] = {
 *         {"{\"channel\":\"heartbeat\"}", "nothing"},
 *         {"{}", "error proto: kraken: frame without"}};      // an error's beginning is enough
 *     exchange_case_frames(&listen, frames, 2);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_EXCHANGE_CASE_H
#define CANDLEWICK_EXCHANGE_CASE_H

#include "exchange.h"

/* An exchange and what is listened to. */
struct exchange_case {
    const struct exchange_ops *exchange;
    const char *trades; /* a channel's name; NULL: none */
    const char *quotes;
};

/* is: its events as event_text_add() has them, "; " in between, or "skipped", "nothing"; an error
 * stands behind the events: "error CODE: TEXT", or its beginning. */
struct exchange_case_frame {
    const char *frame;
    const char *is;
};

/* Each frame says what it must, and cut at any byte it is an error where what closes it is missing,
 * read from memory that ends where it does. */
void exchange_case_frames(const struct exchange_case *c, const struct exchange_case_frame *frames,
                          size_t n);

/* The number by which a frame's one quote is told from earlier and later ones; -1: it has none. */
int64_t exchange_case_sequence(const struct exchange_case *c, const char *frame);

/* Brackets in brackets in place of "[]" in the frame: bounded, so that they cost no stack. */
void exchange_case_deep(const struct exchange_case *c, const char *frame);

/* is: "NATIVE=SYMBOL(BASE,QUOTE) STATUS TICK LOT; " of each pair; where left_out is -1 the error's
 * beginning. Each body cut at each byte is an error. */
struct exchange_case_list {
    const char *body;
    int left_out;
    const char *is;
};

/* path: what is asked for the list. */
void exchange_case_lists(const struct exchange_ops *x, const char *path,
                         const struct exchange_case_list *lists, size_t n);

/* The n-th subscribe message for symbols S0, S1, … (how many) of that channel; more: what
 * build_subscribe() must return. Valid until the next call. */
const char *exchange_case_subscribe(const struct exchange_ops *x, enum channel_kind kind,
                                    const char *channel, size_t symbols, size_t n, int more);

/* No subscribe message is longer, of whatever channel and however long the names. */
void exchange_case_longest(const struct exchange_ops *x, size_t bytes);

#endif
