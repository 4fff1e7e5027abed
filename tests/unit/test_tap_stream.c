/* The pipe's parser: whatever the cuts, the same values; whatever the garbage, the next value. */
#include "record_random.h"
#include "tap_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Everything the events said, as text: one line per value or skip. */
struct diary {
    struct strbuf text;
    int left; /* values until an event fails; negative: never */
};

static int decode(void *ctx, struct slice input, struct record *ret, size_t *ret_len, struct err *e)
{
    (void)ctx;
    return record_decode_prefix(input, ret, ret_len, e);
}

static int on_value(void *ctx, const struct record *r, struct err *e)
{
    struct diary *d = ctx;
    if (d->left >= 0 && d->left-- == 0)
        return err_set(e, ERR_STOPPED, "enough");
    if (r && record_json(r, &d->text, e) != 0)
        return -1;
    return strbuf_adds(&d->text, r ? "\n" : "null\n");
}

static int on_skipped(void *ctx, const struct tap_skip *skip, struct err *e)
{
    struct diary *d = ctx;
    (void)e;
    return strbuf_addf(&d->text, "skip %lld+%lld %s\n", (long long)skip->offset,
                       (long long)skip->bytes, skip->reason);
}

static const struct tap_events events = {decode, on_value, on_skipped, NULL};

static void begin(struct tap_stream *s, struct diary *d)
{
    struct tap_events mine = events;
    mine.ctx = d;
    strbuf_init(&d->text, 1 << 24);
    d->left = -1;
    tap_stream_init(s, &mine);
}

static void feed(struct tap_stream *s, struct slice bytes)
{
    struct err e = {0};
    /* A copy of its own, so that a sanitizer sees a read behind the end. */
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    assert_int_equal(tap_stream_feed(s, slice_make(copy, bytes.len), &e), 0);
    free(copy);
}

static void end(struct tap_stream *s)
{
    struct err e = {0};
    assert_int_equal(tap_stream_end(s, &e), 0);
    tap_stream_finish(s);
}

/* What the events say of the bytes, arriving n at a time. The caller finishes the result. */
static struct strbuf read_by(struct slice bytes, size_t n)
{
    struct tap_stream s;
    struct diary d;
    begin(&s, &d);
    for (size_t at = 0; at < bytes.len; at += n)
        feed(&s, slice_make(bytes.data + at, bytes.len - at < n ? bytes.len - at : n));
    end(&s);
    assert_int_equal(strbuf_adds(&d.text, "."), 0); /* so that there is text to compare */
    return d.text;
}

/* --- inputs ----------------------------------------------------------------------------------- */

static void add_tick(struct strbuf *b, const char *exchange)
{
    struct err e = {0};
    struct record r = {.type = RECORD_TICK, .tick = {.exchange = slice_of(exchange), .epoch = 6}};
    assert_int_equal(record_encode(&r, b, &e), 0);
}

/* '=' and a name: a tick of that exchange; '\\': a newline; other text as it is. */
static void add_script(struct strbuf *b, const char *script)
{
    for (const char *p = script; *p; p++) {
        char name[2] = {p[1], '\0'};
        if (*p == '=') {
            add_tick(b, name);
            p++;
        } else {
            assert_int_equal(strbuf_addc(b, *p == '\\' ? '\n' : *p), 0);
        }
    }
}

#define TICK(name)                                                                                 \
    "{\"exchange\":\"" name "\",\"receive_time\":\"1970-01-01T00:00:00.000000Z\","                 \
    "\"alive\":false,\"epoch\":6}\n"
#define NO_RECORD "not in Avro single-object encoding (C3 01)\n"

/* A tick of one letter takes 15 bytes. */
static const struct {
    const char *name;
    const char *script;
    const char *expected;
} cases[] = {
    {"nothing", "", "."},
    {"two", "=a\\=b\\", TICK("a") TICK("b") "."},
    {"no newline at the end", "=a\\=b", TICK("a") TICK("b") "."},
    {"a newline inside", "=\n\\=b\\", TICK("\\n") TICK("b") "."},
    {"tombstones", "null\\=a\\null\\null", "null\n" TICK("a") "null\nnull\n."},
    {"half a null", "nul", "skip 0+3 " NO_RECORD "."},
    {"nullify", "nullify\\=a\\", "skip 0+8 no newline behind null\n" TICK("a") "."},
    {"text in front", "some text\\=a\\", "skip 0+10 " NO_RECORD TICK("a") "."},
    {"text between", "=a\\text\\=b\\", TICK("a") "skip 16+5 " NO_RECORD TICK("b") "."},
    {"text at the end", "=a\\text\\", TICK("a") "skip 16+5 " NO_RECORD "."},
    {"newline twice", "=a\\\\=b\\", TICK("a") "skip 16+1 " NO_RECORD TICK("b") "."},
    {"only newlines", "\\\\\\", "skip 0+3 " NO_RECORD "."},
    {"two without a newline", "=a=b\\=c\\",
     "skip 0+31 no newline behind the record\n" TICK("c") "."},
    {"text behind a record", "=atext\\=b\\",
     "skip 0+20 no newline behind the record\n" TICK("b") "."},
};

