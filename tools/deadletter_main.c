/**
 * cw-deadletter: the records that could not be used: which, and why.
 */
#include "deadletter.h"
#include "kafka/topics.h"
#include "log.h"
#include "timefmt.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIMIT_MAX = 10000 };

struct settings {
    char *stage;
    char *exchange;
    char *topic;
    char *reason;
    char *since;
    int64_t limit;
    char *format;
    bool raw;
    bool again;
    bool dry_run;
    struct framing_conf framing;
};

#define OFF(field) offsetof(struct settings, field)

static const struct conf_opt options[] = {
    {"stage", CONF_STR, OFF(stage), .help = "only letters of this stage: producer, cw-candles, …"},
    {"exchange", CONF_STR, OFF(exchange), .help = "only frames of this exchange"},
    {"topic", CONF_STR, OFF(topic), .help = "only records that came from this topic"},
    {"reason", CONF_STR, OFF(reason), .help = "only letters whose reason has this in it"},
    {"since", CONF_STR, OFF(since),
     .help = "only letters written at this time or later: RFC 3339 or seconds since 1970"},
    {"limit", CONF_INT, OFF(limit), .def = "100", .min = 1, .max = LIMIT_MAX,
     .help = "list: at most so many, the newest"},
    {"format", CONF_CHOICE, OFF(format), .def = "auto", .choices = "auto|table|json",
     .help = "list, count and reinject; auto: a table on a terminal, else a JSON object per line"},
    {"raw", CONF_BOOL, OFF(raw), .help = "show: the value's bytes and nothing else"},
    {"again", CONF_BOOL, OFF(again), .help = "reinject: also letters that were re-injected before"},
    {"dry-run", CONF_BOOL, OFF(dry_run), .help = "reinject: only say what would be"},
    {NULL}};

static const char details[] =
    "Commands\n"
    "  list                   the newest letters first: when, where the letter is (partition and\n"
    "                         offset of dead-letters), stage, where the record came from, its "
    "key,\n"
    "                         and the reason. As JSON: partition, offset, time, stage, reason,\n"
    "                         exchange, topic, topic_partition, topic_offset, key, bytes (of the\n"
    "                         value that are kept) and whole_bytes (where it was cut).\n"
    "  count                  how many letters there are of each stage and reason, most first\n"
    "  reinject [PARTITION OFFSET]  back to who refused it, as it is: that letter, or with --stage "
    "all "
    "that\n"
    "                         fit; a line for each: re-injected, left (it was before), or refused\n"
    "                         (and why)\n"
    "  show PARTITION OFFSET  one letter: headers, key, and the value as a record, as text or as "
    "a\n"
    "                         hexdump, whichever it can be read as; --raw writes its bytes\n\n"
    "What a letter is\n"
    "  A record that a program could not use is put to the topic dead-letters as it came, and the\n"
    "  program goes on with the next one. The stage is who or what refused it: a processor's "
    "name,\n"
    "  decode or store (a sink), producer (a frame of an exchange), mirror. Letters are kept for "
    "30\n"
    "  days. Filters hold for list, count and reinject, and all that are given must fit. Texts of "
    "a list "
    "are\n"
    "  cut after 256 bytes; show has them whole.\n\n"
    "What becomes of one that is re-injected\n"
    "  It is copied to the topic reinjections. cw-producer takes frames of its exchange, "
    "cw-postgres\n"
    "  records that it refused, and each of them only what is not there yet, so doing it twice "
    "does\n"
    "  nothing. Records that a processor refused still stand in its topic: replay that stretch\n"
    "  (--into). What was cut cannot come back.\n\n"
    "Examples\n"
    "  cw-deadletter count --since 2026-01-02T00:00:00Z\n"
    "  cw-deadletter list --stage cw-candles --reason 'too late' --limit 20\n"
    "  cw-deadletter show 2 1044\n"
    "  cw-deadletter show 2 1044 --raw | xxd | head\n"
    "  cw-deadletter reinject --stage producer --exchange okx --dry-run\n"
    "  cw-deadletter list --format json | jq -r '[.topic, .topic_partition, .topic_offset] | "
    "@tsv'\n";

static int parse_number(const char *what, const char *text, int64_t max, int64_t *ret,
                        struct err *e)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || v < 0 || v > max)
        return err_set(e, ERR_CONF, "%s: \"%.40s\" is no number from 0 to %lld", what, text,
                       (long long)max);
    *ret = v;
    return 0;
}

/* What to do, and how many arguments it takes. */
struct command {
    const char *name;
    int n_args;
    bool or_none; /* it may be without them */
    int (*run)(const struct deadletter *d, struct err *e);
};

