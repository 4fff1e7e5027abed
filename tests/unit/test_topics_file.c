/* The declaration of topics: what it says, and what is wrong with a wrong one. */
#include "topics_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char good[] =
    "{\"partitions\": 3, \"config\": {\"message.timestamp.type\": \"CreateTime\"}, \"topics\": ["
    "{\"name\": \"a\", \"doc\": \"x\", \"cleanup\": \"delete\", \"retention\": \"7d\"},"
    "{\"name\": \"b\", \"partitions\": 1, \"cleanup\": \"compact\","
    " \"config\": {\"segment.bytes\": \"64MiB\", \"segment.ms\": 5, \"max.message.bytes\": \"9\","
    " \"message.timestamp.type\": \"LogAppendTime\"}}]}";

static const char *value_of(const struct topic_spec *t, const char *name)
{
    for (size_t i = 0; i < t->n_configs; i++)
        if (strcmp(t->configs[i].name, name) == 0)
            return t->configs[i].value;
    return "(none)";
}

static void reads_what_is_declared(void **state)
{
    (void)state;
    struct topics_file f;
    struct err e = {0};
    assert_int_equal(topics_file_parse(slice_of(good), 0, &f, &e), 0);
    assert_int_equal(f.n, 2);
    assert_string_equal(f.topics[0].name, "a");
    assert_int_equal(f.topics[0].partitions, 3);
    assert_int_equal(f.topics[0].n_configs, 3);
    assert_string_equal(value_of(&f.topics[0], "cleanup.policy"), "delete");
    assert_string_equal(value_of(&f.topics[0], "retention.ms"), "604800000");
    assert_string_equal(value_of(&f.topics[0], "message.timestamp.type"), "CreateTime");
    assert_int_equal(f.topics[1].partitions, 1);
    assert_string_equal(value_of(&f.topics[1], "segment.bytes"), "67108864");
    assert_string_equal(value_of(&f.topics[1], "segment.ms"), "5");
    assert_string_equal(value_of(&f.topics[1], "max.message.bytes"), "9");
    assert_string_equal(value_of(&f.topics[1], "message.timestamp.type"), "LogAppendTime");
    assert_string_equal(value_of(&f.topics[1], "retention.ms"), "(none)");
    topics_file_finish(&f);
}

/* A number of partitions from outside replaces the common one, never a topic's own. */
static void partitions_from_outside(void **state)
{
    (void)state;
    struct topics_file f;
    struct err e = {0};
    assert_int_equal(topics_file_parse(slice_of(good), 12, &f, &e), 0);
    assert_int_equal(f.topics[0].partitions, 12);
    assert_int_equal(f.topics[1].partitions, 1);
    topics_file_finish(&f);
}

static void shards_from_outside(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        int32_t okx; /* 0: refused */
        int32_t kraken;
        const char *says;
    } cases[] = {
        {"", 1, 2, ""},
        {"3", 3, 3, ""},
        {"okx=2", 2, 2, ""},
        {"4,kraken=1", 4, 1, ""},
        {"5", 0, 0, "shards: 5 are more than the 4 partitions of trades"},
        {"okx=", 0, 0, "shards: \"okx=\" is neither a number nor EXCHANGE=NUMBER"},
        {"=2", 0, 0, "shards: \"=2\" is neither a number nor EXCHANGE=NUMBER"},
        {"0", 0, 0, "shards: \"0\" is neither a number nor EXCHANGE=NUMBER"},
        {"okx=2,", 0, 0, "shards: \"\" is neither a number nor EXCHANGE=NUMBER"},
        {"mtgox=2", 0, 0, "shards: no topic feed-progress.mtgox is declared"},
    };
    static const char text[] =
        "{\"partitions\": 4, \"topics\": [{\"name\": \"trades\", \"cleanup\": \"delete\", "
        "\"retention\": \"7d\"},"
        "{\"name\": \"feed-progress.okx\", \"cleanup\": \"compact\", \"partitions\": 1},"
        "{\"name\": \"feed-progress.kraken\", \"cleanup\": \"compact\", \"partitions\": 2}]}";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topics_file f;
        struct err e = {0};
        assert_int_equal(topics_file_parse(slice_of(text), 0, &f, &e), 0);
        int r = topics_file_shards(&f, cases[i].spec, &e);
        assert_int_equal(r, cases[i].okx ? 0 : -1);
        if (r == 0) {
            assert_int_equal(f.topics[1].partitions, cases[i].okx);
            assert_int_equal(f.topics[2].partitions, cases[i].kraken);
        } else {
            assert_int_equal(e.code, ERR_CONF);
            assert_string_equal(e.text, cases[i].says);
        }
        assert_int_equal(f.topics[0].partitions, 4);
        topics_file_finish(&f);
    }
}

