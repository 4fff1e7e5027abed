/* Configuration as text: the file, --help, --version, --dump-config, the table of the manual. */
#include "conf_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void expect_says(const struct conf_case *c, const char *text)
{
    if (!strstr(c->out, text))
        fail_msg("no \"%s\" in:\n%s", text, c->out);
}

/* --- file ------------------------------------------------------------------------------------ */

static const struct {
    const char *file;
    const char *name;
} files[] = {
    {"", "wick"},
    {"name = x", "x"},
    {"name=x\n", "x"},
    {"\n  \t\n# name = y\n   # name = z\n\tname\t =  two words \t\n", "two words"},
    {"name = x\r\n", "x"},
    {"name = a = b # no comment\n", "a = b # no comment"},
    {"name =\n", ""},
    {"name = a\nname = b\n", "b"},
};

static void file_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(files); i++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_file(&c, files[i].file);
        conf_case_load(&c, CONF_ARGS(NULL));
        if (c.result != 0)
            fail_msg("%s", c.e.text);
        assert_string_equal(c.values.name, files[i].name);
        conf_case_finish(&c);
    }
}

static const struct {
    const char *file;
    const char *says;
} bad_files[] = {
    {"name = x\ncolour = red\n", " line 2: unknown key \"colour\""},
    {"\n\nname\n", " line 3: expected key = value"},
    {"= x\n", " line 1: unknown key \"\""},
    {"[section]\n", " line 1: expected key = value"},
    {"--name = x\n", " line 1: unknown key \"--name\""},
    {"kafka. = x\n", " line 1: unknown key \"kafka.\""},
    {"config = other\n", " line 1: unknown key \"config\""},
    {"any = 1\nany = 2\nany = x", " line 3: any (file): \"x\": not a whole number"},
};

static void bad_lines_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(bad_files); i++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_file(&c, bad_files[i].file);
        conf_case_load(&c, CONF_ARGS(NULL));
        char due[200];
        (void)snprintf(due, sizeof(due), "%s%s", c.path, bad_files[i].says);
        assert_int_equal(c.result, -1);
        assert_int_equal(c.e.code, ERR_CONF);
        assert_string_equal(c.e.text, due);
        conf_case_finish(&c);
    }
}

static void long_lines(void **state)
{
    (void)state;
    static char text[6000];
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "name = ", 7);
    struct conf_case c;
    conf_case_init(&c);
    conf_case_file(&c, text);
    conf_case_load(&c, CONF_ARGS(NULL));
    assert_int_equal(c.result, -1);
    assert_non_null(strstr(c.e.text, " line 1: line too long"));
    conf_case_finish(&c);

    text[4000] = '\0';
    conf_case_init(&c);
    conf_case_file(&c, text);
    conf_case_load(&c, CONF_ARGS(NULL));
    assert_int_equal(c.result, 0);
    assert_string_equal(c.values.name, text + 7);
    conf_case_finish(&c);
}

/* CW_CONFIG names a file too; the flag names another. */
static void file_of_the_environment(void **state)
{
    (void)state;
    struct conf_case other;
    conf_case_init(&other);
    conf_case_file(&other, "name = environment\nany = 5\n");
    for (int with_flag = 0; with_flag < 2; with_flag++) {
        struct conf_case c;
        conf_case_init(&c);
        assert_int_equal(setenv("CW_CONFIG", other.path, 1), 0);
        if (with_flag)
            conf_case_file(&c, "name = flag\n");
        conf_case_load(&c, CONF_ARGS(NULL));
        assert_int_equal(c.result, 0);
        assert_string_equal(c.values.name, with_flag ? "flag" : "environment");
        assert_int_equal(c.values.any, with_flag ? 0 : 5);
        conf_case_finish(&c);
    }
    conf_case_finish(&other);
}

/* --- help and friends ------------------------------------------------------------------------ */

static void help_tells_all(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("--help"));
    assert_int_equal(c.result, 1);
    expect_says(&c, "cw-case: tries things\n");
    expect_says(&c, "Usage: cw-case [options] [FILE...]\n");
    expect_says(&c, "  --name TEXT\n        what to call it (default wick)\n");
    expect_says(&c, "  --width.ms N\n        how wide (default 60000)\n");
    expect_says(&c, "  --dry-run true|false\n        change nothing\n");
    expect_says(&c, "  --format auto|json|text\n");
    expect_says(&c, "  --brokers TEXT\n");
    expect_says(&c, "  --kafka.");
    expect_says(&c, "  --config FILE\n");
    expect_says(&c, "More about it.\n");
    conf_case_finish(&c);
}