static void scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf in = STRBUF_INIT(1 << 16);
        add_script(&in, cases[i].script);
        for (size_t n = 1; n <= in.len + 1; n++) {
            struct strbuf out = read_by(strbuf_slice(&in), n);
            if (strcmp(out.data, cases[i].expected) != 0)
                fail_msg("%s, %zu bytes at a time: %s", cases[i].name, n, out.data);
            strbuf_finish(&out);
        }
        strbuf_finish(&in);
    }
}

/* One byte of the second of three ticks is another: it alone may be lost. */
static void any_byte_changed(void **state)
{
    (void)state;
    struct strbuf in = STRBUF_INIT(1 << 16);
    add_script(&in, "=a\\=b\\=c\\");
    for (size_t at = 16; at < 31; at++) {
        char before = in.data[at];
        for (int value = 0; value < 256; value++) {
            if (at == 16 + RECORD_HEADER_BYTES && value == 2 * (1 + 16))
                continue; /* a name that is longer by one tick: no reader could tell */
            in.data[at] = (char)value;
            struct strbuf out = read_by(strbuf_slice(&in), in.len);
            assert_int_equal(strncmp(out.data, TICK("a"), strlen(TICK("a"))), 0);
            assert_non_null(strstr(out.data, TICK("c")));
            struct strbuf slowly = read_by(strbuf_slice(&in), 1);
            assert_string_equal(out.data, slowly.data);
            strbuf_finish(&slowly);
            strbuf_finish(&out);
        }
        in.data[at] = before;
    }
    strbuf_finish(&in);
}

static void cut_short(void **state)
{
    (void)state;
    struct strbuf in = STRBUF_INIT(1 << 16);
    add_script(&in, "=a\\=b");
    for (size_t len = 17; len < in.len; len++) {
        struct strbuf out = read_by(slice_make(in.data, len), 3);
        assert_int_equal(strncmp(out.data, TICK("a") "skip 16+", strlen(TICK("a")) + 8), 0);
        assert_non_null(strstr(out.data, "the input ends inside"));
        strbuf_finish(&out);
    }
    strbuf_finish(&in);
}

/* --- promises --------------------------------------------------------------------------------- */

/* What the console consumer prints with print.key and the like. */
static void text_in_front_is_refused(void **state)
{
    (void)state;
    static const char *const fronts[] = {"BTC\t=a\\", "Partition:3\tOffset:7\t=a\\",
                                         "=a\\CreateTime:1700000000000\tkey\t=b\\",
                                         "garbage\\=a\\NO_HEADERS\t=b\\"};
    static const size_t behind[] = {0, 0, 16, 24};
    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        struct strbuf in = STRBUF_INIT(1 << 16);
        add_script(&in, fronts[i]);
        for (size_t n = 1; n <= in.len; n++) {
            struct tap_stream s;
            struct diary d;
            struct err e = {0};
            char where[32];
            int r = 0;
            begin(&s, &d);
            for (size_t at = 0; r == 0 && at < in.len; at += n)
                r = tap_stream_feed(&s, slice_make(in.data + at, in.len - at < n ? in.len - at : n),
                                    &e);
            assert_int_equal(r, -1);
            assert_int_equal(e.code, ERR_PROTO);
            (void)snprintf(where, sizeof(where), "behind byte %zu:", behind[i]);
            assert_non_null(strstr(e.text, where));
            assert_non_null(strstr(e.text, "print.key"));
            tap_stream_finish(&s);
            strbuf_finish(&d.text);
        }
        strbuf_finish(&in);
    }
}

struct first_skip {
    int64_t bytes;
    char begins[TAP_SKIP_SHOWN + 1];
};

static int keep_skip(void *ctx, const struct tap_skip *skip, struct err *e)
{
    struct first_skip *f = ctx;
    (void)e;
    f->bytes = skip->bytes;
    (void)snprintf(f->begins, sizeof(f->begins), "%.*s", SLICE_ARG(skip->begins));
    return 0;
}

