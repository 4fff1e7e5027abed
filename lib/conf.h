/**
 * Configuration: one table per program drives flags, environment, file, --help, --describe and
 * --dump-config.
 *
 *     struct settings { struct common_conf common; char *symbols; int64_t linger_ms; };
 *     static const struct conf_opt options[] = {
 *         {"linger.ms", CONF_INT, offsetof(struct settings, linger_ms), .def = "5", .max = 1000,
 *          .help = "how long a record may wait for company"},
 *         {NULL}};
 *
 * The key "linger.ms" is --linger.ms, CW_LINGER_MS and `linger.ms = 5` in the file that --config or
 * CW_CONFIG names. Flags beat the environment, which beats the file, which beats the default. An
 * unknown flag or file key is an error; environment variables that are no option of this program
 * are left to others. Keys below a declared prefix ("kafka.") are collected as pairs.
 * Threads: load once in main, read from anywhere.
 */
#ifndef CANDLEWICK_CONF_H
#define CANDLEWICK_CONF_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type {
    CONF_STR,    /* char *, never NULL */
    CONF_INT,    /* int64_t, between min and max (both 0: any) */
    CONF_BOOL,   /* bool; a flag without a value means true */
    CONF_CHOICE, /* char *, one of the words in choices */
};

struct conf_opt {
    const char *key; /* NULL ends a table */
    enum conf_type type;
    size_t offset;   /* of the field in the section's struct */
    const char *def; /* as text; NULL: "" or 0 */
    int64_t min;
    int64_t max;
    const char *choices; /* "json|text" */
    const char *help;    /* one line */
    bool secret;         /* masked wherever it is shown */
};

struct conf_section {
    const struct conf_opt *options;
    void *values; /* the struct the offsets are into */
};

struct conf_program {
    const char *name;    /* "cw-candles" */
    const char *summary; /* one line for --help */
    const char *args;    /* positional arguments as --help shows them, "" for none */
    int max_args;
    const char *const *prefixes; /* pass-through keys ("kafka."), NULL-terminated; NULL for none */
    const char *details;         /* paragraphs after the options in --help; NULL for none */
};

enum conf_layer { CONF_DEFAULT, CONF_FILE, CONF_ENVIRONMENT, CONF_FLAG };

struct conf_pair {
    char *key; /* whole, with its prefix */
    char *value;
    enum conf_layer layer;
};

struct conf {
    struct conf_pair *pairs; /* what was found below the prefixes, a key once */
    size_t n_pairs;
    char **args; /* positional */
    int n_args;
    struct conf_owned *owned; /* memory of the values */
};

/* Of conf_load(). */
enum { CONF_GO_ON = 0, CONF_ANSWERED = 1, CONF_DESCRIBE = 2 };

/* Fills the sections' structs. CONF_GO_ON; CONF_ANSWERED: --help, --version or --dump-config was
 * answered on out, exit 0; CONF_DESCRIBE: --describe was asked for, the values are the defaults and
 * the answer is the caller's (describe.h); -1 with ERR_CONF: exit 2. Call conf_finish() in every
 * case; strings live until then.
 * sections end with one whose options are NULL; keys must be unique over all of them. */
int conf_load(struct conf *c, const struct conf_program *program,
              const struct conf_section *sections, int argc, char **argv, FILE *out,
              struct err *e) MUST_CHECK;
void conf_finish(struct conf *c);

/* The value of a collected pair, or NULL. */
const char *conf_pair_get(const struct conf *c, const char *key);

#endif