static const struct command commands[] = {{"list", 0, false, deadletter_list},
                                          {"count", 0, false, deadletter_count},
                                          {"show", 2, false, deadletter_show},
                                          {"reinject", 2, true, deadletter_reinject}};

static const struct command *find_command(const struct conf *c, struct err *e)
{
    const char *name = c->n_args > 0 ? c->args[0] : "";
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (c->n_args - 1 == commands[i].n_args || (commands[i].or_none && c->n_args == 1))
            return &commands[i];
        (void)err_set(e, ERR_CONF, "%s takes %s (see --help)", name,
                      commands[i].n_args ? "a partition and an offset" : "no arguments");
        return NULL;
    }
    (void)err_set(e, ERR_CONF, "expected list, count, show or reinject (see --help)");
    return NULL;
}

/* Options that the command would not look at are mistakes. */
static int check_options(const struct command *c, bool one, const struct settings *s, struct err *e)
{
    bool show = c->run == deadletter_show;
    bool reinject = c->run == deadletter_reinject;
    bool filter = *s->stage || *s->exchange || *s->topic || *s->reason || *s->since;
    if (show && (filter || strcmp(s->format, "auto") != 0))
        return err_set(e, ERR_CONF, "show takes no filter and no --format");
    if (reinject && (one ? filter : *s->stage == '\0'))
        return err_set(e, ERR_CONF, "reinject takes either a partition and an offset or --stage");
    if (!reinject && (s->again || s->dry_run))
        return err_set(e, ERR_CONF, "--again and --dry-run go with reinject");
    if (!show && s->raw)
        return err_set(e, ERR_CONF, "--raw goes with show");
    return 0;
}

static int fill(struct deadletter *d, const struct settings *s, struct err *e)
{
    const struct conf *c = &d->program->conf;
    int64_t partition = 0;
    d->wishes = (struct letter_wishes){.stage = s->stage,
                                       .exchange = s->exchange,
                                       .topic = s->topic,
                                       .prefix = d->kafka.prefix,
                                       .reason = s->reason,
                                       .since_us = INT64_MIN};
    d->limit = s->limit;
    d->raw = s->raw;
    d->again = s->again;
    d->dry_run = s->dry_run;
    d->one = c->n_args == 3;
    d->json = strcmp(s->format, "json") == 0 ||
              (strcmp(s->format, "auto") == 0 && !isatty(STDOUT_FILENO));
    if (*s->since && time_parse(slice_of(s->since), &d->wishes.since_us, e) != 0) {
        e->code = ERR_CONF;
        return err_prefix(e, "--since");
    }
    if (c->n_args == 3 && (parse_number("partition", c->args[1], INT32_MAX, &partition, e) != 0 ||
                           parse_number("offset", c->args[2], INT64_MAX - 1, &d->offset, e) != 0))
        return -1;
    d->partition = (int32_t)partition;
    return framing_conf_check(&s->framing, e) == 0 ? kafka_settings_check(&d->kafka, e) : -1;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    struct deadletter d = {
        .program = p,
        .kafka = {p->common.brokers, p->common.prefix, &p->conf, program_stopping, p->health}};
    const char *const names[] = {DEADLETTER_TOPIC, NULL};
    const struct command *c = find_command(&p->conf, e);
    if (!c || check_options(c, p->conf.n_args == 3, s, e) != 0 || fill(&d, s, e) != 0 ||
        topics_await(&d.kafka, p->health, names, &d.partitions, e) != 0)
        return -1;
    d.framing = framing_create(&s->framing, &d.kafka, p->metrics, e);
    int r = d.framing ? c->run(&d, e) : -1;
    framing_destroy(d.framing);
    return r;
}

int main(int argc, char **argv)
{
    static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};
    struct settings s;
    const struct program_about about = {
        .conf = {.name = "cw-deadletter",
                 .summary = "records that could not be used: which, why, and back again",
                 .args = "list|count|show PARTITION OFFSET|reinject [PARTITION OFFSET]",
                 .max_args = 3,
                 .prefixes = prefixes,
                 .details = details},
        .health_listen = "",
        .shared = {framing_options, &s.framing},
        .metrics = {&framing_metric_table}};
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN && run(&p, &s, &e) == 0)
        r = PROGRAM_DONE;
    else if (r == PROGRAM_RUN && e.code == ERR_STOPPED) /* half a list must not look whole */
        r = program_stopping() ? PROGRAM_FAILURE : PROGRAM_DONE;
    else if (r == PROGRAM_RUN)
        r = program_end(&p, -1, &e);
    program_finish(&p);
    return r;
}
