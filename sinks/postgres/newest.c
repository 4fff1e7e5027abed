#include "newest.h"

#include <stdlib.h>

static int reserve(struct newest *n, struct err *e)
{
    if (n->keys.n < n->cap)
        return 0;
    size_t cap = n->cap ? 2 * n->cap : 64;
    struct newest_rank *ranks = realloc(n->ranks, cap * sizeof(*ranks));
    if (!ranks)
        return err_set(e, ERR_NOMEM, "no memory for %zu keys", cap);
    n->ranks = ranks;
    char *items = realloc(n->items, cap * n->item_size);
    if (!items)
        return err_set(e, ERR_NOMEM, "no memory for %zu records", cap);
    n->items = items;
    n->cap = cap;
    return 0;
}

static bool is_newer(int64_t epoch, int64_t offset, const struct newest_rank *than)
{
    return epoch != than->epoch ? epoch > than->epoch : offset > than->offset;
}

int newest_put(struct newest *n, const struct key *key, int64_t epoch, int64_t offset,
               void **ret_item, struct err *e)
{
    size_t i;
    if (reserve(n, e) != 0)
        return -1;
    int is_new = keyset_put(&n->keys, key, &i, e);
    if (is_new < 0)
        return -1;
    if (!is_new && !is_newer(epoch, offset, &n->ranks[i]))
        return 0;
    n->ranks[i] = (struct newest_rank){epoch, offset};
    *ret_item = n->items + i * n->item_size;
    return 1;
}

void newest_clear(struct newest *n)
{
    keyset_clear(&n->keys);
}

void newest_finish(struct newest *n)
{
    keyset_finish(&n->keys);
    free(n->ranks);
    free(n->items);
    *n = (struct newest){.item_size = n->item_size};
}
