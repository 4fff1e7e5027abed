#include "resolution_plan.h"

#include <stdlib.h>

struct maker {
    struct plan *plan;
    const struct writer_schema *writer;
    size_t *record_at; /* by node: its skipping steps; 0: not made (no record is) */
    const struct schema_node **pending; /* records that are called and not made */
    size_t n_pending;
    const char *name; /* of the field being made */
    struct err *e;
};

enum { NOWHERE = 0 }; /* a target not known yet */

/* --- growing --------------------------------------------------------------------------------- */

/* Room for more of an array's elements; NULL and the error said. */
static void *grown(struct maker *m, void *old, size_t n, size_t more, size_t *room, size_t size)
{
    if (n + more > PLAN_STEPS_MAX) {
        (void)err_set(m->e, ERR_LIMIT, "schema: it takes more than %d steps", PLAN_STEPS_MAX);
        return NULL;
    }
    size_t want = *room ? *room : 64;
    while (want < n + more)
        want *= 2;
    void *at = want == *room ? old : realloc(old, want * size);
    if (!at)
        (void)err_set(m->e, ERR_NOMEM, "schema: out of memory");
    else
        *room = want;
    return at;
}

static int add(struct maker *m, struct plan_step step)
{
    struct plan *p = m->plan;
    void *at = grown(m, p->steps, p->n_steps, 1, &p->steps_room, sizeof(*p->steps));
    if (!at)
        return -1;
    p->steps = at;
    step.name = m->name;
    p->steps[p->n_steps++] = step;
    return 0;
}

static int add_targets(struct maker *m, size_t n, size_t *ret_first)
{
    struct plan *p = m->plan;
    void *at = grown(m, p->targets, p->n_targets, n, &p->targets_room, sizeof(*p->targets));
    if (!at)
        return -1;
    p->targets = at;
    *ret_first = p->n_targets;
    p->n_targets += n;
    return 0;
}

static int unlike(struct maker *m, const struct schema_node *w, const char *wanted)
{
    return err_set(m->e, ERR_PROTO, "schema: %s: %.60s is a %s where %s is needed",
                   m->plan->table->name, m->name, schema_type_name(w->type), wanted);
}

/* --- unions and loops ------------------------------------------------------------------------ */

typedef int (*make_fn)(struct maker *m, const struct schema_node *w, const struct record_field *f);

/* A jump to the end follows each branch; each jump knows the one before it until the end is known.
 */
static int make_branches(struct maker *m, const struct schema_node *w, const struct record_field *f,
                         make_fn make)
{
    size_t first;
    size_t last_jump = NOWHERE;
    if (add_targets(m, w->n, &first) != 0 ||
        add(m, (struct plan_step){.code = PLAN_BRANCH, .first = first, .n = w->n}) != 0)
        return -1;
    for (size_t i = 0; i < w->n; i++) {
        m->plan->targets[first + i] = m->plan->n_steps;
        if (make(m, w->parts[i], f) != 0 ||
            add(m, (struct plan_step){.code = PLAN_JUMP, .target = last_jump}) != 0)
            return -1;
        last_jump = m->plan->n_steps - 1;
    }
    while (last_jump != NOWHERE) {
        size_t before = m->plan->steps[last_jump].target;
        m->plan->steps[last_jump].target = m->plan->n_steps;
        last_jump = before;
    }
    return 0;
}

static int make_loop(struct maker *m, const struct schema_node *w, const struct record_field *f,
                     make_fn make)
{
    if (add(m, (struct plan_step){.code = PLAN_LOOP, .field = f}) != 0)
        return -1;
    size_t next = m->plan->n_steps;
    if (add(m, (struct plan_step){.code = PLAN_NEXT, .field = f}) != 0 ||
        (w->type == SCHEMA_MAP && add(m, (struct plan_step){.code = PLAN_SKIP_RUN}) != 0) ||
        make(m, w->parts[0], f) != 0 ||
        add(m, (struct plan_step){.code = PLAN_JUMP, .target = next}) != 0)
        return -1;
    m->plan->steps[next].target = m->plan->n_steps;
    return 0;
}

/* --- skipping -------------------------------------------------------------------------------- */

