/**
 * cw-topics: creates the topics of a declaration, and says where a cluster differs from it.
 */
#include "clock.h"
#include "datafile.h"
#include "log.h"
#include "program.h"
#include "timefmt.h"
#include "topics_apply.h"

#include <errno.h>

enum { FILE_LIMIT = 1 << 20, SAY_EVERY_S = 10, PAUSE_MS = 500 };

struct settings {
    char *file;
    int64_t replication;
    int64_t partitions;
    char *shards;
    int64_t wait_s;
};

static const struct conf_opt options[] = {
    {"file", CONF_STR, offsetof(struct settings, file),
     .help = "the declaration; without it the one that came with this program"},
    {"replication", CONF_INT, offsetof(struct settings, replication), .def = "0", .max = 100,
     .help = "copies of each partition; 0 leaves it to the broker's default"},
    {"partitions", CONF_INT, offsetof(struct settings, partitions), .def = "0",
     .max = TOPIC_PARTITIONS_MAX,
     .help = "of topics whose declaration names no number of their own; 0 for the declaration's"},
    {"shards", CONF_STR, offsetof(struct settings, shards),
     .help = "shards of each exchange's producers, N or EXCHANGE=N,…; empty for the declaration's"},
    {"wait.s", CONF_INT, offsetof(struct settings, wait_s), .def = "0", .max = 86400,
     .help = "give up when no broker has answered for so many seconds; 0: wait for ever"},
    {NULL}};

/* --- the declaration ------------------------------------------------------------------------- */

static int load(const struct settings *s, struct topics_file *ret, struct err *e)
{
    char found[PATH_MAX];
    const char *path = s->file;
    if (*path == '\0') {
        if (datafile_find("topics.json", "deploy/topics.json", found, e) != 0)
            return -1;
        path = found;
    }
    struct strbuf text = STRBUF_INIT(FILE_LIMIT);
    int r = datafile_read(path, &text, e);
    if (r == 0 && topics_file_parse(strbuf_slice(&text), (int32_t)s->partitions, ret, e) != 0)
        r = err_prefix(e, "%.100s", path);
    strbuf_finish(&text);
    if (r == 0 && topics_file_shards(ret, s->shards, e) != 0) {
        topics_file_finish(ret);
        r = -1;
    }
    return r;
}

/* --- the work -------------------------------------------------------------------------------- */

/* Every step may be repeated, so what may pass is simply tried again. */
static int apply_until(struct topics_apply *t, const struct settings *s, struct admin *a,
                       struct err *e)
{
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    int64_t end_us = clock_mono_us() + s->wait_s * US_PER_S;
    while (topics_apply(t, a, e) != 0) {
        if (!e->retriable || (s->wait_s > 0 && clock_mono_us() > end_us))
            return -1;
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn(t->program->name, "waiting for the cluster",
                     LOG_STR("brokers", t->kafka->brokers), LOG_ERR(e));
        if (!program_pause(t->program, PAUSE_MS))
            return err_set(e, ERR_STOPPED, "stopped while waiting for the cluster");
    }
    return 0;
}

static int report(const struct topics_apply *t, struct err *e)
{
    if (t->drift.len == 0) {
        (void)printf("all %zu topics are as declared\n", t->declared->n);
        return 0;
    }
    (void)fputs(t->drift.data, stdout);
    return err_set(e, ERR_STATE,
                   "the cluster differs from the declaration; what exists is never altered");
}

static int apply(struct program *p, const struct settings *s, const struct topics_file *declared,
                 bool create, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct topics_apply t = {.program = p,
                             .kafka = &kafka,
                             .declared = declared,
                             .replication = (int)s->replication,
                             .create = create,
                             .drift = STRBUF_INIT(FILE_LIMIT)};
    if (kafka_settings_check(&kafka, e) != 0)
        return -1;
    struct admin *a = admin_open(&kafka, e);
    int r = a ? apply_until(&t, s, a, e) : -1;
    admin_close(a);
    if (r == 0)
        r = report(&t, e);
    strbuf_finish(&t.drift);
    return r;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const char *command = p->conf.n_args == 1 ? p->conf.args[0] : "";
    bool create = strcmp(command, "create") == 0;
    if (!create && strcmp(command, "check") != 0)
        return err_set(e, ERR_CONF, "expected create or check, see --help");
    struct topics_file declared = {0};
    if (load(s, &declared, e) != 0)
        return -1;
    int r = apply(p, s, &declared, create, e);
    topics_file_finish(&declared);
    return r;
}

int main(int argc, char **argv)
{
    static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};
    static const struct program_about about = {
        .conf = {.name = "cw-topics",
                 .summary = "creates the topics of a declaration, and reports what differs from it",
                 .args = "create|check",
                 .max_args = 1,
                 .prefixes = prefixes,
                 .details =
                     "create makes the topics that are missing and publishes the schemas of all\n"
                     "records to the topic schemas; check only looks. Both print a line for each\n"
                     "difference and alter nothing that exists: exit code 1 then, 0 if all is as\n"
                     "declared.\n"},
        .health_listen = ""};
    struct settings s;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN && run(&p, &s, &e) == 0) {
        r = PROGRAM_DONE;
    } else if (r == PROGRAM_RUN) {
        r = program_end(&p, -1, &e);
        if (e.code == ERR_STOPPED) /* a caller must not take the topics for made */
            r = PROGRAM_FAILURE;
    }
    program_finish(&p);
    return r;
}
