/* test_recordings EXCHANGE FRAMES.jsonl...   every recorded frame, cut at every byte: an error or
 * an event, read from memory that ends where the cut is. */
#include "exchange_case.h"
#include "lines.h"
#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct exchange_ops *exchange;
static char **paths;

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)ev;
    (void)e;
    ++*(int *)ctx;
    return 0;
}

/* How many events; -1: an error. */
static int parse(struct slice text)
{
    const struct channels listen = {{exchange_channel(exchange, CHANNEL_TRADES, ""),
                                     exchange_channel(exchange, CHANNEL_QUOTES, "")}};
    const struct frame f = {text, 0};
    struct err e = {0};
    bool skipped = false;
    int n = 0;
    int r = exchange->parse_frame(NULL, &listen, &f, on_event, &n, &skipped, &e);
    assert_true(r < 0 ? e.code == ERR_PROTO : r == n);
    return r;
}

/* The frame stands at the end of an allocation: a read behind a cut's end is one behind it too,
 * because each cut is moved to where the end is. */
static void cut(struct slice text)
{
    char *memory = malloc(text.len + 1);
    assert_non_null(memory);
    char *end = memory + text.len + 1;
    for (size_t len = 0; len < text.len; len++) {
        memcpy(end - len, text.data, len);
        assert_int_equal(parse(slice_make(end - len, len)), -1);
    }
    free(memory);
}

static void cut_anywhere(void **state)
{
    (void)state;
    struct strbuf text = STRBUF_INIT(LINES_MAX_BYTES);
    struct err e = {0};
    int n = 0;
    for (char **path = paths; *path; path++) {
        struct lines l;
        struct slice line;
        struct recorded rec;
        int r;
        assert_int_equal(lines_open(&l, *path, &e), 0);
        for (; (r = lines_next(&l, &line, &e)) == 1; n++) {
            assert_int_equal(recorded_parse(line, &text, &rec, &e), 0);
            cut(rec.frame.text);
        }
        assert_int_equal(r, 0);
        lines_close(&l);
    }
    assert_true(n > 0);
    strbuf_finish(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cut_anywhere)};
    exchange = argc > 2 ? exchange_find(argv[1]) : NULL;
    if (!exchange)
        return 2;
    paths = argv + 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
