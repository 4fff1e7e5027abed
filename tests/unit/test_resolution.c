/* Schemas and bodies of others, hostile ones among them. What is read of good ones is compared with
 * fastavro by tests/integration/test_evolution.py. */
#include "record_random.h"
#include "resolution.h"
#include "resolution_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_ROOM = 1 << 20 };

/* A tick with more fields in front. */
#define TICK(more_)                                                                                \
    "{\"type\":\"record\",\"name\":\"Tick\",\"namespace\":\"candlewick\",\"fields\":[" more_       \
    "{\"name\":\"exchange\",\"type\":\"string\"},"                                                 \
    "{\"name\":\"receive_time\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}" \
    "},"                                                                                           \
    "{\"name\":\"alive\",\"type\":\"boolean\"},{\"name\":\"epoch\",\"type\":\"int\"}]}"
#define FIELD(type_) "{\"name\":\"more\",\"type\":" type_ "},"
#define REST "\x02x\x04\x01\x06" /* exchange "x", receive_time 2, alive, epoch 3 */

static struct resolution *must_resolve(const char *text)
{
    struct err e = {0};
    struct resolution *r = resolution_create(slice_of(text), &e);
    if (!r)
        fail_msg("%s: %s", text, e.text);
    return r;
}

/* --- schemas --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum err_code code;
    const char *said;
} bad_schemas[] = {
    {"", ERR_PROTO, "schema: line 1"},
    {"{\"type\":", ERR_PROTO, "schema: line 1"},
    {"7", ERR_PROTO, "schema: a type is missing or is no type"},
    {"\"long\"", ERR_PROTO, "schema: of type long, not record"},
    {"\"Trade\"", ERR_PROTO, "schema: there is no type Trade"},
    {"[]", ERR_PROTO, "schema: of type union, not record"},
    {"{\"type\":\"record\"}", ERR_PROTO, "is no name of a type"},
    {"{\"type\":\"record\",\"name\":\"A\"}", ERR_PROTO, "A without fields"},
    {"{\"type\":\"record\",\"name\":\"a b\",\"fields\":[]}", ERR_PROTO, "is no name of a type"},
    {"{\"type\":\"record\",\"name\":\"A\",\"namespace\":7,\"fields\":[]}", ERR_PROTO,
     "is no namespace"},
    {"{\"type\":\"record\",\"name\":\"A\",\"fields\":[]}", ERR_NOT_FOUND, "A is no record of ours"},
    {TICK("{\"name\":\"epoch\",\"type\":\"int\"},"), ERR_PROTO, "has two of epoch"},
    {TICK("7,"), ERR_PROTO, "is no name of a field"},
    {TICK("{\"name\":\"f\"},"), ERR_PROTO, "a type is missing"},
    {TICK(FIELD("[\"null\",[\"long\"]]")), ERR_PROTO, "a union inside a union"},
    {TICK(FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}")), ERR_PROTO, "no usable size"},
    {TICK(FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1e9}")), ERR_PROTO, "no usable size"},
    {TICK(FIELD("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"a\"]}")), ERR_PROTO,
     "has two of a"},
    {TICK(FIELD("{\"type\":\"enum\",\"name\":\"E\"}")), ERR_PROTO, "E without symbols"},
    {TICK(FIELD("{\"type\":\"array\"}")), ERR_PROTO, "a type is missing"},
    {TICK(FIELD("{\"type\":\"fixed\",\"name\":\"Tick\",\"size\":4}")), ERR_PROTO,
     "candlewick.Tick is defined twice"},
};

static void schemas_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_schemas) / sizeof(bad_schemas[0]); i++) {
        struct err e = {0};
        assert_null(resolution_create(slice_of(bad_schemas[i].text), &e));
        if (e.code != bad_schemas[i].code || !strstr(e.text, bad_schemas[i].said))
            fail_msg("%s: %s", bad_schemas[i].text, e.text);
    }
}

static void add(struct strbuf *b, const char *text)
{
    assert_int_equal(strbuf_adds(b, text), 0);
}

static void assert_limit(struct strbuf *b, const char *said)
{
    struct err e = {0};
    assert_null(resolution_create(strbuf_slice(b), &e));
    assert_int_equal(e.code, ERR_LIMIT);
    if (!strstr(e.text, said))
        fail_msg("%s", e.text);
    strbuf_finish(b);
}

static void schemas_beyond_the_limits(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(TEXT_ROOM);
    for (int i = 0; i < 40; i++)
        add(&b, "{\"type\":\"array\",\"items\":");
    add(&b, "\"long\"");
    for (int i = 0; i < 40; i++)
        add(&b, "}");
    assert_limit(&b, "deeper than 32 types");

    strbuf_init(&b, TEXT_ROOM);
    for (int i = 0; i < WRITER_SCHEMA_TEXT_MAX; i++)
        add(&b, " ");
    add(&b, "7");
    assert_limit(&b, "a schema of 65537 bytes");

    strbuf_init(&b, TEXT_ROOM);
    add(&b, "[\"long\"");
    for (int i = 0; i < WRITER_SCHEMA_PARTS_MAX; i++)
        add(&b, ",\"long\"");
    add(&b, "]");
    assert_limit(&b, "more than 1024 branches");

    strbuf_init(&b, TEXT_ROOM);
    add(&b, "[");
    for (int i = 0; i < 6; i++) {
        add(&b, i ? ",{\"type\":\"array\",\"items\":[\"int\""
                  : "{\"type\":\"array\",\"items\":[\"int\"");
        for (int k = 0; k < 1000; k++)
            add(&b, ",\"int\"");
        add(&b, "]}");
    }
    add(&b, "]");
    assert_limit(&b, "more than 4096 types");
}

/* --- bodies ---------------------------------------------------------------------------------- */

