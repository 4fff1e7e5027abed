/* Bytes from outside that are no record, or not quite. */
#include "record_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TICK_HEAD                                                                                  \
    "\x02"                                                                                         \
    "x"                                                                                            \
    "\x02" /* exchange "x", receive_time 1 */
#define PROGRESS_HEAD                                                                              \
    "\x02"                                                                                         \
    "x"                                                                                            \
    "\x02"                                                                                         \
    "y"                                                                                            \
    "\x02"                                                                                         \
    "z"                                                                                            \
    "\x02\x02\x02\x02"
#define HOLE "\x02\x04\x06\x08\x0a"
#define TEN "\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct body_case {
    const char *name;
    enum record_type type;
    const char *bytes;
    size_t len;
    int result;
    enum err_code code;
    const char *text;
} body_cases[] = {
#define BODY(type_, bytes_) RECORD_##type_, bytes_, sizeof(bytes_) - 1
    {"tick", BODY(TICK, TICK_HEAD "\x01\x02"), 0, ERR_NONE, NULL},
    {"overlong number",
     BODY(TICK, "\x82\x00"
                "x"
                "\x02\x01\x02"),
     0, ERR_NONE, NULL},
    {"bool is 2", BODY(TICK, TICK_HEAD "\x02\x02"), -1, ERR_PROTO,
     "tick: alive: neither false nor true"},
    {"negative length",
     BODY(TICK, "\x01"
                "x"),
     -1, ERR_PROTO, "tick: exchange: a negative length"},
    {"length behind the end",
     BODY(TICK, "\x08"
                "xyz"),
     1, ERR_PROTO, "tick: exchange: the input ends inside it"},
    {"text of 64 KiB + 1",
     BODY(TICK, "\x82\x80\x08"
                "x"),
     -1, ERR_LIMIT, "tick: exchange: a text that is too long"},
    {"length of 2^63 - 1", BODY(TICK, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), -1, ERR_LIMIT,
     "tick: exchange: a text that is too long"},
    {"number of 10 bytes",
     BODY(TICK, "\x02"
                "x" TEN "\x01"
                "\x01\x02"),
     0, ERR_NONE, NULL},
    {"number of 65 bits",
     BODY(TICK, "\x02"
                "x" TEN "\x02"
                "\x01\x02"),
     -1, ERR_PROTO, "tick: receive_time: a number of more than 64 bits"},
    {"number of 11 bytes",
     BODY(TICK, "\x02"
                "x" TEN "\x80\x01"
                "\x01\x02"),
     -1, ERR_PROTO, "tick: receive_time: a number of more than 64 bits"},
    {"endless number, cut",
     BODY(TICK, "\x02"
                "x"
                "\x80\x80\x80"),
     1, ERR_PROTO, "tick: receive_time: the input ends inside it"},
    {"branch 2",
     BODY(QUOTE, "\x02"
                 "x"
                 "\x02"
                 "y"
                 "\x04"),
     -1, ERR_PROTO, "quote: bid: no such branch of the union"},
    {"branch -1",
     BODY(QUOTE, "\x02"
                 "x"
                 "\x02"
                 "y"
                 "\x01"),
     -1, ERR_PROTO, "quote: bid: no such branch of the union"},
    {"decimal without bytes",
     BODY(RATE, "\x02"
                "x"
                "\x02"
                "y"
                "\x00"),
     -1, ERR_PROTO, "rate: bid: a decimal without bytes"},
    {"decimal of 39 digits",
     BODY(RATE, "\x02"
                "x"
                "\x02"
                "y"
                "\x20\x7f"
                "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                "\xff\xff\xff\xff"),
     -1, ERR_LIMIT, "rate: bid: a decimal of more than 38 digits"},
    {"decimal of 17 bytes",
     BODY(RATE, "\x02"
                "x"
                "\x02"
                "y"
                "\x22\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                "\x00\x00\x00\x00"),
     -1, ERR_LIMIT, "rate: bid: a decimal of more than 38 digits"},
    {"symbol behind the last",
     BODY(FEED, "\x02"
                "x"
                "\x02"
                "y"
                "\x0e"),
     -1, ERR_PROTO, "feed: event: no such symbol"},
    {"symbol -1",
     BODY(FEED, "\x02"
                "x"
                "\x02"
                "y"
                "\x01"),
     -1, ERR_PROTO, "feed: event: no such symbol"},
    {"int of 33 bits",
     BODY(IMAGE, "\x02"
                 "x"
                 "\x80\x80\x80\x80\x10"),
     -1, ERR_PROTO, "image: version: a number of more than 32 bits"},
    {"bytes of 1 MiB",
     BODY(IMAGE, "\x02"
                 "x"
                 "\x00"
                 "\x02"
                 "y"
                 "\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                 "\x80\x80\x80\x01"),
     -1, ERR_LIMIT, "image: data: bytes that are too long"},
    {"no items", BODY(PROGRESS, PROGRESS_HEAD "\x00\x00"), 0, ERR_NONE, NULL},
    {"two blocks", BODY(PROGRESS, PROGRESS_HEAD "\x02" HOLE "\x02" HOLE "\x00\x00"), 0, ERR_NONE,
     NULL},
    {"block with its size", BODY(PROGRESS, PROGRESS_HEAD "\x03\x14" HOLE HOLE "\x00\x00"), 0,
     ERR_NONE, NULL},
    {"block size too small", BODY(PROGRESS, PROGRESS_HEAD "\x03\x12" HOLE HOLE "\x00"), -1,
     ERR_PROTO, "progress: holes: a block of items is not as long as it says"},
    {"block size negative", BODY(PROGRESS, PROGRESS_HEAD "\x03\x01" HOLE HOLE "\x00"), -1,
     ERR_PROTO, "progress: holes: a negative length"},
    {"block size behind the end", BODY(PROGRESS, PROGRESS_HEAD "\x03\x40" HOLE HOLE "\x00"), 1,
     ERR_PROTO, "progress: holes: the input ends inside it"},
    {"block size of 1 MiB", BODY(PROGRESS, PROGRESS_HEAD "\x03\x80\x80\x80\x01" HOLE), -1,
     ERR_PROTO, "progress: holes: a block of items is not as long as it says"},
    {"33 items", BODY(PROGRESS, PROGRESS_HEAD "\x42" HOLE), -1, ERR_LIMIT,
     "progress: holes: too many items"},
    {"items of -2^63", BODY(PROGRESS, PROGRESS_HEAD TEN "\x01\x00"), -1, ERR_LIMIT,
     "progress: holes: too many items"},
    {"second hole cut", BODY(PROGRESS, PROGRESS_HEAD "\x04" HOLE "\x02\x04"), 1, ERR_PROTO,
     "progress: holes[1].from_time: the input ends inside it"},
#undef BODY
};

static void hostile_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(body_cases) / sizeof(body_cases[0]); i++) {
        const struct body_case *c = &body_cases[i];
        struct err e = {0};
        struct record r;
        size_t len = 0;
        char *copy = malloc(c->len);
        assert_non_null(copy);
        memcpy(copy, c->bytes, c->len);
        int result = record_decode_body(c->type, slice_make(copy, c->len), &r, &len, &e);
        free(copy);
        if (result != c->result || e.code != c->code)
            fail_msg("%s: %d %s %s", c->name, result, err_code_name(e.code), e.text);
        if (c->text)
            assert_string_equal(e.text, c->text);
        else
            assert_int_equal(len, c->len);
    }
}

static void hostile_framing(void **state)
{
    (void)state;
    struct err e = {0};
    struct record r;
    size_t len = 0;
    struct slice text = slice_of("null\n");
    assert_int_equal(record_decode(text, &r, &e), -1);
    assert_string_equal(e.text, "not in Avro single-object encoding (C3 01)");
    assert_int_equal(record_decode_prefix(slice_make("\xc3\x02", 2), &r, &len, &e), -1);
    assert_int_equal(record_decode_prefix(slice_make("\xc3", 1), &r, &len, &e), 1);
    assert_int_equal(record_decode_prefix((struct slice){NULL, 0}, &r, &len, &e), 1);
    assert_int_equal(record_decode((struct slice){NULL, 0}, &r, &e), -1);
    assert_int_equal(record_decode(slice_make("\xc3\x01\1\2\3\4\5\6\7\10zz", 12), &r, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_string_equal(e.text, "no schema with the fingerprint 0807060504030201");
    assert_int_equal(record_decode(slice_make("\xc3\x01", RECORD_MAX_BYTES + 1), &r, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
}

static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    struct record_random *rnd = calloc(1, sizeof(*rnd));
    assert_non_null(rnd);
    rnd->state = 11;
    struct strbuf b = STRBUF_INIT(RECORD_MAX_BYTES);
    struct strbuf again = STRBUF_INIT(RECORD_MAX_BYTES);
    struct err e;
    int survived = 0;
    for (int round = 0; round < 30000; round++) {
        struct record r;
        record_random_fill(rnd, (enum record_type)(round % RECORD_TYPES), &r);
        strbuf_reset(&b);
        strbuf_reset(&again);
        assert_int_equal(record_encode(&r, &b, &e), 0);
        size_t at = RECORD_HEADER_BYTES + record_random_next(rnd) % (b.len - RECORD_HEADER_BYTES);
        b.data[at] = (char)record_random_next(rnd);
        if (record_decode(strbuf_slice(&b), &r, &e) != 0)
            continue;
        survived++;
        assert_int_equal(record_encode(&r, &again, &e), 0);
    }
    assert_in_range(survived, 1000, 29000);
    strbuf_finish(&b);
    strbuf_finish(&again);
    free(rnd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_bodies),
        cmocka_unit_test(hostile_framing),
        cmocka_unit_test(changed_bytes_do_no_harm),
    };
    return cmocka_run_group_tests_name("record_hostile", tests, NULL, NULL);
}
