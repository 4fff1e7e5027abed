/**
 * One thing the feed has to say to the writers, in the order it happened.
 *
 *     const struct entry tick = {.type = ENTRY_TICK, .receive_us = now_us, .data = alive};
 *     entry_pack(&tick, mono_us, bytes);       // entry_packed_size(&tick) of them
 *     entry_unpack(bytes, &back);
 *
 * Threads: a value; its slices are borrowed.
 */
#ifndef CANDLEWICK_ENTRY_H
#define CANDLEWICK_ENTRY_H

#include "exchange.h"

enum entry_type {
    ENTRY_TRADE, /* a trade of the symbol `index` */
    ENTRY_QUOTE, /* best bid and ask of the symbol `index`; no side: they are not known any more */
    ENTRY_LINK,  /* trades of symbols, the first of them `index`, arrive now (up), or do no more */
    ENTRY_TICK,  /* a second has passed, and everything received in it stands before this */
    ENTRY_BAD,   /* a frame on connection `index` that could not be understood */
};

struct entry {
    enum entry_type type;
    uint32_t index;
    bool up;            /* ENTRY_LINK */
    int64_t packed_us;  /* clock_mono_us() then, as entry_unpack() tells; not packed itself */
    int64_t receive_us; /* market clock */
    int64_t other_us;   /* ENTRY_TRADE, ENTRY_QUOTE: exchange time; ENTRY_LINK: when last heard of,
                           if lost */
    int64_t sequence;   /* ENTRY_TRADE, with the four below */
    struct decimal price;
    struct decimal amount;
    enum side side;
    enum trade_origin origin;
    bool has_exchange_time; /* ENTRY_QUOTE, with the two below */
    struct quote_side bid;
    struct quote_side ask;
    int64_t frame_len; /* ENTRY_BAD: bytes of the frame, of which data may be the first ones only */
    struct slice text; /* trade id; why the connection was lost; what is wrong with the frame */
    struct slice data; /* ENTRY_TICK: a byte per partition of the shard, 1 where all its
                          connections are up; ENTRY_LINK: a byte per symbol from `index` on, 1 where
                          it is meant; ENTRY_BAD: the frame */
};

/* An entry as a run of bytes begins with this, at any address. */
struct entry_head {
    int64_t now_us; /* when it was packed */
    int64_t receive_us;
    int64_t other_us;
    uint32_t size; /* of the whole run */
    uint32_t index;
    uint32_t text_len;
    uint32_t data_len;
    uint32_t frame_len;
    uint8_t type;
    uint8_t side;
    uint8_t origin;
    bool up;
};

/* An ENTRY_TRADE of an event's trade, whose id it borrows. exchange: who is to blame where it has
 * no contiguous id, ERR_PROTO. */
static inline int MUST_CHECK entry_of_trade(const struct event *ev, const char *exchange,
                                            uint32_t index, int64_t receive_us,
                                            enum trade_origin origin, struct entry *ret,
                                            struct err *e)
{
    if (!ev->has_sequence || ev->trade_id.len > EXCHANGE_TRADE_ID_MAX)
        return err_set(e, ERR_PROTO, "%s: trade without a contiguous id", exchange);
    *ret = (struct entry){
        .type = ENTRY_TRADE,
        .index = index,
        .receive_us = receive_us,
        .other_us = ev->exchange_time_us,
        .sequence = ev->sequence,
        .price = ev->price,
        .amount = ev->amount,
        .side = ev->side,
        .origin = origin,
        .text = ev->trade_id,
    };
    return 0;
}

size_t entry_packed_size(const struct entry *in);

/* Writes that many bytes. Texts and frame are shorter than 4 GB. */
void entry_pack(const struct entry *in, int64_t now_us, char *at);

/* Slices of *ret lie within what was packed. */
void entry_unpack(const char *at, struct entry *ret);

#endif
