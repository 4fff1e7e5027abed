/* Framing and limits. Hostile input: test_record_hostile.c; equality with avro-c:
 * test_record_avro.c; JSON: test_record_json.c. */
#include "record_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct record trade = {.type = RECORD_TRADE,
                                    .trade = {.exchange = {"binance", 7},
                                              .symbol = {"BTC-USDT", 8},
                                              .trade_id = {"42", 2},
                                              .has_sequence = true,
                                              .sequence = 42,
                                              .price = {(__int128)64123 * 1000000000000000000},
                                              .amount = {-1},
                                              .side = SIDE_SELL,
                                              .exchange_time_us = 1700000000123456,
                                              .receive_time_us = -1,
                                              .origin = TRADE_ORIGIN_LIVE}};

static const char trade_bytes[] = "\xc3\x01\xd4\xe0\xe8\xaf\x69\x20\xf7\x58" /* 58f72069afe8e0d4 */
                                  "\x0e"
                                  "binance"
                                  "\x10"
                                  "BTC-USDT"
                                  "\x04"
                                  "42"
                                  "\x02\x54"                                     /* present, 42 */
                                  "\x14\x0d\x94\x1d\x63\x39\xc9\x15\x0c\x00\x00" /* price */
                                  "\x02\xff"                                     /* -1e-18 */
                                  "\x04"                                         /* sell */
                                  "\x80\x89\x81\x82\x83\x89\x85\x06"             /* exchange_time */
                                  "\x01"                                         /* -1 */
                                  "\x02";                                        /* live */

static void known_bytes(void **state)
{
    (void)state;
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(1000);
    assert_int_equal(record_encode(&trade, &b, &e), 0);
    assert_int_equal(b.len, sizeof(trade_bytes) - 1);
    assert_memory_equal(b.data, trade_bytes, b.len);
    struct record back;
    assert_int_equal(record_decode(strbuf_slice(&b), &back, &e), 0);
    assert_int_equal(back.type, RECORD_TRADE);
    assert_true(slice_is(back.trade.symbol, "BTC-USDT"));
    assert_true(back.trade.has_sequence);
    assert_int_equal(back.trade.sequence, 42);
    assert_int_equal(decimal_cmp(back.trade.price, trade.trade.price), 0);
    assert_int_equal(decimal_cmp(back.trade.amount, trade.trade.amount), 0);
    assert_int_equal(back.trade.side, SIDE_SELL);
    assert_int_equal(back.trade.exchange_time_us, 1700000000123456);
    assert_int_equal(back.trade.receive_time_us, -1);
    assert_int_equal(back.trade.origin, TRADE_ORIGIN_LIVE);
    strbuf_finish(&b);
}

