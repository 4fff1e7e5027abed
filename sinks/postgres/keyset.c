#include "keyset.h"

#include <stdlib.h>

enum { FIRST_KEYS = 64 };

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t hash(const struct key *key)
{
    uint64_t h = FNV_START;
    for (int p = 0; p < KEY_PARTS; p++) {
        for (size_t i = 0; i < key->parts[p].len; i++)
            h = (h ^ (unsigned char)key->parts[p].data[i]) * FNV_PRIME;
        h = (h ^ 0xff) * FNV_PRIME; /* "ab","c" is not "a","bc" */
    }
    h = (h ^ (uint64_t)key->number) * FNV_PRIME;
    return h ^ h >> 32; /* the low bits pick the slot */
}

static bool equal(const struct key *a, const struct key *b)
{
    bool same = a->number == b->number;
    for (int p = 0; same && p < KEY_PARTS; p++)
        same = slice_eq(a->parts[p], b->parts[p]);
    return same;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct keyset *k, const struct key *key)
{
    size_t i = hash(key) & (k->n_slots - 1);
    while (k->slots[i] != 0 && !equal(&k->keys[k->slots[i] - 1], key))
        i = (i + 1) & (k->n_slots - 1);
    return &k->slots[i];
}

static int grow(struct keyset *k, struct err *e)
{
    size_t cap = k->cap ? 2 * k->cap : FIRST_KEYS;
    struct key *keys = realloc(k->keys, cap * sizeof(*keys));
    if (!keys)
        return err_set(e, ERR_NOMEM, "no memory for %zu keys", cap);
    k->keys = keys;
    uint32_t *slots = calloc(2 * cap, sizeof(*slots));
    if (!slots)
        return err_set(e, ERR_NOMEM, "no memory for %zu keys", cap);
    free(k->slots);
    k->slots = slots;
    k->n_slots = 2 * cap;
    k->cap = cap;
    for (size_t i = 0; i < k->n; i++)
        *slot_of(k, &keys[i]) = (uint32_t)(i + 1);
    return 0;
}

int keyset_put(struct keyset *k, const struct key *key, size_t *ret_index, struct err *e)
{
    if (k->n == k->cap && grow(k, e) != 0)
        return -1;
    uint32_t *slot = slot_of(k, key);
    bool is_new = *slot == 0;
    if (is_new) {
        k->keys[k->n++] = *key;
        *slot = (uint32_t)k->n;
    }
    *ret_index = *slot - 1;
    return is_new;
}

void keyset_clear(struct keyset *k)
{
    k->n = 0;
    if (k->slots)
        memset(k->slots, 0, k->n_slots * sizeof(*k->slots));
}

void keyset_finish(struct keyset *k)
{
    free(k->keys);
    free(k->slots);
    *k = (struct keyset){0};
}
