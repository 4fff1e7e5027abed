/* The ledger: its lines, appending, and what happens when it cannot be written. */
#include "binance.h"
#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE                                                                                       \
    "{\"kind\":\"trade\",\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"native\":\"BTCUSDT\"," \
    "\"id\":42,\"price\":\"95000.01000000\",\"amount\":\"0.00150000\",\"side\":\"buy\","           \
    "\"time_us\":1795000000000000,\"send_us\":1795000000000123,\"connections\":2}\n"

static const struct market_trade trade = {
    .symbol = 0,
    .side = TAKER_BUY,
    .id = 42,
    .price_e8 = 9500001000000,
    .amount_e8 = 150000,
    .time_us = 1795000000000000,
};
enum { SEND_AFTER_US = 123 };

struct files {
    struct listing *listing;
    char path[64];
};

static int setup(void **state)
{
    struct err e = {0};
    struct files *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    f->listing = listing_create(1, &binance_dialect.listing, &e);
    (void)snprintf(f->path, sizeof(f->path), "/tmp/test_sim_ledger.XXXXXX");
    int fd = mkstemp(f->path);
    if (fd >= 0)
        (void)close(fd);
    *state = f;
    return f->listing && fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct files *f = *state;
    (void)unlink(f->path);
    listing_destroy(f->listing);
    free(f);
    return 0;
}

static struct ledger *reopen(const struct files *f)
{
    struct err e = {0};
    struct ledger *l = ledger_open(f->path, "binance", f->listing, &e);
    assert_non_null(l);
    return l;
}

static void assert_file(const struct files *f, const char *expected)
{
    char text[4096] = "";
    FILE *fp = fopen(f->path, "r");
    assert_non_null(fp);
    size_t n = fread(text, 1, sizeof(text) - 1, fp);
    (void)fclose(fp);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void lines_are_exact_and_appended(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    struct ledger *l = reopen(f);
    assert_int_equal(ledger_add(l, &trade, trade.time_us + SEND_AFTER_US, 2, &e), 0);
    assert_int_equal(ledger_flush(l, &e), 0);
    assert_file(f, LINE);
    assert_int_equal(ledger_close(l, &e), 0);
    l = reopen(f);
    assert_int_equal(ledger_add(l, &trade, trade.time_us + SEND_AFTER_US, 2, &e), 0);
    assert_int_equal(ledger_close(l, &e), 0); /* writes what is buffered */
    assert_file(f, LINE LINE);
}

#define WHO "\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"native\":\"BTCUSDT\","

static void a_lost_trade_says_so(void **state)
{
    struct err e = {0};
    struct ledger *l = reopen(*state);
    assert_int_equal(ledger_add_lost(l, &trade, trade.time_us + SEND_AFTER_US, &e), 0);
    assert_int_equal(ledger_close(l, &e), 0);
    assert_file(*state,
                "{\"kind\":\"trade\",\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"native\":"
                "\"BTCUSDT\",\"id\":42,\"price\":\"95000.01000000\",\"amount\":\"0.00150000\","
                "\"side\":\"buy\",\"time_us\":1795000000000000,\"send_us\":1795000000000123,"
                "\"connections\":0,\"lost\":true}\n");
}

static void quotes_and_plants_have_lines(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    struct ledger *l = reopen(f);
    struct market_quote q = {
        .symbol = 0,
        .bid_e8 = 9500001000000,
        .bid_amount_e8 = 150000,
        .ask_e8 = 9500002000000,
        .ask_amount_e8 = 250000,
        .time_us = 1795000000000000,
        .number = 7,
    };
    const struct plant p = {.from_us = 1795000001000000, .to_us = 1795000002000000, .bps = -50};
    assert_int_equal(ledger_add_quote(l, &q, q.time_us + SEND_AFTER_US, 1, &e), 0);
    q.bid_e8 = q.bid_amount_e8 = 0;
    assert_int_equal(ledger_add_quote(l, &q, q.time_us + SEND_AFTER_US, 0, &e), 0);
    assert_int_equal(ledger_add_plant(l, &p, &e), 0);
    assert_int_equal(ledger_close(l, &e), 0);
    assert_file(f, "{\"kind\":\"quote\"," WHO
                   "\"bid\":\"95000.01000000\",\"bid_amount\":\"0.00150000\","
                   "\"ask\":\"95000.02000000\",\"ask_amount\":\"0.00250000\",\"number\":7,"
                   "\"time_us\":1795000000000000,\"send_us\":1795000000000123,\"connections\":1}\n"
                   "{\"kind\":\"quote\"," WHO "\"bid\":null,\"bid_amount\":null,"
                   "\"ask\":\"95000.02000000\",\"ask_amount\":\"0.00250000\",\"number\":7,"
                   "\"time_us\":1795000000000000,\"send_us\":1795000000000123,\"connections\":0}\n"
                   "{\"kind\":\"plant\"," WHO "\"from_us\":1795000001000000,"
                   "\"to_us\":1795000002000000,\"bps\":-50}\n");
}

static void half_a_line_is_not_mended(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    FILE *fp = fopen(f->path, "w");
    assert_non_null(fp);
    assert_true(fputs(LINE "{\"kind\":\"tra", fp) >= 0);
    (void)fclose(fp);
    assert_null(ledger_open(f->path, "binance", f->listing, &e));
    assert_int_equal(e.code, ERR_STATE);
    assert_non_null(strstr(e.text, f->path));
}

static void a_full_disk_is_an_error(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    struct ledger *l = ledger_open("/dev/full", "binance", f->listing, &e);
    assert_non_null(l);
    assert_int_equal(ledger_add(l, &trade, 0, 0, &e), 0);
    assert_int_equal(ledger_flush(l, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "/dev/full"));
    assert_int_equal(ledger_close(l, &e), 0); /* told once */
}

/* The buffer is bounded: it empties itself long before its limit. */
static void many_lines_between_flushes(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    struct ledger *l = reopen(f);
    const int n = 20000;
    for (int i = 0; i < n; i++)
        assert_int_equal(ledger_add(l, &trade, trade.time_us + SEND_AFTER_US, 2, &e), 0);
    assert_int_equal(ledger_close(l, &e), 0);
    FILE *fp = fopen(f->path, "r");
    assert_non_null(fp);
    char line[512];
    int lines = 0;
    while (fgets(line, sizeof(line), fp)) {
        assert_string_equal(line, LINE);
        lines++;
    }
    (void)fclose(fp);
    assert_int_equal(lines, n);
}

static void no_file_and_no_place(void **state)
{
    struct files *f = *state;
    struct err e = {0};
    struct ledger *l = ledger_open("", "binance", f->listing, &e);
    assert_non_null(l);
    assert_int_equal(ledger_add(l, &trade, 0, 0, &e), 0);
    assert_int_equal(ledger_flush(l, &e), 0);
    assert_int_equal(ledger_close(l, &e), 0);
    assert_int_equal(ledger_close(NULL, &e), 0);
    assert_null(ledger_open("/nonexistent/ledger", "binance", f->listing, &e));
    assert_int_equal(e.code, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_exact_and_appended, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_trade_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_and_plants_have_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_line_is_not_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(many_lines_between_flushes, setup, teardown),
        cmocka_unit_test_setup_teardown(no_file_and_no_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