static int ignore_value(void *ctx, const struct record *r, struct err *e)
{
    (void)ctx;
    (void)r;
    (void)e;
    return 0;
}

static void a_skip_shows_how_it_begins(void **state)
{
    (void)state;
    static const char text[] = "Option --property is deprecated and will be removed";
    struct strbuf in = STRBUF_INIT(1 << 16);
    assert_int_equal(strbuf_adds(&in, text), 0);
    add_script(&in, "\\=a\\");
    for (size_t n = 1; n <= in.len; n++) {
        struct first_skip found = {0};
        struct tap_stream s;
        tap_stream_init(&s, &(struct tap_events){decode, ignore_value, keep_skip, &found});
        for (size_t at = 0; at < in.len; at += n)
            feed(&s, slice_make(in.data + at, in.len - at < n ? in.len - at : n));
        end(&s);
        assert_int_equal(found.bytes, sizeof(text));
        assert_int_equal(strlen(found.begins), TAP_SKIP_SHOWN);
        assert_memory_equal(found.begins, text, TAP_SKIP_SHOWN);
    }
    strbuf_finish(&in);
}

/* Another framing than ours: 'x' and two letters are a value of this decoder, whose header is 00 00
 * and three bytes. */
static int decode_wire(void *ctx, struct slice input, struct record *ret, size_t *ret_len,
                       struct err *e)
{
    (void)ctx;
    if (input.len < 5)
        return err_set(e, ERR_PROTO, "cut") + 2;
    if (memcmp(input.data, "\0\0\0\0", 4) != 0 || input.data[4] != '\7')
        return err_set(e, ERR_NOT_FOUND, "no such schema");
    if (input.len < 6)
        return err_set(e, ERR_PROTO, "cut") + 2;
    *ret = (struct record){.type = RECORD_TICK, .tick = {.exchange = slice_of("w"), .epoch = 6}};
    *ret_len = 6;
    return 0;
}

static void another_framing(void **state)
{
    (void)state;
    static const char in[] = "garbage\n\0\0\0\0\7a\nxx\n\0\0\0\0\010b\n\0\0\0\0\7\n\n";
    for (size_t n = 1; n < sizeof(in); n++) {
        struct tap_stream s;
        struct diary d;
        begin(&s, &d);
        s.events.decode = decode_wire;
        for (size_t at = 0; at < sizeof(in) - 1; at += n)
            feed(&s, slice_make(in + at, sizeof(in) - 1 - at < n ? sizeof(in) - 1 - at : n));
        end(&s);
        assert_string_equal(d.text.data, "skip 0+8 no such schema\n" TICK(
                                             "w") "skip 15+10 no such schema\n" TICK("w"));
        strbuf_finish(&d.text);
    }
}

static int decode_stopped(void *ctx, struct slice input, struct record *ret, size_t *ret_len,
                          struct err *e)
{
    (void)ctx;
    (void)input;
    (void)ret;
    (void)ret_len;
    return err_set(e, ERR_STOPPED, "stopped");
}

static void told_to_stop_while_decoding(void **state)
{
    (void)state;
    struct tap_stream s;
    struct diary d;
    struct err e = {0};
    begin(&s, &d);
    s.events.decode = decode_stopped;
    assert_int_equal(tap_stream_feed(&s, slice_of("x"), &e), -1);
    assert_int_equal(e.code, ERR_STOPPED);
    assert_int_equal(d.text.len, 0);
    tap_stream_finish(&s);
    strbuf_finish(&d.text);
}

static void told_with_its_newline(void **state)
{
    (void)state;
    struct strbuf in = STRBUF_INIT(1 << 16);
    struct tap_stream s;
    struct diary d;
    begin(&s, &d);
    add_script(&in, "=a\\");
    feed(&s, slice_make(in.data, in.len - 1));
    assert_int_equal(d.text.len, 0);
    feed(&s, slice_of("\n"));
    assert_string_equal(d.text.data, TICK("a"));
    feed(&s, slice_of("null"));
    assert_string_equal(d.text.data, TICK("a"));
    feed(&s, slice_of("\n"));
    assert_string_equal(d.text.data, TICK("a") "null\n");
    end(&s);
    strbuf_finish(&d.text);
    strbuf_finish(&in);
}

