#include "writer_schema.h"

#include "writer_canonical.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 512, FIXED_MAX_BYTES = 1 << 20 };

/* One allocation; all of them are freed together. */
struct writer_memory {
    struct writer_memory *next;
    max_align_t data[];
};

struct named {
    struct named *next;
    struct schema_node *node;
};

struct parser {
    struct writer_schema *schema;
    struct named *named; /* types defined so far */
    struct err *e;
};

/* Where in the schema: the names in scope, and how deep. */
struct place {
    const char *namespace; /* "" for none */
    size_t namespace_len;
    int depth;
};

static const char *const type_names[] = {
    [SCHEMA_NULL] = "null",   [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INT] = "int",
    [SCHEMA_LONG] = "long",   [SCHEMA_FLOAT] = "float",     [SCHEMA_DOUBLE] = "double",
    [SCHEMA_BYTES] = "bytes", [SCHEMA_STRING] = "string",   [SCHEMA_RECORD] = "record",
    [SCHEMA_ENUM] = "enum",   [SCHEMA_FIXED] = "fixed",     [SCHEMA_ARRAY] = "array",
    [SCHEMA_MAP] = "map",     [SCHEMA_UNION] = "union",
};

const char *schema_type_name(enum schema_type type)
{
    return type_names[type];
}

const char *schema_short_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Zeroed; NULL with the error said. */
static void *take(struct parser *p, size_t n, size_t size)
{
    struct writer_memory *m = calloc(1, sizeof(*m) + n * size);
    if (!m) {
        (void)err_set(p->e, ERR_NOMEM, "schema: out of memory");
        return NULL;
    }
    m->next = p->schema->memory;
    p->schema->memory = m;
    return m->data;
}

static struct schema_node *new_node(struct parser *p, enum schema_type type)
{
    if (p->schema->n_nodes == WRITER_SCHEMA_NODES_MAX) {
        (void)err_set(p->e, ERR_LIMIT, "schema: more than %d types", WRITER_SCHEMA_NODES_MAX);
        return NULL;
    }
    struct schema_node *node = take(p, 1, sizeof(*node));
    if (!node)
        return NULL;
    node->type = type;
    node->number = p->schema->n_nodes++;
    return node;
}

static const char *copy(struct parser *p, const char *text, size_t len)
{
    char *to = take(p, len + 1, 1);
    if (to)
        memcpy(to, text, len);
    return to;
}

void writer_schema_destroy(struct writer_schema *s)
{
    if (!s)
        return;
    while (s->memory) {
        struct writer_memory *next = s->memory->next;
        free(s->memory);
        s->memory = next;
    }
    free(s);
}

/* --- names ----------------------------------------------------------------------------------- */

static bool is_word(const char *text, bool dots)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char digits[] = "0123456789";
    bool begins = true;
    for (; *text; text++) {
        if (*text == '.' && dots && !begins) {
            begins = true;
            continue;
        }
        if (!strchr(first, *text) && (begins || !strchr(digits, *text)))
            return false;
        begins = false;
    }
    return !begins;
}

/* The member as a name; NULL with the error said. */
static const char *word_of(struct parser *p, const json_t *value, const char *what, bool dots)
{
    const char *text = json_string_value(value);
    if (text && is_word(text, dots) && strlen(text) < NAME_MAX_BYTES / 2)
        return text;
    (void)err_set(p->e, ERR_PROTO, "schema: \"%.60s\" is no %s", text ? text : "", what);
    return NULL;
}

/* Puts the namespace in front of a name that has none. */
static void complete(const char *name, const struct place *at, char ret[NAME_MAX_BYTES])
{
    if (strchr(name, '.') || at->namespace_len == 0)
        (void)snprintf(ret, NAME_MAX_BYTES, "%s", name);
    else
        (void)snprintf(ret, NAME_MAX_BYTES, "%.*s.%s", (int)at->namespace_len, at->namespace, name);
}

static struct schema_node *find(const struct parser *p, const char *full)
{
    for (const struct named *n = p->named; n; n = n->next)
        if (strcmp(n->node->name, full) == 0)
            return n->node;
    return NULL;
}

