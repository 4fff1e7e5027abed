#include "faults.h"

#include "noise.h"
#include "rng.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CHANNELS = 2, BEHIND_MAX_MS = 2000 };

struct entry {
    uint64_t id;
    struct fault fault;
    enum fault_state { STATE_WAITING, STATE_ACTIVE, STATE_OVER } state;
    int64_t start_us; /* of the running or next time; INT64_MAX: the market has not begun */
    int64_t begun;    /* how often */
    int64_t count;    /* of what it did */
    bool ended;       /* by request */
};

struct faults {
    const struct listing *listing;
    struct rng rng;
    struct entry entries[FAULTS_MAX]; /* the oldest first */
    size_t n;
    uint64_t last_id;
    int64_t due_us;
    size_t n_active[FAULT_KINDS];
    int64_t totals[FAULT_KINDS];
    int64_t *behind_us; /* per symbol and channel: until when its last frame is held */
    int64_t *next_us;   /* likewise until when a frame waits for a next one */
    int64_t held_us;    /* the latest of all these */
    bool frames_hit;    /* a fault of frames is active */
};

/* --- life ------------------------------------------------------------------------------------ */

struct faults *faults_create(uint64_t seed, const char *exchange, const struct listing *listing,
                             struct err *e)
{
    struct faults *f = calloc(1, sizeof(*f));
    if (f)
        f->behind_us = calloc((size_t)listing->n_symbols * CHANNELS, sizeof(*f->behind_us));
    if (f)
        f->next_us = calloc((size_t)listing->n_symbols * CHANNELS, sizeof(*f->next_us));
    if (!f || !f->behind_us || !f->next_us) {
        faults_destroy(f);
        (void)err_set(e, ERR_NOMEM, "faults: out of memory");
        return NULL;
    }
    f->listing = listing;
    f->due_us = INT64_MAX;
    rng_seed(&f->rng, noise_key(seed, "faults", exchange));
    return f;
}

void faults_destroy(struct faults *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        fault_finish(&f->entries[i].fault);
    free(f->behind_us);
    free(f->next_us);
    free(f);
}

static struct entry *find(struct faults *f, uint64_t id)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->entries[i].id == id)
            return &f->entries[i];
    return NULL;
}

/* --- when ------------------------------------------------------------------------------------ */

static bool is_of_frames(enum fault_kind kind)
{
    return kind == FAULT_BAD_JSON || kind == FAULT_DELAY || kind == FAULT_DROP ||
           kind == FAULT_DUPLICATE || kind == FAULT_REORDER || kind == FAULT_TRUNCATE;
}

/* When an entry turns next. */
static int64_t turn_us(const struct entry *t)
{
    if (t->state == STATE_OVER)
        return INT64_MAX;
    if (t->ended)
        return 0;
    if (t->state == STATE_WAITING || fault_is_instant(t->fault.kind))
        return t->start_us;
    return t->fault.for_ms > 0 ? t->start_us + t->fault.for_ms * US_PER_MS : INT64_MAX;
}

static void plan(struct faults *f)
{
    f->due_us = INT64_MAX;
    for (size_t i = 0; i < f->n; i++) {
        int64_t us = turn_us(&f->entries[i]);
        if (us < f->due_us)
            f->due_us = us;
    }
    f->frames_hit = false;
    for (int i = 0; i < FAULT_KINDS; i++)
        f->frames_hit |= is_of_frames((enum fault_kind)i) && f->n_active[i] > 0;
}

static void begin(struct faults *f, struct entry *t)
{
    t->state = STATE_ACTIVE;
    t->begun++;
    f->n_active[t->fault.kind]++;
}

static void end(struct faults *f, struct entry *t, int64_t now_us)
{
    int64_t every_us = t->fault.every_ms * US_PER_MS;
    f->n_active[t->fault.kind]--;
    if (t->ended || every_us == 0) {
        t->state = STATE_OVER;
        return;
    }
    int64_t missed = (now_us - t->start_us) / every_us;
    t->state = STATE_WAITING;
    t->start_us += every_us * (missed > 0 ? missed : 1);
    if (t->start_us + t->fault.for_ms * US_PER_MS < now_us)
        t->start_us += every_us;
}

