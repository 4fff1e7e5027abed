#include "writer_canonical.h"

#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
    uint64_t crc;
    bool *told; /* by node: the definition was printed, from now on its name will do */
};

static void put(struct printer *p, const char *text)
{
    p->crc = crc64_avro(p->crc, text, strlen(text));
}

static void put_quoted(struct printer *p, const char *word) /* words need no escapes */
{
    put(p, "\"");
    put(p, word);
    put(p, "\"");
}

static void print(struct printer *p, const struct schema_node *node);

static void print_fields(struct printer *p, const struct schema_node *node)
{
    put(p, ",\"fields\":[");
    for (size_t i = 0; i < node->n; i++) {
        put(p, i ? ",{\"name\":" : "{\"name\":");
        put_quoted(p, node->words[i]);
        put(p, ",\"type\":");
        print(p, node->parts[i]);
        put(p, "}");
    }
    put(p, "]");
}

static void print_symbols(struct printer *p, const struct schema_node *node)
{
    put(p, ",\"symbols\":[");
    for (size_t i = 0; i < node->n; i++) {
        put(p, i ? "," : "");
        put_quoted(p, node->words[i]);
    }
    put(p, "]");
}

static void print_named(struct printer *p, const struct schema_node *node)
{
    if (p->told[node->number]) {
        put_quoted(p, node->name);
        return;
    }
    p->told[node->number] = true;
    put(p, "{\"name\":");
    put_quoted(p, node->name);
    put(p, ",\"type\":");
    put_quoted(p, schema_type_name(node->type));
    if (node->type == SCHEMA_RECORD)
        print_fields(p, node);
    if (node->type == SCHEMA_ENUM)
        print_symbols(p, node);
    if (node->type == SCHEMA_FIXED) {
        char size[48];
        (void)snprintf(size, sizeof(size), ",\"size\":%" PRId64, node->size);
        put(p, size);
    }
    put(p, "}");
}

static void print_union(struct printer *p, const struct schema_node *node)
{
    put(p, "[");
    for (size_t i = 0; i < node->n; i++) {
        put(p, i ? "," : "");
        print(p, node->parts[i]);
    }
    put(p, "]");
}

/* Recursion is as deep as the text was, and a named type is entered once. */
static void print(struct printer *p, const struct schema_node *node)
{
    if (node->name)
        print_named(p, node);
    else if (node->type == SCHEMA_UNION)
        print_union(p, node);
    else if (node->type == SCHEMA_ARRAY || node->type == SCHEMA_MAP) {
        put(p, node->type == SCHEMA_ARRAY ? "{\"type\":\"array\",\"items\":"
                                          : "{\"type\":\"map\",\"values\":");
        print(p, node->parts[0]);
        put(p, "}");
    } else
        put_quoted(p, schema_type_name(node->type));
}

int writer_fingerprint(const struct writer_schema *s, uint64_t *ret, struct err *e)
{
    struct printer p = {CRC64_EMPTY, calloc(s->n_nodes, sizeof(bool))};
    if (!p.told)
        return err_set(e, ERR_NOMEM, "schema: out of memory");
    print(&p, s->root);
    free(p.told);
    *ret = p.crc;
    return 0;
}