/* Gives a new named type its name, and inside it its namespace. */
static int define(struct parser *p, struct schema_node *node, const json_t *o, struct place *at)
{
    const char *name = word_of(p, json_object_get(o, "name"), "name of a type", true);
    const json_t *given = json_object_get(o, "namespace");
    if (!name)
        return -1;
    if (given) {
        at->namespace = json_string_length(given) == 0 && json_is_string(given)
                            ? ""
                            : word_of(p, given, "namespace", true);
        if (!at->namespace)
            return -1;
        at->namespace_len = strlen(at->namespace);
    }
    char full[NAME_MAX_BYTES];
    complete(name, at, full);
    if (find(p, full))
        return err_set(p->e, ERR_PROTO, "schema: %.100s is defined twice", full);
    struct named *entry = take(p, 1, sizeof(*entry));
    node->name = copy(p, full, strlen(full));
    if (!entry || !node->name)
        return -1;
    *entry = (struct named){p->named, node};
    p->named = entry;
    at->namespace = node->name;
    at->namespace_len = (size_t)(schema_short_name(node->name) - node->name);
    at->namespace_len -= at->namespace_len > 0; /* the dot */
    return 0;
}

/* --- types ----------------------------------------------------------------------------------- */

static struct schema_node *parse(struct parser *p, const json_t *value, struct place at);

/* Room for n words and parts. */
static int make_room(struct parser *p, struct schema_node *node, const json_t *list,
                     const char *what)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list))
        return err_set(p->e, ERR_PROTO, "schema: %s without %s",
                       node->name ? node->name : type_names[node->type], what);
    if (n > WRITER_SCHEMA_PARTS_MAX)
        return err_set(p->e, ERR_LIMIT, "schema: more than %d %s", WRITER_SCHEMA_PARTS_MAX, what);
    node->words = take(p, n, sizeof(*node->words));
    node->parts = take(p, n, sizeof(struct schema_node *));
    return node->words && node->parts ? 0 : -1;
}

static int add_word(struct parser *p, struct schema_node *node, const json_t *value,
                    const char *what)
{
    const char *word = word_of(p, value, what, false);
    if (!word)
        return -1;
    for (size_t i = 0; i < node->n; i++)
        if (strcmp(node->words[i], word) == 0)
            return err_set(p->e, ERR_PROTO, "schema: %.100s has two of %.60s", node->name, word);
    node->words[node->n] = copy(p, word, strlen(word));
    return node->words[node->n] ? 0 : -1;
}

static int parse_fields(struct parser *p, struct schema_node *node, const json_t *o,
                        struct place at)
{
    const json_t *list = json_object_get(o, "fields");
    if (make_room(p, node, list, "fields") != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++, node->n++) {
        const json_t *field = json_array_get(list, i);
        if (add_word(p, node, json_object_get(field, "name"), "name of a field") != 0)
            return -1;
        node->parts[i] = parse(p, json_object_get(field, "type"), at);
        if (!node->parts[i])
            return -1;
    }
    return 0;
}

static int parse_symbols(struct parser *p, struct schema_node *node, const json_t *o)
{
    const json_t *list = json_object_get(o, "symbols");
    if (make_room(p, node, list, "symbols") != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++, node->n++)
        if (add_word(p, node, json_array_get(list, i), "symbol") != 0)
            return -1;
    return 0;
}

static int parse_fixed(struct parser *p, struct schema_node *node, const json_t *o)
{
    const json_t *size = json_object_get(o, "size");
    node->size = json_integer_value(size);
    if (!json_is_integer(size) || node->size < 0 || node->size > FIXED_MAX_BYTES)
        return err_set(p->e, ERR_PROTO, "schema: %.100s has no usable size", node->name);
    return 0;
}

static int parse_only_part(struct parser *p, struct schema_node *node, const json_t *value,
                           struct place at)
{
    node->parts = take(p, 1, sizeof(struct schema_node *));
    if (!node->parts)
        return -1;
    node->n = 1;
    node->parts[0] = parse(p, value, at);
    return node->parts[0] ? 0 : -1;
}

static struct schema_node *parse_union(struct parser *p, const json_t *list, struct place at)
{
    struct schema_node *node = new_node(p, SCHEMA_UNION);
    if (!node || make_room(p, node, list, "branches") != 0)
        return NULL;
    for (size_t i = 0; i < json_array_size(list); i++, node->n++) {
        node->parts[i] = parse(p, json_array_get(list, i), at);
        if (!node->parts[i])
            return NULL;
        if (node->parts[i]->type == SCHEMA_UNION) {
            (void)err_set(p->e, ERR_PROTO, "schema: a union inside a union");
            return NULL;
        }
    }
    return node;
}

