#include "reinjected.h"

#include <stdlib.h>

const char *reinjected_why_not(const struct letter *l)
{
    bool sink = slice_is(l->stage, "decode") || slice_is(l->stage, "store");
    if (slice_is(l->stage, "mirror"))
        return "the mirror is a copy for people: read the topic itself";
    if (slice_is(l->stage, "cw-candles") || slice_is(l->stage, "cw-arbitrage"))
        return "the record still stands in its topic, and written again it would be there twice; "
               "fold that stretch again with a replay (--into)";
    if (!sink && !slice_is(l->stage, "producer"))
        return "nobody takes letters of its stage";
    if (l->value_bytes < 0)
        return "it has no value";
    if (l->whole_bytes.len > 0)
        return "its value was too long for a letter and is cut";
    if (sink && (l->topic.len == 0 || l->origin_partition.len == 0 || l->origin_offset.len == 0))
        return "it does not say which record it was";
    if (!sink && l->exchange.len == 0)
        return "it does not say which exchange it came from";
    return NULL;
}

static int by_place(const void *a, const void *b)
{
    const struct reinjected_place *x = a;
    const struct reinjected_place *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int reinjected_add(struct reinjected *r, int32_t partition, int64_t offset, struct err *e)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct reinjected_place *places = realloc(r->places, cap * sizeof(*places));
        if (!places)
            return err_set(e, ERR_NOMEM, "out of memory");
        r->places = places;
        r->cap = cap;
    }
    r->places[r->n++] = (struct reinjected_place){partition, offset};
    r->sorted = false;
    return 0;
}

bool reinjected_has(struct reinjected *r, int32_t partition, int64_t offset)
{
    const struct reinjected_place key = {partition, offset};
    if (r->n == 0)
        return false;
    if (!r->sorted)
        qsort(r->places, r->n, sizeof(r->places[0]), by_place);
    r->sorted = true;
    return bsearch(&key, r->places, r->n, sizeof(r->places[0]), by_place) != NULL;
}

void reinjected_finish(struct reinjected *r)
{
    free(r->places);
    *r = (struct reinjected){0};
}
