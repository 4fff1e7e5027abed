#include "tap_output.h"

#include "json.h"
#include "program.h"
#include "tap_csv.h"
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
    o->csv_kind = tap_filter_only_kind(wishes->filter);
    strbuf_init(&o->text, TEXT_LIMIT);
}

void tap_output_finish(struct tap_output *o)
{
    strbuf_finish(&o->text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

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

static int add_json(struct tap_output *o, const struct record *r, const struct tap_place *place,
                    struct err *e)
{
    struct strbuf *b = &o->text;
    bool around = o->wishes.place;
    if (around && add_place(b, place) != 0)
        return strbuf_full(b, "output", e);
    if (r && record_json(r, b, e) != 0)
        return -1;
    if ((!r && strbuf_adds(b, "null") != 0) || strbuf_adds(b, around ? "}\n" : "\n") != 0)
        return strbuf_full(b, "output", e);
    return 1;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static int add_header(struct tap_output *o, struct err *e)
{
    if (o->has_header || o->csv_kind == RECORD_TYPES)
        return 0;
    if (tap_csv_header((enum record_type)o->csv_kind, o->wishes.place, &o->text) != 0)
        return strbuf_full(&o->text, "output", e);
    o->has_header = true;
    return 0;
}

/* A tombstone is a line only where something of it can be told. */
static bool has_row(struct tap_output *o, const struct record *r)
{
    if (r && r->type == o->csv_kind)
        return true;
    if (!r && o->wishes.place && o->csv_kind != RECORD_TYPES)
        return true;
    if (r)
        o->others[r->type]++;
    else
        o->other_tombstones++;
    return false;
}

static int add_csv(struct tap_output *o, const struct record *r, const struct tap_place *place,
                   struct err *e)
{
    const struct tap_place *at = o->wishes.place ? place : NULL;
    if (r && o->csv_kind == RECORD_TYPES)
        o->csv_kind = r->type;
    if (!has_row(o, r))
        return 0;
    if (add_header(o, e) != 0)
        return -1;
    if ((r ? tap_csv_row(r, at, &o->text)
           : tap_csv_tombstone((enum record_type)o->csv_kind, at, &o->text)) != 0)
        return strbuf_full(&o->text, "output", e);
    return 1;
}

/* --- lines ------------------------------------------------------------------------------------ */

int tap_output_line(struct tap_output *o, const struct record *r, const struct tap_place *place,
                    struct err *e)
{
    const struct tap_filter *f = o->wishes.filter;
    if (!(r ? tap_filter_pass(f, r) : tap_filter_pass_tombstone(f)))
        return 0;
    size_t start = o->text.len;
    int added = o->wishes.csv ? add_csv(o, r, place, e) : add_json(o, r, place, e);
    if (added < 0)
        o->text.len = start;
    if (added <= 0)
        return added;
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
    int r = o->wishes.csv ? add_header(o, e) : 0; /* of a kind that is known, also above no row */
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
