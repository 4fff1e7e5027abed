/* Our codecs against avro-c: the same bytes from the same values, whatever the values. */
#include "record_random.h"
#include "record_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <avro.h>
#include <cmocka.h>

enum { ROUNDS = 2000 };

/* The analyzer cannot see that a failed assertion of cmocka's does not return.
 * NOLINTBEGIN(clang-analyzer-core.NullDereference) */

/* --- a struct of ours as a value of avro-c's ---------------------------------------------------
 */

static void set_text(avro_value_t *to, struct slice text)
{
    char *copy = malloc(text.len + 1); /* avro-c wants the NUL behind it, and counts it */
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    assert_int_equal(avro_value_set_string_len(to, copy, text.len + 1), 0);
    free(copy);
}

static void set_decimal(avro_value_t *to, struct decimal d)
{
    uint8_t bytes[DECIMAL_BYTES];
    size_t len = decimal_to_bytes(d, bytes);
    assert_int_equal(avro_value_set_bytes(to, bytes, len), 0);
}

static void set_scalar(avro_value_t *to, const struct record_field *f, const void *at)
{
    const struct slice *s = at;
    switch (f->type) {
    case RECORD_FIELD_TEXT:
        set_text(to, *s);
        return;
    case RECORD_FIELD_BYTES:
        assert_int_equal(avro_value_set_bytes(to, (void *)(uintptr_t)s->data, s->len), 0);
        return;
    case RECORD_FIELD_DECIMAL:
        set_decimal(to, *(const struct decimal *)at);
        return;
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
        assert_int_equal(avro_value_set_long(to, *(const int64_t *)at), 0);
        return;
    case RECORD_FIELD_INT:
        assert_int_equal(avro_value_set_int(to, *(const int32_t *)at), 0);
        return;
    case RECORD_FIELD_BOOL:
        assert_int_equal(avro_value_set_boolean(to, *(const bool *)at), 0);
        return;
    case RECORD_FIELD_ENUM:
        assert_int_equal(avro_value_set_enum(to, (int)*(const unsigned *)at), 0);
        return;
    case RECORD_FIELD_ARRAY:
        break;
    }
    fail_msg("field %s", f->name);
}

static void set_field(avro_value_t *record, const struct record_field *f, const void *from)
{
    avro_value_t field;
    assert_int_equal(avro_value_get_by_name(record, f->name, &field, NULL), 0);
    if (!f->nullable) {
        set_scalar(&field, f, record_field_at(f, from));
        return;
    }
    avro_value_t branch;
    bool present = record_field_present(f, from);
    assert_int_equal(avro_value_set_branch(&field, present, &branch), 0);
    if (present)
        set_scalar(&branch, f, record_field_at(f, from));
    else
        assert_int_equal(avro_value_set_null(&branch), 0);
}

static void set_array(avro_value_t *record, const struct record_field *f, const void *from)
{
    avro_value_t array;
    assert_int_equal(avro_value_get_by_name(record, f->name, &array, NULL), 0);
    const char *item = record_field_at(f, from);
    for (size_t n = record_field_count(f, from); n > 0; n--, item += f->items->size) {
        avro_value_t element;
        assert_int_equal(avro_value_append(&array, &element, NULL), 0);
        for (size_t i = 0; i < f->items->n_fields; i++)
            set_field(&element, &f->items->fields[i], item);
    }
}

static void set_record(avro_value_t *value, const struct record *r)
{
    const struct record_table *t = record_table(r->type);
    for (size_t i = 0; i < t->n_fields; i++) {
        if (t->fields[i].type == RECORD_FIELD_ARRAY)
            set_array(value, &t->fields[i], &r->trade);
        else
            set_field(value, &t->fields[i], &r->trade);
    }
}

/* --- one type --------------------------------------------------------------------------------- */

struct bench {
    struct record_random rnd;
    avro_value_iface_t *iface;
    struct strbuf ours;
    struct strbuf again;
    char theirs[RECORD_MAX_BYTES];
};

static void one_round(struct bench *b, enum record_type type)
{
    struct record r;
    struct record back;
    struct err e = {0};
    record_random_fill(&b->rnd, type, &r);
    strbuf_reset(&b->ours);
    assert_int_equal(record_encode_body(&r, &b->ours, &e), 0);

    avro_value_t value;
    assert_int_equal(avro_generic_value_new(b->iface, &value), 0);
    set_record(&value, &r);
    avro_writer_t writer = avro_writer_memory(b->theirs, sizeof(b->theirs));
    assert_int_equal(avro_value_write(writer, &value), 0);
    assert_int_equal(avro_writer_tell(writer), b->ours.len);
    assert_memory_equal(b->theirs, b->ours.data, b->ours.len);
    avro_writer_free(writer);
    avro_value_decref(&value);

    size_t len = 0;
    assert_int_equal(record_decode_body(type, strbuf_slice(&b->ours), &back, &len, &e), 0);
    assert_int_equal(len, b->ours.len);
    assert_int_equal(back.type, type);
    strbuf_reset(&b->again);
    assert_int_equal(record_encode_body(&back, &b->again, &e), 0);
    assert_true(slice_eq(strbuf_slice(&b->again), strbuf_slice(&b->ours)));
}

static void same_bytes_as_avro_c(void **state)
{
    (void)state;
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->rnd.state = 20261121;
    strbuf_init(&b->ours, RECORD_MAX_BYTES);
    strbuf_init(&b->again, RECORD_MAX_BYTES);
    for (enum record_type type = 0; type < RECORD_TYPES; type++) {
        const char *text = record_schema(type)->text;
        avro_schema_t schema;
        assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema), 0);
        b->iface = avro_generic_class_from_schema(schema);
        assert_non_null(b->iface);
        for (int i = 0; i < ROUNDS; i++)
            one_round(b, type);
        avro_value_iface_decref(b->iface);
        avro_schema_decref(schema);
    }
    strbuf_finish(&b->ours);
    strbuf_finish(&b->again);
    free(b);
}

/* NOLINTEND(clang-analyzer-core.NullDereference) */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_as_avro_c),
    };
    return cmocka_run_group_tests_name("record_avro", tests, NULL, NULL);
}
