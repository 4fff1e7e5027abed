#include "compare.h"

#include "fields.h"

#include <stdlib.h>

enum { WHAT_MAX = 4096 };

struct compare {
    struct slice ignored;
    struct record a; /* large: not on the stack */
    struct record b;
    struct strbuf what;
};

struct compare *compare_create(const char *ignored, struct err *e)
{
    struct compare *c = calloc(1, sizeof(*c));
    if (!c) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    c->ignored = slice_of(ignored);
    strbuf_init(&c->what, WHAT_MAX);
    return c;
}

void compare_destroy(struct compare *c)
{
    if (!c)
        return;
    strbuf_finish(&c->what);
    free(c);
}

const char *compare_what(const struct compare *c)
{
    return c->what.data ? c->what.data : "";
}

/* A list that is too long for the line is cut: what is in it is said by the records, too. */
static void add_what(struct compare *c, const char *before, struct slice text)
{
    (void)(strbuf_addf(&c->what, "%s%.*s", before, SLICE_ARG(text)) == 0);
}

/* "key", "value (volume, trades)", "header config": with commas between. */
static void add_part(struct compare *c, const char *part, struct slice name)
{
    add_what(c, c->what.len ? ", " : "", slice_of(part));
    add_what(c, "", name);
}

/* --- headers ---------------------------------------------------------------------------------- */

static const struct item_header *next_header(const struct compare *c, const struct item *i,
                                             size_t *at)
{
    while (*at < i->n_headers) {
        const struct item_header *h = &i->headers[(*at)++];
        if (!fields_named(c->ignored, h->name))
            return h;
    }
    return NULL;
}

static bool same_header(const struct item_header *a, const struct item_header *b)
{
    return slice_eq(a->name, b->name) && a->null == b->null && slice_eq(a->value, b->value);
}

static void compare_headers(struct compare *c, const struct item *a, const struct item *b)
{
    size_t at_a = 0;
    size_t at_b = 0;
    for (;;) {
        const struct item_header *x = next_header(c, a, &at_a);
        const struct item_header *y = next_header(c, b, &at_b);
        const struct item_header *named = x ? x : y;
        if (!named)
            return;
        if (x && y && same_header(x, y))
            continue;
        add_part(c, "header ", named->name);
        if (!x || !y || !slice_eq(x->name, y->name))
            return; /* from here on they do not stand side by side */
    }
}

/* --- values ----------------------------------------------------------------------------------- */

static void compare_records(struct compare *c)
{
    if (c->a.type != c->b.type) {
        add_part(c, "value (another kind of record)", slice_of(""));
        return;
    }
    size_t before = c->what.len;
    add_part(c, "value (", slice_of(""));
    if (fields_differing(&c->a, &c->b, "", &c->what) > 0)
        add_what(c, "", slice_of(")"));
    else
        c->what.len = before; /* the bytes differ, the records do not */
}

static int compare_values(struct compare *c, const struct compare_stream *sa, const struct item *a,
                          const struct compare_stream *sb, const struct item *b, struct err *e)
{
    if (a->tombstone == b->tombstone && slice_eq(a->value, b->value))
        return 0;
    if (a->tombstone || b->tombstone) {
        add_part(c, "value (one is a tombstone)", slice_of(""));
        return 0;
    }
    int of_a = sa->decode(sa->ctx, a->value, &c->a, e);
    int of_b = of_a < 0 ? -1 : sb->decode(sb->ctx, b->value, &c->b, e);
    if (of_b < 0)
        return -1;
    if (of_a == 0 && of_b == 0)
        compare_records(c);
    else
        add_part(c, "value", slice_of(""));
    return 0;
}

/* --- streams ---------------------------------------------------------------------------------- */

/* Leaves in c->what how they differ. */
static int compare_pair(struct compare *c, const struct compare_stream *sa, const struct item *a,
                        const struct compare_stream *sb, const struct item *b, struct err *e)
{
    strbuf_reset(&c->what);
    if (a->has_key != b->has_key || !slice_eq(a->key, b->key))
        add_part(c, "key", slice_of(""));
    if (compare_values(c, sa, a, sb, b, e) != 0)
        return -1;
    compare_headers(c, a, b);
    return 0;
}

int compare_run(struct compare *c, const struct compare_stream *a, const struct compare_stream *b,
                struct compare_result *ret, struct err *e)
{
    ret->equal = 0;
    for (;; ret->equal++) {
        int has_a = a->next(a->ctx, &ret->a, e);
        int has_b = has_a < 0 ? -1 : b->next(b->ctx, &ret->b, e);
        if (has_b < 0)
            return -1;
        if (!has_a || !has_b) {
            ret->verdict = has_a ? COMPARE_B_ENDS : has_b ? COMPARE_A_ENDS : COMPARE_EQUAL;
            return 0;
        }
        if (compare_pair(c, a, &ret->a, b, &ret->b, e) != 0)
            return -1;
        if (c->what.len > 0) {
            ret->verdict = COMPARE_DIFFERENT;
            return 0;
        }
    }
}
