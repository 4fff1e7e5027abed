#include "log.h"
#include "tap.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "kafka/kafka.h"

static const struct conf_opt options[] = {
    {"topic", CONF_STR, offsetof(struct tap_settings, topic),
     .help = "read this topic; without it, what kafka-console-consumer pipes in"},
    {"from", CONF_STR, offsetof(struct tap_settings, from), .def = "latest",
     .help = "earliest, latest, or an offset (with --partition)"},
    {"from-beginning", CONF_BOOL, offsetof(struct tap_settings, from_beginning),
     .help = "the same as --from earliest"},
    {"partition", CONF_INT, offsetof(struct tap_settings, partition), .def = "-1", .min = -1,
     .max = INT32_MAX, .help = "only this partition; -1: all"},
    {"max-messages", CONF_INT, offsetof(struct tap_settings, max_messages), .max = INT64_MAX,
     .help = "leave after so many lines; 0: never"},
    {"exit-at-end", CONF_BOOL, offsetof(struct tap_settings, exit_at_end),
     .help = "leave when everything that the topic held at the start is printed"},
    {"meta", CONF_BOOL, offsetof(struct tap_settings, meta),
     .help = "print partition, offset, timestamp and key around each value"},
    {"ticks", CONF_BOOL, offsetof(struct tap_settings, ticks),
     .help = "print ticks, too: one a second, exchange and partition"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct program_about about = {
    .conf =
        {.name = "cw-tap",
         .summary = "records as JSON lines",
         .args = "",
         .prefixes = prefixes,
         .details =
             "Examples:\n"
             "  cw-tap --topic candles.1m\n"
             "  cw-tap --topic trades --from-beginning --exit-at-end --meta | jq .value.price\n"
             "  kafka-console-consumer --bootstrap-server localhost:9092 --topic candles.1m \\\n"
             "      --isolation-level read_committed | cw-tap\n\n"
             "Decimals are strings without an exponent, times RFC 3339 in UTC, absent values\n"
             "null; a tombstone is a line with null. What cannot be decoded is reported on\n"
             "stderr and left out, and the exit code is then 1.\n"},
    .health_listen = ""};

static int check(const struct tap_settings *s, struct err *e)
{
    bool number = *s->from >= '0' && *s->from <= '9';
    bool earliest = strcmp(s->from, "earliest") == 0;
    bool latest = strcmp(s->from, "latest") == 0;
    if (!*s->topic &&
        (s->exit_at_end || s->meta || s->partition >= 0 || s->from_beginning || !latest))
        return err_set(e, ERR_CONF,
                       "--from, --from-beginning, --partition, --exit-at-end and "
                       "--meta need --topic");
    if (!*s->topic && isatty(STDIN_FILENO))
        return err_set(e, ERR_CONF, "nothing is piped in, and there is no --topic (see --help)");
    if (number ? strspn(s->from, "0123456789") != strlen(s->from) || strlen(s->from) > 18
               : !earliest && !latest)
        return err_set(e, ERR_CONF, "--from is earliest, latest or an offset, not \"%.60s\"",
                       s->from);
    if (number && s->partition < 0)
        return err_set(e, ERR_CONF, "--from with an offset needs --partition");
    if (number && s->from_beginning)
        return err_set(e, ERR_CONF, "--from %s and --from-beginning contradict each other",
                       s->from);
    return 0;
}

static int run(struct tap *t, struct err *e)
{
    if (check(t->settings, e) != 0)
        return -1;
    return *t->settings->topic ? tap_topic(t, e) : tap_pipe(t, STDIN_FILENO, e);
}

/* A tool that was told to stop, or has done its work, says nothing of it. */
static int exit_code(struct tap *t, int result, const struct err *e)
{
    if (result != 0 && e->code != ERR_STOPPED)
        return program_end(t->program, result, e);
    if (t->refused == 0)
        return PROGRAM_DONE;
    log_error("tap", "not everything could be printed", LOG_INT("left_out", t->refused));
    return PROGRAM_FAILURE;
}

int main(int argc, char **argv)
{
    struct tap_settings settings;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &settings, argc, argv);
    if (r == PROGRAM_RUN) {
        struct tap t = {.program = &p, .settings = &settings};
        tap_output_init(&t.out, STDOUT_FILENO,
                        &(struct tap_wishes){settings.ticks, settings.max_messages});
        r = exit_code(&t, run(&t, &e), &e);
        tap_output_finish(&t.out);
    }
    program_finish(&p);
    return r;
}
