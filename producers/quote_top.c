#include "quote_top.h"

struct quote_top quote_top_of(const struct entry *in)
{
    return (struct quote_top){in->bid, in->ask, in->has_exchange_time, in->other_us,
                              in->receive_us};
}

enum quote_state quote_top_state(const struct quote_top *t)
{
    if (!t->bid.there && !t->ask.there)
        return QUOTE_STATE_VOID;
    if (!t->bid.there || !t->ask.there)
        return QUOTE_STATE_ONE_SIDED;
    return decimal_cmp(t->bid.price, t->ask.price) < 0 ? QUOTE_STATE_NORMAL : QUOTE_STATE_CROSSED;
}

static bool same_side(const struct quote_side *a, const struct quote_side *b)
{
    if (!a->there || !b->there)
        return a->there == b->there;
    return decimal_cmp(a->price, b->price) == 0 && decimal_cmp(a->amount, b->amount) == 0;
}

bool quote_top_same(const struct quote_top *a, const struct quote_top *b)
{
    return same_side(&a->bid, &b->bid) && same_side(&a->ask, &b->ask);
}
