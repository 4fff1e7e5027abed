#include "deadletter.h"

#include <errno.h>
#include <stdio.h>

const char DEADLETTER_TOPIC[] = "dead-letters";

struct scan {
    const struct deadletter *d;
    deadletter_fn fn;
    void *ctx;
};

static int take(void *ctx, const struct kafka_message *m, struct err *e)
{
    const struct scan *s = ctx;
    struct letter l;
    letter_from(m, &l);
    return letter_wanted(&s->d->wishes, &l) ? s->fn(s->ctx, &l, e) : 0;
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

int deadletter_scan(const struct deadletter *d, deadletter_fn fn, void *ctx, struct err *e)
{
    const struct scan s = {d, fn, ctx};
    struct reader *r = reader_open(&d->kafka, e);
    int ret = r ? 0 : -1;
    for (int32_t p = 0; ret == 0 && p < d->partitions; p++)
        ret = scan_one(&s, r, p, e);
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
