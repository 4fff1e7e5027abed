#include "producer_conf.h"

#include "instruments.h"
#include "journal.h"
#include "producer_metrics.h"

#include <stdio.h>
#include <string.h>

static const char *const prefixes[] = {"kafka.", "exchange.", NULL};

const struct program_about producer_about = {
    .conf =
        {
            .name = "cw-producer",
            .summary = "writes an exchange's trades to Kafka, each exactly once, and its quotes",
            .args = "",
            .prefixes = prefixes,
            .details =
                "kafka.<property> passes a librdkafka property through.\n"
                "exchange.<exchange>.<endpoint>.url overrides an address of the exchange: rest,\n"
                "ws and what else it has; certificates of wss and https are always checked.\n"
                "\n"
                "symbols are names such as BTC-USDT or BTCUSDT, quote:EUR for all pairs quoted in\n"
                "it, or all; without it a dozen large assets in USD, USDT, USDC and EUR, and with\n"
                "--read what the file holds trades of.\n"
                "\n"
                "Two instances started alike share the work: one writes, the other is connected,\n"
                "buffers, and takes over when the first is gone. --instance N makes a restart\n"
                "within 10 s keep its shards; each instance needs an N of its own.\n"
                "\n"
                "--read plays a file that --record wrote, with its times, and ends: into topics "
                "of\n"
                "another --prefix than live data, since each trade id is written once for all.\n",
        },
    .health_listen = "127.0.0.1:9101",
    .metrics = {&producer_metric_table, &framing_metric_table},
};

#define AT(field_) offsetof(struct producer_conf, field_)

const struct conf_opt producer_options[] = {
    {"exchange", CONF_STR, AT(exchange), .def = "binance", .help = "which exchange"},
    {"symbols", CONF_STR, AT(symbols),
     .help = "comma-separated names, quote:X or all (default: large assets)"},
    {"instruments", CONF_STR, AT(instruments),
     .help = "file with the exchange's instrument list, instead of asking by REST"},
    {"instruments.refresh.ms", CONF_INT, AT(instruments_refresh_ms), .def = "600000",
     .max = INT64_C(86400000) * 30,
     .help = "how often the list is read again, for listings and delistings; 0: never"},
    {"stream", CONF_STR, AT(stream),
     .help = "kind of trade stream: binance has trade (default) and aggTrade"},
    {"quotes", CONF_BOOL, AT(quotes), .def = "true",
     .help = "also best bid and ask of each symbol"},
    {"rates", CONF_STR, AT(rates),
     .def =
         "USDT-USD, USDC-USD, USDC-USDT, EUR-USD, EUR-USDT, BTC-USD, BTC-USDT, ETH-USD, ETH-USDT",
     .help = "pairs that convert one quote asset into another; those the exchange lists are used"},
    {"quotes.linger.ms", CONF_INT, AT(quotes_linger_ms), .def = "1", .max = 1000,
     .help = "how long a quote may wait for others on its way to the broker"},
    {"commit.interval.ms", CONF_INT, AT(commit_interval_ms), .def = "100", .min = 1, .max = 5000,
     .help = "longest time a trade waits for its transaction to commit"},
    {"buffer.bytes", CONF_INT, AT(buffer_bytes), .def = "67108864", .min = JOURNAL_MIN_BYTES,
     .max = INT64_C(1) << 36,
     .help = "memory for what is not yet committed, per shard; full, reading pauses"},
    {"repair", CONF_BOOL, AT(repair), .def = "true",
     .help = "ask the exchange by REST for trades that are missing"},
    {"repair.wait.ms", CONF_INT, AT(repair_wait_ms), .def = "2000", .max = 2000,
     .help = "how long a symbol's trades wait for what is missing before them"},
    {"repair.give.up.ms", CONF_INT, AT(repair_give_up_ms), .def = "3600000", .min = 1000,
     .max = INT64_C(86400000) * 30,
     .help = "how long missing trades are asked for while the exchange does not answer"},
    {"connection.max.age.ms", CONF_INT, AT(max_age_ms), .def = "0",
     .max = INT64_C(7) * 24 * 60 * 60 * 1000,
     .help = "age at which the exchange cuts a connection, so that another takes its place before; "
             "0: as the exchange says"},
    {"standby", CONF_CHOICE, AT(standby), .def = "hot", .choices = "hot|cold",
     .help = "what it listens to beside the shards it writes: all others too (hot), or nothing "
             "(cold: a takeover leaves a hole to repair)"},
    {"instance", CONF_STR, AT(instance),
     .help = "fixed number of this instance in the group; empty: joins as a new one"},
    {"clock", CONF_STR, AT(clock), .help = "START@REAL[,SPEED]: market time, for rehearsals"},
    {"read", CONF_STR, AT(read), .help = "file of recorded frames to play instead of connecting"},
    {"record", CONF_STR, AT(record), .help = "file to which every frame received is appended"},
    {"print", CONF_BOOL, AT(print),
     .help = "write records as JSON lines to stdout instead of to Kafka"},
    {NULL},
};

