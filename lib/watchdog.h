/**
 * Ends the process when its main loop stands still, or does not end when it was asked to: a restart
 * goes on where the last commit was, and who is stuck does not.
 *
 *     struct watchdog *w = watchdog_start(health, 60, program_stopping, &e);
 *     ...                                        // health_beat() now and then
 *     watchdog_stop(w);
 *
 * It counts its own looks, one a second, not the time that passed: a process that was stopped as a
 * whole, or a machine that slept, wakes up without being ended.
 * Threads: one of its own.
 */
#ifndef CANDLEWICK_WATCHDOG_H
#define CANDLEWICK_WATCHDOG_H

#include "health.h"

#include <stdint.h>

enum { WATCHDOG_STOP_S = 10 };

struct watchdog;

/* limit_s: so many looks without a beat end the process (exit code 1, and a line in the log); 0:
 * none does. From the first look at which stopping() is true it has WATCHDOG_STOP_S more. NULL:
 * ERR_NOMEM, ERR_IO. */
struct watchdog *watchdog_start(const struct health *h, int64_t limit_s, bool (*stopping)(void),
                                struct err *e);
void watchdog_stop(struct watchdog *w); /* NULL is fine */

/* What it goes by; pure. */
struct watch {
    int64_t limit; /* looks; 0: none */
    int64_t beat_us;
    int64_t quiet;    /* looks in a row that found the same beat */
    int64_t stopping; /* looks since the process was asked to stop */
};

enum watch_verdict { WATCH_FINE, WATCH_STUCK, WATCH_LINGERS };

/* One look. beat_us: of the last beat. */
enum watch_verdict watch_look(struct watch *w, int64_t beat_us, bool stopping);

#endif
