/**
 * What the ways of comparing share: the settings, the two sides, the output.
 *
 *     struct verify v = {.program = &p, .settings = &settings};
 *     int r = verify_records(&v, &e);          // 0: equal, 1: different, -1 with e
 *
 * Each prints what it finds and a last line for people.
 * Threads: main only.
 */
#ifndef CANDLEWICK_VERIFY_VERIFY_H
#define CANDLEWICK_VERIFY_VERIFY_H

#include "say.h"

/* The values of the options; see --help. */
struct verify_settings {
    char *inputs;
    char *ignore_headers;
    bool content;
    char *from_open;
    char *to_open;
    int64_t max_keys;
    bool table;
    char *database_url;
    int64_t wait_s;
    char *prefix_b;
    char *brokers_b;
    struct framing_conf framing;
};

enum { VERIFY_EQUAL = 0, VERIFY_DIFFERENT = 1 };

struct verify {
    struct program *program;
    const struct verify_settings *settings;
    struct source a;
    struct source b; /* not with --table */
    struct inputs inputs;
    int64_t from_open_us; /* of windows, with --content and --table */
    int64_t to_open_us;
    struct strbuf out;
    struct meter meter;
};

/* Replay: key, value and headers, record by record. VERIFY_EQUAL, VERIFY_DIFFERENT, or -1: ERR_CONF
 * (the topics cannot be compared), ERR_STATE, ERR_LIMIT, ERR_IO, ERR_NOMEM, ERR_STOPPED. */
int verify_records(struct verify *v, struct err *e) MUST_CHECK;

/* Content: what each key holds in the end. The same. */
int verify_content(struct verify *v, struct err *e) MUST_CHECK;

/* Topic A and the tables that cw-postgres fills from it. The same; ERR_STATE: the sink is behind
 * and did not catch up in time. */
int verify_table(struct verify *v, struct err *e) MUST_CHECK;

/* Before the first connection: whether that topic has tables, and the database's URL is one.
 * ERR_CONF. */
int verify_table_check(const char *topic, const char *database_url, struct err *e) MUST_CHECK;

#endif
