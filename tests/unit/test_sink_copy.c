/* Rows in COPY's binary format, byte for byte, and what happens to rows that cannot be. */
#include "copy.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEADER "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define TRAILER "\xff\xff"

#define assert_bytes(slice, literal)                                                               \
    do {                                                                                           \
        assert_int_equal((slice).len, sizeof(literal) - 1);                                        \
        assert_memory_equal((slice).data, literal, sizeof(literal) - 1);                           \
    } while (0)

static void every_kind_of_field(void **state)
{
    (void)state;
    struct err e = {0};
    struct copy c = COPY_INIT(1000);
    copy_row(&c, 8);
    copy_text(&c, slice_of("BTC"));
    copy_null(&c);
    copy_bool(&c, true);
    copy_bool(&c, false);
    copy_int(&c, -2);
    copy_bigint(&c, INT64_C(0x0102030405060708));
    copy_decimal(&c, (struct decimal){-1});
    copy_time(&c, INT64_C(946684800) * US_PER_S + 1);
    assert_int_equal(copy_row_end(&c, &e), 0);
    assert_int_equal(c.n_rows, 1);
    struct slice all = copy_end(&c, &e);
    assert_bytes(all, HEADER "\0\x08"
                             "\0\0\0\x03"
                             "BTC"
                             "\xff\xff\xff\xff"
                             "\0\0\0\x01\x01"
                             "\0\0\0\x01\0"
                             "\0\0\0\x04\xff\xff\xff\xfe"
                             "\0\0\0\x08\x01\x02\x03\x04\x05\x06\x07\x08"
                             "\0\0\0\x0a\0\x01\xff\xfb\x40\0\0\x12\0\x64"
                             "\0\0\0\x08\0\0\0\0\0\0\0\x01" TRAILER);
    copy_finish(&c);
}

static void no_rows(void **state)
{
    (void)state;
    struct err e = {0};
    struct copy c = COPY_INIT(1000);
    struct slice all = copy_end(&c, &e);
    assert_bytes(all, HEADER TRAILER);
    copy_finish(&c);
}

static void one_row(struct copy *c, int32_t v, struct err *e)
{
    copy_row(c, 1);
    copy_int(c, v);
    assert_int_equal(copy_row_end(c, e), 0);
}

static const int64_t outside[] = {INT64_MIN, INT64_MAX, TIME_END_US,
                                  INT64_C(-62135596800) * US_PER_S - 1};
static const int64_t inside[] = {0, -1, TIME_END_US - 1, INT64_C(-62135596800) * US_PER_S};

/* A row that cannot be is gone; those around it stay. */
static void times_out_of_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        struct err e = {0};
        struct copy c = COPY_INIT(1000);
        one_row(&c, 1, &e);
        copy_row(&c, 2);
        copy_time(&c, outside[i]);
        copy_int(&c, 7);
        assert_int_equal(copy_row_end(&c, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        one_row(&c, 2, &e);
        struct slice all = copy_end(&c, &e);
        assert_bytes(all, HEADER "\0\x01\0\0\0\x04\0\0\0\x01"
                                 "\0\x01\0\0\0\x04\0\0\0\x02" TRAILER);
        copy_finish(&c);
    }
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        struct err e = {0};
        struct copy c = COPY_INIT(1000);
        copy_row(&c, 1);
        copy_time(&c, inside[i]);
        assert_int_equal(copy_row_end(&c, &e), 0);
        copy_finish(&c);
    }
}

/* A first row that cannot be takes nothing but itself away: the header comes with the next. */
static void first_row_fails(void **state)
{
    (void)state;
    struct err e = {0};
    struct copy c = COPY_INIT(1000);
    copy_row(&c, 1);
    copy_time(&c, INT64_MAX);
    assert_int_equal(copy_row_end(&c, &e), -1);
    assert_int_equal(c.n_rows, 0);
    one_row(&c, 1, &e);
    struct slice all = copy_end(&c, &e);
    assert_bytes(all, HEADER "\0\x01\0\0\0\x04\0\0\0\x01" TRAILER);
    copy_finish(&c);
}

static void no_room(void **state)
{
    (void)state;
    struct err e = {0};
    struct copy c = COPY_INIT(40);
    one_row(&c, 1, &e);
    copy_row(&c, 1);
    copy_text(&c, slice_of("more than there is room for"));
    assert_int_equal(copy_row_end(&c, &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
    struct slice all = copy_end(&c, &e);
    assert_bytes(all, HEADER "\0\x01\0\0\0\x04\0\0\0\x01" TRAILER);
    copy_reset(&c);
    one_row(&c, 2, &e);
    copy_finish(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_field),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(times_out_of_range),
        cmocka_unit_test(first_row_fails),
        cmocka_unit_test(no_room),
    };
    return cmocka_run_group_tests_name("sink_copy", tests, NULL, NULL);
}
