#include "held.h"

#include <stdlib.h>

struct held_message {
    struct held_message *next;
    struct held_message *prev;
    int64_t due_us;
    uint32_t key;
    size_t len;
    char data[];
};

void held_finish(struct held *h)
{
    while (h->first)
        held_pop(h);
}

/* after: NULL for the first place. */
static void insert(struct held *h, struct held_message *m, struct held_message *after)
{
    m->prev = after;
    m->next = after ? after->next : h->first;
    *(after ? &after->next : &h->first) = m;
    *(m->next ? &m->next->prev : &h->last) = m;
}

int held_add(struct held *h, int64_t due_us, uint32_t key, struct slice message)
{
    struct held_message *m = malloc(sizeof(*m) + message.len);
    if (!m)
        return -1;
    m->due_us = due_us;
    m->key = key;
    m->len = message.len;
    if (message.len > 0)
        memcpy(m->data, message.data, message.len);
    struct held_message *after = h->last; /* most often it is due after all others */
    while (after && after->due_us > due_us)
        after = after->prev;
    insert(h, m, after);
    h->n++;
    h->bytes += sizeof(*m) + message.len;
    return 0;
}

bool held_hurry(struct held *h, uint32_t key)
{
    struct held_message *m = h->first;
    while (m && m->key != key)
        m = m->next;
    if (!m)
        return false;
    *(m->prev ? &m->prev->next : &h->first) = m->next;
    *(m->next ? &m->next->prev : &h->last) = m->prev;
    m->due_us = INT64_MIN;
    m->key = 0;
    insert(h, m, NULL);
    return true;
}

int64_t held_due_us(const struct held *h)
{
    return h->first ? h->first->due_us : INT64_MAX;
}

bool held_due(const struct held *h, int64_t now_us, struct slice *ret)
{
    if (held_due_us(h) > now_us)
        return false;
    *ret = slice_make(h->first->data, h->first->len);
    return true;
}

void held_pop(struct held *h)
{
    struct held_message *m = h->first;
    h->first = m->next;
    *(m->next ? &m->next->prev : &h->last) = NULL;
    h->n--;
    h->bytes -= sizeof(*m) + m->len;
    free(m);
}