/* A record is skipped by steps of its own, which may well call themselves. */
static int call_skip(struct maker *m, const struct schema_node *w)
{
    if (m->record_at[w->number] == NOWHERE) {
        m->record_at[w->number] = SIZE_MAX;
        m->pending[m->n_pending++] = w;
    }
    return add(m, (struct plan_step){.code = PLAN_CALL, .n = w->number});
}

static int make_skip(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    switch (w->type) {
    case SCHEMA_NULL:
        return 0;
    case SCHEMA_BOOLEAN:
        return add(m, (struct plan_step){.code = PLAN_SKIP_BYTES, .n = 1});
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_ENUM:
        return add(m, (struct plan_step){.code = PLAN_SKIP_NUMBER});
    case SCHEMA_FLOAT:
        return add(m, (struct plan_step){.code = PLAN_SKIP_BYTES, .n = 4});
    case SCHEMA_DOUBLE:
        return add(m, (struct plan_step){.code = PLAN_SKIP_BYTES, .n = 8});
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        return add(m, (struct plan_step){.code = PLAN_SKIP_RUN});
    case SCHEMA_FIXED:
        return add(m, (struct plan_step){.code = PLAN_SKIP_BYTES, .n = (size_t)w->size});
    case SCHEMA_RECORD:
        return call_skip(m, w);
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        return make_loop(m, w, f, make_skip);
    case SCHEMA_UNION:
        return make_branches(m, w, f, make_skip);
    }
    return 0;
}

/* The steps of every record that is called; making one may call others. */
static int make_called(struct maker *m)
{
    for (size_t k = 0; k < m->n_pending; k++) {
        const struct schema_node *w = m->pending[k];
        m->record_at[w->number] = m->plan->n_steps;
        for (size_t i = 0; i < w->n; i++) {
            m->name = w->words[i];
            if (make_skip(m, w->parts[i], NULL) != 0)
                return -1;
        }
        if (add(m, (struct plan_step){.code = PLAN_RETURN}) != 0)
            return -1;
    }
    for (size_t i = 0; i < m->plan->n_steps; i++)
        if (m->plan->steps[i].code == PLAN_CALL)
            m->plan->steps[i].target = m->record_at[m->plan->steps[i].n];
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static int make_record(struct maker *m, const struct schema_node *w, const struct record_table *t);

static int make_symbols(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    struct plan *p = m->plan;
    if (w->type != SCHEMA_ENUM || strcmp(schema_short_name(w->name), f->enum_name) != 0)
        return unlike(m, w, f->enum_name);
    void *at = grown(m, p->symbols, p->n_symbols, w->n, &p->symbols_room, sizeof(*p->symbols));
    if (!at)
        return -1;
    p->symbols = at;
    size_t first = p->n_symbols;
    for (size_t i = 0; i < w->n; i++) {
        uint8_t ours = 0; /* unknown */
        for (unsigned k = 0; k < f->n_words; k++)
            if (strcmp(w->words[i], f->words[k]) == 0)
                ours = (uint8_t)k;
        p->symbols[p->n_symbols++] = ours;
    }
    return add(m,
               (struct plan_step){.code = PLAN_GET_SYMBOL, .field = f, .first = first, .n = w->n});
}

static int make_item(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    if (w->type != SCHEMA_RECORD || strcmp(schema_short_name(w->name), f->items->type_name) != 0)
        return unlike(m, w, f->items->type_name);
    return make_record(m, w, f->items);
}

static int make_decimal(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    if (w->type != SCHEMA_BYTES || w->logical != SCHEMA_DECIMAL)
        return unlike(m, w, "a decimal");
    if (w->size != DECIMAL_SCALE)
        return err_set(m->e, ERR_PROTO, "schema: %s: %.60s is a decimal of scale %lld, ours has %d",
                       m->plan->table->name, m->name, (long long)w->size, DECIMAL_SCALE);
    return add(m, (struct plan_step){.code = PLAN_GET, .field = f});
}

/* A value that is not null. */
static int make_value(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    bool fits = false;
    const char *wanted = "";
    switch (f->type) {
    case RECORD_FIELD_TEXT:
    case RECORD_FIELD_BYTES:
        fits = w->type == SCHEMA_STRING || w->type == SCHEMA_BYTES;
        wanted = "string or bytes";
        break;
    case RECORD_FIELD_TIME:
        fits = w->type == SCHEMA_LONG && w->logical == SCHEMA_TIMESTAMP_MICROS;
        wanted = "timestamp-micros";
        break;
    case RECORD_FIELD_LONG:
        fits = w->type == SCHEMA_INT || w->type == SCHEMA_LONG;
        wanted = "int or long";
        break;
    case RECORD_FIELD_INT:
        fits = w->type == SCHEMA_INT;
        wanted = "int";
        break;
    case RECORD_FIELD_BOOL:
        fits = w->type == SCHEMA_BOOLEAN;
        wanted = "boolean";
        break;
    case RECORD_FIELD_DECIMAL:
        return make_decimal(m, w, f);
    case RECORD_FIELD_ENUM:
        return make_symbols(m, w, f);
    case RECORD_FIELD_ARRAY:
        return w->type == SCHEMA_ARRAY ? make_loop(m, w, f, make_item) : unlike(m, w, "array");
    }
    if (!fits)
        return unlike(m, w, wanted);
    return add(m, (struct plan_step){.code = PLAN_GET, .field = f});
}

static int make_branch(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    if (w->type == SCHEMA_NULL)
        return f->nullable ? 0 : add(m, (struct plan_step){.code = PLAN_REFUSE, .field = f});
    if (f->nullable && add(m, (struct plan_step){.code = PLAN_PRESENT, .field = f}) != 0)
        return -1;
    return make_value(m, w, f);
}

/* Every branch of a union must be readable: what is not could only be found out record by record.
 */
static int make_field(struct maker *m, const struct schema_node *w, const struct record_field *f)
{
    if (w->type == SCHEMA_UNION)
        return make_branches(m, w, f, make_branch);
    return make_branch(m, w, f);
}

static const struct record_field *find_field(const struct record_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (strcmp(t->fields[i].name, name) == 0)
            return &t->fields[i];
    return NULL;
}

static bool has_word(const struct schema_node *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->words[i], word) == 0)
            return true;
    return false;
}

