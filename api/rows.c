#include "rows.h"

#include <stdlib.h>
#include <string.h>

struct rows {
    PGresult *result;
    int n;         /* rows of the page */
    bool more;     /* the result holds one that the page does not */
    bool backward; /* the result descends */
};

int rows_count(const struct rows *rows)
{
    return rows->n;
}

bool rows_more(const struct rows *rows)
{
    return rows->more;
}

void rows_close(struct rows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}

struct columns rows_columns(const struct rows *rows, int i)
{
    return columns_of(rows->result, rows->backward ? rows->n - 1 - i : i);
}

struct rows *rows_run(struct pool *pool, const struct statement *st, const struct binds *b,
                      int limit, bool backward, struct err *e)
{
    PGresult *result = pool_query(pool, st, b, e);
    if (!result)
        return NULL;
    struct rows *rows = calloc(1, sizeof(*rows));
    if (!rows) {
        PQclear(result);
        (void)err_set(e, ERR_NOMEM, "out of memory for rows");
        return NULL;
    }
    int n = PQntuples(result);
    rows->result = result;
    rows->n = n < limit ? n : limit;
    rows->backward = backward;
    rows->more = n > limit && !backward;
    return rows;
}

void bind_names_after(struct binds *b, const struct page *page, struct names_after *ret)
{
    memset(ret->exchange, 0, sizeof(ret->exchange));
    if (page->has_after)
        memcpy(ret->exchange, page->after.text, sizeof(ret->exchange));
    char *separator = strchr(ret->exchange, '|');
    ret->symbol = separator ? separator + 1 : "";
    if (separator)
        *separator = '\0';
    bind_text(b, ret->exchange);
    bind_text(b, ret->symbol);
}
