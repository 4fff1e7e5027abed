#include "exchange_case.h"

#include "event_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_MAX = 1 << 20, SYMBOLS_MAX = 500 };

/* --- frames ---------------------------------------------------------------------------------- */

struct listener {
    struct strbuf *out;
    int n;
};

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    struct listener *l = ctx;
    if (l->n++ > 0)
        assert_int_equal(strbuf_adds(l->out, "; "), 0);
    assert_int_equal(event_text_add(ev, l->out), 0);
    return 0;
}

static struct channels channels_of(const struct exchange_case *c)
{
    struct channels listen = {{NULL, NULL}};
    if (c->trades)
        listen.of[CHANNEL_TRADES] = exchange_channel(c->exchange, CHANNEL_TRADES, c->trades);
    if (c->quotes)
        listen.of[CHANNEL_QUOTES] = exchange_channel(c->exchange, CHANNEL_QUOTES, c->quotes);
    assert_true(!c->trades || listen.of[CHANNEL_TRADES]);
    assert_true(!c->quotes || listen.of[CHANNEL_QUOTES]);
    return listen;
}

/* What the adapter says, valid until the next call. *ret_is_error: whatever its rows say. */
static const char *parse(const struct exchange_case *c, struct slice text, bool *ret_is_error)
{
    static char said[TEXT_MAX];
    struct strbuf out = STRBUF_INIT(TEXT_MAX - 1);
    struct err e = {0};
    bool skipped = false;
    struct listener l = {&out, 0};
    const struct channels listen = channels_of(c);
    char *exact = malloc(text.len ? text.len : 1);
    assert_non_null(exact);
    memcpy(exact, text.data, text.len);
    const struct frame f = {slice_make(exact, text.len), 0};
    assert_int_equal(c->exchange->session_size, 0);
    int n = c->exchange->parse_frame(NULL, &listen, &f, on_event, &l, &skipped, &e);
    free(exact);
    if (n >= 0)
        assert_int_equal(n, l.n);
    if (n < 0)
        assert_int_equal(
            strbuf_addf(&out, "%serror %s: %s", l.n ? "; " : "", err_code_name(e.code), e.text), 0);
    else if (n == 0)
        assert_int_equal(strbuf_adds(&out, skipped ? "skipped" : "nothing"), 0);
    else
        assert_false(skipped);
    (void)snprintf(said, sizeof(said), "%s", out.data);
    strbuf_finish(&out);
    *ret_is_error = n < 0;
    return said;
}

/* emit_fn; ctx: an int64_t. */
static int on_sequence(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    int64_t *sequence = ctx;
    assert_int_equal(ev->type, EVENT_QUOTE);
    *sequence = ev->has_sequence ? ev->sequence : -1;
    return 0;
}

int64_t exchange_case_sequence(const struct exchange_case *c, const char *frame)
{
    const struct channels listen = channels_of(c);
    const struct frame f = {slice_of(frame), 0};
    struct err e = {0};
    bool skipped = false;
    int64_t sequence = -2;
    assert_int_equal(
        c->exchange->parse_frame(NULL, &listen, &f, on_sequence, &sequence, &skipped, &e), 1);
    return sequence;
}

static void cut(const struct exchange_case *c, const char *frame)
{
    size_t whole = strlen(frame);
    for (size_t len = 0; len < whole; len++) {
        bool is_error;
        const char *said = parse(c, slice_make(frame, len), &is_error);
        if (strchr(frame + len, '}') && strncmp(said, "error proto: ", 13) != 0)
            fail_msg("%.*s\nis %s", (int)len, frame, said);
    }
}

void exchange_case_frames(const struct exchange_case *c, const struct exchange_case_frame *frames,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_error;
        const char *said = parse(c, slice_of(frames[i].frame), &is_error);
        size_t len = is_error ? strlen(frames[i].is) : strlen(said) + 1;
        if (is_error != (strstr(frames[i].is, "error ") != NULL) ||
            strncmp(said, frames[i].is, len) != 0)
            fail_msg("%s\nis     %s\nwanted %s", frames[i].frame, said, frames[i].is);
        cut(c, frames[i].frame);
    }
}