/* Our fields that the writer does not have. */
static int make_defaults(struct maker *m, const struct schema_node *w, const struct record_table *t)
{
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        if (has_word(w, f->name))
            continue;
        if (!f->has_default)
            return err_set(m->e, ERR_PROTO, "schema: %s without %s, which has no default", t->name,
                           f->name);
        bool zero = f->nullable || f->type == RECORD_FIELD_ARRAY;
        if (!zero && add(m, (struct plan_step){.code = PLAN_DEFAULT, .field = f}) != 0)
            return -1;
    }
    return 0;
}

/* Recursion: into the items of our arrays, which hold no arrays. */
static int make_record(struct maker *m, const struct schema_node *w, const struct record_table *t)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct record_field *f = find_field(t, w->words[i]);
        m->name = w->words[i];
        if ((f ? make_field(m, w->parts[i], f) : make_skip(m, w->parts[i], NULL)) != 0)
            return -1;
    }
    return make_defaults(m, w, t);
}

static int make_all(struct maker *m)
{
    /* the first step, so that no target is NOWHERE */
    if (add(m, (struct plan_step){.code = PLAN_SKIP_BYTES, .n = 0}) != 0 ||
        make_record(m, m->writer->root, m->plan->table) != 0 ||
        add(m, (struct plan_step){.code = PLAN_END}) != 0)
        return -1;
    return make_called(m);
}

int plan_make(struct plan *p, const struct writer_schema *writer, const struct record_table *table,
              struct err *e)
{
    *p = (struct plan){.table = table};
    struct maker m = {.plan = p, .writer = writer, .name = table->name, .e = e};
    m.record_at = calloc(writer->n_nodes, sizeof(*m.record_at));
    m.pending = calloc(writer->n_nodes, sizeof(const struct schema_node *));
    int r =
        m.record_at && m.pending ? make_all(&m) : err_set(e, ERR_NOMEM, "schema: out of memory");
    free(m.record_at);
    free(m.pending);
    return r;
}

void plan_finish(struct plan *p)
{
    free(p->steps);
    free(p->targets);
    free(p->symbols);
    *p = (struct plan){0};
}