#define TREE                                                                                       \
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"c\",\"type\":{\"type\":"          \
    "\"array\","                                                                                   \
    "\"items\":\"T\"}}]}"
#define ENDLESS "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"t\",\"type\":\"T\"}]}"
#define NULLS "{\"type\":\"array\",\"items\":\"null\"}"
#define MAX_COUNT "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01" /* 2^63 - 1 */

static const struct {
    const char *name;
    const char *type; /* schema of a tick with this field in front */
    const char *body;
    size_t len;
    int result;
    const char *said;
} bodies[] = {
#define BODY(bytes_) bytes_, sizeof(bytes_) - 1
    {"string", TICK(FIELD("\"string\"")),
     BODY("\x06"
          "abc" REST),
     0, NULL},
    {"string too long", TICK(FIELD("\"bytes\"")), BODY(MAX_COUNT REST), -1,
     "tick: more: bytes that are too long"},
    {"string cut", TICK(FIELD("\"bytes\"")),
     BODY("\x7e"
          "abc"),
     1, "tick: more: the input ends inside it"},
    {"fixed", TICK(FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}")), BODY("abc" REST), 0,
     NULL},
    {"fixed cut", TICK(FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}")), BODY("ab"), 1,
     "tick: more: the input ends inside it"},
    {"map", TICK(FIELD("{\"type\":\"map\",\"values\":\"float\"}")),
     BODY("\x02\x02k"
          "1234"
          "\x00" REST),
     0, NULL},
    {"block with its size", TICK(FIELD("{\"type\":\"array\",\"items\":\"double\"}")),
     BODY("\x01\x10"
          "12345678"
          "\x00" REST),
     0, NULL},
    {"block with another size", TICK(FIELD("{\"type\":\"array\",\"items\":\"double\"}")),
     BODY("\x01\x0e"
          "12345678"
          "\x00" REST),
     -1, "tick: more: a block of items is not as long as it says"},
    {"branch", TICK(FIELD("[\"long\",\"null\"]")), BODY("\x02" REST), 0, NULL},
    {"no such branch", TICK(FIELD("[\"long\",\"null\"]")), BODY("\x04" REST), -1,
     "tick: more: no such branch of the union"},
    {"negative branch", TICK(FIELD("[\"long\",\"null\"]")), BODY("\x01" REST), -1,
     "tick: more: no such branch of the union"},
    {"empty union", TICK(FIELD("[]")), BODY("\x00" REST), -1,
     "tick: more: no such branch of the union"},
    {"tree", TICK(FIELD(TREE)), BODY("\x02\x04\x00\x00\x00\x00" REST), 0, NULL},
    {"nulls", TICK(FIELD(NULLS)), BODY("\xd0\x0f\x00" REST), 0, NULL},
    {"very many nulls", TICK(FIELD(NULLS)), BODY(MAX_COUNT "\x00" REST), -1,
     "tick: more: too many values to skip"},
    {"a record in itself", TICK(FIELD(ENDLESS)), BODY(REST), -1,
     "tick: t: too many values inside each other"},
    {"bytes behind", TICK(FIELD("\"null\"")), BODY(REST "!"), -1, "tick: 1 bytes behind its end"},
};

static void bodies_of_foreign_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct resolution *r = must_resolve(bodies[i].type);
        struct record record;
        struct err e = {0};
        int result =
            resolution_decode(r, slice_make(bodies[i].body, bodies[i].len), &record, NULL, &e);
        if (result != bodies[i].result || (bodies[i].said && strcmp(e.text, bodies[i].said) != 0))
            fail_msg("%s: %d %s", bodies[i].name, result, e.text);
        if (result == 0) {
            assert_int_equal(record.type, RECORD_TICK);
            assert_true(slice_is(record.tick.exchange, "x"));
            assert_int_equal(record.tick.receive_time_us, 2);
            assert_true(record.tick.alive);
            assert_int_equal(record.tick.epoch, 3);
        }
        resolution_destroy(r);
    }
}

