/* cw-deadletter count: how many letters there are of each stage and reason. */
#include "deadletter.h"
#include "json.h"
#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TEXT_LIMIT = 1 << 24,
    ROWS_MAX = 1000, /* reasons that name a value can be as many as there are letters */
    TEXT_KEPT = 256, /* bytes of a reason that are compared */
};

struct row {
    char *texts; /* stage, then reason */
    struct slice stage;
    struct slice reason;
    int64_t letters;
    int64_t first_us;
    int64_t last_us;
};

struct tally {
    struct row rows[ROWS_MAX];
    size_t n;
    int64_t others; /* letters that came when all rows were taken */
};

static int new_row(struct tally *t, struct slice stage, struct slice reason, struct err *e)
{
    char *texts = malloc(stage.len + reason.len + 1);
    if (!texts)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (stage.len)
        memcpy(texts, stage.data, stage.len);
    if (reason.len)
        memcpy(texts + stage.len, reason.data, reason.len);
    t->rows[t->n++] = (struct row){.texts = texts,
                                   .stage = slice_make(texts, stage.len),
                                   .reason = slice_make(texts + stage.len, reason.len),
                                   .first_us = INT64_MAX,
                                   .last_us = INT64_MIN};
    return 0;
}

static int count(void *ctx, const struct letter *l, const struct kafka_message *m, struct err *e)
{
    (void)m;
    struct tally *t = ctx;
    const struct slice stage = kafka_cut(l->stage, TEXT_KEPT);
    const struct slice reason = kafka_cut(l->reason, TEXT_KEPT);
    size_t i = 0;
    while (i < t->n && !(slice_eq(t->rows[i].stage, stage) && slice_eq(t->rows[i].reason, reason)))
        i++;
    if (i == ROWS_MAX) {
        t->others++;
        return 0;
    }
    if (i == t->n && new_row(t, stage, reason, e) != 0)
        return -1;
    struct row *r = &t->rows[i];
    r->letters++;
    r->first_us = l->time_us < r->first_us ? l->time_us : r->first_us;
    r->last_us = l->time_us > r->last_us ? l->time_us : r->last_us;
    return 0;
}

static int by_most(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    if (x->letters != y->letters)
        return x->letters > y->letters ? -1 : 1;
    int stage = slice_cmp(x->stage, y->stage);
    return stage ? stage : slice_cmp(x->reason, y->reason);
}

static int add_json(struct strbuf *b, const struct row *r)
{
    char first[TIME_TEXT];
    char last[TIME_TEXT];
    time_format(r->first_us, first);
    time_format(r->last_us, last);
    if (strbuf_addf(b, "{\"letters\":%" PRId64 ",\"stage\":", r->letters) != 0 ||
        json_add_string(b, r->stage) != 0 || strbuf_adds(b, ",\"reason\":") != 0 ||
        json_add_string(b, r->reason) != 0)
        return -1;
    return strbuf_addf(b, ",\"first\":\"%s\",\"last\":\"%s\"}\n", first, last);
}

static int add_line(struct strbuf *b, const struct row *r)
{
    char last[TIME_TEXT];
    time_format(r->last_us, last);
    if (strbuf_addf(b, "%10" PRId64 "  %.19sZ  ", r->letters, last) != 0 ||
        letter_add_plain(b, r->stage) != 0 || strbuf_adds(b, ": ") != 0 ||
        letter_add_plain(b, r->reason) != 0)
        return -1;
    return strbuf_addc(b, '\n');
}

static int print(const struct deadletter *d, const struct tally *t, struct err *e)
{
    struct strbuf b = STRBUF_INIT(TEXT_LIMIT); /* ROWS_MAX rows have room, every byte escaped */
    int r = d->json || t->n == 0
                ? 0
                : strbuf_adds(&b, "   letters  newest                stage: reason\n");
    for (size_t i = 0; r == 0 && i < t->n; i++)
        r = d->json ? add_json(&b, &t->rows[i]) : add_line(&b, &t->rows[i]);
    r = r == 0 ? deadletter_write(&b, e) : strbuf_full(&b, "output", e);
    strbuf_finish(&b);
    if (r == 0 && t->others > 0)
        log_warn("deadletter", "more reasons than are kept apart; letters of others are not shown",
                 LOG_INT("reasons", ROWS_MAX), LOG_INT("letters", t->others));
    return r;
}

int deadletter_count(const struct deadletter *d, struct err *e)
{
    struct tally *t = calloc(1, sizeof(*t));
    if (!t)
        return err_set(e, ERR_NOMEM, "out of memory");
    int r = deadletter_scan(d, count, t, e);
    qsort(t->rows, t->n, sizeof(t->rows[0]), by_most);
    if (r == 0)
        r = print(d, t, e);
    for (size_t i = 0; i < t->n; i++)
        free(t->rows[i].texts);
    free(t);
    return r;
}
