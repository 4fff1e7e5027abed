#include "writer.h"

#include <stdlib.h>

struct range {
    size_t from;
    size_t to; /* exclusive */
};

static bool is_bad_record(enum err_code code)
{
    return code == ERR_PROTO || code == ERR_LIMIT || code == ERR_NOT_FOUND;
}

/* 0, or -1 with *e where the letter could not be written. */
static int bury(const struct writer *w, struct batch_item *item, const char *stage,
                const struct err *why, struct err *e)
{
    if (w->letters->put(w->ctx, &item->message, stage, why, e) != 0)
        return -1;
    item->dead = true;
    return 0;
}

static int put_range(const struct writer *w, struct batch *b, struct range range, struct err *e)
{
    w->ops->clear(w->sink);
    for (size_t i = range.from; i < range.to; i++) {
        struct batch_item *item = &b->items[i];
        struct err why = {0};
        if (item->dead || w->ops->put(w->sink, &item->message, &why) >= 0)
            continue;
        if (!is_bad_record(why.code)) {
            *e = why;
            return -1;
        }
        if (bury(w, item, "decode", &why, e) != 0)
            return -1;
    }
    return 0;
}

/* The moves that a part of the batch makes: everything before it is in the store already. */
static size_t range_moves(const struct batch *b, struct range range, const struct cursors *c,
                          struct sink_move *moves)
{
    size_t n = 0;
    for (size_t i = range.from; i < range.to; i++) {
        const struct kafka_message *m = &b->items[i].message;
        size_t k = 0;
        while (k < n && moves[k].partition != m->partition)
            k++;
        if (k == n)
            moves[n++] = (struct sink_move){m->partition, cursors_find(c, m->partition)->stored,
                                            m->offset + 1};
        moves[k].to = m->offset + 1;
    }
    return n;
}

static enum sink_verdict verdict_of(const struct err *e)
{
    return e->retriable ? SINK_RETRY : SINK_FATAL;
}

static enum sink_verdict write_range(const struct writer *w, struct batch *b, struct range range,
                                     bool whole, struct cursors *c, struct err *e)
{
    if (put_range(w, b, range, e) != 0 || w->letters->flush(w->ctx, e) != 0)
        return verdict_of(e);
    struct sink_move *moves = calloc(c->n ? c->n : 1, sizeof(*moves));
    if (!moves) {
        (void)err_set(e, ERR_NOMEM, "no memory for offsets");
        return SINK_FATAL;
    }
    size_t n = whole ? cursors_moves(c, moves) : range_moves(b, range, c, moves);
    enum sink_verdict v = w->ops->flush(w->sink, w->topic, moves, n, e);
    if (v == SINK_OK)
        cursors_moved(c, moves, n);
    free(moves);
    return v;
}

/* *e: why the store refused this range. Recursion is as deep as a batch can be halved. */
static enum sink_verdict write_refused(const struct writer *w, struct batch *b, struct range range,
                                       struct cursors *c, struct err *e)
{
    if (range.to - range.from <= 1) {
        struct err why = *e;
        if (range.from == range.to || b->items[range.from].dead)
            return SINK_FATAL; /* refused with no record in it: it is not a record's fault */
        if (bury(w, &b->items[range.from], "store", &why, e) != 0)
            return verdict_of(e);
        enum sink_verdict v = write_range(w, b, range, false, c, e);
        return v == SINK_DROP ? SINK_FATAL : v;
    }
    size_t middle = range.from + (range.to - range.from) / 2;
    const struct range halves[] = {{range.from, middle}, {middle, range.to}};
    for (int i = 0; i < 2; i++) {
        enum sink_verdict v = write_range(w, b, halves[i], false, c, e);
        if (v == SINK_DROP)
            v = write_refused(w, b, halves[i], c, e);
        if (v != SINK_OK)
            return v;
    }
    return SINK_OK;
}

enum sink_verdict writer_write(const struct writer *w, struct batch *b, struct cursors *c,
                               struct err *e)
{
    const struct range all = {0, b->n};
    enum sink_verdict v = write_range(w, b, all, true, c, e);
    return v == SINK_DROP ? write_refused(w, b, all, c, e) : v;
}
