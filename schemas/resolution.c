#include "resolution.h"

#include "resolution_plan.h"

#include <stdlib.h>

struct resolution {
    enum record_type type;
    bool same; /* the writer's schema is ours: the generated decoder reads it */
    struct writer_schema *writer;
    struct plan plan;
};

static int find_type(const struct schema_node *root, enum record_type *ret, struct err *e)
{
    if (root->type != SCHEMA_RECORD)
        return err_set(e, ERR_PROTO, "schema: of type %s, not record",
                       schema_type_name(root->type));
    for (unsigned t = 0; t < RECORD_TYPES; t++) {
        if (strcmp(root->name, record_schema((enum record_type)t)->full_name) != 0)
            continue;
        *ret = (enum record_type)t;
        return 0;
    }
    return err_set(e, ERR_NOT_FOUND, "schema: %.100s is no record of ours", root->name);
}

static int resolve(struct resolution *r, struct slice text, struct err *e)
{
    r->writer = writer_schema_parse(text, e);
    if (!r->writer || find_type(r->writer->root, &r->type, e) != 0)
        return -1;
    r->same = r->writer->fingerprint == record_schema(r->type)->fingerprint;
    return plan_make(&r->plan, r->writer, record_table(r->type), e);
}

struct resolution *resolution_create(struct slice schema_text, struct err *e)
{
    struct resolution *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "schema: out of memory");
        return NULL;
    }
    if (resolve(r, schema_text, e) == 0)
        return r;
    resolution_destroy(r);
    return NULL;
}

void resolution_destroy(struct resolution *r)
{
    if (!r)
        return;
    plan_finish(&r->plan);
    writer_schema_destroy(r->writer);
    free(r);
}

enum record_type resolution_type(const struct resolution *r)
{
    return r->type;
}

uint64_t resolution_fingerprint(const struct resolution *r)
{
    return r->writer->fingerprint;
}

int resolution_decode(const struct resolution *r, struct slice body, struct record *ret,
                      size_t *ret_len, struct err *e)
{
    if (r->same)
        return record_decode_body(r->type, body, ret, ret_len, e);
    struct record v = {.type = r->type};
    int done = plan_run(&r->plan, body, &v.trade, ret_len, e); /* any member: they share a place */
    if (done == 0)
        *ret = v;
    return done;
}