/* Who asks for help gets it, whatever else is wrong. */
static void help_goes_through_beside_mistakes(void **state)
{
    (void)state;
    static const char *const args[][3] = {
        {"--help", "--colour"},          {"--colour", "--help"}, {"--width.ms=x", "--help"},
        {"--help", "a", "--name"},       {"--help", "--config"}, {"--config", "/nowhere", "--help"},
        {"--config=/nowhere", "--help"}, {"-x", "--help"},       {"--dump-config", "--help"},
        {"--help", "--version"},
    };
    for (size_t i = 0; i < N(args); i++) {
        struct conf_case c;
        conf_case_init(&c);
        assert_int_equal(setenv("CW_WIDTH_MS", "wrong", 1), 0);
        conf_case_load(&c, CONF_ARGS(args[i][0], args[i][1], args[i][2]));
        if (c.result != 1)
            fail_msg("%s %s: %s", args[i][0], args[i][1], c.e.text);
        expect_says(&c, "Usage: cw-case");
        conf_case_finish(&c);
    }
}

static void version(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("--version", "--colour"));
    assert_int_equal(c.result, 1);
    assert_string_equal(c.out, "cw-case " CANDLEWICK_VERSION "\n");
    conf_case_finish(&c);
}

static void dump_says_values_and_layers(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_file(&c, "any = 7\nkafka.debug = all\n");
    assert_int_equal(setenv("CW_BROKERS", "a:1,b:2", 1), 0);
    conf_case_load(&c, CONF_ARGS("--dump-config", "--dry-run"));
    assert_int_equal(c.result, 1);
    assert_string_equal(c.out, "name = wick  # default\n"
                               "width.ms = 60000  # default\n"
                               "any = 7  # file\n"
                               "dry-run = true  # flag\n"
                               "format = auto  # default\n"
                               "password =   # default\n"
                               "pin = (hidden)  # default\n"
                               "brokers = a:1,b:2  # environment\n"
                               "kafka.debug = all  # file\n");
    conf_case_finish(&c);
}

static void mistakes_are_no_dump(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("--dump-config", "--colour"));
    assert_int_equal(c.result, -1);
    assert_int_equal(c.out_len, 0);
    conf_case_finish(&c);
}

static void secrets_are_never_shown(void **state)
{
    (void)state;
    static const char *const flags[] = {
        "--password=hunter2",
        "--kafka.sasl.password=hunter2",
        "--kafka.ssl.key.password=hunter2",
        "--kafka.ssl.keystore.password=hunter2",
        "--kafka.ssl.key.pem=hunter2",
        "--kafka.sasl.oauthbearer.client.secret=hunter2",
        "--kafka.sasl.oauthbearer.config=hunter2",
    };
    for (size_t i = 0; i < N(flags); i++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_load(&c, CONF_ARGS(flags[i], "--dump-config"));
        assert_int_equal(c.result, 1);
        assert_null(strstr(c.out, "hunter2"));
        expect_says(&c, " = (hidden)  # flag\n");
        conf_case_finish(&c);
    }
    static const char *const pins[] = {"--pin=31337", "--pin=hunter2"};
    for (size_t i = 0; i < N(pins); i++) {
        struct conf_case c;
        conf_case_init(&c);
        conf_case_load(&c, CONF_ARGS(pins[i]));
        assert_int_equal(c.result, -1);
        assert_null(strstr(c.e.text, pins[i] + 6));
        assert_non_null(strstr(c.e.text, "pin (flag): \"(hidden)\""));
        conf_case_finish(&c);
    }
    struct conf_case c;
    conf_case_init(&c);
    conf_case_load(&c, CONF_ARGS("--pin=4711", "--dump-config"));
    assert_int_equal(c.result, 1);
    assert_null(strstr(c.out, "4711"));
    conf_case_finish(&c);
}

/* As --help it is answered beside mistakes, and what is described does not depend on the file. */
static void describing_is_left_to_the_caller(void **state)
{
    (void)state;
    struct conf_case c;
    conf_case_init(&c);
    conf_case_file(&c, "name = other\n");
    conf_case_load(&c, CONF_ARGS("--describe", "--colour"));
    assert_int_equal(c.result, CONF_DESCRIBE);
    assert_int_equal(c.out_len, 0);
    assert_string_equal(c.values.name, "wick");
    conf_case_finish(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_lines),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(file_of_the_environment),
        cmocka_unit_test(help_tells_all),
        cmocka_unit_test(help_goes_through_beside_mistakes),
        cmocka_unit_test(version),
        cmocka_unit_test(dump_says_values_and_layers),
        cmocka_unit_test(mistakes_are_no_dump),
        cmocka_unit_test(secrets_are_never_shown),
        cmocka_unit_test(describing_is_left_to_the_caller),
    };
    return cmocka_run_group_tests_name("conf_text", tests, NULL, NULL);
}
