#include "ledger.h"

#include <stdlib.h>

enum { ABSENT = -1 }; /* an offset: the side has no such key, or no more */

struct row {
    struct digest key;
    struct ledger_entry side[LEDGER_SIDES];
};

/* Rows in the order they came, and an index over them by their keys' first bytes. Memory is asked
 * for as a whole: what is not touched is not used. */
struct ledger {
    struct row *rows;
    size_t n;
    size_t max;
    uint32_t *index; /* 1 + place in rows; 0: free */
    size_t slots;    /* a power of two, at least a third more than max */
};

static int digest_of(struct slice key, struct digest *ret, struct err *e)
{
    return digest_make(key, ret) ? 0 : err_set(e, ERR_NOMEM, "out of memory");
}

/* --- life ------------------------------------------------------------------------------------- */

struct ledger *ledger_create(int64_t max_keys, struct err *e)
{
    struct ledger *l = calloc(1, sizeof(*l));
    if (l) {
        l->max = (size_t)max_keys;
        l->slots = 16;
        while (l->slots < l->max + l->max / 3)
            l->slots *= 2;
        l->rows = calloc(l->max, sizeof(*l->rows));
        l->index = calloc(l->slots, sizeof(*l->index));
    }
    if (l && l->rows && l->index)
        return l;
    ledger_destroy(l);
    (void)err_set(e, ERR_NOMEM, "no memory for %lld keys", (long long)max_keys);
    return NULL;
}

void ledger_destroy(struct ledger *l)
{
    if (!l)
        return;
    free(l->rows);
    free(l->index);
    free(l);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct ledger *l, const struct digest *key)
{
    uint64_t hash;
    memcpy(&hash, key->bytes, sizeof(hash));
    for (size_t at = hash & (l->slots - 1);; at = (at + 1) & (l->slots - 1)) {
        uint32_t *slot = &l->index[at];
        if (*slot == 0 || memcmp(&l->rows[*slot - 1].key, key, sizeof(*key)) == 0)
            return slot;
    }
}

static struct row *row_of(struct ledger *l, const struct digest *key, struct err *e)
{
    uint32_t *slot = slot_of(l, key);
    if (*slot == 0) {
        if (l->n == l->max) {
            (void)err_set(e, ERR_LIMIT, "more than %zu keys", l->max);
            return NULL;
        }
        struct row *row = &l->rows[l->n++];
        row->key = *key;
        row->side[LEDGER_A].offset = ABSENT;
        row->side[LEDGER_B].offset = ABSENT;
        *slot = (uint32_t)l->n;
    }
    return &l->rows[*slot - 1];
}

int ledger_put(struct ledger *l, enum ledger_side side, struct slice key,
               const struct ledger_entry *entry, struct err *e)
{
    struct digest digest;
    struct row *row = digest_of(key, &digest, e) == 0 ? row_of(l, &digest, e) : NULL;
    if (!row)
        return -1;
    struct ledger_entry *held = &row->side[side];
    bool had = held->offset != ABSENT;
    if (!had || entry->rank >= held->rank)
        *held = *entry;
    return had;
}

int ledger_drop(struct ledger *l, enum ledger_side side, struct slice key, struct err *e)
{
    struct digest digest;
    if (digest_of(key, &digest, e) != 0)
        return -1;
    uint32_t at = *slot_of(l, &digest);
    if (at != 0)
        l->rows[at - 1].side[side].offset = ABSENT;
    return 0;
}

int ledger_find(const struct ledger *l, enum ledger_side side, struct slice key,
                struct ledger_entry *ret, struct err *e)
{
    struct digest digest;
    if (digest_of(key, &digest, e) != 0)
        return -1;
    uint32_t at = *slot_of(l, &digest);
    if (at == 0 || l->rows[at - 1].side[side].offset == ABSENT)
        return 0;
    *ret = l->rows[at - 1].side[side];
    return 1;
}

/* --- what they come to ------------------------------------------------------------------------ */

bool ledger_next(const struct ledger *l, size_t *at, struct ledger_pair *ret)
{
    while (*at < l->n) {
        const struct row *row = &l->rows[(*at)++];
        bool any = false;
        for (int s = 0; s < LEDGER_SIDES; s++) {
            ret->side[s] = row->side[s];
            ret->has[s] = row->side[s].offset != ABSENT;
            any = any || ret->has[s];
        }
        if (any)
            return true;
    }
    return false;
}

bool ledger_pair_equal(const struct ledger_pair *p)
{
    return p->has[LEDGER_A] && p->has[LEDGER_B] &&
           memcmp(&p->side[LEDGER_A].content, &p->side[LEDGER_B].content, sizeof(struct digest)) ==
               0;
}

static bool lies_before(const struct ledger_pair *x, const struct ledger_pair *y)
{
    const struct ledger_entry *a = &x->side[x->has[LEDGER_A] ? LEDGER_A : LEDGER_B];
    const struct ledger_entry *b = &y->side[y->has[LEDGER_A] ? LEDGER_A : LEDGER_B];
    return a->partition != b->partition ? a->partition < b->partition : a->offset < b->offset;
}

void ledger_sum(const struct ledger *l, struct ledger_sum *ret)
{
    struct ledger_pair p;
    *ret = (struct ledger_sum){0};
    for (size_t at = 0; ledger_next(l, &at, &p);) {
        if (ledger_pair_equal(&p)) {
            ret->equal++;
            continue;
        }
        if (ledger_sum_equal(ret) || lies_before(&p, &ret->first))
            ret->first = p;
        if (p.has[LEDGER_A] && p.has[LEDGER_B])
            ret->different++;
        else
            ret->only[p.has[LEDGER_A] ? LEDGER_A : LEDGER_B]++;
    }
}

bool ledger_sum_equal(const struct ledger_sum *s)
{
    return s->different == 0 && s->only[LEDGER_A] == 0 && s->only[LEDGER_B] == 0;
}
