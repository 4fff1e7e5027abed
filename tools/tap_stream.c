#include "tap_stream.h"

#include <stdio.h>

enum {
    PIECE = 1 << 16,       /* taken in at once */
    WIRE_HEADER_BYTES = 5, /* of Confluent's wire format: 00 and a schema id */
};

static const char null_text[] = {'n', 'u', 'l', 'l'};

void tap_stream_init(struct tap_stream *s, const struct tap_events *events)
{
    *s = (struct tap_stream){.events = *events};
    strbuf_init(&s->pending, RECORD_MAX_BYTES + PIECE);
}

void tap_stream_finish(struct tap_stream *s)
{
    strbuf_finish(&s->pending);
}

static struct slice rest(const struct tap_stream *s)
{
    if (s->pending.len == s->at)
        return (struct slice){NULL, 0};
    return slice_make(s->pending.data + s->at, s->pending.len - s->at);
}

/* --- what is no value ------------------------------------------------------------------------- */

static void begin_skip(struct tap_stream *s, const char *reason)
{
    s->skipping = true;
    s->skip_from = s->offset + (int64_t)s->at;
    s->n_begins = 0;
    (void)snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

/* Goes over n bytes, keeping those that a report of the run shows. */
static void pass(struct tap_stream *s, size_t n)
{
    size_t room = sizeof(s->begins) - s->n_begins;
    size_t kept = n < room ? n : room;
    if (kept > 0)
        memcpy(s->begins + s->n_begins, s->pending.data + s->at, kept);
    s->n_begins += kept;
    s->at += n;
}

static int end_skip(struct tap_stream *s, struct err *e)
{
    const struct tap_skip skip = {s->skip_from, s->offset + (int64_t)s->at - s->skip_from,
                                  s->reason, slice_make(s->begins, s->n_begins)};
    s->skipping = false;
    return s->events.skipped(s->events.ctx, &skip, e);
}

/* How long a header would be that begins with this byte; 0: none does. Single-object encoding is
 * C3 01 and a fingerprint, Confluent's wire format 00 and a schema id. */
static size_t header_len(char first)
{
    if (first == '\xc3')
        return RECORD_HEADER_BYTES;
    return first == '\0' ? WIRE_HEADER_BYTES : 0;
}

/* Whether a value of a known schema may begin here: 1, 0, -1. For 00, an id below 2^24 is asked
 * for: no registry has counted further, and each question may cost a look-up. */
static int is_header(const struct tap_stream *s, struct slice header, struct err *e)
{
    struct record r;
    struct err why = {0};
    size_t len = 0;
    if (header.len == WIRE_HEADER_BYTES && header.data[1] != '\0')
        return 0;
    /* A header without its body is cut, or even whole, but it is not wrong. */
    if (s->events.decode(s->events.ctx, header, &r, &len, &why) >= 0)
        return 1;
    if (why.code != ERR_STOPPED)
        return 0;
    *e = why;
    return -1;
}

static int refuse_front(const struct tap_stream *s, struct err *e)
{
    return err_set(
        e, ERR_PROTO,
        "the input has text in front of its values, behind byte %lld: leave out print.key, "
        "print.offset and the like, or use --topic with --meta",
        (long long)s->skip_from);
}

/* At a '\n' or '\t': 1: a value may begin behind it, 0: none does, 2: more bytes must tell, -1. */
static int is_mark(const struct tap_stream *s, struct slice here, struct err *e)
{
    if (here.len < 2)
        return 2;
    size_t n = header_len(here.data[1]);
    if (n == 0)
        return 0;
    return here.len < 1 + n ? 2 : is_header(s, slice_make(here.data + 1, n), e);
}

/* Moves on to the byte behind the next mark's '\n', or as far as no mark can begin. */
static int skip_on(struct tap_stream *s, struct err *e)
{
    struct slice left = rest(s);
    size_t i = 0;
    int found = 0;
    for (; i < left.len; i++) {
        if (left.data[i] != '\n' && left.data[i] != '\t')
            continue;
        found = is_mark(s, slice_make(left.data + i, left.len - i), e);
        if (found != 0)
            break;
    }
    if (found < 0)
        return -1;
    pass(s, found == 1 ? i + 1 : i);
    if (found != 1)
        return 0;
    return left.data[i] == '\n' ? end_skip(s, e) : refuse_front(s, e);
}

/* --- values ----------------------------------------------------------------------------------- */

static int tell(struct tap_stream *s, const struct record *r, size_t taken, struct err *e)
{
    if (s->events.value(s->events.ctx, r, e) != 0)
        return -1;
    s->at += taken;
    return 1;
}

/* A value of len bytes is there: told once its '\n' is, too. 1: told or refused, 0: wait. */
static int take_value(struct tap_stream *s, const struct record *r, size_t len, bool at_end,
                      struct err *e)
{
    struct slice left = rest(s);
    if (left.len == len)
        return at_end ? tell(s, r, len, e) : 0;
    if (left.data[len] == '\n')
        return tell(s, r, len + 1, e);
    begin_skip(s, r ? "no newline behind the record" : "no newline behind null");
    return 1;
}

/* 1: went on, 0: needs more bytes, -1. */
static int step(struct tap_stream *s, bool at_end, struct err *e)
{
    struct slice left = rest(s);
    size_t n = left.len < sizeof(null_text) ? left.len : sizeof(null_text);
    if (left.len == 0)
        return 0;
    if (memcmp(left.data, null_text, n) == 0 && (n == sizeof(null_text) || !at_end))
        return n == sizeof(null_text) ? take_value(s, NULL, n, at_end, e) : 0;
    struct record r;
    struct err why = {0};
    size_t len = 0;
    int decoded = s->events.decode(s->events.ctx, left, &r, &len, &why);
    if (decoded < 0 && why.code == ERR_STOPPED) {
        *e = why;
        return -1;
    }
    if (decoded == 0)
        return take_value(s, &r, len, at_end, e);
    if (decoded > 0 && !at_end)
        return 0;
    begin_skip(s, why.text);
    return 1;
}

/* Goes as far as the pending bytes allow. */
static int run(struct tap_stream *s, bool at_end, struct err *e)
{
    int r = 1;
    while (r > 0) {
        if (!s->skipping)
            r = step(s, at_end, e);
        if (r > 0 && s->skipping)
            r = skip_on(s, e) != 0 ? -1 : !s->skipping;
    }
    return r;
}

static void drop_done(struct tap_stream *s)
{
    size_t left = s->pending.len - s->at;
    if (s->at == 0)
        return;
    memmove(s->pending.data, s->pending.data + s->at, left);
    s->pending.len = left;
    s->offset += (int64_t)s->at;
    s->at = 0;
}

int tap_stream_feed(struct tap_stream *s, struct slice bytes, struct err *e)
{
    while (bytes.len > 0) {
        size_t n = bytes.len < PIECE ? bytes.len : PIECE;
        if (strbuf_add(&s->pending, bytes.data, n) != 0)
            return strbuf_full(&s->pending, "input", e);
        bytes = slice_make(bytes.data + n, bytes.len - n);
        if (run(s, false, e) != 0)
            return -1;
        drop_done(s);
    }
    return 0;
}

int tap_stream_end(struct tap_stream *s, struct err *e)
{
    if (run(s, true, e) != 0)
        return -1;
    if (!s->skipping)
        return 0; /* every byte is told */
    pass(s, s->pending.len - s->at);
    return end_skip(s, e);
}
