/**
 * The options of cw-producer.
 *
 *     struct producer_conf c;
 *     int r = program_start(&p, &producer_about, producer_options, &c, argc, argv);
 *     if (producer_conf_check(&c, &p.conf, &e) != 0) ...
 *
 * Threads: main; read-only afterwards.
 */
#ifndef CANDLEWICK_PRODUCER_CONF_H
#define CANDLEWICK_PRODUCER_CONF_H

#include "clock.h"
#include "exchange.h"
#include "framing.h"
#include "program.h"
#include "url.h"

struct producer_conf {
    /* as given */
    char *exchange;
    char *symbols;
    char *instruments;
    char *stream;
    bool quotes;
    char *rates;
    int64_t quotes_linger_ms;
    int64_t commit_interval_ms;
    int64_t buffer_bytes;
    bool repair;
    int64_t repair_wait_ms;
    int64_t repair_give_up_ms;
    int64_t instruments_refresh_ms;
    int64_t max_age_ms;
    char *standby;
    char *instance;
    char *clock;
    char *read;
    char *record;
    bool print;
    struct framing_conf framing;
    /* what it comes to */
    const struct exchange_ops *ops;
    struct market_clock market_clock;
    struct channels listen;
    struct url urls[CHANNEL_KINDS]; /* of the channels listened to */
    const char *rest_url;
};

extern const struct program_about producer_about; /* without the options of framing.h */
extern const struct conf_opt producer_options[];

/* Everything that can be checked before the first connection. ERR_CONF. */
int producer_conf_check(struct producer_conf *c, const struct conf *conf, struct err *e) MUST_CHECK;

#endif