/* A level takes two of the 64 places: a call and a loop. */
static void depth_of_trees(void **state)
{
    (void)state;
    struct resolution *r = must_resolve(TICK(FIELD(TREE)));
    for (int depth = 1; depth < 80; depth++) {
        struct strbuf b = STRBUF_INIT(TEXT_ROOM);
        for (int i = 0; i < depth; i++)
            assert_int_equal(strbuf_addc(&b, 2), 0);
        for (int i = 0; i < depth + 1; i++)
            assert_int_equal(strbuf_addc(&b, 0), 0);
        assert_int_equal(strbuf_add(&b, REST, sizeof(REST) - 1), 0);
        struct record record;
        struct err e = {0};
        int result = resolution_decode(r, strbuf_slice(&b), &record, NULL, &e);
        assert_int_equal(result, depth < 32 ? 0 : -1);
        if (result != 0)
            assert_non_null(strstr(e.text, "too many values inside each other"));
        strbuf_finish(&b);
    }
    resolution_destroy(r);
}

/* Every type through the plan: the schema differs by a field, the values do not. */
static void every_record_through_the_plan_and_cut_anywhere(void **state)
{
    (void)state;
    struct record_random *rnd = calloc(1, sizeof(*rnd));
    struct record *a = calloc(2, sizeof(*a));
    assert_true(rnd && a);
    rnd->state = 7;
    for (unsigned t = 0; t < RECORD_TYPES; t++) {
        const struct record_schema *s = record_schema((enum record_type)t);
        const char *fields = strstr(s->text, "\"fields\": [");
        struct strbuf text = STRBUF_INIT(TEXT_ROOM);
        assert_non_null(fields);
        assert_int_equal(strbuf_add(&text, s->text, (size_t)(fields - s->text) + 11), 0);
        add(&text, FIELD("\"double\""));
        add(&text, fields + 11);
        struct resolution *r = must_resolve(text.data);
        for (int n = 0; n < 50; n++) {
            struct strbuf body = STRBUF_INIT(2 << 20);
            struct strbuf again = STRBUF_INIT(2 << 20);
            struct err e = {0};
            record_random_fill(rnd, (enum record_type)t, &a[0]);
            assert_int_equal(strbuf_add(&body, "12345678", 8), 0);
            assert_int_equal(record_encode_body(&a[0], &body, &e), 0);
            assert_int_equal(resolution_decode(r, strbuf_slice(&body), &a[1], NULL, &e), 0);
            assert_int_equal(record_encode_body(&a[1], &again, &e), 0);
            assert_true(slice_eq(slice_make(body.data + 8, body.len - 8), strbuf_slice(&again)));
            for (size_t cut = 0; cut < body.len && cut < 2000; cut++)
                assert_int_equal(resolution_decode(r, slice_make(body.data, cut), &a[1], NULL, &e),
                                 1);
            strbuf_finish(&body);
            strbuf_finish(&again);
        }
        resolution_destroy(r);
        strbuf_finish(&text);
    }
    free(rnd);
    free(a);
}

/* --- defaults -------------------------------------------------------------------------------- */

/* Our schemas have no defaults but null so far; the plan has them all. */
struct later {
    struct slice text;
    struct slice bytes;
    struct decimal price;
    int64_t time_us;
    int64_t count;
    int32_t number;
    bool flag;
    unsigned side;
    bool has_note;
    struct slice note;
    int64_t last;
};

