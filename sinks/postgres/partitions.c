#include "partitions.h"

#include "clock.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOOK_EVERY_S = 60 };

void partitions_init(struct partitions *p, const char *program, const char *const *tables,
                     int64_t keep_days, struct metric *dropped)
{
    *p = (struct partitions){.program = program,
                             .tables = tables,
                             .keep_days = keep_days,
                             .dropped = dropped,
                             .say = {.interval_us = 10 * LOOK_EVERY_S * US_PER_S}};
}

void partitions_finish(struct partitions *p)
{
    free(p->known);
    *p = (struct partitions){0};
}

void partitions_forget(struct partitions *p)
{
    p->n = 0;
}

/* --- making ---------------------------------------------------------------------------------- */

static bool is_known(const struct partitions *p, int64_t day)
{
    for (size_t i = p->n; i > 0; i--)
        if (p->known[i - 1] == day)
            return true;
    return false;
}

static int learn(struct partitions *p, int64_t day, struct err *e)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        int64_t *known = realloc(p->known, cap * sizeof(*known));
        if (!known)
            return err_set(e, ERR_NOMEM, "no memory for %zu days", cap);
        p->known = known;
        p->cap = cap;
    }
    p->newest = p->n == 0 || day > p->newest ? day : p->newest;
    p->known[p->n++] = day;
    return 0;
}

/* The number that the function answers with. */
static int ask(struct db *db, const char *sql, const char *const *values, int n, int64_t *ret,
               struct err *e)
{
    PGresult *res;
    if (db_query(db, sql, values, n, &res, e) != 0)
        return -1;
    *ret = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
    PQclear(res);
    return 0;
}

int partitions_make(struct partitions *p, struct db *db, const int64_t *days, size_t n,
                    struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (is_known(p, days[i]))
            continue;
        char day[TIME_TEXT];
        char ahead[8];
        int64_t made;
        bool newest = p->n == 0 || days[i] > p->newest;
        (void)time_format(days[i] * US_PER_DAY, day);
        (void)snprintf(ahead, sizeof(ahead), "%d", newest ? PARTITIONS_AHEAD_DAYS : 0);
        for (const char *const *t = p->tables; *t; t++) {
            const char *const values[] = {*t, day, ahead};
            if (ask(db, "SELECT day_partition($1, $2, $3)", values, 3, &made, e) != 0)
                return -1;
        }
        if (learn(p, days[i], e) != 0)
            return -1;
    }
    return 0;
}

/* --- dropping -------------------------------------------------------------------------------- */

static void note_dropped(struct partitions *p, const char *table, int64_t n)
{
    if (n == 0)
        return;
    partitions_forget(p); /* one of them may be needed again */
    metric_inc(p->dropped, n);
    log_info(p->program, "old days dropped", LOG_STR("table", table), LOG_INT("days", n));
}

int partitions_drop_old(struct partitions *p, struct db *db, struct err *e)
{
    int64_t now_us = clock_mono_us();
    if (p->keep_days == 0 || now_us < p->next_us)
        return 0;
    p->next_us = now_us + LOOK_EVERY_S * US_PER_S;
    char days[24];
    (void)snprintf(days, sizeof(days), "%" PRId64, p->keep_days);
    for (const char *const *t = p->tables; *t; t++) {
        const char *const values[] = {*t, days};
        int64_t dropped = 0;
        if (ask(db, "SELECT drop_old_days($1, $2)", values, 2, &dropped, e) == 0) {
            note_dropped(p, *t, dropped);
            continue;
        }
        if (!db_usable(db))
            return -1;
        if (log_limit_pass(&p->say, now_us))
            log_warn(p->program, "old days cannot be dropped now, trying again",
                     LOG_STR("table", *t), LOG_ERR(e));
    }
    return 0;
}
