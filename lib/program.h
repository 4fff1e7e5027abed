/**
 * What every program does alike: options, log, signals, health listener.
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct settings s;
 *         struct program p;
 *         int r = program_start(&p, &about, options, &s, argc, argv);
 *         if (r == PROGRAM_RUN)
 *             r = program_end(&p, run(&p, &s, &e), &e);
 *         program_finish(&p);
 *         return r;
 *     }
 *
 * SIGTERM and SIGINT ask to stop: loops look at program_stopping(), blocking waits end within
 * 200 ms. A second signal ends the process at once. SIGPIPE is ignored. A watchdog ends a process
 * whose main loop stands still, or that does not end in time: watchdog.h.
 * Threads: main only, but program_stopping() from any.
 */
#ifndef CANDLEWICK_PROGRAM_H
#define CANDLEWICK_PROGRAM_H

#include "conf.h"
#include "err.h"
#include "health.h"
#include "metrics.h"
#include "watchdog.h"

enum { PROGRAM_RUN = -1, PROGRAM_DONE = 0, PROGRAM_FAILURE = 1, PROGRAM_USAGE = 2 };

enum { PROGRAM_METRICS_MAX = 4 };

/* Options all programs share. */
struct common_conf {
    char *brokers;
    char *prefix;
    char *log_level;
    char *log_format;
    char *health_listen;
    int64_t watchdog_s;
};

struct program {
    const char *name;
    struct conf conf;
    struct common_conf common;
    struct metrics *metrics;
    struct health *health;
    struct watchdog *watchdog;
};

struct program_about {
    struct conf_program conf;
    const char *health_listen;  /* default of health.listen; not "": a service, which is watched */
    struct conf_section shared; /* options that some programs have in common; all zero: none */
    const struct metric_table *metrics[PROGRAM_METRICS_MAX]; /* what it may show; NULL ends it */
};

/* Reads the options (values: the struct that options' offsets are into), sets up the log, the
 * signals and the health listener. PROGRAM_RUN: go on; else the exit code, all said. Call
 * program_finish() in every case. */
int program_start(struct program *p, const struct program_about *about,
                  const struct conf_opt *options, void *values, int argc, char **argv) MUST_CHECK;

/* Turns the result of the program's work into its exit code, logging e when it failed; ERR_CONF is
 * a usage error, ERR_STOPPED is no failure. */
int program_end(struct program *p, int result, const struct err *e);
void program_finish(struct program *p);

bool program_stopping(void);

/* Sleeps up to ms, at most 200 ms at a time; false at once when asked to stop. Beats the health. */
bool program_pause(struct program *p, int64_t ms);

#endif
