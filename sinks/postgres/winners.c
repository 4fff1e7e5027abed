#include "winners.h"

#include <stdlib.h>

static int reserve(struct winners *w, struct err *e)
{
    if (w->keys.n < w->cap)
        return 0;
    size_t cap = w->cap ? 2 * w->cap : 64;
    struct winner *rows = realloc(w->rows, cap * sizeof(*rows));
    if (!rows)
        return err_set(e, ERR_NOMEM, "no memory for %zu candles", cap);
    w->rows = rows;
    w->cap = cap;
    return 0;
}

int winners_put(struct winners *w, const struct candle *candle, int32_t partition, int64_t offset,
                struct err *e)
{
    const struct key key = {.parts = {candle->exchange, candle->symbol, candle->interval},
                            .number = candle->open_time_us};
    size_t i;
    if (reserve(w, e) != 0)
        return -1;
    int r = keyset_put(&w->keys, &key, &i, e);
    if (r < 0)
        return -1;
    const struct winner *old = &w->rows[i];
    if (r == 1 || candle->revision > old->candle.revision ||
        (candle->revision == old->candle.revision && offset > old->offset))
        w->rows[i] = (struct winner){*candle, partition, offset};
    return 0;
}

void winners_clear(struct winners *w)
{
    keyset_clear(&w->keys);
}

void winners_finish(struct winners *w)
{
    keyset_finish(&w->keys);
    free(w->rows);
    *w = (struct winners){0};
}
