#include "tally.h"

#include <stdlib.h>

static int reserve(struct tally *t, struct err *e)
{
    if (t->keys.n < t->cap)
        return 0;
    size_t cap = t->cap ? 2 * t->cap : 64;
    struct tally_count *counts = realloc(t->counts, cap * sizeof(*counts));
    if (!counts)
        return err_set(e, ERR_NOMEM, "no memory for %zu symbols", cap);
    t->counts = counts;
    t->cap = cap;
    return 0;
}

int tally_add(struct tally *t, struct slice exchange, struct slice symbol, int64_t time_us,
              struct err *e)
{
    size_t i;
    if (reserve(t, e) != 0)
        return -1;
    int r = keyset_put(&t->keys, &(struct key){.parts = {exchange, symbol}}, &i, e);
    if (r < 0)
        return -1;
    struct tally_count *c = &t->counts[i];
    if (r == 1)
        *c = (struct tally_count){0, time_us, time_us};
    c->trades++;
    c->first_us = time_us < c->first_us ? time_us : c->first_us;
    c->last_us = time_us > c->last_us ? time_us : c->last_us;
    return 0;
}

void tally_clear(struct tally *t)
{
    keyset_clear(&t->keys);
}

void tally_finish(struct tally *t)
{
    keyset_finish(&t->keys);
    free(t->counts);
    *t = (struct tally){0};
}
