#include "orders.h"

#include "noise.h"
#include "rng.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    FOLLOWER_PERMILLE = 250, /* a taker order goes on to another maker */
    SAME_SIDE_PERMILLE = 620,
};

/* What the next trade is to its taker order. */
enum turn {
    TURN_NEW,      /* a new order */
    TURN_FOLLOWER, /* the order meets one more maker */
    TURN_SWAPPED,  /* the trade whose successor was sent before it */
};

/* What makers and the last taker of a symbol left behind. */
struct maker_state {
    int64_t next_id;
    enum taker_side side;
};

struct orders {
    struct market_config config;
    const struct listing *listing;
    struct maker_state *symbols;
    struct rng rng;
    int64_t begin_us;
    int64_t left; /* trades to come; INT64_MAX: endless */
    int64_t mean_wait_ns;
    int64_t due_ns;
    enum turn turn;
    int n_fills;     /* of the order at work */
    uint32_t symbol; /* of the order at work, or the next one */
    int64_t price_e8;
};

/* --- life ------------------------------------------------------------------------------------ */

/* Taker orders come at a rate that makes the trades come at theirs. An order that is not swapped
 * has 1000 / (1000 - FOLLOWER_PERMILLE) = 4/3 trades, a swapped one has two. */
static int64_t mean_wait_ns(const struct market_config *c)
{
    int64_t trades_of_3000_orders = 4 * (1000 - c->reorder_permille) + 6 * c->reorder_permille;
    return US_PER_S * 1000 * trades_of_3000_orders / (3000 * c->rate);
}

struct orders *orders_create(const struct market_config *config, const struct listing *listing,
                             struct err *e)
{
    struct orders *o = calloc(1, sizeof(*o));
    if (o)
        o->symbols = calloc(listing->n_trading, sizeof(*o->symbols));
    if (!o || !o->symbols) {
        orders_destroy(o);
        (void)err_set(e, ERR_NOMEM, "orders: out of memory");
        return NULL;
    }
    o->config = *config;
    o->config.exchange = NULL; /* it is borrowed */
    o->listing = listing;
    rng_seed(&o->rng, noise_key(config->seed, "trades", config->exchange));
    o->mean_wait_ns = mean_wait_ns(config);
    o->left = config->trades > 0 ? config->trades : INT64_MAX;
    return o;
}

void orders_destroy(struct orders *o)
{
    if (!o)
        return;
    free(o->symbols);
    free(o);
}

/* --- trades ---------------------------------------------------------------------------------- */

/* The seller hits the bid, the buyer lifts the ask. */
static void begin_order(struct orders *o, const struct book *book)
{
    struct maker_state *state = &o->symbols[o->symbol];
    if (!rng_permille(&o->rng, SAME_SIDE_PERMILLE))
        state->side = state->side == TAKER_BUY ? TAKER_SELL : TAKER_BUY;
    int64_t ticks = state->side == TAKER_BUY ? book->ask_ticks : book->bid_ticks;
    o->price_e8 = ticks * o->listing->symbols[o->symbol].tick_e8;
    o->n_fills = 0;
}

static int64_t trade_time_us(struct orders *o, int64_t due_us)
{
    int64_t time_us = due_us;
    if (o->config.late_max_us > 0 && rng_permille(&o->rng, o->config.late_permille))
        time_us -= 1 + (int64_t)rng_below(&o->rng, (uint64_t)o->config.late_max_us);
    return time_us - time_us % o->config.time_step_us;
}

/* The id of the trade at hand. A swapped order takes two ids and gives out the second one first. */
static int64_t take_id(struct orders *o, bool swap)
{
    struct maker_state *state = &o->symbols[o->symbol];
    if (o->turn == TURN_SWAPPED)
        return state->next_id - 2;
    state->next_id += swap ? 2 : 1;
    return state->next_id - 1;
}

/* There is one that trades. */
static void pick_symbol(struct orders *o)
{
    do
        o->symbol = listing_pick(o->listing, rng_next(&o->rng));
    while (!o->listing->symbols[o->symbol].trading);
}

static void plan_order(struct orders *o)
{
    o->turn = TURN_NEW;
    o->due_ns += rng_wait(&o->rng, o->mean_wait_ns);
    pick_symbol(o);
}

static void plan_next(struct orders *o, bool swap)
{
    if (o->left == 0)
        o->turn = TURN_NEW;
    else if (swap)
        o->turn = TURN_SWAPPED;
    else if (o->turn != TURN_SWAPPED && o->n_fills < MARKET_ORDER_MAX &&
             rng_permille(&o->rng, FOLLOWER_PERMILLE))
        o->turn = TURN_FOLLOWER;
    else
        plan_order(o);
}

void orders_next(struct orders *o, const struct book *book, struct market_trade *ret)
{
    int64_t due_us = o->begin_us + o->due_ns / 1000;
    if (o->turn == TURN_NEW)
        begin_order(o, book);
    bool swap =
        o->turn == TURN_NEW && o->left >= 2 && rng_permille(&o->rng, o->config.reorder_permille);
    const struct symbol *s = &o->listing->symbols[o->symbol];
    *ret = (struct market_trade){
        .symbol = o->symbol,
        .side = o->symbols[o->symbol].side,
        .id = take_id(o, swap),
        .price_e8 = o->price_e8,
        .amount_e8 = book_random_lots(s, &o->rng) * s->lot_e8,
        .time_us = trade_time_us(o, due_us),
        .due_us = due_us,
    };
    o->n_fills++;
    if (o->left != INT64_MAX)
        o->left--;
    plan_next(o, swap);
    ret->more = o->turn != TURN_NEW;
}

void orders_begin(struct orders *o, int64_t now_us)
{
    o->begin_us = now_us;
    for (uint32_t i = 0; i < o->listing->n_trading; i++)
        o->symbols[i].next_id = now_us / MARKET_ID_US;
    plan_order(o);
}

bool orders_left(const struct orders *o)
{
    return o->left > 0;
}

bool orders_amid(const struct orders *o)
{
    return o->turn != TURN_NEW;
}

int64_t orders_due_ns(const struct orders *o)
{
    return o->due_ns;
}

uint32_t orders_symbol(const struct orders *o)
{
    return o->symbol;
}

/* --- beside the orders ----------------------------------------------------------------------- */

void orders_extra(struct orders *o, uint32_t symbol, const struct book *book, int64_t at_us,
                  struct market_trade *ret)
{
    struct maker_state *state = &o->symbols[symbol];
    const struct symbol *s = &o->listing->symbols[symbol];
    struct rng rng; /* of its own: the orders to come are what they would be without it */
    rng_seed(&rng, (uint64_t)state->next_id ^ (uint64_t)symbol << 56);
    int64_t ticks = state->side == TAKER_BUY ? book->ask_ticks : book->bid_ticks;
    *ret = (struct market_trade){
        .symbol = symbol,
        .side = state->side,
        .id = state->next_id++,
        .price_e8 = ticks * s->tick_e8,
        .amount_e8 = book_random_lots(s, &rng) * s->lot_e8,
        .time_us = at_us - at_us % o->config.time_step_us,
        .due_us = at_us,
    };
}

void orders_skip(struct orders *o, uint32_t symbol, int64_t ids)
{
    o->symbols[symbol].next_id += ids;
}

void orders_changed(struct orders *o)
{
    if (!o->listing->symbols[o->symbol].trading)
        pick_symbol(o);
}
