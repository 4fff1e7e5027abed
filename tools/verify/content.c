/* cw-verify --content A B: what each key holds in the end, whatever the order it came in. */
#include "fields.h"
#include "ledger.h"
#include "verify.h"

#include <inttypes.h>
#include <stdlib.h>

/* What is no part of a record's content: where it came from, and how often it was changed. */
static const char candle_without[] = "partition,first_offset,last_offset,revision,reason";
static const char trade_without[] = "receive_time,origin";

struct content {
    struct verify *v;
    struct ledger *ledger;
    struct record *record;
    struct record *other;
    struct strbuf packed;
    struct strbuf key;
    int64_t twice[LEDGER_SIDES]; /* trades that came once more */
    struct {
        enum ledger_side side;
        int32_t partition;
        int64_t offset;
    } first_twice;
};

static struct source *source_of(const struct content *c, enum ledger_side side)
{
    return side == LEDGER_A ? &c->v->a : &c->v->b;
}

/* --- filling ---------------------------------------------------------------------------------- */

static int put(struct content *c, enum ledger_side side, const struct item *i, struct slice key,
               const char *without, struct err *e)
{
    struct ledger_entry entry = {.partition = i->partition, .offset = i->offset};
    strbuf_reset(&c->packed);
    if (fields_pack(c->record, without, &c->packed, e) != 0)
        return -1;
    if (!digest_make(strbuf_slice(&c->packed), &entry.content))
        return err_set(e, ERR_NOMEM, "out of memory");
    int had = ledger_put(c->ledger, side, key, &entry, e);
    if (had < 0 && e->code == ERR_LIMIT)
        return err_prefix(e, "--content: raise --max.keys, or compare less (--from-open, "
                             "--to-open)");
    return had;
}

static bool is_within(const struct verify *v, int64_t time_us)
{
    return time_us >= v->from_open_us && time_us < v->to_open_us;
}

/* Only closed windows: what a provisional record says depends on when it was written. A quiet
 * window without trades is as good as no record. */
static int put_candle(struct content *c, enum ledger_side side, const struct item *i, struct err *e)
{
    const struct candle *d = &c->record->candle;
    if (d->status == CANDLE_STATUS_PROVISIONAL || !is_within(c->v, d->open_time_us))
        return 0;
    if (d->coverage == COVERAGE_QUIET && d->trades == 0)
        return ledger_drop(c->ledger, side, i->key, e);
    return put(c, side, i, i->key, candle_without, e) < 0 ? -1 : 0;
}

static int put_trade(struct content *c, enum ledger_side side, const struct item *i, struct err *e)
{
    const struct trade *d = &c->record->trade;
    if (!is_within(c->v, d->exchange_time_us))
        return 0;
    strbuf_reset(&c->key);
    if (fields_pack_text(&c->key, true, d->exchange) != 0 ||
        fields_pack_text(&c->key, true, d->symbol) != 0 ||
        fields_pack_text(&c->key, true, d->trade_id) != 0)
        return strbuf_full(&c->key, "a trade's key", e);
    int had = put(c, side, i, strbuf_slice(&c->key), trade_without, e);
    if (had > 0 && c->twice[LEDGER_A] + c->twice[LEDGER_B] == 0) {
        c->first_twice.side = side;
        c->first_twice.partition = i->partition;
        c->first_twice.offset = i->offset;
    }
    c->twice[side] += had > 0;
    return had < 0 ? -1 : 0;
}

static int refuse(const struct source *s, const struct item *i, const char *why, struct err *e)
{
    return err_set(e, ERR_CONF, "%.100s partition %d offset %lld: %.80s", s->name, i->partition,
                   (long long)i->offset, why);
}

static int take(struct content *c, enum ledger_side side, const struct item *i, struct err *e)
{
    struct source *s = source_of(c, side);
    char why[80];
    if (i->tombstone)
        return i->has_key ? ledger_drop(c->ledger, side, i->key, e) : 0;
    int got = source_decode(s, i->value, c->record, e);
    if (got != 0)
        return got < 0 ? -1 : refuse(s, i, "no record, so it has no content to compare", e);
    if (c->record->type == RECORD_CANDLE && i->has_key)
        return put_candle(c, side, i, e);
    if (c->record->type == RECORD_TRADE)
        return put_trade(c, side, i, e);
    if (c->record->type == RECORD_TICK || c->record->type == RECORD_FEED)
        return 0; /* they tell of the feed the trades came by */
    (void)snprintf(why, sizeof(why), "a %s: --content is for candles and trades",
                   record_type_name(c->record->type));
    return refuse(s, i, why, e);
}

