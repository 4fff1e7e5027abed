#include "resolution_plan.h"
#include "wire_read.h"

enum {
    DEPTH_MAX = 64,    /* calls and loops inside each other */
    RUN_MAX = 1 << 22, /* steps for one body: items may take no bytes at all */
};

struct level {
    size_t back;                      /* call: where to go on */
    struct wire_items items;          /* loop */
    const struct record_field *field; /* loop over our items; else NULL */
};

struct machine {
    const struct plan *plan;
    struct wire_in in;
    char *record;
    char *base; /* the struct that fields are in: the record, or the item of our array */
    size_t at;  /* the next step */
    struct level levels[DEPTH_MAX];
    size_t depth;
};

static void *place(const struct machine *m, const struct record_field *f)
{
    return m->base + f->offset;
}

static int get(struct machine *m, const struct record_field *f)
{
    void *at = place(m, f);
    switch (f->type) {
    case RECORD_FIELD_TEXT:
        return wire_get_text(&m->in, at);
    case RECORD_FIELD_BYTES:
        return wire_get_bytes(&m->in, at);
    case RECORD_FIELD_DECIMAL:
        return wire_get_decimal(&m->in, at);
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
        return wire_get_long(&m->in, at);
    case RECORD_FIELD_INT:
        return wire_get_int(&m->in, at);
    case RECORD_FIELD_BOOL:
        return wire_get_bool(&m->in, at);
    case RECORD_FIELD_ENUM:
    case RECORD_FIELD_ARRAY:
        break; /* have steps of their own */
    }
    return 0;
}

static int get_symbol(struct machine *m, const struct plan_step *s)
{
    unsigned theirs = 0;
    if (wire_get_symbol(&m->in, (unsigned)s->n, &theirs) != 0)
        return -1;
    *(unsigned *)place(m, s->field) = m->plan->symbols[s->first + theirs];
    return 0;
}

static void set_default(struct machine *m, const struct record_field *f)
{
    void *at = place(m, f);
    switch (f->type) {
    case RECORD_FIELD_TEXT:
    case RECORD_FIELD_BYTES:
        *(struct slice *)at = slice_of(f->text_default);
        break;
    case RECORD_FIELD_DECIMAL:
        *(struct decimal *)at = (struct decimal){f->number_default};
        break;
    case RECORD_FIELD_TIME:
    case RECORD_FIELD_LONG:
        *(int64_t *)at = f->number_default;
        break;
    case RECORD_FIELD_INT:
        *(int32_t *)at = (int32_t)f->number_default;
        break;
    case RECORD_FIELD_BOOL:
        *(bool *)at = f->number_default != 0;
        break;
    case RECORD_FIELD_ENUM:
        *(unsigned *)at = (unsigned)f->number_default;
        break;
    case RECORD_FIELD_ARRAY:
        break; /* empty as it is */
    }
}

static int skip_number(struct machine *m)
{
    int64_t v = 0;
    return wire_get_long(&m->in, &v);
}

static int skip_run(struct machine *m)
{
    struct slice s = {NULL, 0};
    return wire_get_bytes(&m->in, &s);
}

static int skip_bytes(struct machine *m, size_t n)
{
    if ((size_t)(m->in.end - m->in.p) < n)
        return wire_bad(&m->in, WIRE_CUT);
    m->in.p += n;
    return 0;
}

static int branch(struct machine *m, const struct plan_step *s)
{
    int64_t index = 0;
    if (wire_get_long(&m->in, &index) != 0)
        return -1;
    if (index < 0 || (size_t)index >= s->n)
        return wire_bad(&m->in, WIRE_BRANCH);
    m->at = m->plan->targets[s->first + (size_t)index];
    return 0;
}

static int push(struct machine *m, struct level f)
{
    if (m->depth == DEPTH_MAX)
        return wire_bad(&m->in, WIRE_DEPTH);
    m->levels[m->depth++] = f;
    return 0;
}

static int loop(struct machine *m, const struct record_field *f)
{
    return push(m, (struct level){.items = {.max = f ? f->max_items : SIZE_MAX}, .field = f});
}

static int next(struct machine *m, const struct plan_step *s)
{
    struct level *f = &m->levels[m->depth - 1];
    if (f->field)
        m->base = m->record;
    if (!wire_next_item(&m->in, &f->items)) {
        m->depth--;
        m->at = s->target;
        return m->in.fault == WIRE_OK ? 0 : -1;
    }
    if (f->field) {
        *(size_t *)(m->record + f->field->n_offset) = f->items.seen;
        m->base = m->record + f->field->offset + (f->items.seen - 1) * f->field->items->size;
    }
    return 0;
}

static int call(struct machine *m, const struct plan_step *s)
{
    if (push(m, (struct level){.back = m->at}) != 0)
        return -1;
    m->at = s->target;
    return 0;
}

static int step(struct machine *m, const struct plan_step *s)
{
    switch (s->code) {
    case PLAN_GET:
        return get(m, s->field);
    case PLAN_GET_SYMBOL:
        return get_symbol(m, s);
    case PLAN_PRESENT:
        *(bool *)(m->base + s->field->has_offset) = true;
        return 0;
    case PLAN_DEFAULT:
        set_default(m, s->field);
        return 0;
    case PLAN_SKIP_NUMBER:
        return skip_number(m);
    case PLAN_SKIP_RUN:
        return skip_run(m);
    case PLAN_SKIP_BYTES:
        return skip_bytes(m, s->n);
    case PLAN_BRANCH:
        return branch(m, s);
    case PLAN_REFUSE:
        return wire_bad(&m->in, WIRE_NULL);
    case PLAN_LOOP:
        return loop(m, s->field);
    case PLAN_NEXT:
        return next(m, s);
    case PLAN_JUMP:
        m->at = s->target;
        return 0;
    case PLAN_CALL:
        return call(m, s);
    case PLAN_RETURN:
        m->at = m->levels[--m->depth].back;
        return 0;
    case PLAN_END:
        break;
    }
    return 0;
}

/* Which item of which array of ours the fault is in. */
static int at_item(struct machine *m)
{
    for (size_t i = 0; i < m->depth; i++) {
        const struct level *f = &m->levels[i];
        if (f->field && f->items.seen > 0)
            return wire_at_item(&m->in, f->field->name, f->items.seen - 1);
    }
    return -1;
}

static int run(struct machine *m)
{
    for (size_t n = 0; n < RUN_MAX; n++) {
        const struct plan_step *s = &m->plan->steps[m->at++];
        if (s->code == PLAN_END)
            return 0;
        if (step(m, s) != 0) {
            (void)wire_at(&m->in, s->name);
            return at_item(m);
        }
    }
    (void)wire_bad(&m->in, WIRE_STEPS);
    return wire_at(&m->in, m->plan->steps[m->at].name);
}

int plan_run(const struct plan *p, struct slice body, void *record, size_t *ret_len, struct err *e)
{
    struct machine m = {.plan = p, .record = record, .base = record};
    m.in = wire_open(body);
    if (run(&m) != 0)
        return wire_error(&m.in, body, p->table->name, e);
    return wire_end(&m.in, body, ret_len, p->table->name, e);
}
