/**
 * What conf.c (layers and values), conf_print.c (--help, --dump-config) and describe.c share.
 * Threads: as conf.h.
 */
#ifndef CANDLEWICK_CONF_INTERNAL_H
#define CANDLEWICK_CONF_INTERNAL_H

#include "conf.h"

/* Where a value came from, by section and option. */
struct conf_origin {
    const struct conf_opt *opt;
    void *field;
    enum conf_layer layer;
};

struct conf_owned {
    char **strings; /* everything conf_finish() frees */
    size_t n_strings;
    struct conf_origin *origins; /* every option of every section, in order */
    size_t n_origins;
};

void conf_print_help(const struct conf_program *program, const struct conf *c, FILE *out);
void conf_print_dump(const struct conf *c, FILE *out);

/* True for pass-through keys whose value must not be shown (passwords, keys). */
bool conf_key_is_secret(const char *key);

#endif
