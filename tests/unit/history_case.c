#include "history_case.h"

#include "event_text.h"
#include "scan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_MAX = 4 << 20 };

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    assert_int_equal(event_text_add(ev, ctx), 0);
    assert_int_equal(strbuf_adds(ctx, "; "), 0);
    return 0;
}

/* --- pages ----------------------------------------------------------------------------------- */

static struct history_query query_of(const struct history_case *c,
                                     const struct history_case_page *page,
                                     struct instrument_info *in)
{
    (void)snprintf(in->native, sizeof(in->native), "%s", c->native);
    (void)snprintf(in->rest, sizeof(in->rest), "%s", c->rest);
    const struct history_query q = {
        .instrument = in,
        .channel = exchange_channel(c->exchange, CHANNEL_TRADES, c->channel),
        .first_id = page->first,
        .last_id = page->last,
        .from_time_us = page->from_us,
        .cursor = page->cursor,
    };
    assert_non_null(q.channel);
    return q;
}

static const char *keep(struct strbuf *out)
{
    static char *said;
    free(said);
    said = out->data;
    assert_non_null(said);
    return said;
}

static void add_verdict(int r, const struct history_query *q, const struct err *e,
                        struct strbuf *out)
{
    static const char *const names[] = {[HISTORY_DONE] = "done", [HISTORY_MORE] = "more"};
    int added;
    if (r < 0)
        added = strbuf_addf(out, "error %s%s: %s", err_code_name(e->code),
                            e->retriable ? " retriable" : "", e->text);
    else if (r == HISTORY_BUSY)
        added = strbuf_addf(out, "busy %s", e->text);
    else
        added = strbuf_addf(out, "%s %" PRId64 " %" PRId64, names[r], q->first_id, q->cursor);
    assert_int_equal(added, 0);
}

const char *history_case_say(const struct history_case *c, const struct history_case_page *page,
                             struct slice body)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct err e = {0};
    struct instrument_info in = {0};
    struct history_query q = query_of(c, page, &in);
    char *exact = malloc(body.len ? body.len : 1);
    assert_non_null(exact);
    memcpy(exact, body.data, body.len);
    int r = c->exchange->parse_history(&q, page->status, slice_make(exact, body.len), on_event,
                                       &out, &e);
    free(exact);
    if (r == HISTORY_BUSY)
        assert_true(q.first_id == page->first && q.cursor == page->cursor);
    add_verdict(r, &q, &e, &out);
    return keep(&out);
}

void history_case_pages(const struct history_case *c, const struct history_case_page *pages,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct history_case_page *p = &pages[i];
        const struct slice body = slice_of(p->body);
        const char *said = history_case_say(c, p, body);
        bool is_error = strstr(p->is, "error ") != NULL;
        if (strncmp(said, p->is, is_error ? strlen(p->is) : strlen(said) + 1) != 0)
            fail_msg("%s\nis     %s\nwanted %s", p->body, said, p->is);
        for (size_t len = 0; p->status == 200 && len < body.len; len++) {
            said = history_case_say(c, p, slice_make(body.data, len));
            if (strncmp(said, "error proto: ", 13) != 0)
                fail_msg("%.*s\nis %s", (int)len, p->body, said);
        }
    }
}

const char *history_case_request(const struct history_case *c, const struct history_case_page *page)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct err e = {0};
    struct http_request req;
    struct instrument_info in = {0};
    const struct history_query q = query_of(c, page, &in);
    if (c->exchange->history_request(&q, &req, &e) != 0) {
        assert_int_equal(strbuf_addf(&out, "error %s: %s", err_code_name(e.code), e.text), 0);
        return keep(&out);
    }
    assert_string_equal(req.endpoint, "rest");
    assert_int_equal(strbuf_addf(&out, "%s %" PRId64, req.path, req.weight), 0);
    return keep(&out);
}

/* --- the stream beside it -------------------------------------------------------------------- */

static int on_live(void *ctx, const struct event *ev, struct err *e)
{
    struct event repaired = *ev;
    assert_int_equal(ev->type, EVENT_TRADE);
    assert_int_equal(ev->origin, TRADE_ORIGIN_LIVE);
    repaired.origin = TRADE_ORIGIN_REPAIR;
    return on_event(ctx, &repaired, e);
}

const char *history_case_frame(const struct history_case *c, struct slice frame)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct err e = {0};
    bool skipped = false;
    const struct frame f = {frame, 0};
    struct channels listen = {{NULL, NULL}};
    listen.of[CHANNEL_TRADES] = exchange_channel(c->exchange, CHANNEL_TRADES, c->channel);
    if (c->exchange->parse_frame(NULL, &listen, &f, on_live, &out, &skipped, &e) < 1)
        fail_msg("%.*s: %s", SLICE_ARG(frame), e.text);
    return keep(&out);
}

/* --- walks ----------------------------------------------------------------------------------- */

int64_t history_case_param(const char *path, const char *begin, const char *name)
{
    char text[64];
    int64_t n = 0;
    (void)snprintf(text, sizeof(text), "&%s=", name);
    const char *at = strstr(path, text);
    if (strncmp(path, begin, strlen(begin)) != 0 || !at)
        fail_msg("%s: not %s with %s", path, begin, name);
    at += strlen(text);
    assert_int_equal(scan_int64(slice_make(at, strcspn(at, "&")), &n), 0);
    return n;
}

struct walk {
    const struct history_case_tape *tape;
    size_t at; /* in it: what must come next, or behind */
    int64_t last;
};

static void pass_unwanted(struct walk *w, int64_t first)
{
    while (w->at < w->tape->n && w->tape->trades[w->at].id < first)
        w->at++;
}

static int on_walked(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    struct walk *w = ctx;
    assert_true(w->at < w->tape->n);
    assert_int_equal(ev->sequence, w->tape->trades[w->at].id);
    assert_int_equal(ev->exchange_time_us, w->tape->trades[w->at].time_us);
    assert_true(ev->sequence <= w->last);
    w->at++;
    return 0;
}

void history_case_walk(const struct history_case *c, const struct history_case_page *page,
                       struct history_case_tape *t, history_case_answer answer, size_t requests)
{
    struct instrument_info in = {0};
    struct history_query q = query_of(c, page, &in);
    struct walk w = {t, 0, page->last};
    struct strbuf body = STRBUF_INIT(TEXT_MAX);
    int r = HISTORY_MORE;
    pass_unwanted(&w, page->first);
    for (t->requests = 0; r == HISTORY_MORE; t->requests++) {
        struct http_request req;
        struct err e = {0};
        assert_in_range(t->requests, 0, requests - 1);
        assert_int_equal(c->exchange->history_request(&q, &req, &e), 0);
        strbuf_reset(&body);
        answer(t, req.path, &body);
        r = c->exchange->parse_history(&q, 200, strbuf_slice(&body), on_walked, &w, &e);
        if (r < 0)
            fail_msg("%s: %s", req.path, e.text);
    }
    assert_int_equal(r, HISTORY_DONE);
    assert_true(w.at == t->n || t->trades[w.at].id > page->last);
    strbuf_finish(&body);
}
