/**
 * How far a long job has come, for who watches: a bar on a terminal, else a log line now and then.
 *
 *     struct progress_bar bar = progress_bar_begin("replay", total, clock_mono_us());
 *     progress_bar_show(&bar, done, clock_mono_us());         // as often as you like
 *     progress_bar_end(&bar, done, clock_mono_us());
 *
 * Writes to stderr. Threads: one.
 */
#ifndef CANDLEWICK_PROGRESS_BAR_H
#define CANDLEWICK_PROGRESS_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_BAR_TEXT = 160 };

struct progress_bar {
    const char *what; /* a word; also the log's component */
    int64_t total;
    int64_t begin_us;
    int64_t said_us;
    bool terminal;
};

/* total: what done will be at the end; 0 where there is nothing to do. */
struct progress_bar progress_bar_begin(const char *what, int64_t total, int64_t now_us);
void progress_bar_show(struct progress_bar *b, int64_t done, int64_t now_us);
void progress_bar_end(struct progress_bar *b, int64_t done, int64_t now_us);

/* "replay [#######.............]  35 %  1234567 of 3500000  812345/s  3 s left": the text that is
 * shown. Pure. */
void progress_bar_text(const struct progress_bar *b, int64_t done, int64_t now_us,
                       char ret[PROGRESS_BAR_TEXT]);

#endif
