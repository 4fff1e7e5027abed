#include "fold_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BYTES_LIMIT = 1 << 28 };

/* --- what the fold says ---------------------------------------------------------------------- */

static struct fold_said *add_said(struct fold_harness *h)
{
    if (h->n_said == h->said_room) {
        h->said_room = h->said_room ? 2 * h->said_room : 16;
        h->said = realloc(h->said, h->said_room * sizeof(*h->said));
        assert_non_null(h->said);
    }
    struct fold_said *s = &h->said[h->n_said++];
    *s = (struct fold_said){.offset = h->next_offset, .key_at = h->bytes.len};
    return s;
}

static int on_emit(void *ctx, const struct fold_output *out, struct err *e)
{
    struct fold_harness *h = ctx;
    if (h->emits_left == 0)
        return err_set(e, ERR_IO, "the sink is full");
    h->emits_left -= h->emits_left > 0;
    struct fold_said *s = add_said(h);
    s->topic = out->topic;
    s->urgent = out->urgent;
    s->key_len = out->key.len;
    assert_int_equal(strbuf_add(&h->bytes, out->key.data, out->key.len), 0);
    s->value_at = h->bytes.len;
    struct err why = {0};
    if (out->record && record_encode(out->record, &h->bytes, &why) != 0)
        fail_msg("offset %lld: %s", (long long)h->next_offset, why.text);
    s->value_len = h->bytes.len - s->value_at;
    return 0;
}

static int on_refuse(void *ctx, const char *reason, struct err *e)
{
    (void)e;
    struct fold_harness *h = ctx;
    struct fold_said *s = add_said(h);
    s->refusal = true;
    s->value_at = h->bytes.len;
    s->value_len = strlen(reason);
    assert_int_equal(strbuf_adds(&h->bytes, reason), 0);
    return 0;
}

static void on_count(void *ctx, int n, int64_t by)
{
    struct fold_harness *h = ctx;
    assert_in_range(n, 0, FOLD_COUNTERS_MAX - 1);
    assert_non_null(h->ops->counters[n]);
    h->counts[n] += by;
}

/* --- life ------------------------------------------------------------------------------------ */

static void *create_state(const struct fold_harness *h)
{
    struct err e = {0};
    void *state = h->ops->create(h->options, h->partition, &e);
    if (!state)
        fail_msg("%s", e.text);
    return state;
}

void fold_harness_init(struct fold_harness *h, const struct fold_ops *ops, const void *options,
                       int32_t partition)
{
    *h = (struct fold_harness){
        .ops = ops, .options = options, .partition = partition, .emits_left = -1};
    strbuf_init(&h->bytes, BYTES_LIMIT);
    h->state = create_state(h);
}

void fold_harness_finish(struct fold_harness *h)
{
    h->ops->destroy(h->state);
    strbuf_finish(&h->bytes);
    free(h->said);
    *h = (struct fold_harness){0};
}

int fold_harness_try(struct fold_harness *h, const struct record *r, struct err *e)
{
    const struct fold_sink sink = {h, on_emit, on_refuse, on_count};
    const struct fold_input in = {h->partition, h->next_offset, r};
    int result = h->ops->apply(h->state, &in, &sink, e);
    h->next_offset++;
    return result;
}

void fold_harness_apply(struct fold_harness *h, const struct record *r)
{
    struct err e = {0};
    if (fold_harness_try(h, r, &e) != 0)
        fail_msg("offset %lld: %s", (long long)h->next_offset - 1, e.text);
}

void fold_harness_apply_at(struct fold_harness *h, int64_t offset, const struct record *r)
{
    assert_true(offset >= h->next_offset);
    h->next_offset = offset;
    fold_harness_apply(h, r);
}

void fold_harness_image(struct fold_harness *h, struct strbuf *out)
{
    struct err e = {0};
    if (h->ops->image(h->state, out, &e) != 0)
        fail_msg("image at offset %lld: %s", (long long)h->next_offset, e.text);
}

void fold_harness_reopen(struct fold_harness *h)
{
    struct err e = {0};
    struct strbuf image = STRBUF_INIT(BYTES_LIMIT);
    fold_harness_image(h, &image);
    h->ops->destroy(h->state);
    h->state = create_state(h);
    if (h->ops->restore(h->state, strbuf_slice(&image), &e) != 0)
        fail_msg("restore at offset %lld: %s", (long long)h->next_offset, e.text);
    strbuf_finish(&image);
}

/* --- looking at it --------------------------------------------------------------------------- */

struct slice fold_harness_key(const struct fold_harness *h, size_t i)
{
    assert_true(i < h->n_said);
    return slice_make(h->bytes.data + h->said[i].key_at, h->said[i].key_len);
}

struct slice fold_harness_value(const struct fold_harness *h, size_t i)
{
    assert_true(i < h->n_said);
    return slice_make(h->bytes.data + h->said[i].value_at, h->said[i].value_len);
}

void fold_harness_decode(const struct fold_harness *h, size_t i, struct record *ret)
{
    struct err e = {0};
    assert_false(h->said[i].refusal);
    if (record_decode(fold_harness_value(h, i), ret, &e) != 0)
        fail_msg("output %zu: %s", i, e.text);
}

static bool is_same(const struct fold_harness *a, const struct fold_harness *b, size_t i)
{
    const struct fold_said *x = &a->said[i];
    const struct fold_said *y = &b->said[i];
    return x->offset == y->offset && x->refusal == y->refusal && x->topic == y->topic &&
           x->urgent == y->urgent && slice_eq(fold_harness_key(a, i), fold_harness_key(b, i)) &&
           slice_eq(fold_harness_value(a, i), fold_harness_value(b, i));
}

int64_t fold_harness_difference(const struct fold_harness *a, const struct fold_harness *b)
{
    size_t longer = a->n_said > b->n_said ? a->n_said : b->n_said;
    for (size_t i = 0; i < longer; i++)
        if (i >= a->n_said || i >= b->n_said || !is_same(a, b, i))
            return (int64_t)i;
    return memcmp(a->counts, b->counts, sizeof(a->counts)) == 0 ? -1 : (int64_t)longer;
}
