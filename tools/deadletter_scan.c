#include "deadletter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const char DEADLETTER_TOPIC[] = "dead-letters";

struct scan {
    const struct deadletter *d;
    deadletter_fn fn;
    void *ctx;
};

/* --- one ------------------------------------------------------------------------------------- */

struct pick {
    const struct scan *scan;
    bool found;
};

static int take_one(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct pick *p = ctx;
    struct letter l;
    if (m->offset != p->scan->d->offset)
        return 1; /* the offset is a marker's, or was removed: what comes is behind it */
    p->found = true;
    letter_from(m, &l);
    return p->scan->fn(p->scan->ctx, &l, m, e) == 0 ? 1 : -1;
}

static int pick_one(const struct scan *s, struct reader *r, struct err *e)
{
    const struct deadletter *d = s->d;
    struct pick p = {.scan = s};
    int64_t low;
    int64_t high;
    if (d->partition >= d->partitions)
        return err_set(e, ERR_NOT_FOUND,
                       "dead-letters has partitions 0 to %" PRId32 ", no %" PRId32,
                       d->partitions - 1, d->partition);
    if (reader_watermarks(r, DEADLETTER_TOPIC, d->partition, &low, &high, e) != 0)
        return -1;
    if (d->offset >= low && d->offset < high &&
        reader_run(r, DEADLETTER_TOPIC, d->partition, d->offset, take_one, &p, e) != 0)
        return -1;
    if (p.found)
        return 0;
    return err_set(e, ERR_NOT_FOUND,
                   "partition %" PRId32 " has no letter at offset %" PRId64
                   " (its offsets: %" PRId64 " to %" PRId64 ", some are markers)",
                   d->partition, d->offset, low, high - 1);
}

/* --- all -------------------------------------------------------------------------------------- */

static int take(void *ctx, const struct kafka_message *m, struct err *e)
{
    const struct scan *s = ctx;
    struct letter l;
    letter_from(m, &l);
    return letter_wanted(&s->d->wishes, &l) ? s->fn(s->ctx, &l, m, e) : 0;
}

static int scan_one(const struct scan *s, struct reader *r, int32_t partition, struct err *e)
{
    int64_t since_us = s->d->wishes.since_us;
    int64_t from;
    int64_t high;
    int done = since_us == INT64_MIN
                   ? reader_watermarks(r, DEADLETTER_TOPIC, partition, &from, &high, e)
                   : reader_at_time(r, DEADLETTER_TOPIC, partition, since_us, &from, e);
    if (done != 0)
        return -1;
    return reader_run(r, DEADLETTER_TOPIC, partition, from, take, (void *)s, e);
}

static int scan_all(const struct scan *s, struct reader *r, struct err *e)
{
    int ret = 0;
    for (int32_t p = 0; ret == 0 && p < s->d->partitions; p++)
        ret = scan_one(s, r, p, e);
    return ret;
}

int deadletter_scan(const struct deadletter *d, deadletter_fn fn, void *ctx, struct err *e)
{
    const struct scan s = {d, fn, ctx};
    struct reader *r = reader_open(&d->kafka, e);
    if (!r)
        return -1;
    int ret = d->one ? pick_one(&s, r, e) : scan_all(&s, r, e);
    reader_close(r);
    return ret;
}

int deadletter_write(struct strbuf *b, struct err *e)
{
    size_t n = b->len ? fwrite(b->data, 1, b->len, stdout) : 0;
    if (n == b->len && fflush(stdout) == 0) {
        strbuf_reset(b);
        return 0;
    }
    if (errno == EPIPE)
        return err_set(e, ERR_STOPPED, "nobody reads the output any more");
    return err_set(e, ERR_IO, "cannot write the output: %s", strerror(errno));
}
