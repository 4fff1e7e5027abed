/* cw-deadletter list: the newest letters first. */
#include "deadletter.h"
#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TEXT_LIMIT = 1 << 24,
    WRITE_AT = 1 << 16,
    TEXT_KEPT = 256, /* bytes of each text, so that memory is bounded whatever comes */
    CELL_MAX = 48,   /* bytes of a stage or key in a table */
};

/* A letter with texts of its own. */
struct kept {
    struct letter letter;
    char *texts;
};

/* The newest so far, in any order: up to twice as many as asked for, then the older half goes. */
struct newest {
    struct kept *items;
    size_t n;
    size_t limit;
    int64_t seen;
};

/* --- keeping ---------------------------------------------------------------------------------- */

static int by_newest(const void *a, const void *b)
{
    const struct letter *x = &((const struct kept *)a)->letter;
    const struct letter *y = &((const struct kept *)b)->letter;
    if (x->time_us != y->time_us)
        return x->time_us > y->time_us ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset > y->offset ? -1 : x->offset < y->offset;
}

static void trim(struct newest *k)
{
    qsort(k->items, k->n, sizeof(*k->items), by_newest);
    while (k->n > k->limit)
        free(k->items[--k->n].texts);
}

/* Moves the texts of a letter behind one another into memory of its own. */
static char *own_texts(struct letter *l)
{
    struct slice *const all[] = {
        &l->stage,         &l->reason,      &l->exchange, &l->topic, &l->origin_partition,
        &l->origin_offset, &l->whole_bytes, &l->key};
    const size_t n = sizeof(all) / sizeof(all[0]);
    size_t len = 1;
    for (size_t i = 0; i < n; i++) {
        *all[i] = kafka_cut(*all[i], TEXT_KEPT);
        len += all[i]->len;
    }
    char *texts = malloc(len);
    for (size_t i = 0, at = 0; texts && i < n; i++) {
        if (!all[i]->data)
            continue;
        memcpy(texts + at, all[i]->data, all[i]->len);
        all[i]->data = texts + at;
        at += all[i]->len;
    }
    return texts;
}

static int keep(void *ctx, const struct letter *l, const struct kafka_message *m, struct err *e)
{
    (void)m;
    struct newest *k = ctx;
    struct kept one = {*l, NULL};
    one.texts = own_texts(&one.letter);
    if (!one.texts)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (k->n == 2 * k->limit)
        trim(k);
    k->items[k->n++] = one;
    k->seen++;
    return 0;
}

/* --- printing --------------------------------------------------------------------------------- */

/* The columns whose width depends on what is in them. */
enum { STAGE, ORIGIN, KEY, COLUMNS };

static const char *const heads[COLUMNS] = {"stage", "from", "key"};

static int add_cell(struct strbuf *b, const struct letter *l, int column)
{
    if (column == ORIGIN)
        return letter_origin(l, b);
    return letter_add_plain(b, kafka_cut(column == STAGE ? l->stage : l->key, CELL_MAX));
}

/* Characters, as a terminal counts those of most scripts. */
static size_t width_of(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += (text.data[i] & 0xc0) != 0x80;
    return n;
}

/* The cell and blanks up to the width. */
static int add_padded(struct strbuf *b, const struct letter *l, int column, size_t width)
{
    size_t start = b->len;
    if ((l ? add_cell(b, l, column) : strbuf_adds(b, heads[column])) != 0)
        return -1;
    size_t used = width_of(slice_make(b->data + start, b->len - start));
    return strbuf_addf(b, "%*s  ", (int)(used < width ? width - used : 0), "");
}

static int measure(const struct newest *k, size_t widths[COLUMNS])
{
    struct strbuf cell = STRBUF_INIT(TEXT_LIMIT);
    int r = 0;
    for (int c = 0; c < COLUMNS; c++) {
        widths[c] = strlen(heads[c]);
        for (size_t i = 0; r == 0 && i < k->n; i++) {
            strbuf_reset(&cell);
            r = add_cell(&cell, &k->items[i].letter, c);
            size_t width = r == 0 ? width_of(strbuf_slice(&cell)) : 0;
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    strbuf_finish(&cell);
    return r;
}

/* l: NULL for the line above all. */
static int add_row(struct strbuf *b, const struct letter *l, const size_t widths[COLUMNS])
{
    char time[TIME_TEXT] = "time";
    int r;
    if (l) {
        time_format(l->time_us, time);
        memcpy(time + 19, "Z", 2); /* whole seconds will do here */
    }
    r = l ? strbuf_addf(b, "%-20s  %4" PRId32 "  %10" PRId64 "  ", time, l->partition, l->offset)
          : strbuf_addf(b, "%-20s  part      offset  ", time);
    for (int c = 0; r == 0 && c < COLUMNS; c++)
        r = add_padded(b, l, c, widths[c]);
    if (r == 0)
        r = l ? letter_add_plain(b, l->reason) : strbuf_adds(b, "reason");
    return r == 0 ? strbuf_addc(b, '\n') : -1;
}

static int print_all(const struct deadletter *d, const struct newest *k, struct strbuf *b,
                     struct err *e)
{
    size_t widths[COLUMNS];
    if (!d->json && (measure(k, widths) != 0 || (k->n > 0 && add_row(b, NULL, widths) != 0)))
        return strbuf_full(b, "output", e);
    for (size_t i = 0; i < k->n; i++) {
        const struct letter *l = &k->items[i].letter;
        if ((d->json ? letter_json(l, b) : add_row(b, l, widths)) != 0)
            return strbuf_full(b, "output", e);
        if (b->len >= WRITE_AT && deadletter_write(b, e) != 0)
            return -1;
    }
    return deadletter_write(b, e);
}

static int print(const struct deadletter *d, const struct newest *k, struct err *e)
{
    struct strbuf b = STRBUF_INIT(TEXT_LIMIT);
    int r = print_all(d, k, &b, e);
    strbuf_finish(&b);
    if (r == 0 && k->seen > (int64_t)k->n)
        log_info("deadletter", "there are more (see --limit)", LOG_INT("shown", (int64_t)k->n),
                 LOG_INT("found", k->seen));
    return r;
}

int deadletter_list(const struct deadletter *d, struct err *e)
{
    struct newest k = {.limit = (size_t)d->limit};
    k.items = calloc(2 * k.limit, sizeof(*k.items));
    if (!k.items)
        return err_set(e, ERR_NOMEM, "out of memory");
    int r = deadletter_scan(d, keep, &k, e);
    trim(&k);
    if (r == 0)
        r = print(d, &k, e);
    while (k.n > 0)
        free(k.items[--k.n].texts);
    free(k.items);
    return r;
}