#define ONE(rest) "{\"topics\":[{\"name\":\"t\"," rest "}]}"

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"", "line 1"},
    {"{\n\n\"topics\": [,]}", "line 3"},
    {"[]", "expected an object"},
    {"{}", "topics: expected a list"},
    {"{\"topics\":[]}", "topics: expected a list"},
    {"{\"topics\":[1]}", "topic 1: name"},
    {"{\"topic\":[]}", "unknown key \"topic\""},
    {"{\"partitions\":0,\"topics\":[{}]}", "partitions: expected"},
    {"{\"partitions\":\"4\",\"topics\":[{}]}", "partitions: expected"},
    {ONE("\"partitions\":10001,\"cleanup\":\"compact\""), "topic t: partitions"},
    {ONE("\"cleanup\":\"compat\""), "topic t: cleanup"},
    {ONE("\"cleanup\":\"delete\""), "topic t: retention: missing"},
    {ONE("\"cleanup\":\"compact\",\"retention\":\"1d\""), "topic t: retention: a compacted"},
    {ONE("\"cleanup\":\"delete\",\"retention\":\"1 d\""), "topic t: retention.ms: \"1 d\""},
    {ONE("\"cleanup\":\"delete\",\"retention\":\"d\""), "topic t: retention.ms: \"d\""},
    {ONE("\"cleanup\":\"delete\",\"retention\":\"99999999999d\""), "topic t: retention.ms"},
    {ONE("\"cleanup\":\"delete\",\"retention\":1.5"), "topic t: retention.ms: expected"},
    {ONE("\"cleanup\":\"compact\",\"config\":[]"), "topic t: config"},
    {ONE("\"cleanup\":\"compact\",\"config\":{\"segment.bytes\":\"1MB\"}"), "segment.bytes"},
    {ONE("\"cleanup\":\"compact\",\"colour\":1"), "topic t: unknown key \"colour\""},
    {"{\"topics\":[{\"name\":\"t\",\"cleanup\":\"compact\"},{\"name\":\"t\",\"cleanup\":"
     "\"compact\"}]}",
     "topic t is declared twice"},
    {ONE("\"cleanup\":\"compact\",\"config\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
         "\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1}"),
     "more than 16 settings"},
};

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct topics_file f = {(void *)&f, 77};
        struct err e = {0};
        assert_int_equal(topics_file_parse(slice_of(bad[i].text), 0, &f, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
        if (!strstr(e.text, bad[i].says))
            fail_msg("\"%s\": says \"%s\", not \"%s\"", bad[i].text, e.text, bad[i].says);
        assert_int_equal(f.n, 77);
    }
}

/* No cut of a good file crashes or passes. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t len = 0; len + 1 < sizeof(good) - 1; len++) {
        struct topics_file f;
        struct err e = {0};
        assert_int_equal(topics_file_parse(slice_make(good, len), 0, &f, &e), -1);
    }
}

static void order_of_cleanup_words(void **state)
{
    (void)state;
    assert_true(topic_config_equal("cleanup.policy", "compact,delete", "delete,compact"));
    assert_true(topic_config_equal("cleanup.policy", "compact", "compact"));
    assert_false(topic_config_equal("cleanup.policy", "compact", "compact,delete"));
    assert_false(topic_config_equal("cleanup.policy", "compact,delete", "delete"));
    assert_false(topic_config_equal("cleanup.policy", "delete", "deleted"));
    assert_false(topic_config_equal("retention.ms", "1,2", "2,1"));
    assert_true(topic_config_equal("retention.ms", "1", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_declared), cmocka_unit_test(partitions_from_outside),
        cmocka_unit_test(shards_from_outside),    cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(cut_anywhere),           cmocka_unit_test(order_of_cleanup_words),
    };
    return cmocka_run_group_tests_name("topics_file", tests, NULL, NULL);
}
