/* Log lines, caught from stderr; the JSON ones are read back by jansson. */
#include "log.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

enum { LINES_MAX = 20000 };

/* stderr is a file from catch_begin() to catch_end(); nothing may fail in between. */
struct caught {
    FILE *file;
    int stderr_fd;
    char text[LINES_MAX];
};

static void catch_begin(struct caught *c)
{
    c->file = tmpfile();
    assert_non_null(c->file);
    c->stderr_fd = dup(STDERR_FILENO);
    assert_true(c->stderr_fd >= 0);
    assert_true(dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

static void catch_end(struct caught *c)
{
    assert_true(dup2(c->stderr_fd, STDERR_FILENO) >= 0);
    (void)close(c->stderr_fd);
    rewind(c->file);
    size_t n = fread(c->text, 1, sizeof(c->text) - 1, c->file);
    assert_int_equal(ferror(c->file), 0);
    c->text[n] = '\0';
    (void)fclose(c->file);
}

/* The one line that was caught, as an object. */
static json_t *parse_line(const struct caught *c)
{
    size_t len = strlen(c->text);
    if (len == 0 || strchr(c->text, '\n') != c->text + len - 1)
        fail_msg("not one line: %s", c->text);
    json_error_t why;
    json_t *line = json_loads(c->text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (!line)
        fail_msg("%s: %s", why.text, c->text);
    return line;
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    if (!text)
        fail_msg("no text \"%s\"", key);
    return text;
}

static void json_line(void **state)
{
    (void)state;
    struct caught c;
    struct err e = {0};
    (void)err_set(&e, ERR_PROTO, "kraken: trade without \"qty\"");
    log_init(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    catch_begin(&c);
    log_warn("producer", "skipping a \"frame\"\n", LOG_STR("exchange", "kraken"),
             LOG_INT("bytes", INT64_MIN),
             LOG_SLICE("part", slice_make("a\0\xff"
                                          "b",
                                          4)),
             LOG_ERR(&e));
    catch_end(&c);

    json_t *line = parse_line(&c);
    int64_t at_us = 0;
    assert_int_equal(time_parse(slice_of(text_of(line, "ts")), &at_us, NULL), 0);
    assert_true(at_us > INT64_C(1700000000) * US_PER_S);
    assert_string_equal(text_of(line, "level"), "warn");
    assert_string_equal(text_of(line, "mod"), "producer");
    assert_string_equal(text_of(line, "msg"), "skipping a \"frame\"\n");
    assert_string_equal(text_of(line, "exchange"), "kraken");
    assert_true(json_integer_value(json_object_get(line, "bytes")) == INT64_MIN);
    assert_string_equal(text_of(line, "error"), "kraken: trade without \"qty\"");
    assert_int_equal(json_object_size(line), 8);
    json_decref(line);
}

static void no_field_is_fine(void **state)
{
    (void)state;
    struct caught c;
    log_init(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    catch_begin(&c);
    log_error("main", "giving up");
    catch_end(&c);
    json_t *line = parse_line(&c);
    assert_string_equal(text_of(line, "level"), "error");
    assert_int_equal(json_object_size(line), 4);
    json_decref(line);
}

static void levels(void **state)
{
    (void)state;
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int least = LOG_LEVEL_DEBUG; least <= LOG_LEVEL_ERROR; least++) {
        struct caught c;
        log_init((enum log_level)least, LOG_FORMAT_TEXT);
        catch_begin(&c);
        log_debug("m", "debug");
        log_info("m", "info");
        log_warn("m", "warn");
        log_error("m", "error");
        catch_end(&c);
        for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR; level++) {
            char due[40];
            (void)snprintf(due, sizeof(due), "Z %-5s m: %s\n", names[level], names[level]);
            assert_int_equal(strstr(c.text, due) != NULL, level >= least);
            assert_int_equal(log_enabled((enum log_level)level), level >= least);
        }
    }
}

static void text_line(void **state)
{
    (void)state;
    static const struct {
        const char *msg;
        const char *value;
        const char *expected; /* behind the time */
    } cases[] = {
        {"gap", "BTC-USDT", " warn  m: gap v=BTC-USDT n=-7\n"},
        {"gap", "two words", " warn  m: gap v=\"two words\" n=-7\n"},
        {"gap", "", " warn  m: gap v=\"\" n=-7\n"},
        {"gap", "a\"b\\c", " warn  m: gap v=\"a\\\"b\\\\c\" n=-7\n"},
        {"gap", "one\nline", " warn  m: gap v=\"one\\nline\" n=-7\n"},
        {"gap", "\x1b[2J", " warn  m: gap v=\"\\u001b[2J\" n=-7\n"},
        {"two\nlines \x1b[2J", "x", " warn  m: \"two\\nlines \\u001b[2J\" v=x n=-7\n"},
    };
    log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct caught c;
        catch_begin(&c);
        log_warn("m", cases[i].msg, LOG_STR("v", cases[i].value), LOG_INT("n", -7));
        catch_end(&c);
        const size_t time_len = strlen("2026-01-01T00:00:00.000000Z");
        assert_true(strlen(c.text) > time_len);
        assert_string_equal(c.text + time_len, cases[i].expected);
    }
}

/* stderr is no terminal here. */
static void automatic_format_is_json_in_a_file(void **state)
{
    (void)state;
    struct caught c;
    log_init(LOG_LEVEL_INFO, LOG_FORMAT_AUTO);
    catch_begin(&c);
    log_info("m", "hello");
    catch_end(&c);
    json_decref(parse_line(&c));
}

/* Whatever does not fit, the event is told, as one line. */
static void long_fields_never_cost_the_line(void **state)
{
    (void)state;
    char filler[9000];
    memset(filler, 'x', sizeof(filler));
    log_init(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    bool kept_some = false;
    bool left_some = false;
    for (size_t len = 8000; len < sizeof(filler); len++) {
        struct caught c;
        catch_begin(&c);
        log_info("m", "long", LOG_SLICE("big", slice_make(filler, len)), LOG_INT("small", 1));
        catch_end(&c);
        json_t *line = parse_line(&c);
        bool kept = json_object_get(line, "big") != NULL;
        if (!kept)
            assert_non_null(json_object_get(line, "small"));
        kept_some |= kept;
        left_some |= !kept;
        json_decref(line);
    }
    assert_true(kept_some && left_some);
}

static void long_messages_are_cut(void **state)
{
    (void)state;
    char msg[9000];
    memset(msg, '\x01', sizeof(msg)); /* six bytes each in JSON */
    msg[sizeof(msg) - 1] = '\0';
    for (int format = LOG_FORMAT_JSON; format <= LOG_FORMAT_TEXT; format++) {
        struct caught c;
        log_init(LOG_LEVEL_INFO, (enum log_format)format);
        catch_begin(&c);
        log_info("m", msg, LOG_INT("field", 42));
        catch_end(&c);
        assert_int_equal(strcspn(c.text, "\n") + 1, strlen(c.text));
        assert_in_range(strlen(c.text), 1000, 8192);
        assert_non_null(strstr(c.text, "42"));
    }
}

static void rate_limit(void **state)
{
    (void)state;
    struct log_limit l = {.interval_us = 10};
    static const struct {
        int64_t now_us;
        bool pass;
        int64_t held;
    } steps[] = {
        {100, true, 0},  {101, false, 0}, {109, false, 0}, {110, true, 2},
        {119, false, 2}, {125, true, 1},  {136, true, 0},  {137, false, 0},
        {145, false, 0}, {146, true, 2},  {1000, true, 0},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (log_limit_pass(&l, steps[i].now_us) != steps[i].pass || l.held != steps[i].held)
            fail_msg("step %zu: held %lld", i, (long long)l.held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_line),
        cmocka_unit_test(no_field_is_fine),
        cmocka_unit_test(levels),
        cmocka_unit_test(text_line),
        cmocka_unit_test(automatic_format_is_json_in_a_file),
        cmocka_unit_test(long_fields_never_cost_the_line),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(rate_limit),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
