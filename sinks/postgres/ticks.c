#include "ticks.h"

static const char copy_ticks[] =
    "COPY exchange_state_in (exchange, topic, partition, receive_time, alive, epoch, \"offset\")"
    " FROM STDIN (FORMAT binary)";

/* In order, so that two instances wait for each other, not for ever. */
static const char merge_ticks[] =
    "INSERT INTO exchange_state AS s"
    " (exchange, topic, partition, receive_time, alive, epoch, \"offset\")"
    " SELECT exchange, topic, partition, receive_time, alive, epoch, \"offset\""
    " FROM exchange_state_in ORDER BY exchange, topic, partition"
    " ON CONFLICT (exchange, topic, partition) DO UPDATE SET"
    " receive_time = excluded.receive_time, alive = excluded.alive, epoch = excluded.epoch,"
    " \"offset\" = excluded.\"offset\""
    " WHERE (excluded.epoch, excluded.\"offset\") > (s.epoch, s.\"offset\")";

void ticks_clear(struct ticks *t)
{
    newest_clear(&t->newest);
    copy_reset(&t->copy);
}

void ticks_finish(struct ticks *t)
{
    newest_finish(&t->newest);
    copy_finish(&t->copy);
}

int ticks_put(struct ticks *t, const struct tick *tick, const struct kafka_message *m,
              struct err *e)
{
    const struct key key = {.parts = {tick->exchange}, .number = m->partition};
    void *item;
    if (rows_check_day(tick->receive_time_us, "tick: receive_time", e) != 0)
        return -1;
    int r = newest_put(&t->newest, &key, tick->epoch, m->offset, &item, e);
    if (r == 1)
        *(struct tick_row *)item = (struct tick_row){*tick, m->partition, m->offset};
    return r < 0 ? -1 : 0;
}

static int add_row(struct copy *rows, const char *topic, const struct tick_row *row, struct err *e)
{
    copy_row(rows, 7);
    copy_text(rows, row->tick.exchange);
    copy_text(rows, slice_of(topic));
    copy_int(rows, row->partition);
    copy_time(rows, row->tick.receive_time_us);
    copy_bool(rows, row->tick.alive);
    copy_bigint(rows, row->tick.epoch);
    copy_bigint(rows, row->offset);
    return copy_row_end(rows, e);
}

int ticks_write(struct ticks *t, const char *topic, struct db *db, struct err *e)
{
    copy_reset(&t->copy);
    for (size_t i = 0; i < newest_count(&t->newest); i++)
        if (add_row(&t->copy, topic, newest_get(&t->newest, i), e) != 0)
            return -1;
    if (t->copy.n_rows == 0)
        return 0;
    return rows_copy(&t->copy, db, copy_ticks, e) == 0 ? db_exec(db, merge_ticks, e) : -1;
}
