/**
 * What a program can be told and what it counts, as one JSON object: --describe. The documentation
 * and the man pages are made from it.
 *
 *     describe_print(&about, &conf, stdout, &e);
 *
 *     {"name": "cw-tap", "version": …, "summary": …, "usage": "up|down", "details": …,
 *      "prefixes": ["kafka."],
 *      "options": [{"key": "from", "type": "text", "default": "latest", "help": …}, …],
 *      "metrics": [{"name": …, "type": "counter", "labels": ["table"], "help": …}, …]}
 *
 * An option that is a number may have "min" and "max", one that is a choice has "choices", a secret
 * one "secret". Options all programs share come last, metrics in the order of their tables.
 * Threads: one.
 */
#ifndef CANDLEWICK_DESCRIBE_H
#define CANDLEWICK_DESCRIBE_H

#include "program.h"

/* conf: as conf_load() left it. CONF_ANSWERED, or -1 with ERR_NOMEM, ERR_IO. */
int describe_print(const struct program_about *about, const struct conf *conf, FILE *out,
                   struct err *e) MUST_CHECK;

#endif
