#include "program.h"

#include "clock.h"
#include "describe.h"
#include "failpoint.h"
#include "log.h"
#include "timefmt.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signals;

static void on_signal(int sig)
{
    (void)sig;
    if (stop_signals)
        _exit(PROGRAM_FAILURE);
    stop_signals = 1;
}

bool program_stopping(void)
{
    return stop_signals != 0;
}

static int catch_signals(struct err *e)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGTERM, &stop, NULL) != 0 || sigaction(SIGINT, &stop, NULL) != 0 ||
        sigaction(SIGPIPE, &ignore, NULL) != 0)
        return err_set(e, ERR_IO, "cannot set signal handlers");
    return 0;
}

static enum log_level parse_level(const char *text)
{
    if (strcmp(text, "debug") == 0)
        return LOG_LEVEL_DEBUG;
    if (strcmp(text, "warn") == 0)
        return LOG_LEVEL_WARN;
    return strcmp(text, "error") == 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
}

static enum log_format parse_format(const char *text)
{
    if (strcmp(text, "json") == 0)
        return LOG_FORMAT_JSON;
    return strcmp(text, "text") == 0 ? LOG_FORMAT_TEXT : LOG_FORMAT_AUTO;
}

static int load(struct program *p, const struct program_about *about,
                const struct conf_opt *options, void *values, int argc, char **argv, struct err *e)
{
    const struct conf_opt common[] = {
        {"brokers", CONF_STR, offsetof(struct common_conf, brokers), .def = "localhost:9092",
         .help = "Kafka brokers, host:port, comma-separated"},
        {"prefix", CONF_STR, offsetof(struct common_conf, prefix),
         .help = "in front of every topic, group and transactional id"},
        {"health.listen", CONF_STR, offsetof(struct common_conf, health_listen),
         .def = about->health_listen, .help = "host:port of /livez, /readyz and /metrics"},
        {"watchdog.s", CONF_INT, offsetof(struct common_conf, watchdog_s),
         .def = *about->health_listen ? "60" : "0", .max = 86400,
         .help = "seconds that the main loop may stand still before the process is ended; 0: any"},
        {"log.level", CONF_CHOICE, offsetof(struct common_conf, log_level), .def = "info",
         .choices = "debug|info|warn|error", .help = "least important events to log"},
        {"log.format", CONF_CHOICE, offsetof(struct common_conf, log_format), .def = "auto",
         .choices = "auto|json|text", .help = "auto: text on a terminal, else JSON"},
        {NULL}};
    const struct conf_section sections[] = {
        {options, values}, {common, &p->common}, about->shared, {NULL, NULL}};
    int r = conf_load(&p->conf, &about->conf, sections, argc, argv, stdout, e);
    return r == CONF_DESCRIBE ? describe_print(about, &p->conf, stdout, e) : r;
}

int program_start(struct program *p, const struct program_about *about,
                  const struct conf_opt *options, void *values, int argc, char **argv)
{
    struct err e = {0};
    *p = (struct program){.name = about->conf.name};
    int r = load(p, about, options, values, argc, argv, &e);
    if (r != 0) {
        if (r > 0)
            return PROGRAM_DONE;
        (void)fprintf(stderr, "%s: %s\n", p->name, e.text);
        return e.code == ERR_CONF ? PROGRAM_USAGE : PROGRAM_FAILURE;
    }
    log_init(parse_level(p->common.log_level), parse_format(p->common.log_format));
    p->metrics = metrics_create(&e);
    if (p->metrics && catch_signals(&e) == 0 && failpoints_start(&e) == 0)
        p->health = health_start(p->common.health_listen, p->metrics, &e);
    if (p->health)
        p->watchdog = watchdog_start(p->health, p->common.watchdog_s, program_stopping, &e);
    if (p->watchdog)
        return PROGRAM_RUN;
    return program_end(p, -1, &e);
}

int program_end(struct program *p, int result, const struct err *e)
{
    if (result == 0 || e->code == ERR_STOPPED) {
        log_info(p->name, "stopped");
        return PROGRAM_DONE;
    }
    log_error(p->name, "giving up", LOG_STR("code", err_code_name(e->code)), LOG_ERR(e));
    return e->code == ERR_CONF ? PROGRAM_USAGE : PROGRAM_FAILURE;
}

void program_finish(struct program *p)
{
    watchdog_stop(p->watchdog);
    health_stop(p->health);
    metrics_destroy(p->metrics);
    conf_finish(&p->conf);
}

bool program_pause(struct program *p, int64_t ms)
{
    const int64_t slice_ms = 200;
    int64_t end_us = clock_mono_us() + ms * US_PER_MS;
    while (!program_stopping()) {
        health_beat(p->health);
        int64_t left_us = end_us - clock_mono_us();
        if (left_us <= 0)
            return true;
        if (left_us > slice_ms * US_PER_MS)
            left_us = slice_ms * US_PER_MS;
        struct timespec t = {left_us / US_PER_S, left_us % US_PER_S * 1000};
        (void)nanosleep(&t, NULL); /* a signal ends it early, which is what we want */
    }
    return false;
}
