#include "writer.h"

#include <stdlib.h>

struct range {
    size_t from;
    size_t to; /* exclusive */
};

static enum sink_verdict verdict_of(const struct err *e)
{
    return e->retriable ? SINK_RETRY : SINK_FATAL;
}

bool writer_is_bad_record(enum err_code code)
{
    return code == ERR_PROTO || code == ERR_LIMIT || code == ERR_NOT_FOUND;
}

int writer_put(const struct sink_ops *ops, struct batch *b, struct batch_item *item, struct err *e)
{
    if (ops->put(b->rows, &item->message, e) >= 0)
        return 0;
    item->bad = writer_is_bad_record(e->code);
    return item->bad ? 0 : -1;
}

/* Bad ones are rare: what is wrong with them is not kept, but found again. */
static int bury_bad(const struct writer *w, struct batch *b, struct err *e)
{
    for (size_t i = 0; i < b->n; i++) {
        struct batch_item *item = &b->items[i];
        struct err why = {0};
        if (!item->bad || w->ops->put(b->rows, &item->message, &why) >= 0)
            continue;
        if (!writer_is_bad_record(why.code)) { /* this time it could not be found out */
            *e = why;
            return -1;
        }
        if (w->reports->letter(w->ctx, &item->message, "decode", &why, e) != 0)
            return -1;
        item->dead = true;
    }
    return w->reports->letters_flush(w->ctx, e);
}

static struct sink_move *find_move(struct sink_move *moves, size_t n, const struct kafka_message *m)
{
    size_t k = 0;
    while (k < n && (moves[k].partition != m->partition || moves[k].topic != m->topic))
        k++;
    return k < n ? &moves[k] : NULL;
}

/* The moves that a part of the batch makes: everything before it is in the store already. moves:
 * room for as many as there are in all. */
static size_t range_moves(const struct batch *b, struct range range, struct sink_move *all,
                          size_t n_all, struct sink_move *moves)
{
    size_t n = 0;
    for (size_t i = range.from; i < range.to; i++) {
        const struct kafka_message *m = &b->items[i].message;
        struct sink_move *move = find_move(moves, n, m);
        const struct sink_move *whole = find_move(all, n_all, m);
        if (!move && whole) {
            move = &moves[n++];
            *move = *whole;
        }
        if (move)
            move->to = m->offset + 1;
    }
    return n;
}

/* A batch in the middle of being halved. */
struct parts {
    const struct writer *w;
    struct batch *b;
    struct sink_move *moves; /* of the whole batch; from follows the store */
    size_t n;
};

/* The rows are made: keeps them, and moves the offsets behind the range. */
static enum sink_verdict flush_range(const struct parts *p, struct range range, struct err *e)
{
    struct sink_move *moves = calloc(p->n ? p->n : 1, sizeof(*moves));
    if (!moves) {
        (void)err_set(e, ERR_NOMEM, "no memory for offsets");
        return SINK_FATAL;
    }
    size_t n = range_moves(p->b, range, p->moves, p->n, moves);
    enum sink_verdict v = p->w->ops->flush(p->w->sink, p->b->rows, p->w->topics, moves, n, e);
    for (size_t i = 0; v == SINK_OK && i < n; i++)
        for (size_t k = 0; k < p->n; k++)
            if (p->moves[k].partition == moves[i].partition && p->moves[k].topic == moves[i].topic)
                p->moves[k].from = moves[i].to;
    free(moves);
    return v;
}

static enum sink_verdict write_range(const struct parts *p, struct range range, struct err *e)
{
    p->w->ops->rows_clear(p->b->rows);
    for (size_t i = range.from; i < range.to; i++)
        if (!p->b->items[i].dead && p->w->ops->put(p->b->rows, &p->b->items[i].message, e) < 0)
            return verdict_of(e); /* it was no bad record before */
    return flush_range(p, range, e);
}

/* *e: why the store refused it. */
static enum sink_verdict write_one_refused(const struct parts *p, struct range range, struct err *e)
{
    struct err why = *e;
    const struct writer *w = p->w;
    if (range.from == range.to || p->b->items[range.from].dead)
        return SINK_FATAL; /* refused with no record in it: it is not a record's fault */
    struct batch_item *item = &p->b->items[range.from];
    if (w->reports->letter(w->ctx, &item->message, "store", &why, e) != 0 ||
        w->reports->letters_flush(w->ctx, e) != 0)
        return verdict_of(e);
    w->ops->rows_clear(p->b->rows);
    if (w->ops->put_refused(p->b->rows, w->topics[item->message.topic], &item->message, &why, e) !=
        0)
        return verdict_of(e);
    enum sink_verdict v = flush_range(p, range, e);
    if (v != SINK_OK)
        return v == SINK_DROP ? SINK_FATAL : v;
    item->dead = true;
    w->reports->refused(w->ctx, &item->message, &why);
    return SINK_OK;
}

/* *e: why the store refused this range. Recursion is as deep as a batch can be halved. */
static enum sink_verdict write_refused(const struct parts *p, struct range range, struct err *e)
{
    if (range.to - range.from <= 1)
        return write_one_refused(p, range, e);
    size_t middle = range.from + (range.to - range.from) / 2;
    const struct range halves[] = {{range.from, middle}, {middle, range.to}};
    for (int i = 0; i < 2; i++) {
        enum sink_verdict v = write_range(p, halves[i], e);
        if (v == SINK_DROP)
            v = write_refused(p, halves[i], e);
        if (v != SINK_OK)
            return v;
    }
    return SINK_OK;
}

enum sink_verdict writer_write(const struct writer *w, struct batch *b, struct sink_move *moves,
                               size_t n, struct err *e)
{
    if (bury_bad(w, b, e) != 0)
        return verdict_of(e);
    enum sink_verdict v = w->ops->flush(w->sink, b->rows, w->topics, moves, n, e);
    if (v == SINK_DROP)
        return write_refused(&(struct parts){w, b, moves, n}, (struct range){0, b->n}, e);
    for (size_t i = 0; v == SINK_OK && i < n; i++)
        moves[i].from = moves[i].to;
    return v;
}
