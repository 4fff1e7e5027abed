/**
 * The rows of a page, as a statement gave them.
 *
 *     struct rows *rows = rows_run(pool, &statement, &binds, limit, false, &e);
 *     struct columns c = rows_columns(rows, 0);
 *     if (rows_more(rows)) ...                            // the page ends before the list does
 *     rows_close(rows);
 *
 * For the files behind query.h alone.
 * Threads: a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_ROWS_H
#define CANDLEWICK_ROWS_H

#include "columns.h"
#include "query.h"
#include "statements.h"

/* Runs a statement that was bound to give one row more than limit, if there is one. backward: it
 * gives them descending, and none behind the page. NULL with *e as pool_query(), and ERR_NOMEM. */
struct rows *rows_run(struct pool *pool, const struct statement *st, const struct binds *b,
                      int limit, bool backward, struct err *e);

/* Row i of the page, ascending. */
struct columns rows_columns(const struct rows *rows, int i);

/* The exchange and symbol that a page begins behind. */
struct names_after {
    char exchange[PLACE_TEXT];
    const char *symbol; /* points into exchange */
};

/* Binds both; *ret lives as long as b. */
void bind_names_after(struct binds *b, const struct page *page, struct names_after *ret);

/* A word that a newer writer knows and we do not is "unknown", as in Avro. */
/* NOLINTBEGIN(bugprone-macro-parentheses): tag is part of names of types and functions. */
#define WORD_COLUMN(tag, COUNT)                                                                    \
    static enum tag tag##_of(struct slice word)                                                    \
    {                                                                                              \
        for (int i = 0; i < (COUNT); i++)                                                          \
            if (slice_is(word, tag##_name((enum tag)i)))                                           \
                return (enum tag)i;                                                                \
        return (enum tag)0;                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
