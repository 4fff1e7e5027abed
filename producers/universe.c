#include "universe.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing; 0: free, else index + 1. */
struct universe_slots {
    size_t mask;
    uint32_t at[];
};

static const char *native_of(const struct universe_symbol *s)
{
    return s->info.native;
}

static const char *symbol_of(const struct universe_symbol *s)
{
    return s->info.symbol;
}

typedef const char *(*name_fn)(const struct universe_symbol *s);

static size_t hash(struct slice text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static struct universe_slots *index_by(const struct universe *u, name_fn name)
{
    size_t cap = 16;
    while (cap < (size_t)u->n_symbols * 2)
        cap *= 2;
    struct universe_slots *s = calloc(1, sizeof(*s) + cap * sizeof(s->at[0]));
    if (!s)
        return NULL;
    s->mask = cap - 1;
    for (uint32_t i = 0; i < u->n_symbols; i++) {
        size_t at = hash(slice_of(name(&u->symbols[i]))) & s->mask;
        while (s->at[at])
            at = (at + 1) & s->mask;
        s->at[at] = i + 1;
    }
    return s;
}

static int64_t find(const struct universe *u, const struct universe_slots *s, name_fn name,
                    struct slice text)
{
    for (size_t at = hash(text) & s->mask; s->at[at]; at = (at + 1) & s->mask)
        if (slice_is(text, name(&u->symbols[s->at[at] - 1])))
            return (int64_t)s->at[at] - 1;
    return -1;
}

int64_t universe_find(const struct universe *u, struct slice native)
{
    return find(u, u->by_native, native_of, native);
}

int64_t universe_find_symbol(const struct universe *u, struct slice symbol)
{
    return find(u, u->by_symbol, symbol_of, symbol);
}

uint32_t universe_shard_partitions(const struct universe *u, uint32_t shard)
{
    uint32_t n = (uint32_t)u->partitions;
    return shard < n ? (n - shard - 1) / u->n_shards + 1 : 0;
}

static int order(const void *x, const void *y)
{
    const struct universe_symbol *a = x;
    const struct universe_symbol *b = y;
    if (a->followed != b->followed)
        return a->followed ? -1 : 1;
    if (a->shard != b->shard)
        return a->shard < b->shard ? -1 : 1;
    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    return strcmp(a->info.symbol, b->info.symbol);
}

/* Cuts a run of symbols into connections. */
static void add_links(struct universe *u, const struct universe_link *like, uint32_t per_conn)
{
    const struct universe_range *r = &like->symbols;
    uint32_t most = per_conn ? per_conn : UINT32_MAX;
    for (uint32_t done = 0; done < r->n;) {
        struct universe_link *l = &u->links[u->n_links++];
        *l = *like;
        l->symbols.first = r->first + done;
        l->symbols.n = r->n - done < most ? r->n - done : most;
        done += l->symbols.n;
    }
}

static void add_all_links(struct universe *u, const struct channels *listen, uint32_t n_followed)
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        const struct channel *channel = listen->of[kind];
        for (uint32_t i = 0; channel && i < u->n_shards; i++)
            add_links(u, &(struct universe_link){(enum channel_kind)kind, true, i, u->shards[i]},
                      channel->subs_per_conn);
    }
    const struct universe_range rest = {n_followed, u->n_symbols - n_followed};
    const struct channel *quotes = listen->of[CHANNEL_QUOTES];
    if (quotes)
        add_links(u, &(struct universe_link){CHANNEL_QUOTES, false, 0, rest},
                  quotes->subs_per_conn);
}

static bool is_listed(const struct instrument_info *list, size_t n, const char *native)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].native, native) == 0)
            return true;
    return false;
}

static struct universe_symbol symbol_like(const struct universe_about *about,
                                          const struct instrument_info *info, bool followed,
                                          bool is_rate)
{
    int32_t partition = about->partition_of(slice_of(info->base), about->partitions);
    return (struct universe_symbol){
        *info, partition, (uint32_t)(partition % about->shards), followed, is_rate,
    };
}

static void add_symbol(struct universe *u, const struct universe_about *about,
                       const struct instrument_info *info, bool followed, bool is_rate)
{
    u->symbols[u->n_symbols++] = symbol_like(about, info, followed, is_rate);
    u->n_rates += is_rate;
}

static void arrange(struct universe *u, const struct universe_about *about)
{
    for (size_t i = 0; i < about->n; i++)
        add_symbol(u, about, &about->list[i], true,
                   is_listed(about->rates, about->n_rates, about->list[i].native));
    for (size_t i = 0; i < about->n_rates; i++)
        if (!is_listed(about->list, about->n, about->rates[i].native))
            add_symbol(u, about, &about->rates[i], false, true);
    if (u->n_symbols > 0)
        qsort(u->symbols, u->n_symbols, sizeof(u->symbols[0]), order);
    for (uint32_t i = 0; i < about->n; i++) {
        struct universe_range *r = &u->shards[u->symbols[i].shard];
        if (r->n++ == 0)
            r->first = i;
    }
    add_all_links(u, &about->listen, (uint32_t)about->n);
    for (size_t i = 0; i < about->n_gone; i++)
        u->gone[u->n_gone++] = symbol_like(about, &about->gone[i], false, false);
}

struct universe *universe_create(const struct universe_about *about, struct err *e)
{
    if (about->n >= UINT32_MAX - about->n_rates) {
        (void)err_set(e, ERR_LIMIT, "%zu symbols are too many", about->n);
        return NULL;
    }
    struct universe *u = calloc(1, sizeof(*u));
    if (!u) {
        (void)err_set(e, ERR_NOMEM, "universe: out of memory");
        return NULL;
    }
    size_t n = about->n + about->n_rates;
    u->n_shards = (uint32_t)about->shards;
    u->partitions = about->partitions;
    u->symbols = calloc(n + 1, sizeof(u->symbols[0]));
    u->links = calloc(CHANNEL_KINDS * (n + 1), sizeof(u->links[0])); /* one per symbol at most */
    u->shards = calloc(u->n_shards, sizeof(u->shards[0]));
    u->gone = calloc(about->n_gone + 1, sizeof(u->gone[0]));
    if (u->symbols && u->links && u->shards && u->gone) {
        arrange(u, about);
        u->by_native = index_by(u, native_of);
        u->by_symbol = index_by(u, symbol_of);
    }
    if (u->by_native && u->by_symbol)
        return u;
    universe_destroy(u);
    (void)err_set(e, ERR_NOMEM, "universe: out of memory");
    return NULL;
}

void universe_destroy(struct universe *u)
{
    if (!u)
        return;
    free(u->symbols);
    free(u->links);
    free(u->shards);
    free(u->gone);
    free(u->by_native);
    free(u->by_symbol);
    free(u);
}
