/* Errors of PostgreSQL and their texts, places in SQL text, names of migrations. */
#include "migrations.h"
#include "postgres/libpq_line.h"
#include "postgres/sqlstate.h"
#include "sqltext.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *state;
    enum err_code code;
} states[] = {
    {NULL, ERR_IO},           /* the connection went away */
    {"57P01", ERR_IO},        /* shutdown */
    {"57P03", ERR_IO},        /* starting up */
    {"53100", ERR_IO},        /* disk full */
    {"40P01", ERR_IO},        /* deadlock */
    {"55P03", ERR_IO},        /* lock timeout */
    {"25P03", ERR_IO},        /* idle in transaction */
    {"28P01", ERR_IO},        /* password */
    {"3D000", ERR_IO},        /* no such database */
    {"23514", ERR_PROTO},     /* a check */
    {"P0001", ERR_PROTO},     /* a trigger that raises */
    {"22021", ERR_PROTO},     /* bytes that are no text */
    {"22008", ERR_PROTO},     /* time out of range */
    {"23502", ERR_PROTO},     /* null where none may be */
    {"54000", ERR_PROTO},     /* index row too large */
    {"42P01", ERR_NOT_FOUND}, /* table */
    {"42P07", ERR_IO},        /* two made the same day */
    {"42501", ERR_STATE},     /* permission */
    {"42601", ERR_STATE},     /* syntax */
    {"21000", ERR_STATE},     /* twice the same row in one upsert */
    {"XX000", ERR_STATE},     /* internal */
};

static void meaning_of_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        bool retriable;
        enum err_code code = sqlstate_code(states[i].state, &retriable);
        if (code != states[i].code)
            fail_msg("%s: %s", states[i].state, err_code_name(code));
        assert_int_equal(retriable, code == ERR_IO);
    }
}

static void line_of_position(void **state)
{
    (void)state;
    const struct slice text = slice_of("ab\nc\xc3\xb6\xe2\x82\xac\nd\n");
    const int expected[] = {1, 1, 1, 2, 2, 2, 2, 3, 3};
    for (long i = 0; i < 9; i++)
        assert_int_equal(sqltext_line(text, i + 1), expected[i]);
}

static const struct {
    const char *text;
    int n;
    int line;
} statements[] = {
    {"a;\nb;\nc", 0, 1},
    {"a;\nb;\nc", 1, 2},
    {"a;\nb;\nc", 2, 3},
    {"a;\nb;\nc", 3, 3},
    {"-- a; b\n/* ; /* ; */ ; */\n\nSELECT 1;\n;;\nSELECT 2", 0, 4},
    {"-- a; b\n/* ; /* ; */ ; */\n\nSELECT 1;\n;;\nSELECT 2", 1, 6},
    {"SELECT ';\n', \"a;\"\"b\", 'it''s;';\nx", 1, 3},
    {"SELECT E'\\';', 'a\\';\nx", 1, 2},
    {"DO $$ a; b\n; $$;\nx", 1, 3},
    {"DO $f_1$ $$;\n$f$ ; $f_1$;\nx", 1, 3},
    {"SELECT a$1;\nx", 1, 2},
    {"SELECT $1;\nx", 1, 2},
    {"", 0, 1},
    {"", 5, 1},
    {"'", 2, 1},
    {"/*", 2, 1},
    {"$$", 2, 1},
    {"E'\\", 2, 1},
};

static void line_of_statement(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        int line = sqltext_statement_line(slice_of(statements[i].text), statements[i].n);
        if (line != statements[i].line)
            fail_msg("\"%s\" statement %d: line %d, expected %d", statements[i].text,
                     statements[i].n, line, statements[i].line);
    }
}

static const struct {
    const char *file;
    int version; /* 0: refused */
    const char *name;
    bool up;
} names[] = {
    {"0001_a.up.sql", 1, "a", true},
    {"0420_b_c-d.down.sql", 420, "b_c-d", false},
    {"0001_.up.sql", 0, NULL, false},
    {"0001.up.sql", 0, NULL, false},
    {"1_a.up.sql", 0, NULL, false},
    {"00001_a.up.sql", 0, NULL, false},
    {"0000_a.up.sql", 0, NULL, false},
    {"0001_a.sql", 0, NULL, false},
    {"0001-a.up.sql", 0, NULL, false},
    {".up.sql", 0, NULL, false},
    {"", 0, NULL, false},
};

static void names_of_migrations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct err e = {0};
        struct migration m;
        bool up = false;
        int r = migration_name_parse(names[i].file, &m, &up, &e);
        assert_int_equal(r, names[i].version ? 0 : -1);
        if (r != 0) {
            assert_int_equal(e.code, ERR_CONF);
            continue;
        }
        assert_int_equal(m.version, names[i].version);
        assert_string_equal(m.name, names[i].name);
        assert_int_equal(up, names[i].up);
    }
}

static const struct {
    const char *text;
    const char *line;
} texts[] = {
    {"", ""},
    {"\n \n", ""},
    {"one line\n", "one line"},
    {"one\n\ttwo\n", "one  two"},
    {"as long as there is room for it all", "as long as there is room for it all"},
    {"one more than there is room for here", "one more than there is room for her"},
    {"FATAL:  could not write init file\n", "its disk is full or fails: FATAL:"},
};

static void lines_of_texts(void **state)
{
    (void)state;
    char line[36];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        libpq_line(texts[i].text, line, sizeof(line));
        assert_string_equal(line, texts[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meaning_of_states), cmocka_unit_test(line_of_position),
        cmocka_unit_test(line_of_statement), cmocka_unit_test(names_of_migrations),
        cmocka_unit_test(lines_of_texts),
    };
    return cmocka_run_group_tests_name("sink_sql", tests, NULL, NULL);
}