static void known_decimals(void **state)
{
    (void)state;
    const __int128 e19 = INT64_C(10) * (__int128)INT64_C(1000000000000000000);
    const struct {
        __int128 e18;
        const char *bytes; /* with its length in front */
        size_t len;
    } cases[] = {
        {0, "\x02\x00", 2},
        {1, "\x02\x01", 2},
        {-1, "\x02\xff", 2},
        {127, "\x02\x7f", 2},
        {128, "\x04\x00\x80", 3},
        {-128, "\x02\x80", 2},
        {-129, "\x04\xff\x7f", 3},
        {INT64_MAX, "\x10\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
        {INT64_MIN, "\x10\x80\x00\x00\x00\x00\x00\x00\x00", 9},
        {(__int128)INT64_MAX + 1, "\x12\x00\x80\x00\x00\x00\x00\x00\x00\x00", 10},
        {(__int128)INT64_MIN - 1, "\x12\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10},
        {e19 * e19 - 1, "\x20\x4b\x3b\x4c\xa8\x5a\x86\xc4\x7a\x09\x8a\x22\x3f\xff\xff\xff\xff", 17},
        {1 - e19 * e19, "\x20\xb4\xc4\xb3\x57\xa5\x79\x3b\x85\xf6\x75\xdd\xc0\x00\x00\x00\x01", 17},
    };
    struct strbuf b = STRBUF_INIT(1000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct rate rate = {.bid = {cases[i].e18}};
        struct rate back;
        size_t len = 0;
        strbuf_reset(&b);
        assert_int_equal(rate_encode(&rate, &b, &e), 0);
        assert_true(b.len > 2 + cases[i].len); /* behind two empty texts */
        assert_memory_equal(b.data + 2, cases[i].bytes, cases[i].len);
        assert_int_equal(rate_decode(strbuf_slice(&b), &back, &len, &e), 0);
        assert_true(back.bid.e18 == cases[i].e18);
    }
    strbuf_finish(&b);
}

/* As fastavro.schema.fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO") has them. */
static void known_fingerprints(void **state)
{
    (void)state;
    static const uint64_t expected[RECORD_TYPES] = {
        [RECORD_CANDLE] = UINT64_C(0xe05b8b71ced8631e),
        [RECORD_FEED] = UINT64_C(0xfbf36de30f8357a8),
        [RECORD_IMAGE] = UINT64_C(0xa5f019d02789fd8a),
        [RECORD_INSTRUMENT] = UINT64_C(0x7a18495d738ab21b),
        [RECORD_OPPORTUNITY] = UINT64_C(0xcd2732b329dc6c09),
        [RECORD_PROGRESS] = UINT64_C(0x4200d96d05403216),
        [RECORD_QUOTE] = UINT64_C(0xd43ce8183b664fc9),
        [RECORD_RATE] = UINT64_C(0x40568266830c02d9),
        [RECORD_TICK] = UINT64_C(0xd799f0cb56d156e1),
        [RECORD_TICKER] = UINT64_C(0xad3331e0fe532787),
        [RECORD_TRADE] = UINT64_C(0x58f72069afe8e0d4),
    };
    for (enum record_type type = 0; type < RECORD_TYPES; type++) {
        enum record_type found;
        assert_true(record_schema(type)->fingerprint == expected[type]);
        assert_true(record_type_find(expected[type], &found));
        assert_int_equal(found, type);
    }
    enum record_type none;
    assert_false(record_type_find(0, &none));
    assert_string_equal(record_schema(RECORD_TRADE)->full_name, "candlewick.Trade");
    assert_string_equal(record_type_name(RECORD_TRADE), "trade");
    assert_string_equal(record_type_name((enum record_type)99), "?");
    assert_null(record_schema((enum record_type)99));
}

/* From Avro's own share/test/data/schema-tests.txt: the fingerprints of "null" and "int". */
static void crc64_known(void **state)
{
    (void)state;
    assert_true(crc64_avro(CRC64_EMPTY, "\"null\"", 6) == UINT64_C(7195948357588979594));
    assert_true(crc64_avro(CRC64_EMPTY, "\"int\"", 5) == UINT64_C(8247732601305521295));
    uint64_t half = crc64_avro(CRC64_EMPTY, "\"in", 3);
    assert_true(crc64_avro(half, "t\"", 2) == UINT64_C(8247732601305521295));
}

/* --- cut input -----------------------------------------------------------------
 */

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct record_random *rnd = calloc(1, sizeof(*rnd));
    assert_non_null(rnd);
    rnd->state = 7;
    struct strbuf b = STRBUF_INIT(RECORD_MAX_BYTES);
    struct err e;
    struct record r;
    for (int round = 0; round < 20 * RECORD_TYPES; round++) {
        do { /* long texts only repeat what short ones show */
            record_random_fill(rnd, (enum record_type)(round % RECORD_TYPES), &r);
            strbuf_reset(&b);
            assert_int_equal(record_encode(&r, &b, &e), 0);
        } while (b.len > 4000);
        for (size_t len = 0; len < b.len; len++) {
            /* A copy of its own, so that a sanitizer sees a read behind the end. */
            char *cut = malloc(len ? len : 1);
            assert_non_null(cut);
            memcpy(cut, b.data, len);
            struct record before;
            memset(&before, 0x5a, sizeof(before));
            struct record back = before;
            size_t taken = 77;
            assert_int_equal(record_decode(slice_make(cut, len), &back, &e), -1);
            assert_int_equal(e.code, ERR_PROTO);
            assert_int_equal(record_decode_prefix(slice_make(cut, len), &back, &taken, &e), 1);
            assert_non_null(strstr(e.text, "the input ends inside"));
            assert_int_equal(taken, 77);
            assert_memory_equal(&back, &before, sizeof(back));
            free(cut);
        }
        assert_int_equal(strbuf_addc(&b, '\n'), 0);
        size_t taken = 0;
        assert_int_equal(record_decode(strbuf_slice(&b), &r, &e), -1);
        assert_non_null(strstr(e.text, "1 bytes behind its end"));
        assert_int_equal(record_decode_prefix(strbuf_slice(&b), &r, &taken, &e), 0);
        assert_int_equal(taken, b.len - 1);
    }
    strbuf_finish(&b);
    free(rnd);
}

/* --- values that cannot be written -------------------------------------------------------------
 */

enum { TWICE = 2 * RECORD_MAX_BYTES };

static void refused(const struct record *r, size_t limit, enum err_code code, const char *text)
{
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(limit);
    assert_int_equal(strbuf_adds(&b, "before"), 0);
    assert_int_equal(record_encode(r, &b, &e), -1);
    assert_int_equal(e.code, code);
    assert_non_null(strstr(e.text, text));
    assert_string_equal(b.data, "before");
    assert_int_equal(b.len, 6);
    strbuf_finish(&b);
}

static void limits_of_encoding(void **state)
{
    (void)state;
    char *big = calloc(1, RECORD_MAX_BYTES);
    assert_non_null(big);
    struct record r = trade;
    r.trade.symbol = slice_make(big, RECORD_TEXT_MAX + 1);
    refused(&r, RECORD_MAX_BYTES, ERR_LIMIT, "trade: symbol: too long");
    r = trade;
    r.trade.side = (enum side)SIDE_COUNT;
    refused(&r, RECORD_MAX_BYTES, ERR_LIMIT, "trade: side: no such symbol");
    refused(&trade, 20, ERR_NOMEM, "trade: no room");
    r = (struct record){.type = RECORD_PROGRESS, .progress.n_holes = 33};
    refused(&r, RECORD_MAX_BYTES, ERR_LIMIT, "progress: holes: too many items");
    r = (struct record){.type = RECORD_OPPORTUNITY, .opportunity.n_legs = 2};
    r.opportunity.legs[1].symbol = slice_make(big, RECORD_TEXT_MAX + 1);
    refused(&r, RECORD_MAX_BYTES, ERR_LIMIT, "opportunity: legs[1].symbol: too long");
    r = (struct record){.type = RECORD_IMAGE, .image.data = {big, RECORD_BODY_MAX}};
    refused(&r, TWICE, ERR_LIMIT, "image: longer than 1048576 bytes");
    r.image.data.len = RECORD_BODY_MAX + 1;
    refused(&r, TWICE, ERR_LIMIT, "image: data: too long");
    r.type = (enum record_type)99;
    refused(&r, RECORD_MAX_BYTES, ERR_ARG, "no record type 99");
    free(big);
}

static void longest_values(void **state)
{
    (void)state;
    enum { OTHERS = 15 }; /* twelve fields of one byte each, and the length of data */
    char *big = calloc(1, RECORD_MAX_BYTES);
    assert_non_null(big);
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(TWICE);
    struct record r = {.type = RECORD_IMAGE, .image.data = {big, RECORD_BODY_MAX - OTHERS}};
    struct record back;
    assert_int_equal(record_encode(&r, &b, &e), 0);
    assert_int_equal(b.len, RECORD_MAX_BYTES);
    assert_int_equal(record_decode(strbuf_slice(&b), &back, &e), 0);
    assert_int_equal(back.image.data.len, RECORD_BODY_MAX - OTHERS);
    strbuf_reset(&b);
    r.image.data.len++;
    assert_int_equal(record_encode(&r, &b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    r = trade;
    r.trade.symbol = slice_make(big, RECORD_TEXT_MAX);
    assert_int_equal(record_encode(&r, &b, &e), 0);
    assert_int_equal(record_decode(strbuf_slice(&b), &back, &e), 0);
    assert_int_equal(back.trade.symbol.len, RECORD_TEXT_MAX);
    strbuf_finish(&b);
    free(big);
}

/* A value that is too long is an error at once; nobody should wait for the rest of it. */
static void too_long_is_not_cut(void **state)
{
    (void)state;
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(TWICE);
    struct record r = {.type = RECORD_IMAGE};
    size_t len = 0;
    char *more = calloc(1, RECORD_MAX_BYTES);
    assert_non_null(more);
    assert_int_equal(record_encode(&r, &b, &e), 0);
    b.len--; /* data of 0 bytes becomes data of as many as a body may have */
    assert_int_equal(strbuf_add(&b, "\xec\xff\x7f", 3), 0);
    assert_int_equal(strbuf_add(&b, more, 1000), 0);
    assert_int_equal(record_decode_prefix(strbuf_slice(&b), &r, &len, &e), 1);
    assert_int_equal(strbuf_add(&b, more, RECORD_BODY_MAX - 1015), 0);
    assert_int_equal(record_decode_prefix(strbuf_slice(&b), &r, &len, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(strbuf_add(&b, more, 1000), 0);
    assert_int_equal(record_decode_prefix(strbuf_slice(&b), &r, &len, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    strbuf_finish(&b);
    free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),        cmocka_unit_test(known_decimals),
        cmocka_unit_test(known_fingerprints), cmocka_unit_test(crc64_known),
        cmocka_unit_test(cut_at_every_byte),  cmocka_unit_test(limits_of_encoding),
        cmocka_unit_test(longest_values),     cmocka_unit_test(too_long_is_not_cut),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
