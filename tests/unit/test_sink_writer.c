/* What the writer does with bad records, on a store made of arrays: how a batch is halved, which
 * offsets move, what becomes of each record. */
#include "cursors.h"
#include "writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MESSAGES = 40, PARTITIONS = 3 };

/* What a message is, told by its first letter. */
enum { GOOD = 'g', UNDECODABLE = 'u', REFUSED = 'r', NOT_OURS = 'n', BREAKS = 'b' };

struct stage {
    /* the store */
    int64_t stored[PARTITIONS];
    char rows[MESSAGES + 1]; /* ids of kept messages */
    size_t n_rows;
    int flushes;
    enum sink_verdict fail_with; /* of every flush; SINK_OK: none */
    struct err fail_err;
    /* its buffer */
    char buffer[MESSAGES + 1];
    size_t n_buffer;
    bool refuse;
    /* what it has as refused */
    char quarantine[MESSAGES + 1];
    size_t n_quarantine;
    size_t n_told; /* refusals that were reported */
    char aside;    /* buffered for it; 0: none */
    /* the letters */
    char letters[MESSAGES + 1];
    size_t n_letters;
    size_t n_posted; /* letters that were flushed */
    char told_of;    /* the last one that the store refused */
    bool letters_fail;
};

/* --- the store -------------------------------------------------------------------------------- */

static void clear(void *sink)
{
    struct stage *s = sink;
    s->n_buffer = 0;
    s->refuse = false;
    s->aside = 0;
}

static int put(void *sink, const struct kafka_message *m, struct err *e)
{
    struct stage *s = sink;
    switch (m->value.data[0]) {
    case UNDECODABLE:
        return err_set(e, ERR_PROTO, "undecodable %c", m->value.data[1]);
    case BREAKS:
        return err_set(e, ERR_NOMEM, "no memory");
    case NOT_OURS:
        return 1;
    case REFUSED:
        s->refuse = true;
        break;
    default:
        break;
    }
    s->buffer[s->n_buffer++] = m->value.data[1];
    return 0;
}

static int put_refused(void *rows, const char *topic, const struct kafka_message *m,
                       const struct err *why, struct err *e)
{
    (void)e;
    struct stage *s = rows;
    assert_string_equal(topic, "t");
    assert_string_equal(why->text, "refused");
    assert_int_equal(s->n_buffer, 0);
    s->aside = m->value.data[1];
    return 0;
}

static enum sink_verdict flush(void *sink, void *rows, const char *const *topics,
                               const struct sink_move *moves, size_t n, struct err *e)
{
    struct stage *s = sink;
    assert_ptr_equal(rows, sink);
    assert_string_equal(topics[0], "t");
    s->flushes++;
    assert_int_equal(s->n_letters, s->n_posted); /* no offset moves past a letter in the air */
    if (s->fail_with != SINK_OK) {
        *e = s->fail_err;
        return s->fail_with;
    }
    if (s->refuse) {
        (void)err_set(e, ERR_PROTO, "refused");
        return SINK_DROP;
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(s->stored[moves[i].partition], moves[i].from);
        assert_true(moves[i].to > moves[i].from);
        s->stored[moves[i].partition] = moves[i].to;
    }
    memcpy(s->rows + s->n_rows, s->buffer, s->n_buffer);
    s->n_rows += s->n_buffer;
    if (s->aside)
        s->quarantine[s->n_quarantine++] = s->aside;
    return SINK_OK;
}

static const struct sink_ops ops = {
    .put = put, .put_refused = put_refused, .rows_clear = clear, .flush = flush};
static const char *const topics[] = {"t", NULL};

/* --- the letters ------------------------------------------------------------------------------ */

static int letter(void *ctx, const struct kafka_message *m, const char *stage,
                  const struct err *why, struct err *e)
{
    (void)e;
    struct stage *s = ctx;
    assert_int_equal(why->code, ERR_PROTO);
    if (strcmp(stage, "store") == 0) {
        s->told_of = m->value.data[1];
        return 0;
    }
    assert_string_equal(stage, "decode");
    s->letters[s->n_letters++] = m->value.data[1];
    return 0;
}

static int letters_flush(void *ctx, struct err *e)
{
    struct stage *s = ctx;
    if (s->letters_fail)
        return err_retry(e, ERR_IO, "no broker");
    s->n_posted = s->n_letters;
    return 0;
}

static void refused(void *ctx, const struct kafka_message *m, const struct err *why)
{
    struct stage *s = ctx;
    assert_string_equal(why->text, "refused");
    assert_int_equal(s->told_of, m->value.data[1]);
    assert_int_equal(s->quarantine[s->n_told++], m->value.data[1]); /* told once it is kept */
}

static const struct writer_reports reports = {letter, letters_flush, refused};

/* --- a case ----------------------------------------------------------------------------------- */

struct setting {
    struct stage stage;
    struct batch batch;
    struct cursors cursors;
    struct writer writer;
    char text[MESSAGES][2];
    struct sink_move moves[PARTITIONS];
    int broken; /* what putting a record came to */
    struct err put_err;
};

