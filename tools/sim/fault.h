/**
 * One fault of the simulated exchange: what goes wrong, when, and for whom.
 *
 *     struct fault f;
 *     if (fault_parse(json, listing, &f, &e) != 0) ...   // {"fault":"drop","for_ms":1000}
 *     if (fault_hits(&f, symbol, FAULT_TRADES)) ...
 *     fault_finish(&f);
 *
 * docs/SIMULATOR.md says what each fault does and which members it has.
 * Threads: values; parsing is a pure function.
 */
#ifndef CANDLEWICK_SIM_FAULT_H
#define CANDLEWICK_SIM_FAULT_H

#include "err.h"
#include "listing.h"

#include <jansson.h>

enum fault_kind {
    FAULT_BAD_JSON,
    FAULT_CERTIFICATE,
    FAULT_CLOSE,
    FAULT_DELAY,
    FAULT_DELIST,
    FAULT_DROP,
    FAULT_DUPLICATE,
    FAULT_HALF_OPEN,
    FAULT_ID_JUMP,
    FAULT_LIST,
    FAULT_REFUSE,
    FAULT_REORDER,
    FAULT_REST_DROP,
    FAULT_REST_EMPTY,
    FAULT_REST_SLOW,
    FAULT_REST_STATUS,
    FAULT_SHUTDOWN,
    FAULT_SKEW,
    FAULT_STALL,
    FAULT_TRUNCATE,
    FAULT_KINDS,
};

/* What a fault is about, as bits. */
enum { FAULT_TRADES = 1, FAULT_QUOTES = 2, FAULT_ALL = 3 };

enum { FAULT_REASON_MAX = 123, FAULT_PATH_MAX = 64, FAULT_SYMBOLS_MAX = 256 };
enum { FAULT_TRADES_MAX = 100000 }; /* that happen in a jump of ids, all symbols together */
#define FAULT_MS_MAX (INT64_C(86400000) * 365)

struct fault {
    enum fault_kind kind;
    int64_t after_ms; /* real time, from what the schedule counts from */
    int64_t for_ms;   /* 0: until it is ended; also of what is over in an instant */
    int64_t every_ms; /* from one beginning to the next; 0: once */
    unsigned channels;
    bool *symbols; /* by their index in the listing; NULL: all */
    int64_t permille;

    int64_t ms;                        /* delay, rest_slow, skew */
    int64_t code;                      /* close: of the close frame; 1006: none */
    char reason[FAULT_REASON_MAX + 1]; /* close */
    int64_t status;                    /* refuse, rest_status: of HTTP; 0: no answer */
    int64_t retry_after_s;             /* likewise; 0: the answer does not say */
    char path[FAULT_PATH_MAX + 1];     /* rest_*: how the request's begins */
    int64_t ids;                       /* id_jump: how many are missing */
    bool in_rest;                      /* id_jump: REST has their trades; else nobody has */
    bool skipped;                      /* id_jump: there are no trades of theirs */
    uint32_t symbol;                   /* list, delist */
    int64_t close_after_ms;            /* shutdown; 0: it was only said */

    char *text; /* the object as it was read, as JSON */
};

/* "half_open": the name in the member "fault". */
const char *fault_name(enum fault_kind kind);

/* It is over as soon as it has begun. */
bool fault_is_instant(enum fault_kind kind);

/* Reads and checks an object. Free with fault_finish(). ERR_ARG: the text begins with the member
 * that is wrong; ERR_NOMEM. */
int fault_parse(const json_t *object, const struct listing *listing, struct fault *ret,
                struct err *e) MUST_CHECK;
void fault_finish(struct fault *f); /* all zero is fine */

/* It is about this symbol in one of these channels. */
bool fault_hits(const struct fault *f, uint32_t symbol, unsigned channels);

#endif
