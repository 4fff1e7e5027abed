/**
 * What became of the symbols that one connection asked for.
 *
 *     struct subscription s;
 *     subscription_init(&s, n, by_symbol, &e);
 *     subscription_reset(&s);                        // a new connection
 *     subscription_sent(&s, last);                   // a request went out
 *     subscription_ack(&s, i); subscription_refuse(&s, j);
 *     switch (subscription_verdict(&s, timed_out)) ...
 *
 * An exchange answers each request, or each symbol. Where it answers requests, all must be
 * acknowledged. Where it answers symbols, those that are refused, or not answered in time, are done
 * without as long as there is one that is not.
 * Threads: values; one at a time.
 */
#ifndef CANDLEWICK_SUBSCRIPTION_H
#define CANDLEWICK_SUBSCRIPTION_H

#include "err.h"
#include "slice.h"

struct subscription {
    bool by_symbol;
    size_t n;
    char *acked;   /* a byte per symbol, 1: its data arrives */
    char *refused; /* the same, 1: the exchange said no */
    size_t n_acked;
    size_t n_refused;
    size_t n_sent; /* requests */
    size_t n_answered;
    bool all_sent;
};

enum subscription_verdict {
    SUBSCRIPTION_WAITS,
    SUBSCRIPTION_DONE,   /* what is not acknowledged now is done without */
    SUBSCRIPTION_FAILED, /* nothing will come of this connection */
};

/* ERR_NOMEM. */
int subscription_init(struct subscription *s, size_t n, bool by_symbol, struct err *e) MUST_CHECK;
void subscription_finish(struct subscription *s);

/* Nothing was asked for yet. */
void subscription_reset(struct subscription *s);

void subscription_sent(struct subscription *s, bool last);
void subscription_answered(struct subscription *s); /* a request was acknowledged */

/* True: that is news. What is acknowledged cannot be refused any more, but the other way round. */
bool subscription_ack(struct subscription *s, size_t i);
bool subscription_refuse(struct subscription *s, size_t i);

/* timed_out: the last request is too long ago. When requests are answered, DONE acknowledges all
 * symbols. */
enum subscription_verdict subscription_verdict(struct subscription *s, bool timed_out);

/* A byte per symbol, 1: its data arrives. */
static inline struct slice subscription_acked(const struct subscription *s)
{
    return slice_make(s->acked, s->n);
}

#endif
