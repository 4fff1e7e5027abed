#include "journal.h"

#include "bell.h"
#include "deadline.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 128 << 10 };

/* Entries lie one behind the other in chunks; none lies across two. */
struct chunk {
    struct chunk *next;
    size_t cap;
    size_t used;
    char bytes[];
};

struct place {
    struct chunk *chunk;
    size_t pos;
};

struct journal {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t room;
    struct bell *bell;
    size_t limit;
    int64_t keep_us;
    size_t n_symbols;
    bool owned;
    bool ended;
    size_t bytes;       /* of all chunks */
    struct chunk *last; /* where appends go */
    struct chunk *spare;
    struct place tail; /* oldest entry not committed */
    struct place next; /* oldest entry not read */
    bool *up_at_tail;  /* n_symbols: which symbols were up before tail */
    bool *up_at_next;  /* the same before next */
};

/* --- chunks ---------------------------------------------------------------------------------- */

static struct chunk *chunk_create(struct journal *j, size_t need)
{
    struct chunk *c = need <= CHUNK_BYTES ? j->spare : NULL;
    if (c) {
        j->spare = NULL;
    } else {
        size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
        c = malloc(sizeof(*c) + cap);
        if (!c)
            return NULL;
        c->cap = cap;
        j->bytes += cap;
    }
    c->next = NULL;
    c->used = 0;
    return c;
}

static void chunk_release(struct journal *j, struct chunk *c)
{
    if (!j->spare && c->cap == CHUNK_BYTES) {
        j->spare = c;
        return;
    }
    j->bytes -= c->cap;
    free(c);
}

/* A place at the end of a chunk is the beginning of the next one. */
static void settle(struct place *p)
{
    while (p->pos == p->chunk->used && p->chunk->next)
        *p = (struct place){p->chunk->next, 0};
}

/* False: there is no entry at that place. */
static bool load(struct place *p, struct entry_head *ret)
{
    settle(p);
    if (p->pos == p->chunk->used)
        return false;
    memcpy(ret, p->chunk->bytes + p->pos, sizeof(*ret));
    return true;
}

/* Forgets what lies before tail. */
static void free_before(struct journal *j, struct chunk *first)
{
    settle(&j->tail);
    while (first != j->tail.chunk) {
        struct chunk *next = first->next;
        chunk_release(j, first);
        first = next;
    }
    if (j->tail.pos == j->tail.chunk->used) { /* empty: start over in the same memory */
        j->tail.chunk->used = 0;
        j->tail.pos = 0;
        j->next = j->tail;
    }
    (void)pthread_cond_broadcast(&j->room);
}

/* --- create ---------------------------------------------------------------------------------- */

struct journal *journal_create(size_t limit, int64_t keep_us, size_t n_symbols, struct bell *bell,
                               struct err *e)
{
    struct journal *j = calloc(1, sizeof(*j));
    if (!j || pthread_mutex_init(&j->lock, NULL) != 0) {
        free(j);
        (void)err_set(e, ERR_NOMEM, "journal: out of memory");
        return NULL;
    }
    bool good = deadline_cond_init(&j->room) == 0;
    j->limit = limit;
    j->keep_us = keep_us;
    j->n_symbols = n_symbols;
    j->bell = bell;
    j->up_at_tail = calloc(n_symbols ? n_symbols : 1, sizeof(bool));
    j->up_at_next = calloc(n_symbols ? n_symbols : 1, sizeof(bool));
    j->last = chunk_create(j, 0);
    j->tail = j->next = (struct place){j->last, 0};
    if (good && j->up_at_tail && j->up_at_next && j->last)
        return j;
    journal_destroy(j);
    (void)err_set(e, ERR_NOMEM, "journal: out of memory");
    return NULL;
}

void journal_destroy(struct journal *j)
{
    if (!j)
        return;
    while (j->tail.chunk) {
        struct chunk *next = j->tail.chunk->next;
        free(j->tail.chunk);
        j->tail.chunk = next;
    }
    free(j->spare);
    free(j->up_at_tail);
    free(j->up_at_next);
    (void)pthread_cond_destroy(&j->room);
    (void)pthread_mutex_destroy(&j->lock);
    free(j);
}

/* --- appending ------------------------------------------------------------------------------- */

static bool is_standby(const struct journal *j)
{
    return !j->owned && j->keep_us > 0;
}

static bool is_full(const struct journal *j)
{
    size_t held = j->bytes - (j->spare ? j->spare->cap : 0);
    return !is_standby(j) && held + JOURNAL_HEADROOM > j->limit;
}

bool journal_is_full(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    bool full = is_full(j);
    (void)pthread_mutex_unlock(&j->lock);
    return full;
}

bool journal_wait_room(struct journal *j, int64_t timeout_ms)
{
    const struct timespec end = deadline_after_ms(timeout_ms);
    (void)pthread_mutex_lock(&j->lock);
    while (is_full(j) && pthread_cond_timedwait(&j->room, &j->lock, &end) == 0)
        ;
    bool full = is_full(j);
    (void)pthread_mutex_unlock(&j->lock);
    return !full;
}

/* Takes what an ENTRY_LINK says into up. */
static void note_link(const struct journal *j, const char *packed, bool *up)
{
    struct entry in;
    entry_unpack(packed, &in);
    for (size_t i = 0; i < in.data.len && in.index + i < j->n_symbols; i++)
        if (in.data.data[i])
            up[in.index + i] = in.up;
}

