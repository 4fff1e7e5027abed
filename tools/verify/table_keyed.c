/* A table with a row for each key: what the topic holds of each in the end is kept as a digest. */
#include "ledger.h"
#include "table.h"

#include <inttypes.h>

struct keyed {
    struct table_check *c;
    struct ledger *ledger; /* A: the topic, B: the table */
    struct strbuf key;
    struct strbuf content;
    int64_t compacted; /* rows whose records compaction has removed */
};

/* A row's content is all it says and the record it is of. */
static int put(struct keyed *k, enum ledger_side side, struct slice packed,
               struct ledger_entry *entry, struct err *e)
{
    strbuf_reset(&k->key);
    strbuf_reset(&k->content);
    if (tables_key(k->c->table, packed, &k->key, e) != 0)
        return -1;
    if (strbuf_addf(&k->content, "%" PRId32 "/%" PRId64 "/", entry->partition, entry->offset) !=
            0 ||
        strbuf_add(&k->content, packed.data, packed.len) != 0)
        return strbuf_full(&k->content, "a row", e);
    if (!digest_make(strbuf_slice(&k->content), &entry->content))
        return err_set(e, ERR_NOMEM, "out of memory");
    int had = ledger_put(k->ledger, side, strbuf_slice(&k->key), entry, e);
    return had < 0 && e->code == ERR_LIMIT ? err_prefix(e, "--table: raise --max.keys") : had;
}

static int put_records(struct keyed *k, int32_t partition, struct err *e)
{
    const struct inputs_range everything = {.to = INT64_MAX};
    struct table_check *c = k->c;
    struct item i;
    int got = source_begin(&c->v->a, partition, &everything, e);
    while (got == 0 && (got = table_record(c, &i, e)) == 1) {
        struct ledger_entry entry = {
            .partition = i.partition, .offset = i.offset, .rank = tables_rank(c->table, c->record)};
        bool dropped = tables_day_us(c->table, c->record) < c->first_day_us;
        got = dropped ? 0 : put(k, LEDGER_A, strbuf_slice(&c->packed), &entry, e);
        got = got < 0 ? -1 : 0;
    }
    return got;
}

/* Of a row that the topic knows nothing of: whether that is as it must be. */
static bool is_excused_row(struct keyed *k, const struct row *row)
{
    bool here = row->partition >= 0 && row->partition < k->c->v->a.partitions;
    if (here && row->offset < k->c->lows[row->partition]) {
        k->c->older++;
        return true;
    }
    k->compacted += row->old;
    return row->old;
}

static int put_row(struct keyed *k, const struct row *row, struct err *e)
{
    struct ledger_entry of_topic;
    struct ledger_entry entry = {.partition = row->partition, .offset = row->offset};
    strbuf_reset(&k->key);
    if (tables_key(k->c->table, row->packed, &k->key, e) != 0)
        return -1;
    int known = ledger_find(k->ledger, LEDGER_A, strbuf_slice(&k->key), &of_topic, e);
    if (known < 0)
        return -1;
    if (known == 0 && is_excused_row(k, row))
        return 0;
    return put(k, LEDGER_B, row->packed, &entry, e) < 0 ? -1 : 0;
}

static int put_rows(struct keyed *k, struct err *e)
{
    struct rows rows;
    struct row row;
    int got = rows_open(&rows, k->c->db, k->c->table, k->c->interval, e);
    while (got == 0 && (got = rows_next(&rows, &row, e)) == 1) {
        meter_step(&k->c->v->meter, k->c->table->name, row.partition);
        got = put_row(k, &row, e);
    }
    rows_close(&rows);
    return got;
}

/* --- differences ------------------------------------------------------------------------------ */

static int fetch_record(struct keyed *k, const struct ledger_entry *at, struct item *ret,
                        struct err *e)
{
    struct source *s = &k->c->v->a;
    if (source_fetch(s, at->partition, at->offset, ret, e) != 0 ||
        source_decode(s, ret->value, k->c->record, e) != 0)
        return -1;
    strbuf_reset(&k->c->packed);
    return tables_pack(k->c->record, &k->c->packed, e);
}

static int fetch_row(struct keyed *k, const struct ledger_entry *at, struct row *ret, struct err *e)
{
    strbuf_reset(&k->content);
    int got =
        rows_find(k->c->db, k->c->table, k->c->interval, at->partition, at->offset, &k->content, e);
    *ret = (struct row){
        .partition = at->partition, .offset = at->offset, .packed = strbuf_slice(&k->content)};
    return got == 0  ? err_set(e, ERR_STATE, "a row of %s is gone", k->c->table->name)
           : got < 0 ? -1
                     : 0;
}

static int say_pair(struct keyed *k, const struct ledger_pair *p, struct err *e)
{
    const struct ledger_entry *a = &p->side[LEDGER_A];
    const struct ledger_entry *b = &p->side[LEDGER_B];
    struct item item;
    struct row row;
    if ((p->has[LEDGER_A] && fetch_record(k, a, &item, e) != 0) ||
        (p->has[LEDGER_B] && fetch_row(k, b, &row, e) != 0))
        return -1;
    const char *what = !p->has[LEDGER_B]   ? "a record without a row"
                       : !p->has[LEDGER_A] ? "a row that no record has made"
                       : a->offset != b->offset || a->partition != b->partition
                           ? "a row that another record has made"
                           : NULL;
    return table_say(k->c, what, p->has[LEDGER_A] ? &item : NULL, p->has[LEDGER_B] ? &row : NULL,
                     e);
}

/* Says the first one that nothing excuses, and counts the others. */
static int judge(struct keyed *k, struct err *e)
{
    struct ledger_pair p;
    for (size_t at = 0; ledger_next(k->ledger, &at, &p);) {
        if (ledger_pair_equal(&p)) {
            k->c->equal++;
            continue;
        }
        int excused = p.has[LEDGER_B] ? 0
                                      : table_excused(k->c, p.side[LEDGER_A].partition,
                                                      p.side[LEDGER_A].offset, INT64_MAX, e);
        if (excused < 0)
            return -1;
        if (excused > 0)
            continue;
        if (k->c->different > 0)
            k->c->different++;
        else if (say_pair(k, &p, e) != 0)
            return -1;
    }
    return 0;
}

int table_keyed(struct table_check *c, struct err *e)
{
    struct keyed k = {.c = c,
                      .ledger = ledger_create(c->v->settings->max_keys, e),
                      .key = STRBUF_INIT(SAY_LIMIT),
                      .content = STRBUF_INIT(SAY_LIMIT)};
    int r = k.ledger ? 0 : -1;
    for (int32_t p = 0; r == 0 && p < c->v->a.partitions; p++)
        r = put_records(&k, p, e);
    if (r == 0)
        r = put_rows(&k, e);
    if (r == 0)
        r = judge(&k, e);
    c->older += k.compacted;
    ledger_destroy(k.ledger);
    strbuf_finish(&k.key);
    strbuf_finish(&k.content);
    return r;
}
