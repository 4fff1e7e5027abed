#include "binance.h"
#include "datafile.h"
#include "kraken.h"
#include "log.h"
#include "okx.h"
#include "program.h"
#include "server.h"
#include "timefmt.h"

#include <string.h>

struct settings {
    char *exchange;
    char *clock;
    char *ledger;
    char *faults;
    char *time_unit;
    int64_t symbols;
    int64_t symbols_later;
    int64_t history;
    int64_t late_max_ms;
    int64_t plant_every_ms;
    int64_t plant_ms;
    struct market_config market;
    int64_t seed;
    struct server_config server;
    char *listen;
    char *tls_cert;
    char *tls_key;
    char *tls_wrong_cert;
    char *tls_wrong_key;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct conf_opt options[] = {
    {"exchange", CONF_CHOICE, FIELD(exchange), .def = "binance", .choices = "binance|kraken|okx",
     .help = "whose protocol to speak"},
    {"listen", CONF_STR, FIELD(listen), .def = "127.0.0.1:9443",
     .help = "host:port of WebSocket and REST"},
    {"tls.cert", CONF_STR, FIELD(tls_cert), .def = "",
     .help = "PEM file of the certificate: the port then speaks wss and https"},
    {"tls.key", CONF_STR, FIELD(tls_key), .def = "", .help = "PEM file of its key"},
    {"tls.wrong.cert", CONF_STR, FIELD(tls_wrong_cert), .def = "",
     .help = "PEM file of what the fault `certificate` shows; none: one of another name is made"},
    {"tls.wrong.key", CONF_STR, FIELD(tls_wrong_key), .def = "", .help = "PEM file of its key"},
    {"deflate", CONF_BOOL, FIELD(server.deflate), .def = "true",
     .help = "compress WebSocket messages for clients that ask for it (permessage-deflate)"},
    {"symbols", CONF_INT, FIELD(symbols), .def = "20", .min = 1, .max = LISTING_MAX,
     .help = "symbols that trade, the busiest first"},
    {"symbols.later", CONF_INT, FIELD(symbols_later), .def = "0", .min = 0, .max = LISTING_MAX - 1,
     .help = "the next busiest, which are not listed until the fault `list` begins"},
    {"rate", CONF_INT, FIELD(market.rate), .def = "200", .min = 1, .max = MARKET_RATE_MAX,
     .help = "trades per second of market time, all symbols together"},
    {"quote.rate", CONF_INT, FIELD(market.quote_rate), .def = "-1", .min = -1,
     .max = MARKET_QUOTE_RATE_MAX,
     .help = "quotes per second of market time, all symbols together; -1: twice the rate; 0: none"},
    {"seed", CONF_INT, FIELD(seed), .def = "1", .help = "another number, another market"},
    {"trades", CONF_INT, FIELD(market.trades), .def = "0", .min = 0, .max = INT64_MAX,
     .help = "the market ends after so many (the server stays); 0: never"},
    {"hold.streams", CONF_INT, FIELD(server.hold_streams), .def = "0", .min = 0, .max = 1 << 24,
     .help = "the market starts when so many streams are subscribed"},
    {"late.permille", CONF_INT, FIELD(market.late_permille), .def = "0", .min = 0, .max = 1000,
     .help = "of 1000 trades, how many are sent with a trade time in the past"},
    {"late.max.ms", CONF_INT, FIELD(late_max_ms), .def = "10000", .min = 1, .max = 3600000,
     .help = "how far in the past at most"},
    {"reorder.permille", CONF_INT, FIELD(market.reorder_permille), .def = "0", .min = 0,
     .max = 1000, .help = "of 1000 taker orders, how many come as two trades in the wrong order"},
    {"quote.one.sided.permille", CONF_INT, FIELD(market.one_sided_permille), .def = "0", .min = 0,
     .max = 1000, .help = "of 1000 quotes, how many have nobody on a side, or on both"},
    {"quote.crossed.permille", CONF_INT, FIELD(market.crossed_permille), .def = "0", .min = 0,
     .max = 1000, .help = "of 1000 quotes, how many have the bid above the ask"},
    {"plant.every.ms", CONF_INT, FIELD(plant_every_ms), .def = "0", .min = 0,
     .max = INT64_C(86400000) * 365,
     .help = "one book is moved for a while in each stretch of so much market time; 0: never"},
    {"plant.ms", CONF_INT, FIELD(plant_ms), .def = "5000", .min = 1, .max = INT64_C(86400000) * 365,
     .help = "how long it stays moved"},
    {"plant.bps", CONF_INT, FIELD(market.plant.bps), .def = "100", .min = 1, .max = 9999,
     .help = "how far, up or down, of 10000"},
    {"time.unit", CONF_CHOICE, FIELD(time_unit), .def = "ms", .choices = "ms|us",
     .help = "grid of times of trades and quotes; ms is what clients see unless they ask for us"},
    {"clock", CONF_STR, FIELD(clock), .def = "",
     .help = "START@REAL[,SPEED]: market time is START at the instant REAL, SPEED times as fast"},
    {"ledger", CONF_STR, FIELD(ledger), .def = "",
     .help = "file to append a JSON line to for every trade made"},
    {"ledger.quotes", CONF_BOOL, FIELD(server.ledger_quotes), .def = "false",
     .help = "a line for every quote too"},
    {"faults", CONF_STR, FIELD(faults), .def = "",
     .help = "file of what goes wrong and when: a JSON array (docs/SIMULATOR.md)"},
    {"history", CONF_INT, FIELD(history), .def = "500000", .min = 1, .max = 50000000,
     .help = "trades kept for REST, all symbols together"},
    {"connections.max", CONF_INT, FIELD(server.connections_max), .def = "256", .min = 1,
     .max = 10000, .help = "WebSocket connections at a time; more are refused with 503"},
    {"queue.bytes", CONF_INT, FIELD(server.queue_bytes), .def = "16777216", .min = 4096,
     .max = INT64_C(1) << 32, .help = "what may wait for a slow client before it is cut off"},
    {"ping.ms", CONF_INT, FIELD(server.ping_ms), .def = "20000", .min = 10, .max = 86400000,
     .help = "between the server's ping frames"},
    {"pong.ms", CONF_INT, FIELD(server.pong_ms), .def = "60000", .min = 10, .max = 86400000,
     .help = "a ping without its pong for so long ends the connection"},
    {"age.max.ms", CONF_INT, FIELD(server.age_ms), .def = "86400000", .min = 10,
     .max = INT64_C(86400000) * 365, .help = "a connection ends at this age"},
    {"silence.ms", CONF_INT, FIELD(server.silence_ms), .def = "30000", .min = 10, .max = 86400000,
     .help = "OKX: a connection to which nothing was sent for so long ends"},
    {"weight.max", CONF_INT, FIELD(server.weight_max), .def = "6000", .min = 1, .max = 1 << 30,
     .help = "REST request weight per minute, all clients together; then 429"},
    {NULL},
};

static const struct program_about about = {
    .conf =
        {
            .name = "cw-sim",
            .summary = "an exchange to test and rehearse with: WebSocket and REST, a market from "
                       "a seed, a ledger of every trade",
            .args = "",
            .details = "Point a producer at it with\n"
                       "  --exchange.binance.ws.url ws://HOST:PORT "
                       "--exchange.binance.rest.url http://HOST:PORT\n"
                       "or its like (docs/SIMULATOR.md has those of Kraken and OKX).\n"
                       "GET /sim/status tells what has happened so far. docs/SIMULATOR.md says "
                       "what is simulated,\nwhat a line of the ledger holds, and what differs "
                       "from the real exchange.",
        },
    .health_listen = "",
    .metrics = {&server_metric_table},
};

/* What a running simulator is made of. */
struct sim {
    struct market_clock clock;
    struct listing *listing;
    struct market *market;
    struct history *history;
    struct tickers *tickers;
    struct ledger *ledger;
    struct faults *faults;
    struct server *server;
};

static const struct dialect *const dialects[] = {&binance_dialect, &kraken_dialect, &okx_dialect};

/* The choice has been checked: there is one. */
static const struct dialect *find_dialect(const struct settings *s)
{
    const struct dialect *found = dialects[0];
    for (size_t i = 1; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        if (strcmp(dialects[i]->exchange, s->exchange) == 0)
            found = dialects[i];
    return found;
}

static int open_market(struct sim *sim, const struct settings *s, struct err *e)
{
    const struct dialect *dialect = find_dialect(s);
    struct market_config config = s->market;
    config.seed = (uint64_t)s->seed;
    config.exchange = dialect->exchange;
    if (config.quote_rate < 0)
        config.quote_rate = 2 * config.rate;
    config.plant.every_us = s->plant_every_ms * US_PER_MS;
    config.plant.length_us = s->plant_ms * US_PER_MS;
    config.late_max_us = s->late_max_ms * US_PER_MS;
    config.time_step_us = strcmp(s->time_unit, "us") == 0 ? 1 : US_PER_MS;
    if (market_clock_parse(s->clock, &sim->clock, e) != 0)
        return -1;
    if (market_clock_now_us(&sim->clock) < US_PER_DAY)
        return err_set(e, ERR_CONF, "clock: the market's time must lie after 1970-01-01");
    sim->listing = listing_create_later((uint32_t)s->symbols, (uint32_t)s->symbols_later,
                                        &dialect->listing, e);
    if (!sim->listing) {
        e->code = e->code == ERR_ARG ? ERR_CONF : e->code;
        return -1;
    }
    sim->market = market_create(&config, sim->listing, e);
    if (!sim->market && e->code == ERR_ARG)
        e->code = ERR_CONF; /* numbers that are fine alone, but not together */
    sim->history = sim->market ? history_create(sim->listing, s->history, e) : NULL;
    sim->tickers = sim->history ? tickers_create(sim->listing, e) : NULL;
    return sim->tickers ? 0 : -1;
}

static int open_faults(struct sim *sim, const struct settings *s, struct err *e)
{
    struct strbuf text = STRBUF_INIT(FAULT_FILE_MAX);
    int r = 0;
    sim->faults = faults_create((uint64_t)s->seed, s->exchange, sim->listing, e);
    if (!sim->faults)
        return -1;
    if (*s->faults)
        r = datafile_read(s->faults, &text, e);
    if (r == 0 && *s->faults && faults_load(sim->faults, strbuf_slice(&text), e) != 0)
        r = err_prefix(e, "faults %s", s->faults);
    strbuf_finish(&text);
    return r;
}

static int open_all(struct sim *sim, const struct settings *s, const struct program *p,
                    struct err *e)
{
    const struct dialect *dialect = find_dialect(s);
    if (open_market(sim, s, e) != 0 || open_faults(sim, s, e) != 0)
        return -1;
    sim->ledger = ledger_open(s->ledger, dialect->exchange, sim->listing, e);
    if (!sim->ledger)
        return -1;
    const struct server_parts parts = {
        .dialect = dialect,
        .listing = sim->listing,
        .market = sim->market,
        .history = sim->history,
        .tickers = sim->tickers,
        .ledger = sim->ledger,
        .faults = sim->faults,
        .clock = &sim->clock,
        .metrics = p->metrics,
        .health = p->health,
    };
    struct server_config config = s->server;
    config.listen = s->listen;
    config.tls_cert = s->tls_cert;
    config.tls_key = s->tls_key;
    config.tls_wrong_cert = s->tls_wrong_cert;
    config.tls_wrong_key = s->tls_wrong_key;
    sim->server = server_create(&config, &parts, e);
    return sim->server ? 0 : -1;
}

static int close_all(struct sim *sim, struct err *e)
{
    server_destroy(sim->server);
    int r = ledger_close(sim->ledger, e);
    faults_destroy(sim->faults);
    tickers_destroy(sim->tickers);
    history_destroy(sim->history);
    market_destroy(sim->market);
    listing_destroy(sim->listing);
    return r;
}

static int run(const struct settings *s, const struct program *p, struct err *e)
{
    struct sim sim = {.clock = MARKET_CLOCK_REAL};
    struct err late = {0};
    health_wait(p->health, "listener", "not listening yet");
    int r = open_all(&sim, s, p, e);
    if (r == 0) {
        health_ready(p->health, "listener");
        log_info("sim", "listening", LOG_STR("exchange", s->exchange), LOG_STR("listen", s->listen),
                 LOG_INT("symbols", s->symbols), LOG_INT("rate", s->market.rate),
                 LOG_INT("seed", s->seed));
    }
    while (r == 0 && !program_stopping())
        r = server_service(sim.server, e);
    if (close_all(&sim, &late) != 0 && r == 0) {
        *e = late;
        r = -1;
    }
    return r;
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN)
        r = program_end(&p, run(&s, &p, &e), &e);
    program_finish(&p);
    return r;
}
