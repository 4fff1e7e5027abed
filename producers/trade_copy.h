/**
 * A trade that outlives the frame or answer it came in.
 *
 *     struct trade_copy t = trade_copy_of(&entry);
 *     struct entry again = trade_copy_entry(&t, entry.index);     // its text lies in t
 *
 * Threads: values.
 */
#ifndef CANDLEWICK_TRADE_COPY_H
#define CANDLEWICK_TRADE_COPY_H

#include "entry.h"

struct trade_copy {
    struct decimal price;
    struct decimal amount;
    int64_t sequence;
    int64_t exchange_us;
    int64_t receive_us;
    uint8_t side;
    uint8_t origin;
    uint8_t id_len;
    char id[EXCHANGE_TRADE_ID_MAX];
};

/* in: an ENTRY_TRADE with an id of at most EXCHANGE_TRADE_ID_MAX bytes. */
static inline struct trade_copy trade_copy_of(const struct entry *in)
{
    struct trade_copy t = {
        .price = in->price,
        .amount = in->amount,
        .sequence = in->sequence,
        .exchange_us = in->other_us,
        .receive_us = in->receive_us,
        .side = (uint8_t)in->side,
        .origin = (uint8_t)in->origin,
        .id_len = (uint8_t)(in->text.len < sizeof(t.id) ? in->text.len : sizeof(t.id)),
    };
    if (t.id_len > 0)
        memcpy(t.id, in->text.data, t.id_len);
    return t;
}

/* t: borrowed for as long as the entry is used. index: of the symbol. */
static inline struct entry trade_copy_entry(const struct trade_copy *t, uint32_t index)
{
    return (struct entry){
        .type = ENTRY_TRADE,
        .index = index,
        .receive_us = t->receive_us,
        .other_us = t->exchange_us,
        .sequence = t->sequence,
        .price = t->price,
        .amount = t->amount,
        .side = (enum side)t->side,
        .origin = (enum trade_origin)t->origin,
        .text = slice_make(t->id, t->id_len),
    };
}

#endif
