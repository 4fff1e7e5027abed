/* Configuration: layers, values, what is refused and how it is said. */
#include "conf_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void expect_loaded(const struct conf_case *c)
{
    if (c->result != 0)
        fail_msg("%d: %s", c->result, c->e.text);
    assert_int_equal(c->out_len, 0);
}

static void expect_refused(const struct conf_case *c, const char *text)
{
    assert_int_equal(c->result, -1);
    assert_int_equal(c->e.code, ERR_CONF);
    if (!strstr(c->e.text, text))
        fail_msg("\"%s\" does not say \"%s\"", c->e.text, text);
    assert_int_equal(c->out_len, 0);
}

static void defaults(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS(NULL));
    expect_loaded(&c);
    assert_string_equal(c.values.name, "wick");
    assert_int_equal(c.values.width_ms, 60000);
    assert_int_equal(c.values.any, 0);
    assert_false(c.values.dry);
    assert_string_equal(c.values.format, "auto");
    assert_string_equal(c.values.password, "");
    assert_string_equal(c.common.brokers, "localhost:9092");
    assert_int_equal(c.conf.n_pairs + (size_t)c.conf.n_args, 0);
    conf_case_finish(&c);
}

/* Each set of layers: the highest one that speaks wins, and --dump-config says which it was. */
static void flags_beat_environment_beats_file(void **state)
{
    (void)state;
    static const char *const values[] = {"60000", "2000", "3000", "4000"};
    static const char *const layers[] = {"default", "file", "environment", "flag"};
    for (int set = 0; set < 8; set++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_file(&c, set & 1 ? "width.ms = 2000\nkafka.linger.ms = 2000\n" : "# nothing\n");
        if (set & 2) {
            assert_int_equal(setenv("CW_WIDTH_MS", "3000", 1), 0);
            assert_int_equal(setenv("CW_KAFKA_LINGER_MS", "3000", 1), 0);
        }
        if (set & 4)
            conf_case_load(
                &c, CONF_ARGS("--width.ms=4000", "--kafka.linger.ms", "4000", "--dump-config"));
        else
            conf_case_load(&c, CONF_ARGS("--dump-config"));
        int highest = set & 4 ? 3 : set & 2 ? 2 : set & 1;
        char due[80];
        assert_int_equal(c.result, 1);
        (void)snprintf(due, sizeof(due), "\nwidth.ms = %s  # %s\n", values[highest],
                       layers[highest]);
        assert_non_null(strstr(c.out, due));
        (void)snprintf(due, sizeof(due), "\nkafka.linger.ms = %s  # %s\n", values[highest],
                       layers[highest]);
        assert_int_equal(strstr(c.out, due) != NULL, highest > 0);
        const char *pair = conf_pair_get(&c.conf, "kafka.linger.ms");
        if (highest > 0)
            assert_string_equal(pair, values[highest]);
        else
            assert_null(pair);
        assert_int_equal(c.conf.n_pairs, highest > 0);
        conf_case_finish(&c);
    }
}

static void the_last_flag_wins(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("--name", "a", "--exchange.x=1", "--name=b", "--exchange.x=2"));
    expect_loaded(&c);
    assert_string_equal(c.values.name, "b");
    assert_string_equal(conf_pair_get(&c.conf, "exchange.x"), "2");
    conf_case_finish(&c);
}

static const struct {
    const char *flag;
    int64_t any;
} good_numbers[] = {
    {"--any=0", 0},
    {"--any=-1", -1},
    {"--any=007", 7},
    {"--any=9223372036854775807", INT64_MAX},
    {"--any=-9223372036854775808", INT64_MIN},
};

static void numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(good_numbers); i++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_load(&c, CONF_ARGS(good_numbers[i].flag));
        expect_loaded(&c);
        assert_true(c.values.any == good_numbers[i].any);
        conf_case_finish(&c);
    }
}

static void booleans(void **state)
{
    (void)state;
    static const struct {
        const char *flag;
        bool dry;
    } cases[] = {{"--dry-run", true},     {"--dry-run=true", true},   {"--dry-run=1", true},
                 {"--dry-run=yes", true}, {"--dry-run=false", false}, {"--dry-run=0", false},
                 {"--dry-run=no", false}};
    for (size_t i = 0; i < N(cases); i++) {
        struct conf_case c;
        conf_case_init(&c);
        assert_int_equal(setenv("CW_DRY_RUN", cases[i].dry ? "no" : "yes", 1), 0);
        conf_case_load(&c, CONF_ARGS(cases[i].flag, "argument"));
        expect_loaded(&c);
        assert_int_equal(c.values.dry, cases[i].dry);
        assert_int_equal(c.conf.n_args, 1);
        conf_case_finish(&c);
    }
}

static const struct {
    const char *key;
    const char *env;
    const char *value;
    const char *says;
} bad_values[] = {
    {"width.ms", "CW_WIDTH_MS", "999", "must be from 1000 to 86400000"},
    {"width.ms", "CW_WIDTH_MS", "86400001", "must be from 1000 to 86400000"},
    {"width.ms", "CW_WIDTH_MS", "", "not a whole number"},
    {"width.ms", "CW_WIDTH_MS", "5s", "not a whole number"},
    {"width.ms", "CW_WIDTH_MS", "5000.5", "not a whole number"},
    {"width.ms", "CW_WIDTH_MS", "1e4", "not a whole number"},
    {"width.ms", "CW_WIDTH_MS", "0x2000", "not a whole number"},
    {"any", "CW_ANY", "9223372036854775808", "not a whole number"},
    {"any", "CW_ANY", "-9223372036854775809", "not a whole number"},
    {"dry-run", "CW_DRY_RUN", "maybe", "must be true or false"},
    {"dry-run", "CW_DRY_RUN", "", "must be true or false"},
    {"format", "CW_FORMAT", "xml", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "js", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "JSON", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "json|text", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "|", "must be one of auto|json|text"},
    {"format", "CW_FORMAT", "json|", "must be one of auto|json|text"},
};

