/**
 * What the answers that are lists share: names, cursors, the frame around the rows.
 *
 *     if (list_resolve(req, &names, p, e) != 0 || list_check_cursor(&page, scope, p) != 0)
 *         return -1;
 *     list_begin(body, fields, "candles");                // {"exchange":"binance",…,"candles":[
 *     list_end(body, last, scope, e);                     // ],"next":null}
 *
 * Threads: pure functions but for list_resolve(…), which ask the database.
 */
#ifndef CANDLEWICK_LIST_H
#define CANDLEWICK_LIST_H

#include "query.h"
#include "resolve.h"
#include "route.h"

enum { LIST_SCOPE = 256 }; /* room for a list's name */

/* The exchange and symbol that the path names: its third part and what follows. -1: *p or *e. */
int list_resolve(const struct request *req, struct resolved *ret, struct problem *p,
                 struct err *e) MUST_CHECK;

/* Where exchange and symbol are parameters and either may be left out: "" in *ret then. */
int list_resolve_filter(const struct request *req, struct resolved *ret, struct problem *p,
                        struct err *e) MUST_CHECK;

/* The same with other names to choose from than those of what traded or was quoted here. */
int list_resolve_among(const struct request *req, const struct names_statements *among,
                       struct resolved *ret, struct problem *p, struct err *e) MUST_CHECK;

/* The cursor must have come from the list of this name. -1: *p. */
int list_check_cursor(const struct page *page, const char *scope, struct problem *p) MUST_CHECK;

/* Separates row i from the one before. */
int list_row(struct strbuf *body, int i, struct err *e) MUST_CHECK;

/* A record with its place in the topic trades. */
int list_add_record(struct strbuf *body, const struct trade_row *t, struct err *e) MUST_CHECK;

struct list_field {
    const char *name; /* NULL ends the fields */
    const char *value;
};

/* -1 with ERR_NOMEM: no room in body. */
int list_begin(struct strbuf *body, const struct list_field *fields, const char *resource,
               struct err *e) MUST_CHECK;

/* last: place of the last row where more follow, else NULL. */
int list_end(struct strbuf *body, const struct place *last, const char *scope,
             struct err *e) MUST_CHECK;

#endif
