/**
 * What the parts of cw-tap share: its settings, its output, and what it could not print.
 *
 *     int r = *settings.topic ? tap_topic(&tap, &e) : tap_pipe(&tap, STDIN_FILENO, &e);
 *
 * Threads: main only.
 */
#ifndef CANDLEWICK_TAP_H
#define CANDLEWICK_TAP_H

#include "framing.h"
#include "kafka/kafka.h"
#include "log.h"
#include "program.h"
#include "range.h"
#include "tap_output.h"

/* The values of the options; see --help. */
struct tap_settings {
    char *topic; /* "": read the pipe */
    bool from_beginning;
    char *from_time;
    char *to_time;
    int64_t from_offset;
    int64_t to_offset;
    int64_t partition;
    bool exit_at_end;
    int64_t max_messages;
    char *exchange;
    char *symbol;
    char *kind;
    char *lineage;
    bool ticks;
    char *format;
    bool meta;
    bool mirror;
    char *instance;
    struct framing_conf framing;
};

struct tap {
    struct program *program;
    const struct tap_settings *settings;
    struct kafka_settings kafka;
    struct framing *framing;
    struct log_limit schema_limit;
    struct tap_filter filter;
    struct range range;
    struct tap_output out;
    int64_t refused; /* places in the input that were reported and left out */
};

/* The one place where cw-tap turns values into records: one whole value, and one at the start of a
 * longer input. Errors as framing_decode() and framing_decode_prefix(), but a schema that cannot be
 * asked for now is waited for: none is retriable, and ERR_STOPPED ends the wait. */
int tap_decode(struct tap *t, struct slice value, struct record *ret, struct err *e) MUST_CHECK;
int tap_decode_prefix(struct tap *t, struct slice input, struct record *ret, size_t *ret_len,
                      struct err *e) MUST_CHECK;

/* ERR_CONF for topics of ours that hold no records; the text says what to use instead. topic:
 * without the prefix. */
int tap_check_topic(const char *topic, struct err *e) MUST_CHECK;

/* Print everything until the input ends. 0, or -1: ERR_STOPPED where there is nothing more to do,
 * ERR_IO, ERR_NOMEM; of tap_pipe() also ERR_PROTO (the input is not what is promised, throughout);
 * of tap_topic() ERR_CONF, ERR_NOT_FOUND (no such topic or partition) and ERR_STATE (no such
 * offset). */
int tap_pipe(struct tap *t, int fd, struct err *e) MUST_CHECK;
int tap_topic(struct tap *t, struct err *e) MUST_CHECK;

/* The trades of the candle that --lineage names. As tap_topic(), and ERR_CONF: no such key;
 * ERR_NOT_FOUND: no such candle; ERR_STATE: its trades are gone, or are not those it was made of.
 */
int tap_candle(struct tap *t, struct err *e) MUST_CHECK;

/* Keeps the topic's JSON copy until it is told to stop. ERR_CONF, ERR_NOT_FOUND, ERR_STOPPED. */
int tap_mirror(struct tap *t, struct err *e) MUST_CHECK;

#endif