/* A wrong value is named with its key, where it came from and what would be right. */
static void bad_values_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(bad_values); i++) {
        for (int layer = CONF_FILE; layer <= CONF_FLAG; layer++) {
            static const char *const layers[] = {"", "file", "environment", "flag"};
            char line[80];
            char due[160];
            struct conf_case c;
            conf_case_init(&c);
            (void)snprintf(line, sizeof(line), "%s%s=%s", layer == CONF_FLAG ? "--" : "# one\n",
                           bad_values[i].key, bad_values[i].value);
            if (layer == CONF_FILE)
                conf_case_file(&c, line);
            if (layer == CONF_ENVIRONMENT)
                assert_int_equal(setenv(bad_values[i].env, bad_values[i].value, 1), 0);
            if (layer == CONF_FLAG)
                conf_case_load(&c, CONF_ARGS(line));
            else
                conf_case_load(&c, CONF_ARGS(NULL));
            (void)snprintf(due, sizeof(due), "%s (%s): \"%s\": %s", bad_values[i].key,
                           layers[layer], bad_values[i].value, bad_values[i].says);
            expect_refused(&c, due);
            assert_int_equal(strstr(c.e.text, " line 2: ") != NULL, layer == CONF_FILE);
            conf_case_finish(&c);
        }
    }
}

static const struct {
    const char *args[3];
    const char *says;
} bad_flags[] = {
    {{"--colour", "red"}, "unknown option --colour"},
    {{"--colour=red"}, "unknown option --colour"},
    {{"--Name=x"}, "unknown option --Name"},
    {{"--name.x=y"}, "unknown option --name.x"},
    {{"--kafka.=1"}, "unknown option --kafka."},
    {{"--kafka=1"}, "unknown option --kafka"},
    {{"-v"}, "unknown option -v"},
    {{"--"}, "not an option: --"},
    {{"--=x"}, "not an option: --=x"},
    {{"--name"}, "--name needs a value"},
    {{"--kafka.linger.ms"}, "--kafka.linger.ms needs a value"},
    {{"a", "b", "c"}, "unexpected argument \"c\""},
    {{"--config"}, "--config needs a file"},
    {{"--config=/nonexistent/file"}, "configuration file /nonexistent/file: No such file"},
    {{"--config=/"}, "configuration file /: Is a directory"},
    {{"--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1"},
     "not an option: --aaaa"},
};

static void bad_flags_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(bad_flags); i++) {
        struct conf_case c;
        conf_case_init(&c);
        const char *const *a = bad_flags[i].args;
        conf_case_load(&c, CONF_ARGS(a[0], a[1], a[2]));
        expect_refused(&c, bad_flags[i].says);
        conf_case_finish(&c);
    }
}

static void arguments(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("first", "--name", "x", "-"));
    expect_loaded(&c);
    assert_int_equal(c.conf.n_args, 2);
    assert_string_equal(c.conf.args[0], "first");
    assert_string_equal(c.conf.args[1], "-");
    assert_string_equal(c.values.name, "x");
    conf_case_finish(&c);
}

static void environment_of_others_is_left_alone(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    assert_int_equal(setenv("CW_COLOUR", "red", 1), 0);
    assert_int_equal(setenv("CW_KAFKA_", "x", 1), 0);
    assert_int_equal(setenv("CW_KAFKA_SASL_USERNAME", "me", 1), 0);
    conf_case_load(&c, CONF_ARGS(NULL));
    expect_loaded(&c);
    assert_int_equal(c.conf.n_pairs, 1);
    assert_string_equal(conf_pair_get(&c.conf, "kafka.sasl.username"), "me");
    assert_null(conf_pair_get(&c.conf, "kafka.sasl"));
    conf_case_finish(&c);
}

static void two_programs_in_one_process(void **state)
{
    (void)state;
    struct conf_case a;
    struct conf_case b;
    conf_case_init(&a);
    conf_case_init(&b);
    conf_case_load(&a, CONF_ARGS("--name=a"));
    conf_case_load(&b, CONF_ARGS("--name=b"));
    assert_string_equal(a.values.name, "a");
    assert_string_equal(b.values.name, "b");
    conf_case_finish(&a);
    assert_string_equal(b.values.name, "b");
    conf_case_finish(&b);
    conf_finish(&b.conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(flags_beat_environment_beats_file),
        cmocka_unit_test(the_last_flag_wins),
        cmocka_unit_test(numbers),
        cmocka_unit_test(booleans),
        cmocka_unit_test(bad_values_are_named),
        cmocka_unit_test(bad_flags_are_named),
        cmocka_unit_test(arguments),
        cmocka_unit_test(environment_of_others_is_left_alone),
        cmocka_unit_test(two_programs_in_one_process),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
