#include "arbitrage.h"

#include "parts.h"
#include "timefmt.h"

#include <stdlib.h>

int turn_no_memory(const struct turn *t)
{
    return err_set(t->e, ERR_NOMEM, "arbitrage: out of memory");
}

void turn_count(const struct turn *t, enum arbitrage_counter counter)
{
    t->sink->count(t->sink->ctx, (int)counter, 1);
}

static int refuse(const struct turn *t, const char *reason)
{
    return t->sink->refuse(t->sink->ctx, reason, t->e);
}

/* --- what every record goes through ---------------------------------------------------------- */

/* Why a record of that exchange cannot count; NULL: it can. */
static const char *no_market(const struct arbitrage_state *s, struct slice exchange,
                             int64_t receive_us)
{
    if (!key_is_part(exchange, KEY_EXCHANGE_MAX))
        return "exchange: not a name of 1 to 20 bytes";
    if (receive_us < 0 || receive_us >= TIME_END_US)
        return "receive_time: not between 1970 and 9999";
    if (s->board->n_markets >= s->rules->max_exchanges && !board_find_market(s->board, exchange))
        return "one exchange more than state.max.exchanges";
    return NULL;
}

static const char *no_pair(const struct arbitrage_state *s, struct slice symbol)
{
    if (!key_is_part(symbol, KEY_SYMBOL_MAX) || rules_quote_asset(symbol).len == 0)
        return "symbol: not a BASE-QUOTE of at most 40 bytes";
    if (s->board->n_pairs >= s->rules->max_symbols && !board_find_pair(s->board, symbol))
        return "one symbol more than state.max.symbols";
    return NULL;
}

/* Whether the record is of an epoch that is over. */
static bool is_over(const struct turn *t, struct slice exchange, int64_t epoch)
{
    const struct market *m = board_find_market(t->state->board, exchange);
    if (!m || epoch >= m->epoch)
        return false;
    turn_count(t, ARBITRAGE_IGNORED);
    return true;
}

/* Moves partition time and the exchange's epoch. NULL: out of memory. */
static struct market *enter(const struct turn *t, struct slice exchange, int64_t receive_us,
                            int64_t epoch)
{
    struct board *b = t->state->board;
    struct market *m = board_market(b, exchange);
    if (!m)
        return NULL;
    if (b->now_us == BOARD_NEVER)
        b->watched_us = receive_us;
    if (receive_us > b->now_us)
        b->now_us = receive_us;
    if (epoch > m->epoch) {
        m->epoch = epoch;
        m->ticked = false;
    }
    return m;
}

/* --- quotes ---------------------------------------------------------------------------------- */

static enum top_kind kind_of(const struct quote *q)
{
    switch (q->state) {
    case QUOTE_STATE_NORMAL:
        return TOP_NORMAL;
    case QUOTE_STATE_ONE_SIDED:
        return TOP_ONE_SIDED;
    case QUOTE_STATE_CROSSED:
        return TOP_CROSSED;
    case QUOTE_STATE_VOID:
        return TOP_VOID;
    case QUOTE_STATE_UNKNOWN:
        return TOP_UNKNOWN;
    }
    return TOP_UNKNOWN;
}

/* Whether a normal quote is what it says. */
static bool is_sound(const struct quote *q)
{
    return q->has_bid && q->has_bid_amount && q->has_ask && q->has_ask_amount && q->bid.e18 > 0 &&
           q->bid_amount.e18 > 0 && q->ask_amount.e18 > 0 && decimal_cmp(q->bid, q->ask) <= 0;
}

static struct top top_of(const struct quote *q, struct market *m)
{
    struct top top = {.market = m, .epoch = q->epoch, .receive_us = q->receive_time_us};
    top.kind = kind_of(q);
    if (top.kind != TOP_NORMAL)
        return top;
    if (!is_sound(q)) {
        top.kind = TOP_VOID;
        return top;
    }
    top.bid = q->bid;
    top.bid_amount = q->bid_amount;
    top.ask = q->ask;
    top.ask_amount = q->ask_amount;
    return top;
}

