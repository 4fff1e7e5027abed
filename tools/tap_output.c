#include "tap_output.h"

#include "json.h"
#include "program.h"
#include "timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

enum {
    WRITE_AT = 1 << 16,
    TEXT_LIMIT = 1 << 24, /* a record of 1 MiB whose every byte is escaped, and more */
    WAIT_MS = 200,
};

void tap_output_init(struct tap_output *o, int fd, const struct tap_wishes *wishes)
{
    *o = (struct tap_output){.fd = fd, .wishes = *wishes};
    strbuf_init(&o->text, TEXT_LIMIT);
}

void tap_output_finish(struct tap_output *o)
{
    strbuf_finish(&o->text);
}

static int add_place(struct strbuf *b, const struct tap_place *at)
{
    char time[TIME_TEXT];
    time_format(at->time_us, time);
    if (strbuf_addf(b, "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":\"%s\"",
                    at->partition, at->offset, time) != 0 ||
        strbuf_adds(b, ",\"key\":") != 0)
        return -1;
    if ((at->has_key ? json_add_string(b, at->key) : strbuf_adds(b, "null")) != 0)
        return -1;
    return strbuf_adds(b, ",\"value\":");
}

static int add_line(struct strbuf *b, const struct record *r, const struct tap_place *place,
                    struct err *e)
{
    if (place && add_place(b, place) != 0)
        return strbuf_full(b, "output", e);
    if (r && record_json(r, b, e) != 0)
        return -1;
    if ((!r && strbuf_adds(b, "null") != 0) || strbuf_adds(b, place ? "}\n" : "\n") != 0)
        return strbuf_full(b, "output", e);
    return 0;
}

int tap_output_line(struct tap_output *o, const struct record *r, const struct tap_place *place,
                    struct err *e)
{
    if (r && r->type == RECORD_TICK && !o->wishes.ticks)
        return 0;
    size_t start = o->text.len;
    if (add_line(&o->text, r, place, e) != 0) {
        o->text.len = start;
        return -1;
    }
    o->lines++;
    if (o->lines == o->wishes.max_lines) {
        if (tap_output_flush(o, e) != 0)
            return -1;
        return err_set(e, ERR_STOPPED, "printed as many lines as asked for");
    }
    return o->text.len >= WRITE_AT ? tap_output_flush(o, e) : 0;
}

static int wait_writable(const struct tap_output *o, struct err *e)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    if (program_stopping())
        return err_set(e, ERR_STOPPED, "stopped");
    (void)poll(&p, 1, WAIT_MS); /* the next write tells how it went */
    return 0;
}

int tap_output_flush(struct tap_output *o, struct err *e)
{
    size_t done = 0;
    int r = 0;
    while (r == 0 && done < o->text.len) {
        ssize_t n = write(o->fd, o->text.data + done, o->text.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EPIPE)
            r = err_set(e, ERR_STOPPED, "nobody reads the output any more");
        else if (errno == EAGAIN || errno == EINTR)
            r = wait_writable(o, e);
        else
            r = err_set(e, ERR_IO, "cannot write the output: %s", strerror(errno));
    }
    strbuf_reset(&o->text);
    return r;
}

bool tap_output_wanted(const struct tap_output *o)
{
    struct pollfd p = {.fd = o->fd};
    return poll(&p, 1, 0) <= 0 || (p.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}
