/**
 * The tables that cw-postgres fills from a topic, and what a row of each should say.
 *
 *     const struct tables_of *of = tables_find("candles.1m", &e);
 *     for (size_t i = 0; i < of->n; i++)
 *         tables_select(&of->tables[i], "1m", &sql, &e);
 *     ...
 *     if (tables_makes_row(table, &record) && tables_pack(table, &record, &packed, &e) == 0) ...
 *
 * A row is packed as fields.h says, a field per column, so a record and the row that was made of it
 * are the same bytes.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_VERIFY_TABLES_H
#define CANDLEWICK_VERIFY_TABLES_H

#include "record.h"

enum { TABLES_MAX = 3, TABLES_KEY_MAX = 5 };

struct tables_one {
    const char *name;
    enum record_type type; /* of the records that make its rows */
    const char *from;      /* prefix of the columns of lineage: "trades_", "quotes_"; NULL: none */
    const char *key;       /* fields, comma-separated: of the records of a key one makes the row;
                              NULL: each record makes a row */
    const char *rank; /* which one: that with the greatest (this field, offset); NULL: offset */
    const char *days; /* parent of its partitions by day; NULL: nothing is dropped */
    const char *day;  /* the field that says the day */
    bool compacted;   /* the topic may have removed a row's record, with a newer one there */
    bool (*makes_row)(const struct record *r); /* of that type; NULL: all do */
};

struct tables_of {
    size_t n;
    const struct tables_one *tables[TABLES_MAX];
    struct slice interval; /* of candles: which of the table's rows; empty: all */
};

/* topic: without the prefix, borrowed. ERR_CONF: no table is compared with that one. */
int tables_find(const char *topic, struct tables_of *ret, struct err *e) MUST_CHECK;

/* Whether the record makes a row of the table, or may. */
bool tables_makes_row(const struct tables_one *t, const struct record *r);

/* Appends every field in the order of the record. ERR_NOMEM. */
int tables_pack(const struct record *r, struct strbuf *out, struct err *e) MUST_CHECK;

/* Of a packed row: appends the key's fields, each packed. ERR_NOMEM. */
int tables_key(const struct tables_one *t, struct slice packed, struct strbuf *out,
               struct err *e) MUST_CHECK;

/* Of a record: the rank's value, 0 where there is none. */
int32_t tables_rank(const struct tables_one *t, const struct record *r);

/* Of a record: microseconds of the field that says the day; INT64_MAX where days are not dropped.
 */
int64_t tables_day_us(const struct tables_one *t, const struct record *r);

/* Appends SELECT partition, offset, whether compaction may have removed the record, then a column
 * for each field as text, FROM the table, of one interval if there is one. ERR_NOMEM. */
enum { TABLES_PARTITION, TABLES_OFFSET, TABLES_OLD, TABLES_FIRST_FIELD };
int tables_select(const struct tables_one *t, struct slice interval, struct strbuf *out,
                  struct err *e) MUST_CHECK;

#endif
