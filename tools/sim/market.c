#include "market.h"

#include "book.h"
#include "e8.h"
#include "noise.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    FOLLOWER_PERMILLE = 250, /* a taker order goes on to another maker */
    SAME_SIDE_PERMILLE = 620,
    BUSY_QUOTE_PERMILLE = 500,
    QUOTES_PER_US = 4, /* numbers of quotes grow slower than this with the clock */
    BPS = 10000,
};

/* What the next trade is to its taker order. */
enum turn {
    TURN_NEW,      /* a new order */
    TURN_FOLLOWER, /* the order meets one more maker */
    TURN_SWAPPED,  /* the trade whose successor was sent before it */
};

/* Where the next event comes from, and when. */
struct next {
    enum source {
        FROM_NOTHING,
        FROM_OPENING, /* the first quote of each symbol */
        FROM_ORDER,   /* a trade */
        FROM_PLANT,   /* one begins or ends */
        FROM_REQUOTE, /* the quote that a plant makes */
        FROM_QUOTES,
    } source;
    int64_t due_ns; /* since the start */
};

struct symbol_state {
    int64_t next_id;
    enum taker_side side;
    int64_t quote_number;
};

struct market {
    struct market_config config;
    const struct listing *listing;
    struct books *books;
    struct symbol_state *symbols;
    int64_t *weight_sums; /* weights up to and with each symbol */
    bool begun;
    int64_t begin_us;
    int64_t left; /* trades to come; INT64_MAX: endless */

    struct rng rng; /* of trades */
    int64_t mean_wait_ns;
    int64_t due_ns; /* of the next trade, since the start */
    enum turn turn;
    int n_fills;     /* of the order at work */
    uint32_t symbol; /* of the order at work, or the next one */
    int64_t price_e8;

    struct rng quote_rng; /* when and whose */
    int64_t quote_due_ns;
    int64_t n_quotes; /* their last number */
    uint32_t opened;  /* symbols that had their first quote */

    uint64_t plant_key;
    struct plant plant; /* the running one or the next */
    bool has_plant;
    bool planted; /* it is running */
    bool requote; /* its symbol's quote is next, due then: */
    int64_t requote_ns;
};

/* --- life ------------------------------------------------------------------------------------ */

static bool is_permille(int64_t n)
{
    return n >= 0 && n <= 1000;
}

static int check(const struct market_config *c, struct err *e)
{
    if (c->rate < 1 || c->rate > MARKET_RATE_MAX)
        return err_set(e, ERR_ARG, "market: a rate of %lld trades/s; 1 to %d are possible",
                       (long long)c->rate, MARKET_RATE_MAX);
    if (c->quote_rate < 0 || c->quote_rate > MARKET_QUOTE_RATE_MAX)
        return err_set(e, ERR_ARG, "market: a rate of %lld quotes/s; 0 to %d are possible",
                       (long long)c->quote_rate, MARKET_QUOTE_RATE_MAX);
    if (c->trades < 0 || !is_permille(c->late_permille) || c->late_max_us < 0 ||
        c->late_max_us > MARKET_LATE_MAX_US || !is_permille(c->reorder_permille) ||
        !is_permille(c->one_sided_permille) || !is_permille(c->crossed_permille) ||
        c->time_step_us < 1 || c->time_step_us > US_PER_S)
        return err_set(e, ERR_ARG, "market: a number is out of its range");
    const struct plant_config *p = &c->plant;
    if (p->every_us > 0 && c->quote_rate == 0)
        return err_set(e, ERR_ARG, "market: nobody sees a plant without quotes");
    if (p->every_us < 0 || (p->every_us > 0 && (p->length_us < 1 || p->length_us > p->every_us ||
                                                p->bps < 0 || p->bps >= BPS)))
        return err_set(e, ERR_ARG,
                       "market: plants of %lld us, %lld bps cannot come every %lld us; they must "
                       "be shorter than that, and move a book by less than %d bps",
                       (long long)p->length_us, (long long)p->bps, (long long)p->every_us, BPS);
    return 0;
}

/* Taker orders come at a rate that makes the trades come at theirs. An order that is not swapped
 * has 1000 / (1000 - FOLLOWER_PERMILLE) = 4/3 trades, a swapped one has two. */