/* Drops the oldest entry of a journal that nobody reads. */
static void drop_oldest(struct journal *j, const struct entry_head *s)
{
    struct chunk *first = j->tail.chunk;
    if (s->type == ENTRY_LINK) {
        note_link(j, first->bytes + j->tail.pos, j->up_at_tail);
        note_link(j, first->bytes + j->tail.pos, j->up_at_next);
    }
    j->tail.pos += s->size;
    j->next = j->tail;
    free_before(j, first);
    j->next = j->tail;
}

static bool has_room(const struct journal *j, size_t need)
{
    if (j->last->cap - j->last->used >= need || (j->spare && j->spare->cap >= need))
        return true;
    return j->bytes + (need > CHUNK_BYTES ? need : CHUNK_BYTES) <= j->limit;
}

static void trim(struct journal *j, size_t need, int64_t now_us)
{
    struct entry_head s;
    while (is_standby(j) && load(&j->tail, &s) &&
           (s.now_us < now_us - j->keep_us || !has_room(j, need)))
        drop_oldest(j, &s);
}

static int append(struct journal *j, const struct entry *in, int64_t now_us, struct err *e)
{
    size_t need = entry_packed_size(in);
    if (need > JOURNAL_HEADROOM)
        return err_set(e, ERR_LIMIT, "journal: an entry of %zu bytes", need);
    trim(j, need, now_us);
    if (in->type != ENTRY_LINK && !has_room(j, need))
        return err_set(e, ERR_LIMIT, "journal: full with %zu bytes", j->bytes);
    if (j->last->cap - j->last->used < need) {
        struct chunk *c = chunk_create(j, need);
        if (!c)
            return err_set(e, ERR_NOMEM, "journal: out of memory");
        j->last->next = c;
        j->last = c;
    }
    entry_pack(in, now_us, j->last->bytes + j->last->used);
    j->last->used += need;
    return 0;
}

int journal_append(struct journal *j, const struct entry *in, int64_t now_us, struct err *e)
{
    struct entry_head s;
    (void)pthread_mutex_lock(&j->lock);
    bool had_next = load(&j->next, &s);
    int r = append(j, in, now_us, e);
    bool ring = r == 0 && j->owned && !had_next && j->bell;
    (void)pthread_mutex_unlock(&j->lock);
    if (ring)
        bell_ring(j->bell);
    return r;
}

void journal_age(struct journal *j, int64_t now_us)
{
    (void)pthread_mutex_lock(&j->lock);
    trim(j, 0, now_us);
    (void)pthread_mutex_unlock(&j->lock);
}

void journal_end(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    j->ended = true;
    (void)pthread_mutex_unlock(&j->lock);
    if (j->bell)
        bell_ring(j->bell);
}

/* --- reading --------------------------------------------------------------------------------- */

static void rewind_locked(struct journal *j)
{
    j->next = j->tail;
    if (j->n_symbols > 0)
        memcpy(j->up_at_next, j->up_at_tail, j->n_symbols * sizeof(bool));
}

void journal_own(struct journal *j, bool owned)
{
    (void)pthread_mutex_lock(&j->lock);
    j->owned = owned;
    rewind_locked(j);
    (void)pthread_cond_broadcast(&j->room);
    (void)pthread_mutex_unlock(&j->lock);
}

bool journal_next(struct journal *j, struct entry *ret)
{
    struct entry_head s;
    (void)pthread_mutex_lock(&j->lock);
    bool found = load(&j->next, &s);
    if (found) {
        const char *packed = j->next.chunk->bytes + j->next.pos;
        entry_unpack(packed, ret);
        j->next.pos += s.size;
        if (s.type == ENTRY_LINK)
            note_link(j, packed, j->up_at_next);
    }
    (void)pthread_mutex_unlock(&j->lock);
    return found;
}

void journal_commit(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    struct chunk *first = j->tail.chunk;
    j->tail = j->next;
    if (j->n_symbols > 0)
        memcpy(j->up_at_tail, j->up_at_next, j->n_symbols * sizeof(bool));
    free_before(j, first);
    j->next = j->tail; /* what it stood in may be gone */
    (void)pthread_mutex_unlock(&j->lock);
}

void journal_rewind(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    rewind_locked(j);
    (void)pthread_mutex_unlock(&j->lock);
}

void journal_start(struct journal *j, bool *ret_up, int64_t *ret_receive_us)
{
    struct entry_head s;
    (void)pthread_mutex_lock(&j->lock);
    if (j->n_symbols > 0)
        memcpy(ret_up, j->up_at_tail, j->n_symbols * sizeof(bool));
    *ret_receive_us = load(&j->tail, &s) ? s.receive_us : 0;
    (void)pthread_mutex_unlock(&j->lock);
}

bool journal_is_done(struct journal *j)
{
    struct entry_head s;
    (void)pthread_mutex_lock(&j->lock);
    bool done = j->ended && !load(&j->next, &s);
    (void)pthread_mutex_unlock(&j->lock);
    return done;
}

size_t journal_bytes(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    size_t bytes = j->bytes;
    (void)pthread_mutex_unlock(&j->lock);
    return bytes;
}
