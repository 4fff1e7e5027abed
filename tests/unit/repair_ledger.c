#include "repair_ledger.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void law(const struct repair_ledger *l, bool holds, const char *what,
                const struct ledger_symbol *s, int64_t id)
{
    if (!holds)
        fail_msg("seed %u: symbol %d id %" PRId64 ": %s", l->seed, (int)(s - l->symbols), id, what);
}

static struct ledger_symbol *symbol_of(struct repair_ledger *l, struct slice name)
{
    int64_t i = universe_find_symbol(l->universe, name);
    assert_in_range(i, 0, MARKET_SYMBOLS - 1);
    return &l->symbols[i];
}

/* --- trades ---------------------------------------------------------------------------------- */

static void grow(struct repair_ledger *l, struct ledger_symbol *s, int64_t id)
{
    if (!s->known) {
        s->known = true;
        s->first = s->last = id;
        return;
    }
    law(l, id < s->first || id > s->last, "lies within, and was never named", s, id);
    for (int64_t i = s->last + 1; i < id; i++)
        law(l, s->ids[i] == ID_MISSING || s->ids[i] >= ID_GIVEN_UP, "passed over", s, i);
    for (int64_t i = id + 1; i < s->first; i++)
        law(l, s->ids[i] == ID_MISSING || s->ids[i] >= ID_GIVEN_UP, "passed over", s, i);
    s->first = id < s->first ? id : s->first;
    s->last = id > s->last ? id : s->last;
}

static void take_trade(struct repair_ledger *l, const struct trade *t)
{
    struct ledger_symbol *s = symbol_of(l, t->symbol);
    int64_t id = t->sequence;
    law(l, market_is_trade(l->market, (uint32_t)(s - l->symbols), t), "not the exchange's", s, id);
    law(l, s->awaited == 0 || s->awaited == id, "not what the gap was told for", s, id);
    law(l, s->ids[id] == ID_NEVER || s->ids[id] == ID_MISSING, "written twice, or given up", s, id);
    if (s->ids[id] == ID_MISSING) {
        s->ids[id] = ID_CAME;
    } else {
        grow(l, s, id);
        s->ids[id] = ID_WRITTEN;
    }
    s->awaited = 0;
    s->touched = true;
    l->trades++;
}

/* --- feed records ---------------------------------------------------------------------------- */

static void take_gap(struct repair_ledger *l, struct ledger_symbol *s, const struct feed *f)
{
    law(l, s->known && (f->first_id == s->last + 1 || f->last_id == s->first - 1),
        "a gap that is no neighbour", s, f->first_id);
    s->awaited = f->first_id == s->last + 1 ? f->last_id + 1 : f->first_id - 1;
    s->touched = true;
}

static void move(struct repair_ledger *l, struct ledger_symbol *s, const struct feed *f,
                 enum id_state from, enum id_state to)
{
    law(l, f->first_id >= 0 && f->first_id <= f->last_id && f->last_id < MARKET_IDS,
        "no range of ids", s, f->first_id);
    for (int64_t i = f->first_id; i <= f->last_id; i++) {
        law(l, s->ids[i] == from, feed_event_name(f->event), s, i);
        s->ids[i] = (uint8_t)to;
    }
}

static void take_feed(struct repair_ledger *l, const struct feed *f)
{
    struct ledger_symbol *s = symbol_of(l, f->symbol);
    law(l, s->awaited == 0, "a gap without its trade", s, s->awaited);
    switch (f->event) {
    case FEED_EVENT_GAP:
        move(l, s, f, ID_NEVER, ID_MISSING);
        take_gap(l, s, f);
        return;
    case FEED_EVENT_REPAIRING:
        move(l, s, f, ID_MISSING, ID_MISSING);
        l->repairings++;
        return;
    case FEED_EVENT_REPAIRED:
        move(l, s, f, ID_CAME, ID_WRITTEN);
        return;
    case FEED_EVENT_GIVEN_UP:
        move(l, s, f, ID_MISSING,
             slice_is(f->reason, "too many holes are open at once") ? ID_CROWDED : ID_GIVEN_UP);
        s->touched = true;
        return;
    case FEED_EVENT_SUBSCRIBED:
    case FEED_EVENT_LOST:
        return;
    case FEED_EVENT_UNKNOWN:
        break;
    }
    fail_msg("seed %u: a feed record of no event", l->seed);
}

/* --- progress -------------------------------------------------------------------------------- */

static void take_progress(struct repair_ledger *l, const struct progress *p)
{
    if (slice_is(p->symbol, SHARD_EPOCH_SYMBOL)) {
        if (p->last_id != l->epoch + 1)
            fail_msg("seed %u: epoch %" PRId64 " after %" PRId64, l->seed, p->last_id, l->epoch);
        l->epoch = p->last_id;
        return;
    }
    struct ledger_symbol *s = symbol_of(l, p->symbol);
    bool missing[MARKET_IDS] = {false};
    law(l, p->first_id == s->first && p->last_id == s->last, "not where progress is", s,
        p->last_id);
    law(l, p->last_time_us == l->market->at_us[s - l->symbols][p->last_id], "another time", s,
        p->last_id);
    for (size_t h = 0; h < p->n_holes; h++)
        for (int64_t i = p->holes[h].first_id; i <= p->holes[h].last_id; i++)
            missing[i] = true;
    for (int64_t i = 0; i < MARKET_IDS; i++)
        law(l, missing[i] == (s->ids[i] == ID_MISSING), "not as its progress says", s, i);
    s->progress = *p;
    s->touched = false;
}

void ledger_take(struct repair_ledger *l, const struct shard_output *out)
{
    if (out->topic == SHARD_FEEDS || out->topic == SHARD_INSTRUMENTS) /* a copy; no law of ours */
        return;
    assert_non_null(out->record);
    if (out->record->type == RECORD_TRADE)
        take_trade(l, &out->record->trade);
    else if (out->record->type == RECORD_FEED)
        take_feed(l, &out->record->feed);
    else if (out->record->type == RECORD_PROGRESS)
        take_progress(l, &out->record->progress);
    else
        fail_msg("seed %u: a record of type %d", l->seed, (int)out->record->type);
}

void ledger_settle(struct repair_ledger *l)
{
    for (struct ledger_symbol *s = l->symbols; s < l->symbols + MARKET_SYMBOLS; s++) {
        law(l, s->awaited == 0, "a gap without its trade", s, s->awaited);
        law(l, !s->touched, "without its progress", s, s->last);
        for (int64_t i = 0; i < MARKET_IDS; i++)
            law(l, s->ids[i] != ID_CAME, "came, and nobody is told", s, i);
    }
}

bool ledger_is_settled(const struct ledger_symbol *s, int64_t id)
{
    return s->ids[id] == ID_WRITTEN || s->ids[id] >= ID_GIVEN_UP;
}