bool faults_turn(struct faults *f, int64_t now_us, struct fault_turn *ret)
{
    if (f->due_us > now_us)
        return false;
    struct entry *t = f->entries; /* due_us is known: there is one that turns */
    while (turn_us(t) != f->due_us)
        t++;
    if (t->state == STATE_WAITING)
        begin(f, t);
    else
        end(f, t, now_us);
    *ret = (struct fault_turn){t->state == STATE_ACTIVE, t->id, &t->fault};
    plan(f);
    return true;
}

int64_t faults_due_us(const struct faults *f)
{
    return f->due_us;
}

void faults_begin(struct faults *f, int64_t now_us)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->entries[i].start_us == INT64_MAX)
            f->entries[i].start_us = now_us + f->entries[i].fault.after_ms * US_PER_MS;
    plan(f);
}

/* --- what there is --------------------------------------------------------------------------- */

/* Room for one more: the oldest that is over is forgotten where there is none. */
static int make_room(struct faults *f, struct err *e)
{
    size_t i = 0;
    if (f->n < FAULTS_MAX)
        return 0;
    while (i < f->n && f->entries[i].state != STATE_OVER)
        i++;
    if (i == f->n)
        return err_set(e, ERR_LIMIT, "%d faults are not over: end some of them", FAULTS_MAX);
    fault_finish(&f->entries[i].fault);
    f->n--;
    memmove(&f->entries[i], &f->entries[i + 1], (f->n - i) * sizeof(f->entries[0]));
    return 0;
}

static int add(struct faults *f, const json_t *object, struct err *e)
{
    struct entry t = {.start_us = INT64_MAX};
    if (make_room(f, e) != 0 || fault_parse(object, f->listing, &t.fault, e) != 0)
        return -1;
    t.id = ++f->last_id;
    f->entries[f->n++] = t;
    return 0;
}

static json_t *read_json(struct slice text, struct err *e)
{
    json_error_t where;
    json_t *root = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        (void)err_set(e, ERR_ARG, "no JSON: line %d, column %d: %s", where.line, where.column,
                      where.text);
    return root;
}

int faults_load(struct faults *f, struct slice text, struct err *e)
{
    int r = 0;
    json_t *root = read_json(text, e);
    if (root && !json_is_array(root))
        r = err_set(e, ERR_ARG, "an array of faults is wanted");
    for (size_t i = 0; r == 0 && i < json_array_size(root); i++) {
        r = add(f, json_array_get(root, i), e);
        if (r != 0)
            (void)err_prefix(e, "entry %zu", i + 1);
    }
    r = root ? r : -1;
    json_decref(root);
    if (r != 0 && e->code != ERR_NOMEM)
        e->code = ERR_CONF;
    return r;
}

int faults_post(struct faults *f, struct slice text, int64_t now_us, uint64_t *ret_id,
                struct err *e)
{
    json_t *root = read_json(text, e);
    if (!root)
        return -1;
    int r = add(f, root, e);
    json_decref(root);
    if (r != 0)
        return -1;
    struct entry *t = &f->entries[f->n - 1];
    t->start_us = now_us + t->fault.after_ms * US_PER_MS;
    *ret_id = t->id;
    plan(f);
    return 0;
}

bool faults_end(struct faults *f, uint64_t id)
{
    struct entry *t = find(f, id);
    if (!t)
        return false;
    t->ended = true;
    if (t->state == STATE_WAITING)
        t->state = STATE_OVER; /* it has nothing to undo */
    plan(f);
    return true;
}

int faults_print(const struct faults *f, struct strbuf *out)
{
    static const char *const states[] = {"waiting", "active", "over"};
    int r = strbuf_adds(out, "{\"faults\":[");
    for (size_t i = 0; r == 0 && i < f->n; i++) {
        const struct entry *t = &f->entries[i];
        r = strbuf_addf(out,
                        "%s\n{\"id\":%" PRIu64 ",\"state\":\"%s\",\"begun\":%" PRId64
                        ",\"count\":%" PRId64 ",%s",
                        i > 0 ? "," : "", t->id, states[t->state], t->begun, t->count,
                        t->fault.text + 1);
    }
    return r == 0 ? strbuf_adds(out, "]}\n") : -1;
}

/* --- what they do ---------------------------------------------------------------------------- */

bool faults_any(const struct faults *f, enum fault_kind kind)
{
    return f->n_active[kind] > 0;
}

bool faults_draw(struct faults *f, int64_t permille)
{
    return permille >= 1000 || rng_permille(&f->rng, permille);
}

