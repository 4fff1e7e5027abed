/**
 * Gets the exchange's list of pairs, from a file or by REST.
 *
 *     struct instruments all = {0};
 *     if (instruments_load(&(struct instruments_source){ops, file, rest, p}, &all, &e) != 0) ...
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_INSTRUMENTS_LOAD_H
#define CANDLEWICK_INSTRUMENTS_LOAD_H

#include "instruments.h"
#include "program.h"
#include "rest.h"

struct instruments_source {
    const struct exchange_ops *ops;
    const char *file;        /* holds the body that REST would answer with; "": ask by REST */
    struct rest *rest;       /* borrowed for the calls; may be NULL where there is a file */
    struct program *program; /* health part "instruments"; asked whether to stop */
};

/* By REST: waits as long as the exchange does not answer, with a line in the log each 10 s. ret:
 * empty before. ERR_IO, ERR_PROTO: the file, or an answer that is none of the exchange's lists;
 * ERR_NOT_FOUND: a list without a pair; ERR_STOPPED, ERR_NOMEM. */
int instruments_load(const struct instruments_source *from, struct instruments *ret,
                     struct err *e) MUST_CHECK;

/* The same once, without waiting and without a word to the health. Also ERR_IO, retriable: there
 * was no answer. */
int instruments_ask(const struct instruments_source *from, struct instruments *ret,
                    struct err *e) MUST_CHECK;

/* How long until the exchange may be asked for it. 0: now, or nobody is asked. */
int64_t instruments_wait_us(const struct instruments_source *from, int64_t now_us);

#endif