static void random_records_in_random_pieces(void **state)
{
    (void)state;
    struct record_random *rnd = calloc(1, sizeof(*rnd));
    assert_non_null(rnd);
    rnd->state = 3;
    struct strbuf in = STRBUF_INIT(1 << 28);
    struct strbuf expected = STRBUF_INIT(1 << 28);
    struct err e = {0};
    for (int i = 0; i < 1500; i++) {
        struct record r;
        record_random_fill(rnd, (enum record_type)(i % RECORD_TYPES), &r);
        assert_int_equal(record_encode(&r, &in, &e), 0);
        assert_int_equal(strbuf_addc(&in, '\n'), 0);
        assert_int_equal(record_json(&r, &expected, &e), 0);
        assert_int_equal(strbuf_addc(&expected, '\n'), 0);
    }
    struct tap_stream s;
    struct diary d;
    begin(&s, &d);
    d.text.limit = 1 << 28;
    for (size_t at = 0; at < in.len;) {
        size_t most = (size_t)1 << record_random_next(rnd) % 20;
        size_t n = 1 + record_random_next(rnd) % most;
        n = n < in.len - at ? n : in.len - at;
        feed(&s, slice_make(in.data + at, n));
        at += n;
    }
    end(&s);
    assert_true(slice_eq(strbuf_slice(&d.text), strbuf_slice(&expected)));
    strbuf_finish(&d.text);
    strbuf_finish(&expected);
    strbuf_finish(&in);
    free(rnd);
}

/* 40 MB of anything: memory stays within one value and a piece, and the next record is found. */
static void bounded_memory(void **state)
{
    (void)state;
    enum { CHUNK = 1 << 16, CHUNKS = 640, FEW = 4 * CHUNK };
    struct tap_stream s;
    struct diary d;
    struct strbuf tail = STRBUF_INIT(1 << 10);
    char *garbage = malloc(CHUNK);
    assert_non_null(garbage);
    for (size_t i = 0; i < CHUNK; i++)
        garbage[i] = (char)(i % 7 ? i * 31 : '\n');
    begin(&s, &d);
    for (int i = 0; i < CHUNKS; i++)
        feed(&s, slice_make(garbage, CHUNK));
    assert_true(s.pending.cap < FEW);
    add_script(&tail, "\\=z\\");
    feed(&s, strbuf_slice(&tail));
    end(&s);
    assert_string_equal(d.text.data, "skip 0+41943041 " NO_RECORD TICK("z"));
    free(garbage);
    strbuf_finish(&tail);
    strbuf_finish(&d.text);
}

/* A value that claims more than a record may hold is not waited for. */
static void endless_value(void **state)
{
    (void)state;
    struct record r = {.type = RECORD_IMAGE};
    struct strbuf in = STRBUF_INIT(4 << 20);
    struct tap_stream s;
    struct diary d;
    struct err e = {0};
    begin(&s, &d);
    assert_int_equal(record_encode(&r, &in, &e), 0);
    in.len--; /* data of 0 bytes becomes data of as many as a body may have, and then some */
    assert_int_equal(strbuf_add(&in, "\xec\xff\x7f", 3), 0);
    while (in.len < 3 << 20)
        assert_int_equal(strbuf_addc(&in, 'x'), 0);
    add_script(&in, "\\=z\\");
    feed(&s, strbuf_slice(&in));
    end(&s);
    assert_string_equal(d.text.data, "skip 0+3145729 image: longer than 1048576 bytes\n" TICK("z"));
    strbuf_finish(&in);
    strbuf_finish(&d.text);
}

static void an_event_ends_the_work(void **state)
{
    (void)state;
    struct strbuf in = STRBUF_INIT(1 << 16);
    struct tap_stream s;
    struct diary d;
    struct err e = {0};
    begin(&s, &d);
    d.left = 1;
    add_script(&in, "=a\\=b\\");
    assert_int_equal(tap_stream_feed(&s, strbuf_slice(&in), &e), -1);
    assert_int_equal(e.code, ERR_STOPPED);
    assert_string_equal(d.text.data, TICK("a"));
    tap_stream_finish(&s);
    strbuf_finish(&in);
    strbuf_finish(&d.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts),
        cmocka_unit_test(any_byte_changed),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(text_in_front_is_refused),
        cmocka_unit_test(a_skip_shows_how_it_begins),
        cmocka_unit_test(another_framing),
        cmocka_unit_test(told_to_stop_while_decoding),
        cmocka_unit_test(told_with_its_newline),
        cmocka_unit_test(random_records_in_random_pieces),
        cmocka_unit_test(bounded_memory),
        cmocka_unit_test(endless_value),
        cmocka_unit_test(an_event_ends_the_work),
    };
    return cmocka_run_group_tests_name("tap_stream", tests, NULL, NULL);
}