static const char *const sides[] = {"unknown", "buy", "sell"};
static const struct record_field later_fields[] = {
    {.name = "text",
     .type = RECORD_FIELD_TEXT,
     .offset = offsetof(struct later, text),
     .has_default = true,
     .text_default = "none"},
    {.name = "bytes",
     .type = RECORD_FIELD_BYTES,
     .offset = offsetof(struct later, bytes),
     .has_default = true,
     .text_default = ""},
    {.name = "price",
     .type = RECORD_FIELD_DECIMAL,
     .offset = offsetof(struct later, price),
     .has_default = true,
     .number_default = -5},
    {.name = "time",
     .type = RECORD_FIELD_TIME,
     .offset = offsetof(struct later, time_us),
     .has_default = true,
     .number_default = 1},
    {.name = "count",
     .type = RECORD_FIELD_LONG,
     .offset = offsetof(struct later, count),
     .has_default = true,
     .number_default = INT64_MAX},
    {.name = "number",
     .type = RECORD_FIELD_INT,
     .offset = offsetof(struct later, number),
     .has_default = true,
     .number_default = INT32_MIN},
    {.name = "flag",
     .type = RECORD_FIELD_BOOL,
     .offset = offsetof(struct later, flag),
     .has_default = true,
     .number_default = 1},
    {.name = "side",
     .type = RECORD_FIELD_ENUM,
     .offset = offsetof(struct later, side),
     .words = sides,
     .n_words = 3,
     .enum_name = "Side",
     .has_default = true,
     .number_default = 2},
    {.name = "note",
     .type = RECORD_FIELD_TEXT,
     .offset = offsetof(struct later, note),
     .nullable = true,
     .has_offset = offsetof(struct later, has_note),
     .has_default = true},
    {.name = "last", .type = RECORD_FIELD_LONG, .offset = offsetof(struct later, last)},
};
static const struct record_table later_table = {"later", "Later", later_fields,
                                                sizeof(later_fields) / sizeof(later_fields[0]),
                                                sizeof(struct later)};

static void defaults_of_every_type(void **state)
{
    (void)state;
    struct err e = {0};
    struct plan plan;
    struct later v = {0};
    struct writer_schema *w = writer_schema_parse(
        slice_of("{\"type\":\"record\",\"name\":\"Later\",\"fields\":[{\"name\":\"last\",\"type\":"
                 "\"long\"}]}"),
        &e);
    assert_non_null(w);
    assert_int_equal(plan_make(&plan, w, &later_table, &e), 0);
    assert_int_equal(plan_run(&plan, slice_of("\x12"), &v, NULL, &e), 0);
    assert_true(slice_is(v.text, "none"));
    assert_int_equal(v.bytes.len, 0);
    assert_true(v.price.e18 == -5);
    assert_int_equal(v.time_us, 1);
    assert_true(v.count == INT64_MAX);
    assert_int_equal(v.number, INT32_MIN);
    assert_true(v.flag);
    assert_int_equal(v.side, 2);
    assert_false(v.has_note);
    assert_int_equal(v.last, 9);
    plan_finish(&plan);
    writer_schema_destroy(w);
}

/* --- fingerprints ---------------------------------------------------------------------------- */

static void our_own_schemas_are_recognized(void **state)
{
    (void)state;
    for (unsigned t = 0; t < RECORD_TYPES; t++) {
        const struct record_schema *s = record_schema((enum record_type)t);
        struct resolution *r = must_resolve(s->text);
        assert_int_equal(resolution_type(r), t);
        assert_true(resolution_fingerprint(r) == s->fingerprint);
        resolution_destroy(r);
    }
}

static void canonical_form_of_every_type(void **state)
{
    (void)state;
    static const char text[] =
        "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n.s\",\"doc\":\"d\",\"fields\":["
        "{\"name\":\"a\",\"type\":{\"type\":\"long\",\"logicalType\":\"date\"},\"default\":1},"
        "{\"name\":\"b\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\","
        "\"Y\"]}]},"
        "{\"name\":\"c\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"fixed\",\"name\":\"o."
        "F\",\"size\":3}}},"
        "{\"name\":\"d\",\"type\":{\"type\":\"array\",\"items\":[\"R\",\"o.F\",{\"type\":"
        "\"string\"}]}}]}";
    static const char canonical[] =
        "{\"name\":\"n.s.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},"
        "{\"name\":\"b\",\"type\":[\"null\",{\"name\":\"n.s.E\",\"type\":\"enum\",\"symbols\":["
        "\"X\",\"Y\"]}]},"
        "{\"name\":\"c\",\"type\":{\"type\":\"map\",\"values\":{\"name\":\"o.F\",\"type\":"
        "\"fixed\",\"size\":3}}},"
        "{\"name\":\"d\",\"type\":{\"type\":\"array\",\"items\":[\"n.s.R\",\"o.F\",\"string\"]}}]}";
    struct err e = {0};
    struct writer_schema *w = writer_schema_parse(slice_of(text), &e);
    assert_non_null(w);
    assert_true(w->fingerprint == crc64_avro(CRC64_EMPTY, canonical, sizeof(canonical) - 1));
    writer_schema_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_that_are_none),
        cmocka_unit_test(schemas_beyond_the_limits),
        cmocka_unit_test(bodies_of_foreign_schemas),
        cmocka_unit_test(depth_of_trees),
        cmocka_unit_test(every_record_through_the_plan_and_cut_anywhere),
        cmocka_unit_test(defaults_of_every_type),
        cmocka_unit_test(our_own_schemas_are_recognized),
        cmocka_unit_test(canonical_form_of_every_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
