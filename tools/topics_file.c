#include "topics_file.h"

#include "strbuf.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_MAX = 200 };

/* --- values ---------------------------------------------------------------------------------- */

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit times[] = {{"ms", 1},      {"s", 1000},     {"min", 60000},
                                    {"h", 3600000}, {"d", 86400000}, {NULL}};
static const struct unit sizes[] = {
    {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL}};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* "7d" -> "604800000". A plain number passes as it is. */
static int without_unit(const char *value, const struct unit *units, char ret[VALUE_MAX],
                        struct err *e)
{
    char *end;
    long long n = strtoll(value, &end, 10);
    if (end == value || n < -1 || n > INT32_MAX)
        return err_set(e, ERR_CONF, "\"%.60s\" is not a number with or without a unit", value);
    int64_t factor = *end == '\0' ? 1 : 0;
    for (const struct unit *u = units; u->name; u++)
        if (strcmp(end, u->name) == 0)
            factor = u->factor;
    if (factor == 0)
        return err_set(e, ERR_CONF, "\"%.60s\": no unit \"%.20s\"", value, end);
    (void)snprintf(ret, VALUE_MAX, "%" PRId64, (int64_t)n * factor);
    return 0;
}

static int plain_value(const char *name, const json_t *j, char ret[VALUE_MAX], struct err *e)
{
    if (json_is_integer(j)) {
        (void)snprintf(ret, VALUE_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
        return 0;
    }
    const char *text = json_string_value(j);
    if (!text || *text == '\0' || strlen(text) >= VALUE_MAX)
        return err_set(e, ERR_CONF, "expected a text or a whole number");
    if (ends_with(name, ".ms"))
        return without_unit(text, times, ret, e);
    if (ends_with(name, ".bytes"))
        return without_unit(text, sizes, ret, e);
    memcpy(ret, text, strlen(text) + 1);
    return 0;
}

/* --- one topic ------------------------------------------------------------------------------- */

/* The entry of that name, made if there is room and it is new. NULL with ERR_CONF. */
static struct topic_config *config_slot(struct topic_spec *t, const char *name, struct err *e)
{
    for (size_t i = 0; i < t->n_configs; i++)
        if (strcmp(t->configs[i].name, name) == 0)
            return &t->configs[i];
    if (t->n_configs == TOPIC_CONFIGS_MAX) {
        (void)err_set(e, ERR_CONF, "more than %d settings", TOPIC_CONFIGS_MAX);
        return NULL;
    }
    char *copy = strdup(name);
    if (!copy) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    t->configs[t->n_configs].name = copy;
    return &t->configs[t->n_configs++];
}

static int set_config(struct topic_spec *t, const char *name, const json_t *value, struct err *e)
{
    char text[VALUE_MAX];
    if (plain_value(name, value, text, e) != 0)
        return err_prefix(e, "%.80s", name);
    struct topic_config *c = config_slot(t, name, e);
    if (!c)
        return -1;
    char *copy = strdup(text);
    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory");
    free(c->value);
    c->value = copy;
    return 0;
}

static int set_configs(struct topic_spec *t, const json_t *object, struct err *e)
{
    if (!object)
        return 0;
    if (!json_is_object(object))
        return err_set(e, ERR_CONF, "config: expected an object");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) /* the macro wants it without const */
        if (set_config(t, name, value, e) != 0) return -1;
    return 0;
}

static int set_partitions(struct topic_spec *t, const json_t *j, int32_t otherwise, struct err *e)
{
    if (!j) {
        t->partitions = otherwise;
        return 0;
    }
    json_int_t n = json_integer_value(j); /* 0 where it is none */
    if (n < 1 || n > TOPIC_PARTITIONS_MAX)
        return err_set(e, ERR_CONF, "partitions: expected a number from 1 to %d",
                       TOPIC_PARTITIONS_MAX);
    t->partitions = (int32_t)n;
    return 0;
}