static void count(struct faults *f, struct entry *t, int64_t n)
{
    t->count += n;
    f->totals[t->fault.kind] += n;
}

void faults_count(struct faults *f, uint64_t id, int64_t n)
{
    struct entry *t = find(f, id);
    if (t)
        count(f, t, n);
}

int64_t faults_total(const struct faults *f, enum fault_kind kind)
{
    return f->totals[kind];
}

const struct fault *faults_active(const struct faults *f, enum fault_kind kind, uint64_t after,
                                  uint64_t *ret_id)
{
    for (size_t i = 0; faults_any(f, kind) && i < f->n; i++) {
        const struct entry *t = &f->entries[i];
        if (t->state == STATE_ACTIVE && t->fault.kind == kind && t->id > after) {
            *ret_id = t->id;
            return &t->fault;
        }
    }
    return NULL;
}

static bool begins_with(struct slice text, const char *start)
{
    size_t len = strlen(start);
    return len == 0 || (text.len >= len && memcmp(text.data, start, len) == 0);
}

const struct fault *faults_strike(struct faults *f, enum fault_kind kind, struct slice path,
                                  uint64_t *ret_id)
{
    uint64_t id = 0;
    const struct fault *t = faults_active(f, kind, 0, &id);
    while (t && !(begins_with(path, t->path) && faults_draw(f, t->permille)))
        t = faults_active(f, kind, id, &id);
    *ret_id = id;
    return t;
}

/* --- frames ---------------------------------------------------------------------------------- */

static enum frame_fate fate_of(enum fault_kind kind)
{
    switch ((int)kind) {
    case FAULT_BAD_JSON:
        return FRAME_BAD;
    case FAULT_DROP:
        return FRAME_DROP;
    case FAULT_DUPLICATE:
        return FRAME_TWICE;
    case FAULT_REORDER:
        return FRAME_BEHIND;
    case FAULT_TRUNCATE:
        return FRAME_CUT;
    default:
        return FRAME_PASS;
    }
}

/* What an active fault makes of a frame; false: nothing. waited: another one waits for it. */
static bool judge(struct faults *f, const struct fault *t, int64_t now_us, bool waited,
                  struct verdict *v)
{
    enum frame_fate fate = fate_of(t->kind);
    if (t->kind == FAULT_DELAY) {
        int64_t due_us = now_us + t->ms * US_PER_MS;
        if (!faults_draw(f, t->permille))
            return false;
        if (due_us > v->due_us)
            v->due_us = due_us;
        return true;
    }
    if (fate == FRAME_PASS || v->fate != FRAME_PASS || (fate == FRAME_BEHIND && waited) ||
        !faults_draw(f, t->permille))
        return false;
    v->fate = fate;
    v->random = rng_next(&f->rng);
    return true;
}

/* Frames of a symbol and channel that are held: none overtakes another, but for the one that is to
 * be overtaken. */
static void keep_order(struct faults *f, int64_t now_us, struct verdict *v)
{
    int64_t *behind_us = &f->behind_us[v->key - 1];
    int64_t *next_us = &f->next_us[v->key - 1];
    if (v->fate == FRAME_DROP)
        return;
    if (*behind_us > now_us && *behind_us > v->due_us)
        v->due_us = *behind_us;
    if (v->fate == FRAME_BEHIND && v->due_us == 0) {
        v->due_us = *next_us = now_us + BEHIND_MAX_MS * US_PER_MS;
    } else {
        v->follow = *next_us > now_us;
        *next_us = 0;
        *behind_us = v->due_us;
        if (v->fate == FRAME_BEHIND)
            v->fate = FRAME_PASS; /* it is late already */
    }
    if (v->due_us > f->held_us)
        f->held_us = v->due_us;
}

struct verdict faults_frame(struct faults *f, uint32_t symbol, unsigned channel, int64_t now_us)
{
    struct verdict v = {.key = symbol * CHANNELS + (channel == FAULT_TRADES ? 1 : 2)};
    if (!f->frames_hit && f->held_us <= now_us)
        return v;
    bool waited = f->next_us[v.key - 1] > now_us;
    for (size_t i = 0; f->frames_hit && i < f->n; i++) {
        struct entry *t = &f->entries[i];
        if (t->state == STATE_ACTIVE && fault_hits(&t->fault, symbol, channel) &&
            judge(f, &t->fault, now_us, waited, &v))
            count(f, t, 1);
    }
    keep_order(f, now_us, &v);
    return v;
}