void exchange_case_deep(const struct exchange_case *c, const char *frame)
{
    const char *at = strstr(frame, "[]");
    assert_non_null(at);
    for (int depth = 60; depth < 100000; depth = depth * 2) {
        struct strbuf deep = STRBUF_INIT(TEXT_MAX);
        bool is_error;
        assert_int_equal(strbuf_add(&deep, frame, (size_t)(at - frame)), 0);
        for (int i = 0; i < depth; i++)
            assert_int_equal(strbuf_addc(&deep, '['), 0);
        for (int i = 0; i < depth; i++)
            assert_int_equal(strbuf_addc(&deep, ']'), 0);
        assert_int_equal(strbuf_adds(&deep, at + 2), 0);
        const char *said = parse(c, strbuf_slice(&deep), &is_error);
        assert_int_equal(is_error, depth > 64);
        assert_memory_equal(said, is_error ? "error proto: " : "skipped", is_error ? 13 : 8);
        strbuf_finish(&deep);
    }
}

/* --- lists ----------------------------------------------------------------------------------- */

static int on_instrument(void *ctx, const struct instrument_info *in, struct err *e)
{
    (void)e;
    char tick[DECIMAL_TEXT] = "-";
    char lot[DECIMAL_TEXT] = "-";
    if (in->has_tick_size)
        (void)decimal_format(in->tick_size, tick);
    if (in->has_lot_size)
        (void)decimal_format(in->lot_size, lot);
    return strbuf_addf(ctx, "%s=%s(%s,%s) %s %s %s; ", in->native, in->symbol, in->base, in->quote,
                       instrument_status_name(in->status), tick, lot);
}

static void same_request(const struct exchange_ops *x, const char *path)
{
    struct http_request req;
    struct err e = {0};
    assert_int_equal(x->instruments_request(&req, &e), 0);
    assert_string_equal(req.endpoint, "rest");
    assert_string_equal(req.path, path);
}

void exchange_case_lists(const struct exchange_ops *x, const char *path,
                         const struct exchange_case_list *lists, size_t n)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    same_request(x, path);
    for (size_t i = 0; i < n; i++) {
        struct err e = {0};
        const struct slice body = slice_of(lists[i].body);
        strbuf_reset(&out);
        assert_int_equal(strbuf_adds(&out, ""), 0);
        int left_out = x->parse_instruments(body, on_instrument, &out, &e);
        const char *said = left_out < 0 ? e.text : out.data;
        size_t len = left_out < 0 ? strlen(lists[i].is) : strlen(said) + 1;
        if (left_out != lists[i].left_out || strncmp(said, lists[i].is, len) != 0)
            fail_msg("%s\nis     %d %s\nwanted %d %s", lists[i].body, left_out, said,
                     lists[i].left_out, lists[i].is);
        for (size_t cut = 0; left_out >= 0 && cut < body.len; cut++)
            assert_int_equal(
                x->parse_instruments(slice_make(body.data, cut), on_instrument, &out, &e), -1);
    }
    strbuf_finish(&out);
}

/* --- requests -------------------------------------------------------------------------------- */

/* build_subscribe() for symbols S0, S1, …, of so many digits at the least. */
static int subscribe(const struct exchange_ops *x, const struct channel *channel, int digits,
                     size_t symbols, size_t n, struct strbuf *out, struct err *e)
{
    static struct instrument_info info[SYMBOLS_MAX];
    const struct instrument_info *list[SYMBOLS_MAX];
    assert_non_null(channel);
    assert_in_range(symbols, 1, SYMBOLS_MAX);
    for (size_t i = 0; i < symbols; i++) {
        (void)snprintf(info[i].native, sizeof(info[i].native), "S%0*zu", digits, i);
        list[i] = &info[i];
    }
    const struct subs subs = {channel, list, symbols};
    return x->build_subscribe(&subs, n, out, e);
}

const char *exchange_case_subscribe(const struct exchange_ops *x, enum channel_kind kind,
                                    const char *channel, size_t symbols, size_t n, int more)
{
    static char said[TEXT_MAX];
    struct strbuf out = STRBUF_INIT(TEXT_MAX - 1);
    struct err e = {0};
    const struct channel *c = exchange_channel(x, kind, channel);
    assert_int_equal(subscribe(x, c, 0, symbols, n, &out, &e), more);
    (void)snprintf(said, sizeof(said), "%s", more < 0 ? e.text : out.data);
    strbuf_finish(&out);
    return said;
}

void exchange_case_longest(const struct exchange_ops *x, size_t bytes)
{
    for (const struct channel *c = x->channels; c->name; c++) {
        struct strbuf out = STRBUF_INIT(TEXT_MAX);
        struct err e = {0};
        assert_true(subscribe(x, c, EXCHANGE_SYMBOL_MAX - 1, SYMBOLS_MAX, 0, &out, &e) >= 0);
        assert_in_range(out.len, 1, bytes);
        strbuf_finish(&out);
    }
}
