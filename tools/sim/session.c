#include "session.h"

#include <stdlib.h>

struct subscription {
    char *name;
    uint32_t symbol;
    enum channel channel;
};

struct session {
    const struct listing *listing;
    struct subscription *items;
    size_t n_items;
    size_t room;
    size_t limit;
    size_t n_live;
    unsigned form;
    uint8_t *wanted; /* per symbol: bit (1 << channel) */
};

struct session *session_create(const struct listing *listing, size_t limit, struct err *e)
{
    struct session *s = calloc(1, sizeof(*s));
    if (s)
        s->wanted = calloc(listing->n_symbols, sizeof(*s->wanted));
    if (!s || !s->wanted) {
        session_destroy(s);
        (void)err_set(e, ERR_NOMEM, "session: out of memory");
        return NULL;
    }
    s->listing = listing;
    s->limit = limit;
    return s;
}

void session_destroy(struct session *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_items; i++)
        free(s->items[i].name);
    free(s->items);
    free(s->wanted);
    free(s);
}

void session_set_form(struct session *s, unsigned form)
{
    s->form = form;
}

unsigned session_form(const struct session *s)
{
    return s->form;
}

static struct subscription *find(const struct session *s, struct slice name)
{
    for (size_t i = 0; i < s->n_items; i++)
        if (slice_is(name, s->items[i].name))
            return &s->items[i];
    return NULL;
}

static int make_room(struct session *s, struct err *e)
{
    if (s->n_items < s->room)
        return 0;
    size_t room = s->room ? s->room * 2 : 16;
    struct subscription *items = realloc(s->items, room * sizeof(*items));
    if (!items)
        return err_set(e, ERR_NOMEM, "session: out of memory");
    s->items = items;
    s->room = room;
    return 0;
}

int session_add(struct session *s, struct slice name, uint32_t symbol, enum channel channel,
                struct err *e)
{
    if (find(s, name))
        return 0;
    if (name.len > SESSION_NAME_MAX)
        return err_set(e, ERR_LIMIT, "a name of %zu bytes; at most %d", name.len, SESSION_NAME_MAX);
    if (s->n_items >= s->limit)
        return err_set(e, ERR_LIMIT, "more than %zu subscriptions", s->limit);
    if (make_room(s, e) != 0)
        return -1;
    char *copy = strndup(name.data ? name.data : "", name.len);
    if (!copy)
        return err_set(e, ERR_NOMEM, "session: out of memory");
    s->items[s->n_items++] = (struct subscription){copy, symbol, channel};
    if (channel != CHANNEL_NONE) {
        s->wanted[symbol] |= (uint8_t)(1U << channel);
        s->n_live++;
    }
    return 0;
}

void session_remove(struct session *s, struct slice name)
{
    struct subscription *item = find(s, name);
    if (!item)
        return;
    if (item->channel != CHANNEL_NONE) {
        s->wanted[item->symbol] &= (uint8_t) ~(1U << item->channel);
        s->n_live--;
    }
    free(item->name);
    size_t after = s->n_items - (size_t)(item - s->items) - 1;
    memmove(item, item + 1, after * sizeof(*item));
    s->n_items--;
}

bool session_wants(const struct session *s, uint32_t symbol, enum channel channel)
{
    return (s->wanted[symbol] >> channel & 1) != 0;
}

bool session_hears(const struct session *s, const bool *symbols, unsigned channels)
{
    for (uint32_t i = 0; i < s->listing->n_symbols; i++)
        if ((s->wanted[i] & channels) != 0 && (!symbols || symbols[i]))
            return true;
    return false;
}

size_t session_count(const struct session *s)
{
    return s->n_items;
}

struct slice session_name(const struct session *s, size_t i)
{
    return slice_of(s->items[i].name);
}

size_t session_live(const struct session *s)
{
    return s->n_live;
}