static void note_logical(struct schema_node *node, const json_t *o)
{
    const char *word = json_string_value(json_object_get(o, "logicalType"));
    if (!word)
        return;
    node->logical = SCHEMA_OTHER;
    if (strcmp(word, "timestamp-micros") == 0 && node->type == SCHEMA_LONG)
        node->logical = SCHEMA_TIMESTAMP_MICROS;
    if (strcmp(word, "decimal") == 0 && node->type == SCHEMA_BYTES) {
        node->logical = SCHEMA_DECIMAL;
        node->size = json_integer_value(json_object_get(o, "scale"));
    }
}

static bool find_type(const char *word, enum schema_type *ret)
{
    for (unsigned t = 0; t < SCHEMA_UNION; t++) {
        if (strcmp(type_names[t], word) != 0)
            continue;
        *ret = (enum schema_type)t;
        return true;
    }
    return false;
}

/* "long", or the name of a type defined before. */
static struct schema_node *parse_word(struct parser *p, const char *word, const struct place *at)
{
    enum schema_type type;
    if (find_type(word, &type) && type < SCHEMA_RECORD)
        return new_node(p, type);
    char full[NAME_MAX_BYTES];
    complete(word, at, full);
    struct schema_node *node = find(p, full);
    if (!node)
        (void)err_set(p->e, ERR_PROTO, "schema: there is no type %.100s", full);
    return node;
}

static int parse_members(struct parser *p, struct schema_node *node, const json_t *o,
                         struct place at)
{
    switch (node->type) {
    case SCHEMA_RECORD:
        return define(p, node, o, &at) == 0 ? parse_fields(p, node, o, at) : -1;
    case SCHEMA_ENUM:
        return define(p, node, o, &at) == 0 ? parse_symbols(p, node, o) : -1;
    case SCHEMA_FIXED:
        return define(p, node, o, &at) == 0 ? parse_fixed(p, node, o) : -1;
    case SCHEMA_ARRAY:
        return parse_only_part(p, node, json_object_get(o, "items"), at);
    case SCHEMA_MAP:
        return parse_only_part(p, node, json_object_get(o, "values"), at);
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
    case SCHEMA_UNION:
        note_logical(node, o);
        break;
    }
    return 0;
}

static struct schema_node *parse_object(struct parser *p, const json_t *o, struct place at)
{
    const json_t *kind = json_object_get(o, "type");
    const char *word = json_string_value(kind);
    enum schema_type type;
    if (!word)
        return parse(p, kind, at); /* {"type": {"type": "long"}} */
    if (!find_type(word, &type))
        return parse_word(p, word, &at);
    struct schema_node *node = new_node(p, type);
    return node && parse_members(p, node, o, at) == 0 ? node : NULL;
}

/* Recursion is bounded by WRITER_SCHEMA_DEPTH_MAX. */
static struct schema_node *parse(struct parser *p, const json_t *value, struct place at)
{
    if (++at.depth > WRITER_SCHEMA_DEPTH_MAX) {
        (void)err_set(p->e, ERR_LIMIT, "schema: deeper than %d types", WRITER_SCHEMA_DEPTH_MAX);
        return NULL;
    }
    const char *word = json_string_value(value);
    if (word && is_word(word, true) && strlen(word) < NAME_MAX_BYTES / 2)
        return parse_word(p, word, &at);
    if (json_is_object(value))
        return parse_object(p, value, at);
    if (json_is_array(value))
        return parse_union(p, value, at);
    (void)err_set(p->e, ERR_PROTO, "schema: a type is missing or is no type");
    return NULL;
}

struct writer_schema *writer_schema_parse(struct slice text, struct err *e)
{
    if (text.len > WRITER_SCHEMA_TEXT_MAX) {
        (void)err_set(e, ERR_LIMIT, "a schema of %zu bytes (limit %d)", text.len,
                      WRITER_SCHEMA_TEXT_MAX);
        return NULL;
    }
    json_error_t why;
    json_t *json = json_loadb(text.data ? text.data : "", text.len, JSON_DECODE_ANY, &why);
    if (!json) {
        (void)err_set(e, ERR_PROTO, "schema: line %d: %.100s", why.line, why.text);
        return NULL;
    }
    struct writer_schema *s = calloc(1, sizeof(*s));
    struct parser p = {.schema = s, .e = e};
    if (s)
        s->root = parse(&p, json, (struct place){"", 0, 0});
    else
        (void)err_set(e, ERR_NOMEM, "schema: out of memory");
    json_decref(json);
    if (s && s->root && writer_fingerprint(s, &s->fingerprint, e) == 0)
        return s;
    writer_schema_destroy(s);
    return NULL;
}