/* As the runner does it: all that was read, in one flight. */
static enum sink_verdict write_all(struct setting *t, struct err *e)
{
    size_t n = cursors_moves(&t->cursors, t->moves);
    enum sink_verdict v = writer_write(&t->writer, &t->batch, t->moves, n, e);
    if (v == SINK_OK)
        cursors_moved(&t->cursors, t->moves, n);
    return v;
}

static void no_release(void *ctx, struct kafka_message *m)
{
    (void)ctx;
    (void)m;
}

/* kinds: one letter per message; ids are a, b, c …, partitions go round, and each offset is ten
 * times its place in the partition plus 7: there are holes. */
static void set_up(struct setting *t, const char *kinds)
{
    struct err e = {0};
    *t = (struct setting){.writer = {.ops = &ops, .topics = topics, .reports = &reports}};
    t->writer.sink = t->writer.ctx = &t->stage;
    assert_int_equal(batch_init(&t->batch, MESSAGES, &e), 0);
    t->batch.rows = &t->stage;
    struct group_offset parts[PARTITIONS];
    for (int p = 0; p < PARTITIONS; p++) {
        parts[p] = (struct group_offset){.partition = p, .next_offset = 5};
        t->stage.stored[p] = 5;
    }
    assert_int_equal(cursors_set(&t->cursors, parts, PARTITIONS, &e), 0);
    for (int i = 0; kinds[i]; i++) {
        t->text[i][0] = kinds[i];
        t->text[i][1] = (char)('a' + i);
        const struct kafka_message m = {.partition = i % PARTITIONS,
                                        .offset = i / PARTITIONS * 10 + 7,
                                        .value = slice_make(t->text[i], 2)};
        assert_true(cursors_advance(&t->cursors, 0, m.partition, m.offset + 1));
        struct batch_item *item = batch_add(&t->batch, &m, 0);
        t->broken += writer_put(&ops, &t->batch, item, &t->put_err);
    }
    assert_true(cursors_advance(&t->cursors, 0, 0, 1000)); /* behind them, records nobody wants */
}

static void tear_down(struct setting *t)
{
    batch_drop(&t->batch, no_release, NULL);
    batch_finish(&t->batch);
    cursors_finish(&t->cursors);
}

static const struct {
    const char *name;
    const char *kinds;
    const char *rows;       /* ids kept */
    const char *letters;    /* ids buried */
    const char *quarantine; /* ids refused */
} cases[] = {
    {"all good", "gggggg", "abcdef", "", ""},
    {"nothing", "", "", "", ""},
    {"not ours", "gngn", "ac", "", ""},
    {"one undecodable", "ggugg", "abde", "c", ""},
    {"all undecodable", "uuu", "", "abc", ""},
    {"one refused alone", "r", "", "", "a"},
    {"first refused", "rggggggg", "bcdefgh", "", "a"},
    {"last refused", "gggggggr", "abcdefg", "", "h"},
    {"middle refused", "ggggrgggg", "abcdfghi", "", "e"},
    {"two refused", "grggggrg", "acdefh", "", "bg"},
    {"all refused", "rrrrr", "", "", "abcde"},
    {"both kinds", "gurgngruu", "adf", "bhi", "cg"},
};

static void each_record_is_kept_or_buried(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting t;
        struct err e = {0};
        set_up(&t, cases[i].kinds);
        enum sink_verdict v = write_all(&t, &e);
        if (v != SINK_OK || strcmp(t.stage.rows, cases[i].rows) != 0 ||
            strcmp(t.stage.letters, cases[i].letters) != 0 ||
            strcmp(t.stage.quarantine, cases[i].quarantine) != 0)
            fail_msg("%s: verdict %d, rows \"%s\", letters \"%s\", quarantine \"%s\": %s",
                     cases[i].name, v, t.stage.rows, t.stage.letters, t.stage.quarantine, e.text);
        assert_int_equal(t.broken, 0);
        assert_int_equal(t.stage.n_told, t.stage.n_quarantine);
        for (int p = 0; p < PARTITIONS; p++)
            assert_int_equal(cursors_find(&t.cursors, 0, p)->stored, t.stage.stored[p]);
        tear_down(&t);
    }
}

/* Where nothing is wrong, one flush moves every offset, past unwanted records too. */
static void one_flush_where_all_is_well(void **state)
{
    (void)state;
    struct setting t;
    struct err e = {0};
    set_up(&t, "ggggu");
    assert_int_equal(write_all(&t, &e), SINK_OK);
    assert_int_equal(t.stage.flushes, 1);
    assert_int_equal(t.stage.stored[0], 1000);
    assert_int_equal(t.stage.stored[1], 18);
    assert_int_equal(t.stage.stored[2], 8);
    assert_false(cursors_dirty(&t.cursors));
    tear_down(&t);
}

/* After a refusal, offsets go exactly as far as records were dealt with. */
static void offsets_after_a_refusal(void **state)
{
    (void)state;
    struct setting t;
    struct err e = {0};
    set_up(&t, "ggrg");
    assert_int_equal(write_all(&t, &e), SINK_OK);
    assert_int_equal(t.stage.stored[0], 18); /* the rest is for the next flush */
    assert_int_equal(t.stage.stored[1], 8);
    assert_int_equal(t.stage.stored[2], 8);
    assert_true(cursors_dirty(&t.cursors));
    tear_down(&t);
}

