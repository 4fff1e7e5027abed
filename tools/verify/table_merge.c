/* A table with a row for each record: both are read in the order of their places. */
#include "table.h"

/* The two sides of one partition. */
struct merge {
    struct table_check *c;
    struct rows rows;
    struct row row;
    bool has_row; /* row is the next one */
    struct item item;
    bool has_item;
    int32_t partition;
};

static int next_row(struct merge *m, struct err *e)
{
    int got = rows_next(&m->rows, &m->row, e);
    m->has_row = got == 1;
    return got < 0 ? -1 : 0;
}

static int next_item(struct merge *m, struct err *e)
{
    int got = table_record(m->c, &m->item, e);
    m->has_item = got == 1;
    return got < 0 ? -1 : 0;
}

/* The row that is next lies in this partition. */
static bool has_row_here(const struct merge *m)
{
    return m->has_row && m->row.partition <= m->partition;
}

/* 1: a difference, which was said. */
static int lone_row(struct merge *m, struct err *e)
{
    int32_t p = m->row.partition;
    if (p == m->partition && m->row.offset < m->c->lows[p]) {
        m->c->older++;
        return next_row(m, e);
    }
    if (table_say(m->c, "a row that no record has made, or one of a record that made another", NULL,
                  &m->row, e) != 0)
        return -1;
    return 1;
}

static int lone_item(struct merge *m, struct err *e)
{
    int excused = table_excused(m->c, m->item.partition, m->item.offset,
                                tables_day_us(m->c->table, m->c->record), e);
    if (excused < 0)
        return -1;
    if (excused > 0)
        return next_item(m, e);
    return table_say(m->c, "a record without a row", &m->item, NULL, e) == 0 ? 1 : -1;
}

static int pair(struct merge *m, struct err *e)
{
    if (!slice_eq(strbuf_slice(&m->c->packed), m->row.packed))
        return table_say(m->c, NULL, &m->item, &m->row, e) == 0 ? 1 : -1;
    m->c->equal++;
    return next_row(m, e) == 0 ? next_item(m, e) : -1;
}

/* Up to the first difference: 1. 0: the partition is equal. */
static int merge_partition(struct merge *m, struct err *e)
{
    const struct inputs_range everything = {.to = INT64_MAX};
    int r = source_begin(&m->c->v->a, m->partition, &everything, e);
    if (r == 0)
        r = next_item(m, e);
    while (r == 0 && (has_row_here(m) || m->has_item)) {
        bool row_first = has_row_here(m) && (m->row.partition < m->partition || !m->has_item ||
                                             m->row.offset < m->item.offset);
        bool together = !row_first && has_row_here(m) && m->row.offset == m->item.offset;
        r = row_first ? lone_row(m, e) : together ? pair(m, e) : lone_item(m, e);
    }
    return r;
}

/* Behind the first difference nothing more is said of the partition. */
static int skip_rows(struct merge *m, struct err *e)
{
    int r = 0;
    while (r == 0 && has_row_here(m))
        r = next_row(m, e);
    return r;
}

static int merge_all(struct merge *m, struct err *e)
{
    int r = next_row(m, e);
    for (m->partition = 0; r == 0 && m->partition < m->c->v->a.partitions; m->partition++) {
        r = merge_partition(m, e);
        if (r == 1)
            r = skip_rows(m, e);
    }
    if (r == 0 && m->has_row) /* of a partition that the topic does not have */
        r = lone_row(m, e) < 0 ? -1 : 0;
    return r;
}

int table_merge(struct table_check *c, struct err *e)
{
    struct merge m = {.c = c};
    int r = rows_open(&m.rows, c->db, c->table, c->interval, e);
    if (r == 0)
        r = merge_all(&m, e);
    rows_close(&m.rows);
    return r;
}
