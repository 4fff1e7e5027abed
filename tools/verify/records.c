/* cw-verify A B: record by record. */
#include "verify.h"

#include <inttypes.h>

/* Over all partitions. */
struct total {
    struct verify *v;
    int32_t compared;
    int32_t different;
    int64_t equal; /* records */
};

static const char *first_words(const struct compare_result *r)
{
    return r->verdict == COMPARE_A_ENDS   ? "A ends here, B goes on"
           : r->verdict == COMPARE_B_ENDS ? "B ends here, A goes on"
                                          : "";
}

static int say_result(struct verify *v, int32_t partition, const struct compare *c,
                      const struct compare_result *r, struct err *e)
{
    if (r->verdict == COMPARE_EQUAL)
        return strbuf_addf(&v->out, "partition %" PRId32 ": equal, %" PRId64 " records\n",
                           partition, r->equal) == 0
                   ? 0
                   : strbuf_full(&v->out, "output", e);
    const char *what = r->verdict == COMPARE_DIFFERENT ? compare_what(c) : first_words(r);
    if (strbuf_addf(&v->out,
                    "partition %" PRId32 ": DIFFERENT after %" PRId64 " equal records: %s\n",
                    partition, r->equal, what) != 0)
        return strbuf_full(&v->out, "output", e);
    if (r->verdict != COMPARE_A_ENDS && say_item(&v->out, &v->a, &r->a, e) != 0)
        return -1;
    return r->verdict == COMPARE_B_ENDS ? 0 : say_item(&v->out, &v->b, &r->b, e);
}

static int compare_partition(struct total *t, struct compare *c, int32_t partition, struct err *e)
{
    struct verify *v = t->v;
    const struct inputs_range *range = inputs_of(&v->inputs, partition);
    const struct compare_stream a = source_stream(&v->a);
    const struct compare_stream b = source_stream(&v->b);
    struct compare_result result;
    if (!range)
        return 0;
    if (source_begin(&v->a, partition, range, e) != 0 ||
        source_begin(&v->b, partition, range, e) != 0 || compare_run(c, &a, &b, &result, e) != 0)
        return -1;
    meter_clear(&v->meter);
    t->compared++;
    t->equal += result.equal;
    t->different += result.verdict != COMPARE_EQUAL;
    return say_result(v, partition, c, &result, e) == 0 ? say_flush(&v->out, e) : -1;
}

static int say_total(const struct total *t, struct err *e)
{
    struct strbuf *out = &t->v->out;
    int r =
        t->different
            ? strbuf_addf(out,
                          "DIFFERENT: %" PRId32 " of %" PRId32 " partitions, after %" PRId64
                          " equal records\n",
                          t->different, t->compared, t->equal)
            : strbuf_addf(out, "equal: %" PRId32 " partitions, %" PRId64 " records%s\n",
                          t->compared, t->equal, t->equal ? "" : ": nothing was there to compare");
    if (r != 0)
        return strbuf_full(out, "output", e);
    return say_flush(out, e);
}

/* Each partition must be on both sides, and each that was named must be there. */
static int check_partitions(const struct verify *v, struct err *e)
{
    if (v->a.partitions != v->b.partitions)
        return err_set(e, ERR_CONF, "%.100s has %d partitions, but %.100s has %d", v->a.name,
                       v->a.partitions, v->b.name, v->b.partitions);
    for (size_t i = 0; i < v->inputs.n; i++)
        if (v->inputs.ranges[i].partition >= v->a.partitions)
            return err_set(e, ERR_CONF, "--inputs: %.100s has partitions 0 to %d, no %d", v->a.name,
                           v->a.partitions - 1, v->inputs.ranges[i].partition);
    return 0;
}

int verify_records(struct verify *v, struct err *e)
{
    struct total t = {.v = v};
    if (check_partitions(v, e) != 0)
        return -1;
    struct compare *c = compare_create(v->settings->ignore_headers, e);
    int r = c ? 0 : -1;
    for (int32_t p = 0; r == 0 && p < v->a.partitions; p++)
        r = compare_partition(&t, c, p, e);
    compare_destroy(c);
    if (r == 0)
        r = say_total(&t, e);
    return r == 0 && t.different > 0 ? VERIFY_DIFFERENT : r;
}
