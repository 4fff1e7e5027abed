#include "overlap.h"

#include "timefmt.h"

#include <stdlib.h>

enum {
    HELD_BYTES = 256 << 10, /* some 2,000 trades; by then the older one is not just a little late */
    TRADE_BYTES_MAX = 512,  /* of one, packed */
};

struct overlap {
    struct universe_range symbols;
    bool two;
    char *quotes;  /* by symbol, an enum overlap_quotes */
    int64_t *last; /* by symbol: the highest id taken, the order of the last quote taken; -1: none
                      yet */
    char *held;    /* packed entries from `from` to `to`; of quotes there are none */
    size_t from;
    size_t to;
    bool hurry; /* what is held waits no longer */
};

struct overlap *overlap_create(const struct universe_link *l, struct err *e)
{
    struct overlap *o = calloc(1, sizeof(*o));
    if (o) {
        o->symbols = l->symbols;
        o->quotes = calloc(l->symbols.n + 1u, 1);
        o->last = calloc(l->symbols.n + 1u, sizeof(*o->last));
        o->held = malloc(l->kind == CHANNEL_TRADES ? HELD_BYTES : 1);
    }
    if (!o || !o->quotes || !o->last || !o->held) {
        overlap_destroy(o);
        (void)err_set(e, ERR_NOMEM, "feed: out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < o->symbols.n; i++)
        o->last[i] = -1;
    return o;
}

void overlap_destroy(struct overlap *o)
{
    if (!o)
        return;
    free(o->quotes);
    free(o->last);
    free(o->held);
    free(o);
}

void overlap_begin(struct overlap *o)
{
    o->two = true;
    memset(o->quotes, OVERLAP_OLDER, o->symbols.n);
}

void overlap_end(struct overlap *o)
{
    o->two = false;
    memset(o->quotes, OVERLAP_OLDER, o->symbols.n);
}

/* Place among the symbols of the link; -1: it is none of them. */
static int64_t place_of(const struct overlap *o, uint32_t index)
{
    bool carried = index >= o->symbols.first && index - o->symbols.first < o->symbols.n;
    return carried ? (int64_t)(index - o->symbols.first) : -1;
}

/* --- trades ---------------------------------------------------------------------------------- */

/* Whether nothing can lie between it and what was taken. */
static bool goes_on(const struct overlap *o, const struct entry *in)
{
    int64_t i = place_of(o, in->index);
    return i < 0 || (o->last[i] >= 0 && in->sequence - 1 <= o->last[i]);
}

static void note_taken(struct overlap *o, const struct entry *in)
{
    int64_t i = place_of(o, in->index);
    if (i >= 0 && in->sequence > o->last[i])
        o->last[i] = in->sequence;
}

bool overlap_holds_any(const struct overlap *o)
{
    return o->from < o->to;
}

bool overlap_is_full(struct overlap *o)
{
    if (HELD_BYTES - (o->to - o->from) < TRADE_BYTES_MAX)
        o->hurry = true;
    return o->hurry;
}

static void hold(struct overlap *o, const struct entry *in, int64_t now_us)
{
    if (HELD_BYTES - o->to < TRADE_BYTES_MAX) {
        memmove(o->held, o->held + o->from, o->to - o->from);
        o->to -= o->from;
        o->from = 0;
    }
    entry_pack(in, now_us, o->held + o->to);
    o->to += entry_packed_size(in);
}

bool overlap_trade(struct overlap *o, bool younger, const struct entry *in, int64_t now_us)
{
    bool waits = younger && (o->two || overlap_holds_any(o)) && !goes_on(o, in);
    if (waits && entry_packed_size(in) <= TRADE_BYTES_MAX && !overlap_is_full(o)) {
        hold(o, in, now_us);
        return false;
    }
    note_taken(o, in);
    return true;
}

bool overlap_next(struct overlap *o, int64_t now_us, struct entry *ret)
{
    struct entry_head h;
    if (!overlap_holds_any(o)) {
        o->from = o->to = 0;
        o->hurry = false;
        return false;
    }
    memcpy(&h, o->held + o->from, sizeof(h));
    entry_unpack(o->held + o->from, ret);
    bool waited = now_us - h.now_us >= OVERLAP_HOLD_MS * US_PER_MS;
    if (o->two && !o->hurry && !waited && !goes_on(o, ret))
        return false;
    o->from += h.size;
    note_taken(o, ret);
    return true;
}

/* --- quotes ---------------------------------------------------------------------------------- */

/* Whether it is the turn of a quote of the i-th symbol, while there are two. */
static bool quote_counts(struct overlap *o, bool younger, int64_t i, int64_t order)
{
    bool behind = o->quotes[i] == OVERLAP_OLDER && order >= 0 && order < o->last[i];
    if (younger && behind)
        return false;
    if (younger)
        o->quotes[i] = OVERLAP_YOUNGER;
    else if (o->quotes[i] != OVERLAP_OLDER)
        o->quotes[i] = OVERLAP_DOUBTFUL;
    return younger || o->quotes[i] == OVERLAP_OLDER;
}

bool overlap_quote(struct overlap *o, bool younger, uint32_t index, int64_t order)
{
    int64_t i = place_of(o, index);
    if (i < 0)
        return true;
    if (o->two && !quote_counts(o, younger, i, order))
        return false;
    o->last[i] = order;
    return true;
}

enum overlap_quotes overlap_quotes(const struct overlap *o, uint32_t index)
{
    int64_t i = place_of(o, index);
    return i < 0 ? OVERLAP_OLDER : (enum overlap_quotes)o->quotes[i];
}

void overlap_quotes_over(struct overlap *o, uint32_t index)
{
    int64_t i = place_of(o, index);
    if (i >= 0)
        o->quotes[i] = OVERLAP_YOUNGER;
}