static int64_t mean_wait_ns(const struct market_config *c)
{
    int64_t trades_of_3000_orders = 4 * (1000 - c->reorder_permille) + 6 * c->reorder_permille;
    return US_PER_S * 1000 * trades_of_3000_orders / (3000 * c->rate);
}

static void start_states(struct market *m)
{
    const struct listing *l = m->listing;
    const struct market_config *c = &m->config;
    int64_t sum = 0;
    for (uint32_t i = 0; i < l->n_trading; i++) {
        sum += l->symbols[i].weight;
        m->weight_sums[i] = sum;
    }
    rng_seed(&m->rng, noise_key(c->seed, "trades", c->exchange));
    rng_seed(&m->quote_rng, noise_key(c->seed, "quotes", c->exchange));
    m->plant_key = noise_key(c->seed, "plants", c->exchange);
    m->mean_wait_ns = mean_wait_ns(c);
    m->left = c->trades > 0 ? c->trades : INT64_MAX;
    m->config.exchange = NULL; /* it was borrowed */
}

struct market *market_create(const struct market_config *config, const struct listing *listing,
                             struct err *e)
{
    if (check(config, e) != 0)
        return NULL;
    struct market *m = calloc(1, sizeof(*m));
    if (!m) {
        (void)err_set(e, ERR_NOMEM, "market: out of memory");
        return NULL;
    }
    m->config = *config;
    m->listing = listing;
    m->symbols = calloc(listing->n_trading, sizeof(*m->symbols));
    m->weight_sums = calloc(listing->n_trading, sizeof(*m->weight_sums));
    if (!m->symbols || !m->weight_sums)
        (void)err_set(e, ERR_NOMEM, "market: out of memory");
    else
        m->books = books_create(config->seed, config->exchange, listing, e);
    if (!m->books) {
        market_destroy(m);
        return NULL;
    }
    start_states(m);
    return m;
}

void market_destroy(struct market *m)
{
    if (!m)
        return;
    books_destroy(m->books);
    free(m->symbols);
    free(m->weight_sums);
    free(m);
}

bool market_begun(const struct market *m)
{
    return m->begun;
}

bool market_over(const struct market *m)
{
    return m->left == 0;
}

static int64_t at_us(const struct market *m, int64_t ns)
{
    return m->begin_us + ns / 1000;
}

static int64_t on_grid(const struct market *m, int64_t time_us)
{
    return time_us - time_us % m->config.time_step_us;
}

/* --- books ----------------------------------------------------------------------------------- */

static void make_book(struct market *m, uint32_t symbol, int64_t due_ns, bool sound)
{
    bool planted = m->planted && m->plant.symbol == symbol;
    const struct book_terms terms = {
        .at_us = at_us(m, due_ns),
        .nonce = due_ns,
        .shift_bps = planted ? m->plant.bps : 0,
        .one_sided_permille = sound || planted ? 0 : m->config.one_sided_permille,
        .crossed_permille = sound || planted ? 0 : m->config.crossed_permille,
    };
    books_make(m->books, symbol, &terms);
    m->symbols[symbol].quote_number = ++m->n_quotes;
}

bool market_book(const struct market *m, uint32_t symbol, struct market_quote *ret)
{
    if (symbol >= m->listing->n_trading)
        return false;
    const struct symbol *s = &m->listing->symbols[symbol];
    const struct book *b = books_get(m->books, symbol);
    *ret = (struct market_quote){
        .symbol = symbol,
        .bid_e8 = b->bid_lots > 0 ? b->bid_ticks * s->tick_e8 : 0,
        .bid_amount_e8 = b->bid_lots * s->lot_e8,
        .ask_e8 = b->ask_lots > 0 ? b->ask_ticks * s->tick_e8 : 0,
        .ask_amount_e8 = b->ask_lots * s->lot_e8,
        .time_us = on_grid(m, b->at_us),
        .number = m->symbols[symbol].quote_number,
    };
    return b->made;
}