static struct pair *enter_pair(const struct turn *t, struct slice symbol)
{
    struct pair *p = board_pair(t->state->board, symbol);
    if (p && p->n_tops == 0)
        p->least_notional = rules_notional(&t->state->rules->notionals, symbol);
    return p;
}

static int apply_quote(const struct turn *t, const struct quote *q)
{
    const char *why = no_market(t->state, q->exchange, q->receive_time_us);
    why = why ? why : no_pair(t->state, q->symbol);
    if (why)
        return refuse(t, why);
    if (is_over(t, q->exchange, q->epoch))
        return 0;
    struct market *m = enter(t, q->exchange, q->receive_time_us, q->epoch);
    struct pair *p = m ? enter_pair(t, q->symbol) : NULL;
    struct top *top = p ? board_top(p, m) : NULL;
    if (!top)
        return turn_no_memory(t);
    *top = top_of(q, m);
    turn_count(t, ARBITRAGE_QUOTES);
    if (q->state == QUOTE_STATE_NORMAL && top->kind != TOP_NORMAL) {
        turn_count(t, ARBITRAGE_CONTRADICTORY);
        if (refuse(t, "a normal quote without two sides above zero, the bid not above the ask") !=
            0)
            return -1;
    }
    return judge_pair(t, p);
}

/* --- ticks ----------------------------------------------------------------------------------- */

static int apply_tick(const struct turn *t, const struct tick *tick)
{
    const char *why = no_market(t->state, tick->exchange, tick->receive_time_us);
    if (why)
        return refuse(t, why);
    if (is_over(t, tick->exchange, tick->epoch))
        return 0;
    struct market *m = enter(t, tick->exchange, tick->receive_time_us, tick->epoch);
    if (!m)
        return turn_no_memory(t);
    m->ticked = true;
    m->alive = tick->alive;
    m->tick_us = tick->receive_time_us;
    const struct board *b = t->state->board;
    for (size_t i = 0; i < b->n_pairs; i++)
        if (b->pairs[i]->n_tops > 1 && judge_pair(t, b->pairs[i]) != 0)
            return -1;
    return watch_all(t);
}

static int apply(void *state, const struct fold_input *in, const struct fold_sink *sink,
                 struct err *e)
{
    const struct turn t = {state, sink, in->offset, e};
    if (in->record->type == RECORD_QUOTE)
        return apply_quote(&t, &in->record->quote);
    if (in->record->type == RECORD_TICK)
        return apply_tick(&t, &in->record->tick);
    return 0; /* a rate is no part of a cross */
}

/* --- life ------------------------------------------------------------------------------------ */

static void destroy(void *state)
{
    struct arbitrage_state *s = state;
    if (!s)
        return;
    board_destroy(s->board);
    free(s);
}

static void *create(const void *options, int32_t partition, struct err *e)
{
    struct arbitrage_state *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "arbitrage: out of memory");
        return NULL;
    }
    s->rules = &((const struct arbitrage_options *)options)->rules;
    s->partition = partition;
    s->board = board_create(e);
    if (s->board)
        return s;
    destroy(s);
    return NULL;
}

static const char *const outputs[] = {"arbitrage", NULL};

