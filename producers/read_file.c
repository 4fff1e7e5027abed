#include "read_file.h"

#include "lines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    NAMED_MAX = 100, /* malformed lines named in the log; the rest are counted */
    ROOM_WAIT_MS = 100,
};

struct read_file {
    struct read_file_about about;
    struct lines lines;
    pthread_t thread;
    atomic_bool stop;
    struct intake intake;
    int64_t malformed;
    struct err failure;
};

static bool room(void *ctx)
{
    struct read_file *r = ctx;
    struct quote_queue *const *queues = r->about.queues;
    for (uint32_t i = 0; i < r->about.universe->n_shards; i++)
        while (!journal_wait_room(r->about.journals[i], ROOM_WAIT_MS) ||
               (queues && !quote_queue_wait_room(queues[i], ROOM_WAIT_MS)))
            if (atomic_load(&r->stop))
                return false;
    return !atomic_load(&r->stop);
}

static void name_line(struct read_file *r, const struct err *why)
{
    if (++r->malformed <= NAMED_MAX)
        log_error("read", "line skipped", LOG_STR("file", r->about.path),
                  LOG_INT("line", r->lines.number), LOG_ERR(why));
}

/* One line; -1: the rest is not worth reading. */
static int take_line(struct read_file *r, struct replay *replay, struct slice line)
{
    struct err e = {0};
    if (line.len == 0 || replay_line(replay, line, &e) == 0)
        return 0;
    if (e.code == ERR_PROTO) {
        name_line(r, &e);
        return 0;
    }
    r->failure = e;
    return -1;
}

static int read_lines(struct read_file *r, struct replay *replay)
{
    struct slice line;
    struct err e = {0};
    int got;
    while ((got = lines_next(&r->lines, &line, &e)) != 0) {
        if (got == 1 && take_line(r, replay, line) != 0)
            return -1;
        if (got < 0 && e.code == ERR_PROTO)
            name_line(r, &e);
        else if (got < 0) {
            r->failure = e;
            return -1;
        }
    }
    return 0;
}

static void *run(void *ctx)
{
    struct read_file *r = ctx;
    struct replay replay;
    if (replay_init(&replay, &r->intake, &r->about.listen, room, r, &r->failure) == 0) {
        int done = read_lines(r, &replay);
        if (done == 0)
            done = replay_end(&replay, &r->failure);
        (void)done; /* told by r->failure */
        replay_finish(&replay);
    }
    for (uint32_t i = 0; i < r->about.universe->n_shards; i++)
        journal_end(r->about.journals[i]);
    return NULL;
}

struct read_file *read_file_start(const struct read_file_about *about, struct err *e)
{
    struct read_file *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "read: out of memory");
        return NULL;
    }
    r->about = *about;
    intake_init(&r->intake, &(struct intake_about){about->ops, about->universe, about->journals,
                                                   about->queues, about->metrics});
    if (lines_open(&r->lines, about->path, e) != 0) {
        (void)err_prefix(e, "read");
        free(r);
        return NULL;
    }
    int code = pthread_create(&r->thread, NULL, run, r);
    if (code == 0)
        return r;
    (void)err_set(e, ERR_NOMEM, "read: no thread: %s", strerror(code));
    lines_close(&r->lines);
    free(r);
    return NULL;
}

int read_file_stop(struct read_file *r, struct err *e)
{
    if (!r)
        return 0;
    atomic_store(&r->stop, true);
    (void)pthread_join(r->thread, NULL); /* joinable, and joined once */
    int result = 0;
    if (r->failure.code != ERR_NONE) {
        *e = r->failure;
        result = -1;
    } else if (r->malformed > 0) {
        result = err_set(e, ERR_PROTO, "%.150s: %lld of %lld lines were skipped", r->about.path,
                         (long long)r->malformed, (long long)r->lines.number);
    }
    lines_close(&r->lines);
    free(r);
    return result;
}
