#include "record_random.h"

#include "record_table.h"

uint64_t record_random_next(struct record_random *rnd) /* xorshift64 */
{
    rnd->state ^= rnd->state << 13;
    rnd->state ^= rnd->state >> 7;
    rnd->state ^= rnd->state << 17;
    return rnd->state;
}

static size_t below(struct record_random *rnd, size_t n)
{
    return record_random_next(rnd) % n;
}

/* Any magnitude is as likely as any other. */
static int64_t any_long(struct record_random *rnd)
{
    static const int64_t edges[] = {0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
    if (below(rnd, 4) == 0)
        return edges[below(rnd, sizeof(edges) / sizeof(edges[0]))];
    int64_t v = (int64_t)(record_random_next(rnd) >> (1 + below(rnd, 63)));
    return below(rnd, 2) ? v : -v;
}

static int32_t any_int(struct record_random *rnd)
{
    static const int32_t edges[] = {0, -1, INT32_MAX, INT32_MIN};
    if (below(rnd, 4) == 0)
        return edges[below(rnd, sizeof(edges) / sizeof(edges[0]))];
    return (int32_t)(any_long(rnd) % INT32_MAX);
}

static struct decimal any_decimal(struct record_random *rnd)
{
    const __int128 e19 = INT64_C(10) * (__int128)INT64_C(1000000000000000000);
    const __int128 limit = e19 * e19; /* 10^38 */
    size_t shift = below(rnd, 128);
    unsigned __int128 bits = (unsigned __int128)record_random_next(rnd) << 64;
    bits |= record_random_next(rnd);
    __int128 v = (__int128)(bits >> 1 >> shift) % limit;
    if (below(rnd, 16) == 0)
        v = limit - 1;
    return (struct decimal){below(rnd, 2) ? v : -v};
}

static struct slice any_bytes(struct record_random *rnd, size_t max)
{
    size_t len = below(rnd, 24);
    if (below(rnd, 200) == 0)
        len = below(rnd, 2) ? max : below(rnd, max);
    if (len > sizeof(rnd->arena) - rnd->used)
        len = sizeof(rnd->arena) - rnd->used;
    char *at = rnd->arena + rnd->used;
    for (size_t i = 0; i < len; i++)
        at[i] = (char)record_random_next(rnd);
    rnd->used += len;
    return slice_make(at, len);
}

static void fill_field(struct record_random *rnd, const struct record_field *f, void *record)
{
    void *at = (char *)record + f->offset;
    if (f->nullable) {
        bool has = below(rnd, 3) > 0;
        *(bool *)((char *)record + f->has_offset) = has;
        if (!has)
            return;
    }
    switch (f->type) {
    case RECORD_FIELD_TEXT:
        *(struct slice *)at = any_bytes(rnd, RECORD_TEXT_MAX);
        break;
    case RECORD_FIELD_BYTES:
        *(struct slice *)at = any_bytes(rnd, RECORD_RANDOM_ARENA / 2);
        break;
    case RECORD_FIELD_DECIMAL:
        *(struct decimal *)at = any_decimal(rnd);
        break;
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
        *(int64_t *)at = any_long(rnd);
        break;
    case RECORD_FIELD_INT:
        *(int32_t *)at = any_int(rnd);
        break;
    case RECORD_FIELD_BOOL:
        *(bool *)at = below(rnd, 2);
        break;
    case RECORD_FIELD_ENUM:
        *(unsigned *)at = (unsigned)below(rnd, f->n_words);
        break;
    case RECORD_FIELD_ARRAY:
        *(size_t *)((char *)record + f->n_offset) = below(rnd, f->max_items + 1);
        break;
    }
}

void record_random_fill(struct record_random *rnd, enum record_type type, struct record *ret)
{
    const struct record_table *t = record_table(type);
    rnd->used = 0;
    *ret = (struct record){.type = type};
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        fill_field(rnd, f, &ret->trade);
        if (f->type != RECORD_FIELD_ARRAY)
            continue;
        char *item = (char *)&ret->trade + f->offset;
        for (size_t n = record_field_count(f, &ret->trade); n > 0; n--, item += f->items->size)
            for (size_t k = 0; k < f->items->n_fields; k++)
                fill_field(rnd, &f->items->fields[k], item);
    }
}
