#include "market.h"

#include "e8.h"
#include "rng.h"
#include "timefmt.h"

#include <stdlib.h>

#define AMOUNT_MAX_E8 (INT64_C(90000000000) * E8_ONE)

enum {
    FOLLOWER_PERMILLE = 250, /* a taker order goes on to another maker */
    SAME_SIDE_PERMILLE = 620,
    SKEW_MAX_PPM = 400, /* how far a symbol strays from its assets' prices */
    SPREAD_OF_PRICE = 100000,
    UNIFORM_MILLI = 1732, /* a uniform step this wide has a standard deviation of 1000 */
    BOUND = 4,            /* an asset stays between start / 4 and start * 4 */
};

/* What the next trade is to its taker order. */
enum turn {
    TURN_NEW,      /* a new order */
    TURN_FOLLOWER, /* the order meets one more maker */
    TURN_SWAPPED,  /* the trade whose successor was sent before it */
};

struct asset_state {
    int64_t usd_e12;
    int64_t start_e12;
    int64_t moved_us; /* market time of the last step, since the start */
};

struct symbol_state {
    int64_t next_id;
    int64_t skew_ppm;
    enum taker_side side;
};

struct market {
    struct market_config config;
    const struct listing *listing;
    struct rng rng;
    struct asset_state *assets;
    struct symbol_state *symbols;
    int64_t *weight_sums; /* weights up to and with each symbol */
    int64_t mean_wait_ns;
    int64_t left; /* trades to come; INT64_MAX: endless */
    bool begun;
    int64_t begin_us;
    int64_t due_ns; /* of the next trade, since the start */
    enum turn turn;
    uint32_t symbol;     /* of the order at work */
    int64_t price_ticks; /* of its last trade */
};

/* --- life ------------------------------------------------------------------------------------ */

static int check(const struct market_config *c, struct err *e)
{
    if (c->rate < 1 || c->rate > MARKET_RATE_MAX)
        return err_set(e, ERR_ARG, "market: a rate of %lld trades/s; 1 to %d are possible",
                       (long long)c->rate, MARKET_RATE_MAX);
    if (c->trades < 0 || c->late_permille < 0 || c->late_permille > 1000 || c->late_max_us < 0 ||
        c->late_max_us > MARKET_LATE_MAX_US || c->reorder_permille < 0 ||
        c->reorder_permille > 1000 || c->time_step_us < 1 || c->time_step_us > US_PER_S)
        return err_set(e, ERR_ARG, "market: a number is out of its range");
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
    for (uint32_t i = 0; i < l->n_assets; i++) {
        int64_t usd_e12 = l->assets[i].usd_e12;
        int64_t shift_permille = l->assets[i].volatility_ppm > 0 ? rng_around(&m->rng, 20) : 0;
        usd_e12 += (int64_t)((__int128)usd_e12 * shift_permille / 1000);
        m->assets[i] = (struct asset_state){usd_e12, usd_e12, 0};
    }
    int64_t sum = 0;
    for (uint32_t i = 0; i < l->n_trading; i++) {
        sum += l->symbols[i].weight;
        m->weight_sums[i] = sum;
    }
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
    m->assets = calloc(listing->n_assets, sizeof(*m->assets));
    m->symbols = calloc(listing->n_trading, sizeof(*m->symbols));
    m->weight_sums = calloc(listing->n_trading, sizeof(*m->weight_sums));
    if (!m->assets || !m->symbols || !m->weight_sums) {
        market_destroy(m);
        (void)err_set(e, ERR_NOMEM, "market: out of memory");
        return NULL;
    }
    rng_seed(&m->rng, config->seed);
    m->mean_wait_ns = mean_wait_ns(config);
    m->left = config->trades > 0 ? config->trades : INT64_MAX;
    start_states(m);
    return m;
}

void market_destroy(struct market *m)
{
    if (!m)
        return;
    free(m->assets);
    free(m->symbols);
    free(m->weight_sums);
    free(m);
}

void market_begin(struct market *m, int64_t now_us)
{
    m->begun = true;
    m->begin_us = now_us;
    m->due_ns = rng_wait(&m->rng, m->mean_wait_ns);
    m->turn = TURN_NEW;
    for (uint32_t i = 0; i < m->listing->n_trading; i++)
        m->symbols[i].next_id = now_us / MARKET_ID_US;
}

bool market_begun(const struct market *m)
{
    return m->begun;
}

bool market_over(const struct market *m)
{
    return m->left == 0;
}

int64_t market_due_us(const struct market *m)
{
    if (!m->begun || m->left == 0)
        return INT64_MAX;
    return m->begin_us + m->due_ns / 1000;
}

/* --- prices ---------------------------------------------------------------------------------- */

static int64_t square_root(int64_t n)
{
    int64_t root = n > 0 ? INT64_C(1) << ((64 - __builtin_clzll((uint64_t)n)) / 2 + 1) : 0;
    while (root > 0 && root > n / root) /* Newton's steps come down to the root and stop there */
        root = (root + n / root) / 2;
    return root;
}

/* One random step of an asset's dollar price, as wide as the time since the last one asks for, and
 * pulled to its start so that it comes back within about a day. */
