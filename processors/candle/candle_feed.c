#include "parts.h"

/* --- ticks ----------------------------------------------------------------------------------- */

/* The series loses that time, which its closed windows may have to say. */
static int lose(const struct turn *t, struct series *s, int64_t from_us, int64_t to_us)
{
    int more = coverage_lose(t, s, from_us, to_us);
    if (more < 0)
        return -1;
    return window_reconsider(t, s, more ? BOOK_NEVER : from_us, more ? INT64_MAX : to_us);
}

/* What a tick says of the time since the one before it. */
struct between {
    bool lost;
    int64_t from_us;
    int64_t to_us;
};

static struct between take_tick(struct market *m, const struct tick *tick)
{
    struct between b = {false, m->tick_us, tick->receive_time_us};
    if (m->stream_us == BOOK_NEVER)
        m->dead = !tick->alive;
    if (m->stream_us == BOOK_NEVER || b.to_us <= b.from_us)
        return b;
    b.lost = m->dead || !tick->alive || coverage_is_silence(b.from_us, b.to_us);
    m->tick_us = b.to_us;
    m->dead = !tick->alive;
    m->silent = false;
    return b;
}

/* The time is lost for every symbol of the exchange. */
static int lose_between(const struct turn *t, const struct market *m, const struct between *b)
{
    for (struct series *s = t->state->book->series; s; s = s->next) {
        if (s->market != m)
            continue;
        window_end_lane(s);
        if (coverage_lose(t, s, b->from_us, b->to_us) < 0)
            return -1;
    }
    return 0;
}

static int reconsider_between(const struct turn *t, const struct market *m, const struct between *b)
{
    for (struct series *s = t->state->book->series; s; s = s->next) {
        bool all = s->lost.n == LOST_MAX; /* ranges may have become one */
        if (s->market == m &&
            window_reconsider(t, s, all ? BOOK_NEVER : b->from_us, all ? INT64_MAX : b->to_us) != 0)
            return -1;
    }
    return 0;
}

int feed_tick(const struct turn *t, const struct tick *tick)
{
    struct book *book = t->state->book;
    const char *why = trade_is_time(tick->receive_time_us)
                          ? trade_no_market(book, tick->exchange)
                          : "receive_time: not between 1970 and 9999";
    if (why)
        return t->sink->refuse(t->sink->ctx, why, t->e);
    struct market *m = book_market(book, tick->exchange);
    if (!m)
        return turn_no_memory(t);
    const struct between b = take_tick(m, tick);
    if ((b.lost && lose_between(t, m, &b) != 0) || time_advance(t, m, tick->receive_time_us) != 0 ||
        (b.lost && reconsider_between(t, m, &b) != 0))
        return -1;
    time_schedule(t, m);
    return 0;
}

/* --- feed records ---------------------------------------------------------------------------- */

static int subscribed(const struct turn *t, struct series *s, int64_t at_us)
{
    bool first = s->subscribed_us == BOOK_NEVER;
    if (first)
        s->subscribed_us = at_us;
    int64_t since_us = s->lost_since_us;
    s->lost_since_us = BOOK_NEVER;
    if (since_us != BOOK_NEVER && coverage_lose(t, s, since_us, at_us) < 0)
        return -1;
    if (!first && since_us == BOOK_NEVER)
        return 0;
    return window_reconsider(t, s, BOOK_NEVER, INT64_MAX);
}

static int lost(const struct turn *t, struct series *s, const struct feed *f)
{
    int64_t since_us = f->has_from_time_us ? f->from_time_us : f->receive_time_us;
    if (s->lost_since_us != BOOK_NEVER && s->lost_since_us <= since_us)
        return 0;
    s->lost_since_us = since_us;
    return window_reconsider(t, s, since_us, INT64_MAX);
}

/* Where ids are contiguous they tell of holes by themselves. */
static int gap(const struct turn *t, struct series *s, const struct feed *f)
{
    if (s->ids.known)
        return 0;
    int64_t from_us = f->has_from_time_us ? f->from_time_us : f->receive_time_us;
    int64_t to_us = f->has_to_time_us ? f->to_time_us : f->receive_time_us;
    return lose(t, s, from_us, to_us);
}

static int repaired(const struct turn *t, struct series *s, const struct feed *f)
{
    if (f->has_first_id || !f->has_from_time_us || !f->has_to_time_us)
        return 0;
    lost_cut(&s->lost, f->from_time_us, f->to_time_us, coverage_forget_us(t, s));
    bool more = s->lost.n == LOST_MAX; /* a range was parted, so others may have become one */
    return window_reconsider(t, s, more ? BOOK_NEVER : f->from_time_us,
                             more ? INT64_MAX : f->to_time_us);
}

static int apply_event(const struct turn *t, struct series *s, const struct feed *f)
{
    switch (f->event) {
    case FEED_EVENT_SUBSCRIBED:
        return subscribed(t, s, f->receive_time_us);
    case FEED_EVENT_LOST:
        return lost(t, s, f);
    case FEED_EVENT_GAP:
        return gap(t, s, f);
    case FEED_EVENT_REPAIRED:
        return repaired(t, s, f);
    case FEED_EVENT_REPAIRING: /* what is missing is missing, asked for, awaited or not */
    case FEED_EVENT_GIVEN_UP:
    case FEED_EVENT_UNKNOWN:
        break;
    }
    return 0;
}

static const char *refusal(const struct feed *f)
{
    bool good = trade_is_time(f->receive_time_us) &&
                (!f->has_from_time_us || trade_is_time(f->from_time_us)) &&
                (!f->has_to_time_us || trade_is_time(f->to_time_us));
    return good ? NULL : "receive_time, from_time or to_time: not between 1970 and 9999";
}

/* Only a subscription makes a symbol known: before it there is nothing that could be missing. */
int feed_apply(const struct turn *t, const struct feed *f)
{
    struct book *b = t->state->book;
    struct series *s = book_find_series(b, f->exchange, f->symbol);
    const char *why = refusal(f);
    if (!why && !s && f->event == FEED_EVENT_SUBSCRIBED)
        why = trade_no_series(t->state, f->exchange, f->symbol);
    if (why)
        return t->sink->refuse(t->sink->ctx, why, t->e);
    if (!s && f->event != FEED_EVENT_SUBSCRIBED)
        return 0;
    if (!s)
        s = book_series(b, f->exchange, f->symbol);
    if (!s)
        return turn_no_memory(t);
    window_end_lane(s);
    if (apply_event(t, s, f) != 0)
        return -1;
    if (s->market->stream_us != BOOK_NEVER)
        time_schedule(t, s->market);
    return 0;
}