static const struct {
    enum sink_verdict verdict;
    struct err err;
} failures[] = {
    {SINK_RETRY, {.code = ERR_IO, .retriable = true}},
    {SINK_FATAL, {.code = ERR_FENCED}},
    {SINK_FATAL, {.code = ERR_STATE}},
};

static void failures_pass_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct setting t;
        struct err e = {0};
        set_up(&t, "ggg");
        t.stage.fail_with = failures[i].verdict;
        t.stage.fail_err = failures[i].err;
        assert_int_equal(write_all(&t, &e), failures[i].verdict);
        assert_int_equal(e.code, failures[i].err.code);
        assert_int_equal(t.stage.flushes, 1);
        assert_int_equal(cursors_find(&t.cursors, 0, 0)->stored, 5);
        tear_down(&t);
    }
}

/* A store that refuses although no record is in the flush does not refuse a record. */
static void refusal_without_records(void **state)
{
    (void)state;
    const char *const kinds[] = {"", "u", "g", "ggg"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct setting t;
        struct err e = {0};
        set_up(&t, kinds[i]);
        t.stage.fail_with = SINK_DROP;
        (void)err_set(&t.stage.fail_err, ERR_PROTO, "refused");
        assert_int_equal(write_all(&t, &e), SINK_FATAL);
        tear_down(&t);
    }
}

static void letters_that_cannot_be_posted(void **state)
{
    (void)state;
    struct setting t;
    struct err e = {0};
    set_up(&t, "gug");
    t.stage.letters_fail = true;
    assert_int_equal(write_all(&t, &e), SINK_RETRY);
    assert_int_equal(t.stage.flushes, 0);
    assert_int_equal(t.stage.n_rows, 0);
    tear_down(&t);
}

/* What is wrong with the sink and not with a record is found when the record is put. */
static void sink_that_breaks(void **state)
{
    (void)state;
    struct setting t;
    set_up(&t, "gbg");
    assert_int_equal(t.broken, -1);
    assert_int_equal(t.put_err.code, ERR_NOMEM);
    tear_down(&t);
}

/* --- cursors and batch ------------------------------------------------------------------------ */

static void cursors_never_go_back(void **state)
{
    (void)state;
    struct err e = {0};
    struct cursors c = {0};
    const struct group_offset parts[] = {{.partition = 4, .next_offset = 10}};
    assert_int_equal(cursors_set(&c, parts, 1, &e), 0);
    assert_false(cursors_advance(&c, 0, 4, 10));
    assert_false(cursors_advance(&c, 0, 4, -1));
    assert_false(cursors_advance(&c, 0, 5, 11));
    assert_false(cursors_advance(&c, 1, 4, 11)); /* the same number of another topic */
    assert_false(c.items[0].read);
    assert_true(cursors_advance(&c, 0, 4, 12));
    assert_true(c.items[0].read);
    struct sink_move move;
    assert_int_equal(cursors_moves(&c, &move), 1);
    assert_int_equal(move.from, 10);
    assert_int_equal(move.to, 12);
    move.from = 11; /* a part of it */
    cursors_moved(&c, &move, 1);
    assert_int_equal(cursors_moves(&c, &move), 1);
    assert_int_equal(move.from, 11);
    move.from = move.to;
    cursors_moved(&c, &move, 1);
    assert_int_equal(cursors_moves(&c, &move), 0);
    assert_int_equal(cursors_set(&c, parts, 0, &e), 0);
    assert_null(cursors_find(&c, 0, 4));
    cursors_finish(&c);
}

static void batch_is_bounded(void **state)
{
    (void)state;
    struct err e = {0};
    struct batch b;
    struct kafka_message m = {.value = {NULL, BATCH_BYTES - 1}};
    assert_int_equal(batch_init(&b, 2, &e), 0);
    (void)batch_add(&b, &m, 100);
    assert_false(batch_is_full(&b));
    m.value.len = 1;
    (void)batch_add(&b, &m, 200);
    assert_true(batch_is_full(&b));
    assert_int_equal(b.since_us, 100);
    batch_drop(&b, no_release, NULL);
    assert_int_equal(b.bytes, 0);
    m.value.len = BATCH_BYTES;
    (void)batch_add(&b, &m, 300);
    assert_true(batch_is_full(&b));
    assert_int_equal(b.since_us, 300);
    batch_drop(&b, no_release, NULL);
    batch_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_kept_or_buried),
        cmocka_unit_test(one_flush_where_all_is_well),
        cmocka_unit_test(offsets_after_a_refusal),
        cmocka_unit_test(failures_pass_through),
        cmocka_unit_test(refusal_without_records),
        cmocka_unit_test(letters_that_cannot_be_posted),
        cmocka_unit_test(sink_that_breaks),
        cmocka_unit_test(cursors_never_go_back),
        cmocka_unit_test(batch_is_bounded),
    };
    return cmocka_run_group_tests_name("sink_writer", tests, NULL, NULL);
}