/* --- exchange.* ------------------------------------------------------------------------------ */

/* "exchange.<exchange>.<endpoint>.url" of the exchange in use or another one; NULL: no such. */
static const struct exchange_ops *pair_exchange(const char *key, char endpoint[16])
{
    char name[32];
    int end = 0;
    if (sscanf(key, "exchange.%31[a-z0-9].%15[a-z].url%n", name, endpoint, &end) != 2 || end == 0 ||
        key[end] != '\0')
        return NULL;
    const struct exchange_ops *x = exchange_find(name);
    return x && exchange_endpoint_url(x, endpoint) ? x : NULL;
}

static int check_url(const char *key, const char *value, bool is_ws, struct url *ret, struct err *e)
{
    if (url_parse(value, ret, e) != 0)
        return err_prefix(e, "%.100s", key);
    if ((ret->scheme[0] == 'w') != is_ws)
        return err_set(e, ERR_CONF, "%.100s: a %s URL is expected, not %s", key,
                       is_ws ? "ws:// or wss://" : "http:// or https://", ret->scheme);
    return 0;
}

static int check_pairs(const struct conf *conf, struct err *e)
{
    for (size_t i = 0; i < conf->n_pairs; i++) {
        const struct conf_pair *p = &conf->pairs[i];
        char endpoint[16];
        struct url u;
        if (strncmp(p->key, "exchange.", 9) != 0)
            continue;
        if (!pair_exchange(p->key, endpoint))
            return err_set(e, ERR_CONF, "unknown key %.100s", p->key);
        if (check_url(p->key, p->value, strcmp(endpoint, "rest") != 0, &u, e) != 0)
            return -1;
    }
    return 0;
}

static const char *endpoint_url(const struct exchange_ops *x, const struct conf *conf,
                                const char *endpoint)
{
    char key[128];
    (void)snprintf(key, sizeof(key), "exchange.%s.%s.url", x->name, endpoint);
    const char *given = conf_pair_get(conf, key);
    return given ? given : exchange_endpoint_url(x, endpoint);
}

/* --- the rest -------------------------------------------------------------------------------- */

/* Sets c->listen, to the exchange's first channels where none was asked for. */
static int check_stream(struct producer_conf *c, struct err *e)
{
    if (c->quotes)
        c->listen.of[CHANNEL_QUOTES] = exchange_channel(c->ops, CHANNEL_QUOTES, "");
    c->listen.of[CHANNEL_TRADES] = exchange_channel(c->ops, CHANNEL_TRADES, c->stream);
    if (c->listen.of[CHANNEL_TRADES])
        return 0;
    char names[128] = "";
    size_t n = 0;
    for (const struct channel *k = c->ops->channels; k->name && n < sizeof(names); k++)
        if (k->kind == CHANNEL_TRADES)
            n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n > 0 ? ", " : "", k->name);
    return err_set(e, ERR_CONF, "stream: %s has no \"%.40s\", only %s", c->ops->name, c->stream,
                   names);
}

/* Whether they are pairs; which of them there are, the exchange's list will say. */
static int check_rates(const struct producer_conf *c, struct err *e)
{
    struct instruments none = {0};
    int r = instruments_rates(&(struct instruments){0}, c->rates, INSTRUMENTS_LISTED, &none, e);
    instruments_finish(&none);
    return r;
}

int producer_conf_check(struct producer_conf *c, const struct conf *conf, struct err *e)
{
    c->ops = exchange_find(c->exchange);
    if (!c->ops)
        return err_set(e, ERR_CONF, "exchange: there is no \"%.40s\", only %s", c->exchange,
                       exchange_names());
    if (framing_conf_check(&c->framing, e) != 0 || check_stream(c, e) != 0 ||
        check_rates(c, e) != 0 || market_clock_parse(c->clock, &c->market_clock, e) != 0 ||
        check_pairs(conf, e) != 0)
        return -1;
    c->rest_url = endpoint_url(c->ops, conf, "rest");
    for (int i = 0; i < CHANNEL_KINDS; i++) {
        const struct channel *channel = c->listen.of[i];
        if (channel && check_url(channel->endpoint, endpoint_url(c->ops, conf, channel->endpoint),
                                 true, &c->urls[i], e) != 0)
            return -1;
    }
    if (*c->read && *c->record)
        return err_set(e, ERR_CONF, "record: what --read plays is recorded already");
    if (*c->read && *c->clock)
        return err_set(e, ERR_CONF, "clock: --read goes by the times in the file");
    return 0;
}