static int set_cleanup(struct topic_spec *t, const json_t *cleanup, const json_t *retention,
                       struct err *e)
{
    const char *policy = json_string_value(cleanup);
    if (!policy || (strcmp(policy, "delete") != 0 && strcmp(policy, "compact") != 0 &&
                    strcmp(policy, "compact,delete") != 0))
        return err_set(e, ERR_CONF,
                       "cleanup: expected \"delete\", \"compact\" or "
                       "\"compact,delete\"");
    if (set_config(t, "cleanup.policy", cleanup, e) != 0)
        return -1;
    bool deletes = ends_with(policy, "delete");
    if (deletes && !retention)
        return err_set(e, ERR_CONF, "retention: missing");
    if (!deletes && retention)
        return err_set(e, ERR_CONF, "retention: a compacted topic has none");
    return deletes ? set_config(t, "retention.ms", retention, e) : 0;
}

/* The first key that is none of the allowed ones, or NULL. */
static const char *stray_key(const json_t *object, const char *const *allowed)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        const char *const *a = allowed;
        while (*a && strcmp(*a, key) != 0)
            a++;
        if (!*a)
            return key;
    }
    return NULL;
}

static int fill_topic(struct topic_spec *t, const json_t *j, const json_t *top, int32_t partitions,
                      struct err *e)
{
    static const char *const keys[] = {"name",      "doc",    "partitions", "cleanup",
                                       "retention", "config", NULL};
    const char *stray = stray_key(j, keys);
    if (stray)
        return err_set(e, ERR_CONF, "unknown key \"%.60s\"", stray);
    if (set_partitions(t, json_object_get(j, "partitions"), partitions, e) != 0 ||
        set_configs(t, json_object_get(top, "config"), e) != 0 ||
        set_cleanup(t, json_object_get(j, "cleanup"), json_object_get(j, "retention"), e) != 0)
        return -1;
    return set_configs(t, json_object_get(j, "config"), e);
}

static bool has_topic(const struct topics_file *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->topics[i].name, name) == 0)
            return true;
    return false;
}

/* f->topics has room for one more. */
static int add_topic(struct topics_file *f, const json_t *j, const json_t *top, int32_t partitions,
                     struct err *e)
{
    const char *name = json_string_value(json_object_get(j, "name"));
    if (!name || *name == '\0')
        return err_set(e, ERR_CONF, "topic %zu: name: expected a text", f->n + 1);
    if (has_topic(f, name))
        return err_set(e, ERR_CONF, "topic %.100s is declared twice", name);
    struct topic_spec *t = &f->topics[f->n];
    t->name = strdup(name);
    if (!t->name)
        return err_set(e, ERR_NOMEM, "out of memory");
    f->n++;
    return fill_topic(t, j, top, partitions, e) == 0 ? 0 : err_prefix(e, "topic %.100s", name);
}

/* --- the file -------------------------------------------------------------------------------- */

static int fill(struct topics_file *f, const json_t *top, int32_t partitions, struct err *e)
{
    static const char *const keys[] = {"partitions", "config", "topics", NULL};
    if (!json_is_object(top))
        return err_set(e, ERR_CONF, "expected an object");
    const char *stray = stray_key(top, keys);
    if (stray)
        return err_set(e, ERR_CONF, "unknown key \"%.60s\"", stray);
    const json_t *list = json_object_get(top, "topics");
    size_t n = json_array_size(list); /* 0 where it is none */
    if (n == 0 || n > TOPICS_MAX)
        return err_set(e, ERR_CONF, "topics: expected a list of 1 to %d", TOPICS_MAX);
    struct topic_spec defaults = {0};
    if (set_partitions(&defaults, json_object_get(top, "partitions"), 1, e) != 0)
        return -1;
    f->topics = calloc(n, sizeof(*f->topics));
    if (!f->topics)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (add_topic(f, json_array_get(list, i), top,
                      partitions > 0 ? partitions : defaults.partitions, e) != 0)
            return -1;
    return 0;
}

int topics_file_parse(struct slice text, int32_t partitions, struct topics_file *ret, struct err *e)
{
    json_error_t at;
    json_t *top = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &at);
    if (!top)
        return err_set(e, ERR_CONF, "line %d: %s", at.line, at.text);
    struct topics_file f = {0};
    int r = fill(&f, top, partitions, e);
    json_decref(top);
    if (r != 0) {
        topics_file_finish(&f);
        return -1;
    }
    *ret = f;
    return 0;
}

