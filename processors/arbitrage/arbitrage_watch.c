#include "parts.h"

#include <stdio.h>

enum { REASON_MAX = 32 + BOARD_MARKETS_MAX * (KEY_EXCHANGE_MAX + 16) };

/* The direction with the largest net edge; of equals the first. */
struct best {
    const struct top *buy; /* NULL: there is none */
    const struct top *sell;
    struct found found;
};

static struct best find_best(const struct pair *p, const enum obstacle *o)
{
    struct best best = {NULL};
    for (size_t a = 0; a < p->n_tops; a++)
        for (size_t b = 0; b < p->n_tops; b++) {
            struct found f;
            if (a == b || o[a] != OBSTACLE_NONE || o[b] != OBSTACLE_NONE ||
                !judge_edge(p, &p->tops[a], &p->tops[b], &f))
                continue;
            if (!best.buy || decimal_cmp(f.net_bps, best.found.net_bps) > 0)
                best = (struct best){&p->tops[a], &p->tops[b], f};
        }
    return best;
}

static const char *reason_of(const struct rules *r, const struct best *best)
{
    if (!best->buy)
        return "legs";
    if (decimal_cmp(best->found.gross_bps, r->open_bps) < 0)
        return "spread";
    if (decimal_cmp(best->found.net_bps, r->open_bps) < 0)
        return "fees";
    return best->found.enough ? "dwell" : "size";
}

static int watch_pair(const struct turn *t, const struct pair *p)
{
    enum obstacle o[BOARD_MARKETS_MAX];
    for (size_t i = 0; i < p->n_tops; i++)
        o[i] = judge_top(t, &p->tops[i]);
    const struct best best = find_best(p, o);
    char reason[REASON_MAX];
    int n = snprintf(reason, sizeof(reason), "%s", reason_of(t->state->rules, &best));
    for (size_t i = 0; i < p->n_tops; i++)
        if (o[i] != OBSTACLE_NONE)
            n += snprintf(reason + n, sizeof(reason) - (size_t)n, "; %s %s",
                          p->tops[i].market->name, obstacle_names[o[i]]);
    return write_watching(t, p, best.buy, best.sell, &best.found, slice_make(reason, (size_t)n));
}

int watch_all(const struct turn *t)
{
    struct board *b = t->state->board;
    int64_t every_us = t->state->rules->watching_us;
    if (every_us == 0 || b->now_us / every_us == b->watched_us / every_us)
        return 0;
    b->watched_us = b->now_us;
    for (size_t i = 0; i < b->n_pairs; i++)
        if (b->pairs[i]->n_tops > 1 && b->pairs[i]->n_open == 0 && watch_pair(t, b->pairs[i]) != 0)
            return -1;
    return 0;
}
