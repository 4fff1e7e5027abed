/**
 * The lines of a text file, each of bounded length.
 *
 *     struct lines l;
 *     if (lines_open(&l, path, &e) != 0) ...
 *     while ((r = lines_next(&l, &line, &e)) != 0)
 *         if (r == 1) use(l.number, line);
 *         else if (e.code != ERR_PROTO) break;        // else this one is too long: go on
 *     lines_close(&l);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_LINES_H
#define CANDLEWICK_LINES_H

#include "strbuf.h"

#include <stdio.h>

enum { LINES_MAX_BYTES = 8 << 20 /* a frame of the greatest length, each byte escaped */ };

struct lines {
    FILE *file;
    const char *path; /* borrowed */
    int64_t number;   /* of the line returned last, from 1 */
    char *bytes;
    size_t pos;
    size_t len;
    struct strbuf rest; /* a line that lies across two reads */
};

/* ERR_IO names the file; ERR_NOMEM. */
int lines_open(struct lines *l, const char *path, struct err *e) MUST_CHECK;
void lines_close(struct lines *l);

/* 1: *ret_line, without its newline, valid until the next call; 0: that was all; -1: ERR_PROTO: a
 * line longer than LINES_MAX_BYTES was passed over; ERR_IO. */
int lines_next(struct lines *l, struct slice *ret_line, struct err *e) MUST_CHECK;

#endif