void topics_file_finish(struct topics_file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct topic_spec *t = &f->topics[i];
        for (size_t c = 0; c < t->n_configs; c++) {
            free(t->configs[c].name);
            free(t->configs[c].value);
        }
        free(t->name);
    }
    free(f->topics);
    *f = (struct topics_file){0};
}

/* --- comparing ------------------------------------------------------------------------------- */

/* Whether every word of the comma-separated list a is in b. */
static bool words_within(const char *a, const char *b)
{
    for (const char *p = a; *p;) {
        size_t n = strcspn(p, ",");
        const char *q = b;
        while (*q && !(strcspn(q, ",") == n && strncmp(p, q, n) == 0)) {
            q += strcspn(q, ",");
            q += *q == ',';
        }
        if (!*q)
            return false;
        p += n;
        p += *p == ',';
    }
    return true;
}

bool topic_config_equal(const char *name, const char *ours, const char *theirs)
{
    if (strcmp(name, "cleanup.policy") == 0)
        return words_within(ours, theirs) && words_within(theirs, ours);
    return strcmp(ours, theirs) == 0;
}

/* --- shards ---------------------------------------------------------------------------------- */

static const char SHARDED[] = "feed-progress.";

/* Of that exchange, or of all where the name is empty; how many topics there are. */
static int set_shards(struct topics_file *f, struct slice exchange, int32_t shards)
{
    int n = 0;
    for (size_t i = 0; i < f->n; i++) {
        struct topic_spec *t = &f->topics[i];
        bool sharded = strncmp(t->name, SHARDED, sizeof(SHARDED) - 1) == 0;
        if (!sharded || (exchange.len > 0 && !slice_is(exchange, t->name + sizeof(SHARDED) - 1)))
            continue;
        t->partitions = shards;
        n++;
    }
    return n;
}

static int32_t partitions_of_trades(const struct topics_file *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->topics[i].name, "trades") == 0)
            return f->topics[i].partitions;
    return TOPIC_PARTITIONS_MAX;
}

static int set_word(struct topics_file *f, struct slice word, struct err *e)
{
    const char *equals = word.len > 0 ? memchr(word.data, '=', word.len) : NULL;
    struct slice exchange = slice_make(word.data, equals ? (size_t)(equals - word.data) : 0);
    struct slice digits = word;
    if (equals)
        digits = slice_make(equals + 1, word.len - exchange.len - 1);
    int64_t n = 0;
    bool good = digits.len > 0 && digits.len <= 5 && (!equals || exchange.len > 0);
    for (size_t i = 0; good && i < digits.len; i++) {
        good = digits.data[i] >= '0' && digits.data[i] <= '9';
        n = n * 10 + (digits.data[i] - '0');
    }
    if (!good || n == 0)
        return err_set(e, ERR_CONF, "shards: \"%.*s\" is neither a number nor EXCHANGE=NUMBER",
                       (int)(word.len < 60 ? word.len : 60), word.data);
    if (n > partitions_of_trades(f))
        return err_set(e, ERR_CONF, "shards: %lld are more than the %d partitions of trades",
                       (long long)n, partitions_of_trades(f));
    if (set_shards(f, exchange, (int32_t)n) == 0)
        return err_set(e, ERR_CONF, "shards: no topic %s%.*s is declared", SHARDED,
                       (int)(exchange.len < 60 ? exchange.len : 60),
                       exchange.data ? exchange.data : "");
    return 0;
}

int topics_file_shards(struct topics_file *f, const char *spec, struct err *e)
{
    for (const char *p = *spec ? spec : NULL; p;) {
        const char *comma = strchr(p, ',');
        if (set_word(f, slice_make(p, comma ? (size_t)(comma - p) : strlen(p)), e) != 0)
            return -1;
        p = comma ? comma + 1 : NULL;
    }
    return 0;
}
