#include "log.h"
#include "tap.h"
#include "tap_stream.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16, WAIT_MS = 200 };

static int decode(void *ctx, struct slice input, struct record *ret, size_t *ret_len, struct err *e)
{
    return tap_decode_prefix(ctx, input, ret, ret_len, e);
}

static int on_value(void *ctx, const struct record *r, struct err *e)
{
    struct tap *t = ctx;
    return tap_output_line(&t->out, r, NULL, e);
}

static int on_skipped(void *ctx, const struct tap_skip *skip, struct err *e)
{
    struct tap *t = ctx;
    (void)e;
    t->refused++;
    log_warn("tap", "skipped bytes that are no record", LOG_INT("offset", skip->offset),
             LOG_INT("bytes", skip->bytes), LOG_SLICE("begins", skip->begins),
             LOG_STR("reason", skip->reason));
    return 0;
}

/* 1: more may come, 0: the input is over, -1. */
static int read_some(struct tap_stream *s, int fd, struct err *e)
{
    char bytes[READ_BYTES];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n > 0)
        return tap_stream_feed(s, slice_make(bytes, (size_t)n), e) == 0 ? 1 : -1;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (n < 0)
        return err_set(e, ERR_IO, "cannot read the input: %s", strerror(errno));
    return tap_stream_end(s, e);
}

static int follow(struct tap *t, struct tap_stream *s, int fd, struct err *e)
{
    int r = 1;
    while (r > 0) {
        health_beat(t->program->health);
        if (tap_output_flush(&t->out, e) != 0)
            return -1;
        if (program_stopping() || !tap_output_wanted(&t->out))
            return err_set(e, ERR_STOPPED, "stopped");
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, WAIT_MS) > 0)
            r = read_some(s, fd, e);
    }
    return r == 0 ? tap_output_flush(&t->out, e) : -1;
}

int tap_pipe(struct tap *t, int fd, struct err *e)
{
    struct tap_stream s;
    tap_stream_init(&s, &(struct tap_events){decode, on_value, on_skipped, t});
    int r = follow(t, &s, fd, e);
    tap_stream_finish(&s);
    return r;
}
