#include "batch.h"

#include <stdlib.h>

int batch_init(struct batch *b, size_t limit, struct err *e)
{
    *b = (struct batch){.items = calloc(limit, sizeof(*b->items)), .limit = limit};
    return b->items ? 0 : err_set(e, ERR_NOMEM, "no memory for a batch of %zu records", limit);
}

void batch_finish(struct batch *b)
{
    free(b->items);
    *b = (struct batch){0};
}

bool batch_is_full(const struct batch *b)
{
    return b->n >= b->limit || b->bytes >= BATCH_BYTES;
}

struct batch_item *batch_add(struct batch *b, const struct kafka_message *m, int64_t now_us)
{
    if (b->n == 0)
        b->since_us = now_us;
    b->items[b->n] = (struct batch_item){.message = *m};
    b->bytes += m->key.len + m->value.len;
    return &b->items[b->n++];
}

void batch_drop(struct batch *b, void (*release)(void *ctx, struct kafka_message *m), void *ctx)
{
    for (size_t i = 0; i < b->n; i++)
        release(ctx, &b->items[i].message);
    b->n = 0;
    b->bytes = 0;
}
