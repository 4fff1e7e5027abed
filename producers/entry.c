#include "entry.h"

enum { ALIGN = 8 };

struct packed_trade {
    struct decimal price;
    struct decimal amount;
    int64_t sequence;
};

struct packed_quote {
    struct quote_side bid;
    struct quote_side ask;
    bool has_exchange_time;
};

static size_t body_size(enum entry_type type)
{
    if (type == ENTRY_TRADE)
        return sizeof(struct packed_trade);
    return type == ENTRY_QUOTE ? sizeof(struct packed_quote) : 0;
}

size_t entry_packed_size(const struct entry *in)
{
    size_t n = sizeof(struct entry_head) + body_size(in->type) + in->text.len + in->data.len;
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static char *add(char *at, const void *bytes, size_t len)
{
    if (len)
        memcpy(at, bytes, len);
    return at + len;
}

void entry_pack(const struct entry *in, int64_t now_us, char *at)
{
    const struct entry_head head = {
        .now_us = now_us,
        .receive_us = in->receive_us,
        .other_us = in->other_us,
        .size = (uint32_t)entry_packed_size(in),
        .index = in->index,
        .text_len = (uint32_t)in->text.len,
        .data_len = (uint32_t)in->data.len,
        .frame_len = (uint32_t)in->frame_len,
        .type = (uint8_t)in->type,
        .side = (uint8_t)in->side,
        .origin = (uint8_t)in->origin,
        .up = in->up,
    };
    at = add(at, &head, sizeof(head));
    if (in->type == ENTRY_TRADE) {
        const struct packed_trade trade = {in->price, in->amount, in->sequence};
        at = add(at, &trade, sizeof(trade));
    } else if (in->type == ENTRY_QUOTE) {
        const struct packed_quote quote = {in->bid, in->ask, in->has_exchange_time};
        at = add(at, &quote, sizeof(quote));
    }
    at = add(at, in->text.data, in->text.len);
    (void)add(at, in->data.data, in->data.len);
}

void entry_unpack(const char *at, struct entry *ret)
{
    struct entry_head head;
    memcpy(&head, at, sizeof(head));
    at += sizeof(head);
    *ret = (struct entry){
        .type = (enum entry_type)head.type,
        .index = head.index,
        .up = head.up,
        .packed_us = head.now_us,
        .receive_us = head.receive_us,
        .other_us = head.other_us,
        .side = (enum side)head.side,
        .origin = (enum trade_origin)head.origin,
        .frame_len = head.frame_len,
    };
    if (ret->type == ENTRY_TRADE) {
        struct packed_trade trade;
        memcpy(&trade, at, sizeof(trade));
        at += sizeof(trade);
        ret->price = trade.price;
        ret->amount = trade.amount;
        ret->sequence = trade.sequence;
    } else if (ret->type == ENTRY_QUOTE) {
        struct packed_quote quote;
        memcpy(&quote, at, sizeof(quote));
        at += sizeof(quote);
        ret->bid = quote.bid;
        ret->ask = quote.ask;
        ret->has_exchange_time = quote.has_exchange_time;
    }
    ret->text = slice_make(at, head.text_len);
    ret->data = slice_make(at + head.text_len, head.data_len);
}
