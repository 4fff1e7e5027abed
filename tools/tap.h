/**
 * What the parts of cw-tap share: its settings, its output, and what it could not print.
 *
 *     int r = *settings.topic ? tap_topic(&tap, &e) : tap_pipe(&tap, STDIN_FILENO, &e);
 *
 * Threads: main only.
 */
#ifndef CANDLEWICK_TAP_H
#define CANDLEWICK_TAP_H

#include "program.h"
#include "tap_output.h"

struct tap_settings {
    char *topic; /* "": read the pipe */
    char *from;  /* earliest, latest or an offset */
    bool from_beginning;
    int64_t partition; /* -1: all */
    int64_t max_messages;
    bool exit_at_end;
    bool meta;
    bool ticks;
};

struct tap {
    struct program *program;
    const struct tap_settings *settings;
    struct tap_output out;
    int64_t refused; /* places in the input that were reported and left out */
};

/* Print everything until the input ends. 0, or -1: ERR_STOPPED where there is nothing more to do,
 * ERR_IO, ERR_NOMEM; of tap_topic() also ERR_CONF, ERR_NOT_FOUND (no such topic or partition) and
 * ERR_STATE (no such offset). */
int tap_pipe(struct tap *t, int fd, struct err *e) MUST_CHECK;
int tap_topic(struct tap *t, struct err *e) MUST_CHECK;

#endif