static int fill(struct content *c, enum ledger_side side, struct err *e)
{
    const struct inputs_range everything = {.to = INT64_MAX};
    struct source *s = source_of(c, side);
    for (int32_t p = 0; p < s->partitions; p++) {
        struct item i;
        int got = source_begin(s, p, &everything, e);
        while (got == 0 && (got = source_next(s, &i, e)) == 1)
            got = take(c, side, &i, e);
        if (got < 0)
            return -1;
    }
    return 0;
}

/* --- telling ---------------------------------------------------------------------------------- */

static int fetch(struct content *c, enum ledger_side side, const struct ledger_pair *p,
                 struct item *ret, struct record *record, struct err *e)
{
    struct source *s = source_of(c, side);
    if (source_fetch(s, p->side[side].partition, p->side[side].offset, ret, e) != 0)
        return -1;
    int got = source_decode(s, ret->value, record, e);
    return got > 0 ? refuse(s, ret, "no record any more", e) : got;
}

static int say_first(struct content *c, const struct ledger_pair *p, struct err *e)
{
    struct strbuf *out = &c->v->out;
    struct item items[LEDGER_SIDES];
    const char *only = !p->has[LEDGER_B] ? "only in A" : !p->has[LEDGER_A] ? "only in B" : "";
    if ((p->has[LEDGER_A] && fetch(c, LEDGER_A, p, &items[LEDGER_A], c->record, e) != 0) ||
        (p->has[LEDGER_B] && fetch(c, LEDGER_B, p, &items[LEDGER_B], c->other, e) != 0))
        return -1;
    int room = strbuf_addf(out, "first difference: %s", only);
    if (room == 0 && !*only)
        (void)fields_differing(c->record, c->other,
                               c->record->type == RECORD_TRADE ? trade_without : candle_without,
                               out);
    room = room == 0 ? strbuf_addc(out, '\n') : -1;
    if (room != 0)
        return strbuf_full(out, "output", e);
    for (enum ledger_side side = LEDGER_A; side < LEDGER_SIDES; side++)
        if (p->has[side] && say_item(out, source_of(c, side), &items[side], e) != 0)
            return -1;
    return 0;
}

static int say_twice(struct content *c, struct err *e)
{
    struct source *s = source_of(c, c->first_twice.side);
    struct item i;
    if (strbuf_addf(&c->v->out, "there once more: %" PRId64 " trades in A, %" PRId64 " in B\n",
                    c->twice[LEDGER_A], c->twice[LEDGER_B]) != 0)
        return strbuf_full(&c->v->out, "output", e);
    return source_fetch(s, c->first_twice.partition, c->first_twice.offset, &i, e) == 0
               ? say_item(&c->v->out, s, &i, e)
               : -1;
}

static int say_total(struct content *c, const struct ledger_sum *sum, bool different, struct err *e)
{
    struct strbuf *out = &c->v->out;
    int room = different ? strbuf_addf(out,
                                       "DIFFERENT: %" PRId64 " keys equal, %" PRId64
                                       " different, %" PRId64 " only in A, %" PRId64 " only in B\n",
                                       sum->equal, sum->different, sum->only[LEDGER_A],
                                       sum->only[LEDGER_B])
                         : strbuf_addf(out, "equal: %" PRId64 " keys%s\n", sum->equal,
                                       sum->equal ? "" : ": nothing was there to compare");
    return room == 0 ? say_flush(out, e) : strbuf_full(out, "output", e);
}

static int judge(struct content *c, struct err *e)
{
    struct ledger_sum sum;
    ledger_sum(c->ledger, &sum);
    bool same = ledger_sum_equal(&sum);
    bool once = c->twice[LEDGER_A] + c->twice[LEDGER_B] == 0;
    meter_clear(&c->v->meter);
    if ((!once && say_twice(c, e) != 0) || (!same && say_first(c, &sum.first, e) != 0) ||
        say_total(c, &sum, !same || !once, e) != 0)
        return -1;
    return same && once ? VERIFY_EQUAL : VERIFY_DIFFERENT;
}

int verify_content(struct verify *v, struct err *e)
{
    struct content c = {.v = v,
                        .ledger = ledger_create(v->settings->max_keys, e),
                        .record = malloc(sizeof(*c.record)),
                        .other = malloc(sizeof(*c.other)),
                        .packed = STRBUF_INIT(SAY_LIMIT),
                        .key = STRBUF_INIT(SAY_LIMIT)};
    int r = c.ledger ? 0 : -1;
    if (r == 0 && (!c.record || !c.other))
        r = err_set(e, ERR_NOMEM, "out of memory");
    for (enum ledger_side side = LEDGER_A; r == 0 && side < LEDGER_SIDES; side++)
        r = fill(&c, side, e);
    if (r == 0)
        r = judge(&c, e);
    ledger_destroy(c.ledger);
    free(c.record);
    free(c.other);
    strbuf_finish(&c.packed);
    strbuf_finish(&c.key);
    return r;
}
