#include "conf_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OFF(field) offsetof(struct conf_case_values, field)

static const struct conf_opt options[] = {
    {"name", CONF_STR, OFF(name), .def = "wick", .help = "what to call it"},
    {"width.ms", CONF_INT, OFF(width_ms), .def = "60000", .min = 1000, .max = 86400000,
     .help = "how wide"},
    {"any", CONF_INT, OFF(any), .help = "any number"},
    {"dry-run", CONF_BOOL, OFF(dry), .help = "change nothing"},
    {"format", CONF_CHOICE, OFF(format), .def = "auto", .choices = "auto|json|text",
     .help = "how it looks"},
    {"password", CONF_STR, OFF(password), .help = "to get in", .secret = true},
    {"pin", CONF_INT, OFF(pin), .max = 9999, .help = "to get in, too", .secret = true},
    {NULL}};

static const struct conf_opt common[] = {{"brokers", CONF_STR,
                                          offsetof(struct conf_case_common, brokers),
                                          .def = "localhost:9092", .help = "host:port"},
                                         {NULL}};

static const char *const prefixes[] = {"kafka.", "exchange.", NULL};

static const struct conf_program program = {.name = "cw-case",
                                            .summary = "tries things",
                                            .args = "[FILE...]",
                                            .max_args = 2,
                                            .prefixes = prefixes,
                                            .details = "More about it.\n"};

static void clear_environment(void)
{
    for (char **entry = environ; *entry;) {
        char *eq = strchr(*entry, '=');
        if (strncmp(*entry, "CW_", 3) != 0 || !eq) {
            entry++;
            continue;
        }
        char *name = strndup(*entry, (size_t)(eq - *entry));
        assert_non_null(name);
        assert_int_equal(unsetenv(name), 0);
        free(name);
        entry = environ; /* unsetenv() moved what followed */
    }
}

void conf_case_init(struct conf_case *c)
{
    *c = (struct conf_case){0};
    clear_environment();
}

void conf_case_finish(struct conf_case *c)
{
    conf_finish(&c->conf);
    free(c->out);
    if (*c->path)
        assert_int_equal(unlink(c->path), 0);
    clear_environment();
}

void conf_case_file(struct conf_case *c, const char *text)
{
    strcpy(c->path, "/tmp/candlewick-conf-XXXXXX");
    int fd = mkstemp(c->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

void conf_case_load(struct conf_case *c, const char *const *args)
{
    static char name[] = "cw-case";
    static char config[] = "--config";
    int argc = 0;
    c->argv[argc++] = name;
    if (*c->path) {
        c->argv[argc++] = config;
        c->argv[argc++] = c->path;
    }
    for (; *args; args++) {
        assert_true(argc < CONF_CASE_ARGS - 1);
        c->argv[argc++] = (char *)*args; /* only read, but argv is not const */
    }
    c->argv[argc] = NULL;
    const struct conf_section sections[] = {
        {options, &c->values}, {common, &c->common}, {NULL, NULL}};
    FILE *out = open_memstream(&c->out, &c->out_len);
    assert_non_null(out);
    c->result = conf_load(&c->conf, &program, sections, argc, c->argv, out, &c->e);
    assert_int_equal(fclose(out), 0);
}
