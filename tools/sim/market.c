#include "market.h"

#include "book.h"
#include "noise.h"
#include "orders.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    BUSY_QUOTE_PERMILLE = 500,
    BPS = 10000,
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

struct market {
    struct market_config config;
    const struct listing *listing;
    struct books *books;
    struct orders *orders;
    int64_t *quote_numbers; /* per symbol, of its last quote */
    bool begun;
    int64_t begin_us;

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

static void start_states(struct market *m)
{
    const struct market_config *c = &m->config;
    rng_seed(&m->quote_rng, noise_key(c->seed, "quotes", c->exchange));
    m->plant_key = noise_key(c->seed, "plants", c->exchange);
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
    m->quote_numbers = calloc(listing->n_trading, sizeof(*m->quote_numbers));
    if (!m->quote_numbers)
        (void)err_set(e, ERR_NOMEM, "market: out of memory");
    else
        m->books = books_create(config->seed, config->exchange, listing, e);
    m->orders = m->books ? orders_create(config, listing, e) : NULL;
    if (!m->orders) {
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
    orders_destroy(m->orders);
    free(m->quote_numbers);
    free(m);
}

bool market_begun(const struct market *m)
{
    return m->begun;
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
    m->quote_numbers[symbol] = ++m->n_quotes;
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
        .number = m->quote_numbers[symbol],
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

/* A new order finds a book to trade with: one that is quoted, or that moves unseen. */
static void order(struct market *m, struct market_event *ret)
{
    uint32_t symbol = orders_symbol(m->orders);
    int64_t due_ns = orders_due_ns(m->orders);
    const struct book *book = books_get(m->books, symbol);
    bool fresh = !orders_amid(m->orders);
    if (fresh && m->config.quote_rate == 0) {
        make_book(m, symbol, due_ns, true);
    } else if (fresh && !book_is_sound(book)) {
        quote(m, symbol, due_ns, true, ret); /* and its trade is next */
        return;
    }
    ret->kind = MARKET_TRADE;
    orders_next(m->orders, book, &ret->trade);
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

/* The next symbol to be quoted first, from this one on: one that trades. */
static void open_next(struct market *m, uint32_t symbol)
{
    while (symbol < m->listing->n_trading && !m->listing->symbols[symbol].trading)
        symbol++;
    m->opened = symbol;
}

void market_begin(struct market *m, int64_t now_us)
{
    m->begun = true;
    m->begin_us = now_us;
    m->n_quotes = now_us; /* fewer than one comes each us: a later run has higher numbers */
    open_next(m, 0);
    if (m->config.quote_rate == 0) /* nobody is told: they are opened unseen */
        while (m->opened < m->listing->n_trading)
            make_book(m, m->opened++, 0, true);
    orders_begin(m->orders, now_us);
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
    if (orders_amid(m->orders))
        return (struct next){FROM_ORDER, orders_due_ns(m->orders)};
    if (m->requote)
        return (struct next){FROM_REQUOTE, m->requote_ns};
    struct next next = {FROM_NOTHING, INT64_MAX};
    bool open = orders_left(m->orders);
    if (open)
        next = (struct next){FROM_ORDER, orders_due_ns(m->orders)};
    if (open && m->config.quote_rate > 0 && m->quote_due_ns <= next.due_ns)
        next = (struct next){FROM_QUOTES, m->quote_due_ns};
    if (m->has_plant && (open || m->planted) && plant_due_ns(m) <= next.due_ns)
        next = (struct next){FROM_PLANT, plant_due_ns(m)};
    return next;
}

/* Half of the quotes are of busy symbols; the others go round evenly, so that no book grows old. */
static void next_quote(struct market *m, struct market_event *ret)
{
    struct rng *r = &m->quote_rng;
    uint32_t symbol;
    do
        symbol = rng_permille(r, BUSY_QUOTE_PERMILLE)
                     ? listing_pick(m->listing, rng_next(r))
                     : (uint32_t)rng_below(r, m->listing->n_trading);
    while (!m->listing->symbols[symbol].trading);
    quote(m, symbol, m->quote_due_ns, false, ret);
    m->quote_due_ns += rng_wait(r, US_PER_S * 1000 / m->config.quote_rate);
}

int64_t market_due_us(const struct market *m)
{
    struct next next = find_next(m);
    return next.source == FROM_NOTHING ? INT64_MAX : at_us(m, next.due_ns);
}

bool market_over(const struct market *m)
{
    return m->begun && find_next(m).source == FROM_NOTHING;
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
        quote(m, m->opened, 0, true, ret);
        open_next(m, m->opened + 1);
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

void market_extra(struct market *m, uint32_t symbol, int64_t now_us, struct market_event *ret)
{
    int64_t due_ns = (now_us - m->begin_us) * 1000;
    const struct book *book = books_get(m->books, symbol);
    if (m->config.quote_rate == 0) {
        make_book(m, symbol, due_ns, true);
    } else if (!book_is_sound(book)) {
        quote(m, symbol, due_ns, true, ret);
        return;
    }
    ret->kind = MARKET_TRADE;
    orders_extra(m->orders, symbol, book, now_us, &ret->trade);
}

void market_skip_ids(struct market *m, uint32_t symbol, int64_t ids)
{
    orders_skip(m->orders, symbol, ids);
}

bool market_changed(struct market *m, uint32_t symbol, int64_t now_us, struct market_event *ret)
{
    if (!m->begun)
        return false;
    orders_changed(m->orders);
    if (m->config.quote_rate == 0 || !m->listing->symbols[symbol].trading)
        return false;
    quote(m, symbol, (now_us - m->begin_us) * 1000, true, ret);
    return true;
}
