/**
 * A program's configuration loaded for a test: flags, environment and file by case.
 *
 *     struct conf_case c;
 *     conf_case_file(&c, "width.ms = 5000\n");             // optional; --config is then added
 *     conf_case_load(&c, CONF_ARGS("--name", "x"));
 *     assert_int_equal(c.result, 0);
 *     conf_case_finish(&c);
 *
 * Threads: one at a time, for the environment is the process's.
 */
#ifndef CANDLEWICK_CONF_CASE_H
#define CANDLEWICK_CONF_CASE_H

#include "conf.h"

#include <stdbool.h>

enum { CONF_CASE_ARGS = 16 };

struct conf_case_values {
    char *name;
    int64_t width_ms; /* 1000 to 86400000 */
    int64_t any;
    bool dry;
    char *format; /* json, text or auto */
    char *password;
    int64_t pin; /* secret, 0 to 9999 */
};

struct conf_case_common {
    char *brokers;
};

struct conf_case {
    struct conf_case_values values;
    struct conf_case_common common;
    struct conf conf;
    int result; /* of conf_load() */
    struct err e;
    char *out; /* what it printed */
    size_t out_len;
    char path[64]; /* of the file; "": none */
    char *argv[CONF_CASE_ARGS];
};

/* Empties the case and removes all CW_ variables from the environment. */
void conf_case_init(struct conf_case *c);
void conf_case_finish(struct conf_case *c);

/* Writes the file that --config will name. */
void conf_case_file(struct conf_case *c, const char *text);

/* Loads with these arguments, which end with NULL: conf_case_load(&c, CONF_ARGS("--name", "x")). */
void conf_case_load(struct conf_case *c, const char *const *args);

#define CONF_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
