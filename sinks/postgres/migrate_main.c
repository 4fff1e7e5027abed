/**
 * cw-migrate: brings the tables of a database to the state of the migration files, and back.
 */
#include "clock.h"
#include "datafile.h"
#include "log.h"
#include "migrate.h"
#include "program.h"
#include "timefmt.h"

enum { SAY_EVERY_S = 10, PAUSE_MS = 500 };

struct settings {
    char *url;
    char *dir;
    int64_t to;
    int64_t wait_s;
};

static const struct conf_opt options[] = {
    {"database.url", CONF_STR, offsetof(struct settings, url), .def = "postgresql:///candlewick",
     .help = "the database: postgresql://user:password@host:port/name", .secret = true},
    {"dir", CONF_STR, offsetof(struct settings, dir),
     .help = "the folder of the migrations; without it the one that came with this program"},
    {"to", CONF_INT, offsetof(struct settings, to), .def = "-1", .min = -1, .max = 9999,
     .help = "up: the last version to apply; down: the version to go back to; -1: up applies all, "
             "down undoes the newest one"},
    {"wait.s", CONF_INT, offsetof(struct settings, wait_s), .def = "0", .max = 86400,
     .help = "give up when the database has not answered for so many seconds; 0: wait for ever"},
    {NULL}};

struct job {
    struct program *program;
    const struct settings *settings;
    struct log_limit limit;
    const char *command;
};

static bool go_on(void *ctx)
{
    const struct job *j = ctx;
    health_beat(j->program->health);
    return !program_stopping();
}

static bool pause_for_lock(void *ctx, const char *why)
{
    struct job *j = ctx;
    if (log_limit_pass(&j->limit, clock_mono_us()))
        log_warn(j->program->name, "waiting", LOG_STR("for", why));
    return program_pause(j->program, PAUSE_MS);
}

/* Waits for the database. NULL with *e. */
static struct db *connect_until(struct job *j, struct err *e)
{
    const struct db_settings s = {
        .url = j->settings->url, .name = j->program->name, .go_on = go_on, .ctx = j};
    int64_t end_us = clock_mono_us() + j->settings->wait_s * US_PER_S;
    for (;;) {
        struct db *db = db_open(&s, e);
        if (db || !e->retriable || (j->settings->wait_s > 0 && clock_mono_us() > end_us))
            return db;
        if (log_limit_pass(&j->limit, clock_mono_us()))
            log_warn(j->program->name, "waiting for the database", LOG_ERR(e));
        if (!program_pause(j->program, PAUSE_MS)) {
            (void)err_set(e, ERR_STOPPED, "stopped while waiting for the database");
            return NULL;
        }
    }
}

static int execute(struct job *j, struct migrate *g, struct err *e)
{
    int to = (int)j->settings->to;
    if (migrate_begin(g, e) != 0)
        return -1;
    if (strcmp(j->command, "up") == 0)
        return migrate_up(g, to, e);
    return strcmp(j->command, "down") == 0 ? migrate_down(g, to, e) : migrate_status(g, e);
}

static int run_with(struct job *j, const struct migrations *files, const char *folder,
                    struct err *e)
{
    struct db *db = connect_until(j, e);
    if (!db)
        return -1;
    struct migrate g = {
        .db = db, .files = files, .folder = folder, .pause = pause_for_lock, .ctx = j};
    int r = execute(j, &g, e);
    migrate_end(&g);
    db_close(db);
    return r;
}

static bool is_command(const char *word)
{
    return strcmp(word, "up") == 0 || strcmp(word, "down") == 0 || strcmp(word, "status") == 0;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    struct job j = {.program = p,
                    .settings = s,
                    .limit = {.interval_us = SAY_EVERY_S * US_PER_S},
                    .command = p->conf.n_args == 1 ? p->conf.args[0] : ""};
    char found[PATH_MAX];
    const char *folder = s->dir;
    struct migrations files;
    if (!is_command(j.command))
        return err_set(e, ERR_CONF, "expected up, down or status, see --help");
    if (db_url_check(s->url, e) != 0)
        return -1;
    if (*folder == '\0') {
        if (datafile_find("migrations", "sinks/postgres/migrations", found, e) != 0)
            return -1;
        folder = found;
    }
    if (migrations_read(folder, &files, e) != 0)
        return -1;
    int r = run_with(&j, &files, folder, e);
    migrations_finish(&files);
    return r;
}

int main(int argc, char **argv)
{
    static const struct program_about about = {
        .conf = {.name = "cw-migrate",
                 .summary = "applies the migrations of the database, and undoes them",
                 .args = "up|down|status",
                 .max_args = 1,
                 .details =
                     "up applies what is pending; down undoes the newest one, with its data;\n"
                     "status lists, and its exit code is 1 unless all is applied. Each migration\n"
                     "is one transaction, and two programs never migrate a database at once.\n"},
        .health_listen = ""};
    struct settings s;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN && run(&p, &s, &e) == 0) {
        r = PROGRAM_DONE;
    } else if (r == PROGRAM_RUN) {
        r = program_end(&p, -1, &e);
        if (e.code == ERR_STOPPED) /* a caller must not take the tables for made */
            r = PROGRAM_FAILURE;
    }
    program_finish(&p);
    return r;
}