static void quote(struct market *m, uint32_t symbol, int64_t due_ns, bool sound,
                  struct market_event *ret)
{
    make_book(m, symbol, due_ns, sound);
    ret->kind = MARKET_QUOTE;
    (void)market_book(m, symbol, &ret->quote); /* there is one */
}

/* --- trades ---------------------------------------------------------------------------------- */

static uint32_t pick_symbol(const struct market *m, struct rng *r)
{
    uint32_t n = m->listing->n_trading;
    int64_t mark = (int64_t)rng_below(r, (uint64_t)m->weight_sums[n - 1]);
    uint32_t low = 0;
    uint32_t high = n - 1;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (mark < m->weight_sums[mid])
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* The seller hits the bid, the buyer lifts the ask. */
static void begin_order(struct market *m)
{
    struct symbol_state *state = &m->symbols[m->symbol];
    const struct book *book = books_get(m->books, m->symbol);
    if (!rng_permille(&m->rng, SAME_SIDE_PERMILLE))
        state->side = state->side == TAKER_BUY ? TAKER_SELL : TAKER_BUY;
    int64_t ticks = state->side == TAKER_BUY ? book->ask_ticks : book->bid_ticks;
    m->price_e8 = ticks * m->listing->symbols[m->symbol].tick_e8;
    m->n_fills = 0;
}

static int64_t trade_time_us(struct market *m, int64_t due_us)
{
    int64_t time_us = due_us;
    if (m->config.late_max_us > 0 && rng_permille(&m->rng, m->config.late_permille))
        time_us -= 1 + (int64_t)rng_below(&m->rng, (uint64_t)m->config.late_max_us);
    return on_grid(m, time_us);
}

/* The id of the trade at hand. A swapped order takes two ids and gives out the second one first. */
static int64_t take_id(struct market *m, bool swap)
{
    struct symbol_state *state = &m->symbols[m->symbol];
    if (m->turn == TURN_SWAPPED)
        return state->next_id - 2;
    state->next_id += swap ? 2 : 1;
    return state->next_id - 1;
}

static void plan_order(struct market *m)
{
    m->turn = TURN_NEW;
    m->due_ns += rng_wait(&m->rng, m->mean_wait_ns);
    m->symbol = pick_symbol(m, &m->rng);
}

static void plan_next(struct market *m, bool swap)
{
    if (m->left == 0)
        m->turn = TURN_NEW;
    else if (swap)
        m->turn = TURN_SWAPPED;
    else if (m->turn != TURN_SWAPPED && m->n_fills < MARKET_ORDER_MAX &&
             rng_permille(&m->rng, FOLLOWER_PERMILLE))
        m->turn = TURN_FOLLOWER;
    else
        plan_order(m);
}

static void trade(struct market *m, struct market_event *ret)
{
    int64_t due_us = at_us(m, m->due_ns);
    if (m->turn == TURN_NEW)
        begin_order(m);
    bool swap =
        m->turn == TURN_NEW && m->left >= 2 && rng_permille(&m->rng, m->config.reorder_permille);
    const struct symbol *s = &m->listing->symbols[m->symbol];
    ret->kind = MARKET_TRADE;
    ret->trade = (struct market_trade){
        .symbol = m->symbol,
        .side = m->symbols[m->symbol].side,
        .id = take_id(m, swap),
        .price_e8 = m->price_e8,
        .amount_e8 = book_random_lots(s, &m->rng) * s->lot_e8,
        .time_us = trade_time_us(m, due_us),
        .due_us = due_us,
    };
    m->n_fills++;
    if (m->left != INT64_MAX)
        m->left--;
    plan_next(m, swap);
    ret->trade.more = m->turn != TURN_NEW;
}

/* A new order finds a book to trade with: one that is quoted, or that moves unseen. */
static void order(struct market *m, struct market_event *ret)
{
    bool fresh = m->turn == TURN_NEW;
    if (fresh && m->config.quote_rate == 0)
        make_book(m, m->symbol, m->due_ns, true);
    else if (fresh && !book_is_sound(books_get(m->books, m->symbol))) {
        quote(m, m->symbol, m->due_ns, true, ret); /* and its trade is next */
        return;
    }
    trade(m, ret);
}

/* --- plants ---------------------------------------------------------------------------------- */

static int64_t plant_due_ns(const struct market *m)
{
    int64_t due_us = m->planted ? m->plant.to_us : m->plant.from_us;
    return (due_us - m->begin_us) * 1000;
}

/* The plant begins, and its quote is next; or it ends, and the book goes back. */
static void turn_plant(struct market *m, int64_t due_ns, struct market_event *ret)
{
    m->planted = !m->planted;
    if (m->planted) {
        m->requote = true;
        m->requote_ns = due_ns;
        ret->kind = MARKET_PLANT;
        ret->plant = m->plant;
        return;
    }
    quote(m, m->plant.symbol, due_ns, true, ret);
    m->has_plant =
        plant_first(&m->config.plant, m->plant_key, m->listing, m->plant.to_us, &m->plant);
}

/* --- events ---------------------------------------------------------------------------------- */

void market_begin(struct market *m, int64_t now_us)
{
    m->begun = true;
    m->begin_us = now_us;
    m->n_quotes = now_us * QUOTES_PER_US;
    for (uint32_t i = 0; i < m->listing->n_trading; i++) {
        m->symbols[i].next_id = now_us / MARKET_ID_US;
        if (m->config.quote_rate == 0)
            make_book(m, i, 0, true);
    }
    m->opened = m->config.quote_rate == 0 ? m->listing->n_trading : 0;
    plan_order(m);
    if (m->config.quote_rate > 0)
        m->quote_due_ns = rng_wait(&m->quote_rng, US_PER_S * 1000 / m->config.quote_rate);
    m->has_plant = plant_first(&m->config.plant, m->plant_key, m->listing, now_us, &m->plant);
}

static struct next find_next(const struct market *m)
{
    if (!m->begun)
        return (struct next){FROM_NOTHING, 0};
    if (m->opened < m->listing->n_trading)
        return (struct next){FROM_OPENING, 0};
    if (m->turn != TURN_NEW)
        return (struct next){FROM_ORDER, m->due_ns};
    if (m->requote)
        return (struct next){FROM_REQUOTE, m->requote_ns};
    struct next next = {FROM_NOTHING, INT64_MAX};
    if (m->left > 0)
        next = (struct next){FROM_ORDER, m->due_ns};
    if (m->left > 0 && m->config.quote_rate > 0 && m->quote_due_ns <= next.due_ns)
        next = (struct next){FROM_QUOTES, m->quote_due_ns};
    if (m->has_plant && (m->left > 0 || m->planted) && plant_due_ns(m) <= next.due_ns)
        next = (struct next){FROM_PLANT, plant_due_ns(m)};
    return next;
}

/* Half of the quotes are of busy symbols; the others go round evenly, so that no book grows old. */
static void next_quote(struct market *m, struct market_event *ret)
{
    struct rng *r = &m->quote_rng;
    uint32_t symbol = rng_permille(r, BUSY_QUOTE_PERMILLE)
                          ? pick_symbol(m, r)
                          : (uint32_t)rng_below(r, m->listing->n_trading);
    quote(m, symbol, m->quote_due_ns, false, ret);
    m->quote_due_ns += rng_wait(r, US_PER_S * 1000 / m->config.quote_rate);
}

int64_t market_due_us(const struct market *m)
{
    struct next next = find_next(m);
    return next.source == FROM_NOTHING ? INT64_MAX : at_us(m, next.due_ns);
}

bool market_next(struct market *m, int64_t now_us, struct market_event *ret)
{
    struct next next = find_next(m);
    if (next.source != FROM_NOTHING && at_us(m, next.due_ns) > now_us)
        return false;
    switch (next.source) {
    case FROM_NOTHING:
        return false;
    case FROM_OPENING:
        quote(m, m->opened++, 0, true, ret);
        break;
    case FROM_ORDER:
        order(m, ret);
        break;
    case FROM_PLANT:
        turn_plant(m, next.due_ns, ret);
        break;
    case FROM_REQUOTE:
        m->requote = false;
        quote(m, m->plant.symbol, next.due_ns, true, ret);
        break;
    case FROM_QUOTES:
        next_quote(m, ret);
        break;
    }
    return true;
}
