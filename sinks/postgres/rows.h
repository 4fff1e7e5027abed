/**
 * What a batch of records comes to, for one kind of table, and what the kinds differ in.
 *
 *     const struct table trades_table = {.name = "trade", .size = sizeof(struct trades), …};
 *     struct rows *rows = rows_create(&trades_table, "cw-postgres", framing, &e);
 *     rows_put(rows, message, &e);
 *     rows_write(rows, db, &e);                   // in a transaction
 *     rows_clear(rows);
 *     rows_destroy(rows);
 *
 * The rows of a table are a struct that begins with its struct rows.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_POSTGRES_ROWS_H
#define CANDLEWICK_POSTGRES_ROWS_H

#include "copy.h"
#include "framing.h"
#include "kafka/kafka.h"
#include "postgres/db.h"
#include "record.h"

#define ROWS_TAKES(type_) (1U << (unsigned)(type_))

struct rows {
    const struct table *table;
    const char *sink;        /* name in quarantine's column; static */
    struct framing *framing; /* reads the records; ours */
    size_t n;                /* rows as people count them */
    int64_t newest_us;       /* newest market time among them; of no meaning without rows */
    int64_t *days;           /* distinct days, since 1970, that need a partition */
    size_t n_days;
    size_t cap_days;
    struct copy refused; /* of quarantine */
};

struct table {
    const char *name;                /* metric label; static */
    const char *session;             /* SQL for each new connection, such as temporary tables */
    unsigned takes;                  /* ROWS_TAKES() of each record type of its topics */
    const char *const *by_day;       /* the tables that are partitioned by day, ended by NULL */
    size_t size;                     /* of the struct that begins with struct rows */
    void (*init)(struct rows *rows); /* of zeroed memory */
    void (*finish)(struct rows *rows);
    void (*clear)(struct rows *rows);
    /* As sink_ops.put, with the record that the message holds, of a type it takes. */
    int (*put)(struct rows *rows, const struct record *r, const struct kafka_message *m,
               struct err *e);
    /* Instead of put and takes, for messages that are no records by themselves: as sink_ops.put. */
    int (*put_message)(struct rows *rows, const struct kafka_message *m, struct err *e);
    int (*write)(struct rows *rows, struct db *db, struct err *e); /* in the transaction */
    /* Whether a row was made of this record, at this place: 1, 0, -1. NULL: writing it again
     * changes nothing. */
    int (*has)(struct db *db, const struct record *r, const struct kafka_message *m, struct err *e);
};

/* framing: taken by a success; NULL where nothing is put by rows_put(). NULL: ERR_NOMEM. */
struct rows *rows_create(const struct table *table, const char *sink, struct framing *framing,
                         struct err *e);
void rows_destroy(void *rows); /* NULL is fine */
void rows_clear(void *rows);

/* The slots of sink_ops of the same names. */
int rows_put(void *rows, const struct kafka_message *m, struct err *e) MUST_CHECK;
int rows_read(void *rows, const struct kafka_message *m, struct err *e) MUST_CHECK;
int rows_put_refused(void *rows, const char *topic, const struct kafka_message *m,
                     const struct err *why, struct err *e) MUST_CHECK;

int rows_write(struct rows *rows, struct db *db, struct err *e) MUST_CHECK;

/* --- for tables --- */

enum { ROWS_BYTES_MAX = 256 << 20 };

/* ERR_LIMIT: a time outside the years 2000 to 2099, which no clock shows; what: the column. */
int rows_check_day(int64_t time_us, const char *what, struct err *e) MUST_CHECK;

/* Notes that a row needs the partition of a day, after the same check. ERR_LIMIT, ERR_NOMEM. */
int rows_need_day(struct rows *rows, int64_t time_us, const char *what, struct err *e) MUST_CHECK;

void rows_newest(struct rows *rows, int64_t time_us);

/* Ends the input, and sends it where it holds a row. */
int rows_copy(struct copy *copy, struct db *db, const char *sql, struct err *e) MUST_CHECK;

/* What tells a row of a table without a key from others. */
struct rows_place {
    struct slice texts[2];
    size_t n_texts;
    int64_t times_us[2];
    size_t n_times;
};

/* Whether the statement finds a row; its parameters are the texts, the times, and the message's
 * partition and offset. 1, 0, -1. */
int rows_find(struct db *db, const char *sql, const struct rows_place *p,
              const struct kafka_message *m, struct err *e) MUST_CHECK;

/* Kafka's time of a message; one that timestamptz does not hold spoils the row. */
void rows_add_record_time(struct copy *copy, const struct kafka_message *m);

#endif