static void walk(struct market *m, uint32_t asset)
{
    struct asset_state *a = &m->assets[asset];
    int64_t now_us = m->due_ns / 1000;
    int64_t dt_us = now_us - a->moved_us;
    if (dt_us > US_PER_DAY)
        dt_us = US_PER_DAY;
    a->moved_us = now_us;
    /* sqrt(seconds) is sqrt(microseconds) / 1000 */
    __int128 reach = (__int128)a->usd_e12 * m->listing->assets[asset].volatility_ppm *
                     square_root(dt_us) / (INT64_C(1000000) * 1000);
    __int128 step = reach * rng_around(&m->rng, UNIFORM_MILLI) / 1000;
    __int128 pull = (__int128)(a->start_e12 - a->usd_e12) * dt_us / US_PER_DAY;
    __int128 next = a->usd_e12 + step + pull;
    if (next < a->start_e12 / BOUND)
        next = a->start_e12 / BOUND;
    if (next > (__int128)a->start_e12 * BOUND)
        next = (__int128)a->start_e12 * BOUND;
    a->usd_e12 = (int64_t)next;
}

/* Where a new order trades: the seller hits the bid, the buyer lifts the ask. */
static int64_t touch_ticks(struct market *m, const struct symbol *s, struct symbol_state *state)
{
    state->skew_ppm += rng_around(&m->rng, 5);
    if (state->skew_ppm > SKEW_MAX_PPM || state->skew_ppm < -SKEW_MAX_PPM)
        state->skew_ppm /= 2;
    __int128 price_e8 = (__int128)m->assets[s->base].usd_e12 * E8_ONE *
                        (1000000 + state->skew_ppm) / 1000000 / m->assets[s->quote].usd_e12;
    int64_t bid_ticks = (int64_t)(price_e8 / s->tick_e8);
    if (bid_ticks < 1)
        bid_ticks = 1;
    return state->side == TAKER_SELL ? bid_ticks : bid_ticks + 1 + bid_ticks / SPREAD_OF_PRICE;
}

/* Lots of one fill: a usual trade times a power of two near 1, so that small ones are common and
 * large ones happen. */
static int64_t random_lots(struct market *m, const struct symbol *s)
{
    uint64_t bits = rng_next(&m->rng);
    int octaves = __builtin_popcountll(bits & 0xffff) - 8; /* -8 to 8, most often about 0 */
    int64_t mantissa = 1000 + (int64_t)((bits >> 32) % 1000);
    __int128 lots = (__int128)s->typical_lots * mantissa / 1000;
    lots = octaves >= 0 ? lots << octaves : lots >> -octaves;
    int64_t max = AMOUNT_MAX_E8 / s->lot_e8;
    if (lots > max)
        return max;
    return lots > 0 ? (int64_t)lots : 1;
}

/* --- trades ---------------------------------------------------------------------------------- */

static uint32_t pick_symbol(struct market *m)
{
    uint32_t n = m->listing->n_trading;
    int64_t mark = (int64_t)rng_below(&m->rng, (uint64_t)m->weight_sums[n - 1]);
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

static void begin_order(struct market *m)
{
    m->symbol = pick_symbol(m);
    const struct symbol *s = &m->listing->symbols[m->symbol];
    struct symbol_state *state = &m->symbols[m->symbol];
    walk(m, s->base);
    walk(m, s->quote);
    if (!rng_permille(&m->rng, SAME_SIDE_PERMILLE))
        state->side = state->side == TAKER_BUY ? TAKER_SELL : TAKER_BUY;
    m->price_ticks = touch_ticks(m, s, state);
}

/* The order has eaten a level in half of the cases: the next maker is a tick worse for it. */
static void move_on(struct market *m)
{
    if (rng_permille(&m->rng, 500))
        return;
    if (m->symbols[m->symbol].side == TAKER_BUY)
        m->price_ticks++;
    else if (m->price_ticks > 1)
        m->price_ticks--;
}

static int64_t trade_time_us(struct market *m, int64_t due_us)
{
    int64_t time_us = due_us;
    if (m->config.late_max_us > 0 && rng_permille(&m->rng, m->config.late_permille))
        time_us -= 1 + (int64_t)rng_below(&m->rng, (uint64_t)m->config.late_max_us);
    return time_us - time_us % m->config.time_step_us;
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

static void plan_next(struct market *m, bool swap)
{
    if (swap)
        m->turn = TURN_SWAPPED;
    else if (m->turn != TURN_SWAPPED && rng_permille(&m->rng, FOLLOWER_PERMILLE))
        m->turn = TURN_FOLLOWER;
    else
        m->turn = TURN_NEW;
    if (m->turn == TURN_NEW)
        m->due_ns += rng_wait(&m->rng, m->mean_wait_ns);
}

bool market_next(struct market *m, int64_t now_us, struct market_trade *ret)
{
    int64_t due_us = market_due_us(m);
    if (due_us > now_us || due_us == INT64_MAX)
        return false;
    if (m->turn == TURN_NEW)
        begin_order(m);
    else
        move_on(m);
    bool swap =
        m->turn == TURN_NEW && m->left >= 2 && rng_permille(&m->rng, m->config.reorder_permille);
    const struct symbol *s = &m->listing->symbols[m->symbol];
    *ret = (struct market_trade){
        .symbol = m->symbol,
        .side = m->symbols[m->symbol].side,
        .id = take_id(m, swap),
        .price_e8 = m->price_ticks * s->tick_e8,
        .amount_e8 = random_lots(m, s) * s->lot_e8,
        .time_us = trade_time_us(m, due_us),
        .due_us = due_us,
    };
    plan_next(m, swap);
    if (m->left != INT64_MAX)
        m->left--;
    return true;
}
