#include "sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_LIMIT = 1 << 22 };

struct sim_case *sim_case_create(const struct dialect *dialect, uint32_t symbols)
{
    const struct market_config config = {.exchange = dialect->exchange,
                                         .rate = 1000,
                                         .quote_rate = 2000,
                                         .seed = 42,
                                         .time_step_us = 1000};
    struct err e = {0};
    struct sim_case *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    c->dialect = dialect;
    c->listing = listing_create(symbols, &dialect->listing, &e);
    assert_non_null(c->listing);
    c->market = market_create(&config, c->listing, &e);
    c->history = history_create(c->listing, 1, &e);
    c->tickers = tickers_create(c->listing, &e);
    c->session = session_create(c->listing, dialect->subscriptions_max, &e);
    assert_non_null(c->market);
    assert_non_null(c->history);
    assert_non_null(c->tickers);
    assert_non_null(c->session);
    c->budget.limit = 6000;
    c->site = (struct site){c->listing, c->market, c->history, c->tickers, &c->budget, 0};
    c->pushed = (struct outq)OUTQ_INIT(TEXT_LIMIT);
    strbuf_init(&c->text, TEXT_LIMIT);
    strbuf_init(&c->answer.body, TEXT_LIMIT);
    return c;
}

void sim_case_destroy(struct sim_case *c)
{
    if (!c)
        return;
    session_destroy(c->session);
    tickers_destroy(c->tickers);
    history_destroy(c->history);
    market_destroy(c->market);
    listing_destroy(c->listing);
    outq_finish(&c->pushed);
    strbuf_finish(&c->text);
    strbuf_finish(&c->answer.body);
    free(c);
}

static struct dialog dialog(const struct sim_case *c)
{
    return (struct dialog){&c->site, c->session, SIM_CASE_NOW_US, 1};
}

static const char *text_of(struct sim_case *c)
{
    return c->text.data ? c->text.data : "";
}

static const char *told(struct sim_case *c)
{
    struct slice message;
    strbuf_reset(&c->text);
    while (outq_peek(&c->pushed, &message)) {
        assert_int_equal(
            strbuf_addf(&c->text, "%s%.*s", c->text.len > 0 ? "\n" : "", SLICE_ARG(message)), 0);
        outq_pop(&c->pushed);
    }
    return text_of(c);
}

const char *sim_case_connect(struct sim_case *c, const char *path)
{
    struct err e = {0};
    const struct url url = {.path = slice_of(path)};
    struct dialog d = dialog(c);
    assert_int_equal(c->dialect->open(&d, &url, &c->pushed, &e), 0);
    return told(c);
}

const char *sim_case_ask_bytes(struct sim_case *c, const char *text, size_t len)
{
    struct err e = {0};
    struct dialog d = dialog(c);
    assert_int_equal(c->dialect->request(&d, slice_make(text, len), &c->pushed, &e), 0);
    return told(c);
}

const char *sim_case_ask(struct sim_case *c, const char *text)
{
    return sim_case_ask_bytes(c, text, strlen(text));
}

static struct url parse(const char *path, const char *query)
{
    struct url u = {.path = slice_of(path)};
    while (*query && u.n_params < URL_PARAMS_MAX) {
        size_t len = strcspn(query, "&");
        size_t name = strcspn(query, "=&");
        u.params[u.n_params].name = slice_make(query, name);
        u.params[u.n_params].value =
            name < len ? slice_make(query + name + 1, len - name - 1) : slice_make(query, 0);
        u.n_params++;
        query += query[len] ? len + 1 : len;
    }
    return u;
}

const char *sim_case_get_at(struct sim_case *c, const char *path, const char *query,
                            int64_t real_us, bool micros)
{
    struct err e = {0};
    struct url u = parse(path, query);
    struct rest_request req = {.get = true,
                               .micros = micros,
                               .empty = c->empty,
                               .url = &u,
                               .now_us = SIM_CASE_NOW_US,
                               .real_us = real_us};
    c->answer.emptied = false;
    strbuf_reset(&c->answer.body);
    assert_int_equal(c->dialect->rest(&c->site, &req, &c->answer, &e), 0);
    return c->answer.body.data;
}

const char *sim_case_get(struct sim_case *c, const char *path, const char *query)
{
    return sim_case_get_at(c, path, query, 0, false);
}

const char *sim_case_trades(struct sim_case *c, enum channel channel, const struct market_trade *t,
                            size_t n, unsigned form)
{
    struct err e = {0};
    strbuf_reset(&c->text);
    const struct fills fills = {channel, t, n, t->time_us};
    assert_int_equal(c->dialect->trade_frame(&c->site, &fills, form, &c->text, &e), 0);
    return text_of(c);
}

const char *sim_case_quote(struct sim_case *c, const struct market_quote *q, unsigned form)
{
    struct err e = {0};
    strbuf_reset(&c->text);
    assert_int_equal(c->dialect->quote_frame(&c->site, q, form, &c->text, &e), 0);
    return text_of(c);
}

void sim_case_keep(struct sim_case *c, const struct market_trade *t)
{
    history_add(c->history, t);
    tickers_add(c->tickers, t);
}
