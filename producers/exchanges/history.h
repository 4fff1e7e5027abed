/**
 * Trades of the past as exchanges give them by REST, a page at a time: what all readers of such a
 * body share.
 *
 *     static const struct history_shape shape = {"okx: history-trades", SCAN_OBJECT, true, row};
 *     struct history_rows rows;
 *     if (history_read(&shape, q, data, 100, &rows, e) != 0 ||
 *         history_emit(&shape, q, &rows, rows.n, emit, ctx, e) != 0)
 *         return -1;
 *     return rows.whole ? HISTORY_MORE : history_broken(&rows, e);
 *
 * A page comes from outside: whatever the order of its rows, they are emitted ascending by id, each
 * once, and only those that are wanted. What stands behind a bad row is not emitted, or first_id
 * would move past what that row may have been.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_HISTORY_H
#define CANDLEWICK_HISTORY_H

#include "exchange.h"
#include "fields.h"

enum { HISTORY_ROWS_MAX = 1000 }; /* the longest page of any exchange of ours */

/* What the rows of an exchange are. */
struct history_shape {
    const char *what;        /* the exchange and its call, for messages */
    enum scan_type row_type; /* SCAN_OBJECT or SCAN_ARRAY */
    bool newest_first;
    /* All of one row but type and origin. Slices are borrowed from the row and the query. */
    int (*row)(const struct history_query *q, struct slice row, struct event *ret, struct err *e);
};

struct history_row {
    int64_t id;
    int64_t time_us;
    struct slice text;
};

/* The wanted rows of a page, ascending by id. */
struct history_rows {
    struct history_row list[HISTORY_ROWS_MAX];
    size_t n;
    size_t all;         /* rows of the page, wanted or not */
    int64_t highest_id; /* of all rows that were read; -1: of none */
    int64_t latest_us;  /* the same of their times; 0: of none */
    bool whole;         /* no row was bad */
    struct err why;     /* what is wrong with the first bad one */
};

/* Reads the rows of an array, at most max (HISTORY_ROWS_MAX at most). -1: ERR_PROTO (no such array,
 * or a longer one), and none is to be emitted. */
int history_read(const struct history_shape *shape, const struct history_query *q,
                 struct slice array, size_t max, struct history_rows *ret,
                 struct err *e) MUST_CHECK;

/* Emits those from q->first_id on of the first n, origin repair, and moves q->first_id behind each.
 * -1: what emit said. */
int history_emit(const struct history_shape *shape, struct history_query *q,
                 const struct history_rows *rows, size_t n, emit_fn emit, void *ctx,
                 struct err *e) MUST_CHECK;

/* The error of a page that is not whole. Returns -1. */
int history_broken(const struct history_rows *rows, struct err *e);

/* "BEGIN" and then a name with all but letters, digits and "-._" in percent form, as the path of a
 * request to the endpoint "rest". ERR_LIMIT. */
int history_path(struct http_request *ret, const char *begin, const char *name,
                 struct err *e) MUST_CHECK;

/* Appends more of the query. ERR_LIMIT. */
int history_path_add(struct http_request *ret, struct err *e, const char *fmt, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;

/* What an exchange says instead of trades. Each word stands for all that begin with it; lists end
 * with NULL. */
struct history_words {
    const char *const *busy;    /* we ask too often */
    const char *const *passing; /* a fault of theirs that may be over soon */
};

/* What a refusal means, by its word. HISTORY_BUSY, or -1: ERR_IO, retriable (passing);
 * ERR_NOT_FOUND (any other). *e has the word and the text. */
int history_refused(const char *what, const struct history_words *words, struct slice word,
                    struct slice text, struct err *e) MUST_CHECK;

/* The error of a status of HTTP other than 200 whose body has no words of the exchange: a proxy's,
 * a firewall's. Returns -1: ERR_NOT_FOUND. */
int history_unanswered(const char *what, long status, struct err *e);

#endif