#define AT(field_) offsetof(struct arbitrage_options, field_)
static const struct conf_opt options[] = {
    {"fees", CONF_STR, AT(fees),
     .help = "JSON file of the exchanges' taker fees; empty: the one that comes with the program"},
    {"open.bps", CONF_STR, AT(open_bps), .def = "5",
     .help = "net edge from which an opportunity opens, basis points, above zero"},
    {"close.bps", CONF_STR, AT(close_bps), .def = "2",
     .help = "net edge below which it closes, at most open.bps"},
    {"suspect.bps", CONF_STR, AT(suspect_bps), .def = "500",
     .help = "net edge above which it is labelled suspect"},
    {"min.notional", CONF_STR, AT(min_notional),
     .def = "USD=10,USDT=10,USDC=10,EUR=10,BTC=0.0001,ETH=0.003,*=0",
     .help = "least cost of what both books offer, by quote asset; * for those not named"},
    {"min.dwell.ms", CONF_INT, AT(min_dwell_ms), .def = "50", .min = 0, .max = 60000,
     .help = "how long an edge must stand before an opportunity opens"},
    {"update.ms", CONF_INT, AT(update_ms), .def = "250", .min = 0, .max = 60000,
     .help = "shortest time between two records of an open opportunity"},
    {"max.duration.s", CONF_INT, AT(max_duration_s), .def = "3600", .min = 1, .max = 604800,
     .help = "an opportunity open for so long is closed, and may open again"},
    {"max.age.ms", CONF_INT, AT(max_age_ms), .def = "10000", .min = 1, .max = 3600000,
     .help = "a quote of this age is stale"},
    {"tick.max.age.ms", CONF_INT, AT(tick_max_age_ms), .def = "2000", .min = 1, .max = 3600000,
     .help = "an exchange whose last tick has this age is dead"},
    {"watching.s", CONF_INT, AT(watching_s), .def = "10", .min = 0, .max = 86400,
     .help = "how often each pair without an opportunity says why; 0: never"},
    {"state.max.symbols", CONF_INT, AT(max_symbols), .def = "10000", .min = 1,
     .max = BOARD_PAIRS_MAX, .help = "pairs in the state of one partition, at most"},
    {"state.max.exchanges", CONF_INT, AT(max_exchanges), .def = "32", .min = 1,
     .max = BOARD_MARKETS_MAX, .help = "exchanges in the state of one partition, at most"},
    {NULL}};
#undef AT

#define COUNTER(id, name_, help_)                                                                  \
    static const struct metric_desc id = {"candlewick_arbitrage_" name_ "_total", help_,           \
                                          METRIC_COUNTER, 1}
COUNTER(quotes, "quotes_folded", "quotes taken into account");
COUNTER(ignored, "ignored_records", "quotes and ticks left out because their epoch was over");
COUNTER(contradictory, "contradictory_quotes", "normal quotes that were none, taken as void");
COUNTER(opened, "opened", "opportunities opened");
COUNTER(closed, "closed", "opportunities closed");
COUNTER(suspect, "suspect", "opportunities closed with a peak above suspect.bps");
#undef COUNTER

static const struct metric_desc *const counters[ARBITRAGE_COUNTERS + 1] = {
    [ARBITRAGE_QUOTES] = &quotes, [ARBITRAGE_IGNORED] = &ignored,
    [ARBITRAGE_OPENED] = &opened, [ARBITRAGE_CONTRADICTORY] = &contradictory,
    [ARBITRAGE_CLOSED] = &closed, [ARBITRAGE_SUSPECT] = &suspect,
};

const struct fold_ops arbitrage_fold = {
    .name = "arbitrage",
    .summary = "finds what the same pair is worth more on another exchange, net of fees",
    .health_listen = "127.0.0.1:9105",
    .input = "quotes",
    .takes = FOLD_TAKES(RECORD_QUOTE) | FOLD_TAKES(RECORD_TICK) | FOLD_TAKES(RECORD_RATE),
    .outputs = outputs,
    .output_type = RECORD_OPPORTUNITY,
    .counters = counters,
    .options = options,
    .options_size = sizeof(struct arbitrage_options),
    .image_version = 1,
    .revision = 1,
    .prepare = arbitrage_prepare,
    .configuration = arbitrage_configuration,
    .create = create,
    .destroy = destroy,
    .apply = apply,
    .image = arbitrage_image,
    .restore = arbitrage_restore,
};
