/**
 * Keeps the raw frames in a file, one JSON object a line, in the form read_file.h reads back:
 * {"ts":1617647603.424944,"frame":"…"}.
 *
 *     struct recorder *r = recorder_open("frames.jsonl", failures, &e);
 *     recorder_frame(r, &frame);
 *     recorder_flush(r);                  // at least once a second
 *     recorder_close(r);
 *
 * Trades come before their recording: a disk that fails ends the recording with an error in the
 * log and in the metric, and nothing else. Bytes that are no UTF-8 are recorded as U+FFFD.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_RECORD_FILE_H
#define CANDLEWICK_RECORD_FILE_H

#include "exchange.h"
#include "metrics.h"

struct recorder;

/* Appends to the file. failures: counts recordings that ended on an error. NULL: ERR_IO,
 * ERR_NOMEM. */
struct recorder *recorder_open(const char *path, struct metric *failures, struct err *e);

/* All take NULL: nothing is recorded. */
void recorder_frame(struct recorder *r, const struct frame *f);
void recorder_flush(struct recorder *r);
void recorder_close(struct recorder *r);

#endif
