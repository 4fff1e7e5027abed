#include "metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct metric metric;
    const struct metric_desc *desc;
    struct entry *next; /* sorted by name, then labels */
    char labels[];
};

struct metrics {
    pthread_mutex_t lock; /* guards the list, not the values */
    struct entry *first;
};

struct metrics *metrics_create(struct err *e)
{
    struct metrics *r = calloc(1, sizeof(*r));
    if (!r || pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r);
        (void)err_set(e, ERR_NOMEM, "metrics: out of memory");
        return NULL;
    }
    return r;
}

void metrics_destroy(struct metrics *r)
{
    if (!r)
        return;
    while (r->first) {
        struct entry *next = r->first->next;
        free(r->first);
        r->first = next;
    }
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

static int order(const struct entry *a, const char *name, const char *labels)
{
    int c = strcmp(a->desc->name, name);
    return c ? c : strcmp(a->labels, labels);
}

static struct entry *add_locked(struct metrics *r, const struct metric_desc *desc,
                                const char *labels)
{
    struct entry **at = &r->first;
    while (*at && order(*at, desc->name, labels) < 0)
        at = &(*at)->next;
    if (*at && order(*at, desc->name, labels) == 0)
        return *at;
    size_t len = strlen(labels);
    struct entry *n = calloc(1, sizeof(*n) + len + 1);
    if (!n)
        return NULL;
    memcpy(n->labels, labels, len);
    n->desc = desc;
    n->next = *at;
    *at = n;
    return n;
}

struct metric *metrics_add(struct metrics *r, const struct metric_desc *desc, const char *labels,
                           struct err *e)
{
    (void)pthread_mutex_lock(&r->lock);
    struct entry *n = add_locked(r, desc, labels);
    (void)pthread_mutex_unlock(&r->lock);
    if (!n)
        (void)err_set(e, ERR_NOMEM, "metric %s: out of memory", desc->name);
    return n ? &n->metric : NULL;
}

static int print_value(int64_t value, int64_t divisor, struct strbuf *out)
{
    if (divisor == 1)
        return strbuf_addf(out, " %" PRId64 "\n", value);
    int digits = 0;
    for (int64_t d = divisor; d > 1; d /= 10)
        digits++;
    const char *sign = value < 0 ? "-" : "";
    uint64_t v = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t d = (uint64_t)divisor;
    return strbuf_addf(out, " %s%" PRIu64 ".%0*" PRIu64 "\n", sign, v / d, digits, v % d);
}

static int print_locked(const struct metrics *r, struct strbuf *out)
{
    const char *last = "";
    for (const struct entry *n = r->first; n; n = n->next) {
        const struct metric_desc *d = n->desc;
        const char *type = d->type == METRIC_COUNTER ? "counter" : "gauge";
        if (strcmp(last, d->name) != 0 &&
            strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", d->name, d->help, d->name, type) != 0)
            return -1;
        last = d->name;
        const char *open = *n->labels ? "{" : "";
        const char *close = *n->labels ? "}" : "";
        if (strbuf_addf(out, "%s%s%s%s", d->name, open, n->labels, close) != 0 ||
            print_value(metric_get(&n->metric), d->divisor, out) != 0)
            return -1;
    }
    return 0;
}

int metrics_print(struct metrics *r, struct strbuf *out)
{
    (void)pthread_mutex_lock(&r->lock);
    int n = print_locked(r, out);
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}
