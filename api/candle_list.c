#include "candle_list.h"

#include "timefmt.h"

#include <stdlib.h>
#include <string.h>

struct candle_list {
    struct pool *pool;
    const struct candle_key *key;
    enum fill fill;
    struct rows *rows;
    struct fill_slot *slots;
    int n;    /* slots of the page */
    int next; /* slot */
    bool more;
    struct known known;    /* windows that get a row; of FILL_NONE none */
    struct rows *minutes;  /* coverage of the minutes around filled 1s windows, else NULL */
    int minute;            /* the first that may still be wanted */
    bool looked_for_close; /* before the first row */
    bool has_close;
    struct decimal close; /* of the last row that had one */
};

/* --- opening --------------------------------------------------------------------------------- */

static bool is_1s(const struct candle_list *l)
{
    return strcmp(l->key->interval, "1s") == 0;
}

/* Limits the windows that get a row to those whose minute is closed: only then its coverage holds.
 */
static int limit_to_minutes(struct candle_list *l, struct err *e)
{
    struct candle_key key = *l->key;
    struct known minutes;
    key.interval = "1m";
    int found = query_known(l->pool, &key, &minutes, e);
    if (found < 0)
        return -1;
    struct windows *w = &l->known.windows;
    int64_t end_us = found ? minutes.windows.to_us : w->from_us;
    *w = windows_between(w, INT64_MIN, end_us);
    return 0;
}

/* The windows of the page that get a row. */
static int find_windows(struct candle_list *l, const struct page *page, struct err *e)
{
    l->known = (struct known){.windows = {.length_us = 1}};
    if (l->fill == FILL_NONE)
        return 0;
    int found = query_known(l->pool, l->key, &l->known, e);
    if (found < 0 || (found > 0 && is_1s(l) && limit_to_minutes(l, e) != 0))
        return -1;
    l->known.windows = windows_between(&l->known.windows, page_first_us(page), page->end_us);
    return 0;
}

static int read_open_times(const struct candle_list *l, int64_t *ret_us, struct err *e)
{
    for (int i = 0; i < rows_count(l->rows); i++) {
        struct record r;
        if (rows_candle(l->rows, i, &r, e) != 0)
            return -1;
        ret_us[i] = r.candle.open_time_us;
    }
    return 0;
}

/* Puts records and windows in order: one slot more than the page tells whether the list goes on. */
static int arrange(struct candle_list *l, const struct page *page, struct err *e)
{
    int n = rows_count(l->rows);
    int64_t *open_us = calloc((size_t)n + 1, sizeof(*open_us));
    l->slots = calloc((size_t)page->limit + 1, sizeof(*l->slots));
    int r = 0;
    if (!open_us || !l->slots)
        r = err_set(e, ERR_NOMEM, "out of memory for a page of candles");
    else if (read_open_times(l, open_us, e) != 0)
        r = -1;
    else if (page_is_newest(page))
        l->n = fill_backward(&l->known.windows, open_us, n, page->limit, l->slots);
    else
        l->n = fill_forward(&l->known.windows, open_us, n, page->limit + 1, l->slots);
    free(open_us);
    l->more = rows_more(l->rows) || l->n > page->limit;
    if (l->n > page->limit)
        l->n = page->limit;
    return r;
}

static int find_minutes(struct candle_list *l, struct err *e)
{
    if (!is_1s(l) || l->fill == FILL_NONE || l->n == 0)
        return 0;
    struct candle_key key = *l->key;
    key.interval = "1m";
    int64_t from_us = l->slots[0].open_us - US_PER_MIN; /* the minute that holds it opens later */
    int64_t to_us = l->slots[l->n - 1].open_us + 1;
    /* no page holds more minutes with a filled 1s window than windows */
    l->minutes = query_coverage(l->pool, &key, from_us, to_us, 2 * l->n + 2, e);
    return l->minutes ? 0 : -1;
}

struct candle_list *candle_list_open(struct pool *pool, const struct candle_key *key,
                                     enum fill fill, const struct page *page, struct err *e)
{
    struct candle_list *l = calloc(1, sizeof(*l));
    if (!l) {
        (void)err_set(e, ERR_NOMEM, "out of memory for a page of candles");
        return NULL;
    }
    l->pool = pool;
    l->key = key;
    l->fill = fill;
    if (find_windows(l, page, e) != 0)
        goto out;
    l->rows = query_candles(pool, key, page, e);
    if (l->rows && arrange(l, page, e) == 0 && find_minutes(l, e) == 0)
        return l;
out:
    candle_list_close(l);
    return NULL;
}

void candle_list_close(struct candle_list *l)
{
    if (!l)
        return;
    rows_close(l->rows);
    rows_close(l->minutes);
    free(l->slots);
    free(l);
}

bool candle_list_more(const struct candle_list *l)
{
    return l->more;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* The coverage of a window without a record. */
static int filled_coverage(struct candle_list *l, int64_t open_us, enum coverage *ret,
                           struct err *e)
{
    *ret = COVERAGE_QUIET;
    for (; l->minutes && l->minute < rows_count(l->minutes); l->minute++) {
        struct coverage_run minute;
        if (rows_coverage(l->minutes, l->minute, &minute, e) != 0)
            return -1;
        if (minute.end_us <= open_us)
            continue;
        if (minute.start_us <= open_us && minute.coverage != COVERAGE_COMPLETE)
            *ret = minute.coverage;
        return 0;
    }
    return 0;
}

static int make_row(struct candle_list *l, int64_t open_us, struct candle_row *ret, struct err *e)
{
    struct candle c = {.exchange = slice_of(l->key->exchange),
                       .symbol = slice_of(l->key->symbol),
                       .interval = slice_of(l->key->interval),
                       .open_time_us = open_us,
                       .close_time_us = open_us + l->known.windows.length_us,
                       .status = CANDLE_STATUS_FINAL,
                       .origin = CANDLE_ORIGIN_TRADES,
                       .has_partition = true,
                       .partition = l->known.partition};
    if (filled_coverage(l, open_us, &c.coverage, e) != 0)
        return -1;
    *ret = (struct candle_row){{.type = RECORD_CANDLE, .candle = c}, true};
    return 0;
}

/* The close before a row without prices. 1: l->close is it; 0: there is none. */
static int find_close(struct candle_list *l, int64_t open_us, struct err *e)
{
    if (!l->has_close && !l->looked_for_close) {
        int found = query_close_before(l->pool, l->key, open_us, &l->close, e);
        if (found < 0)
            return -1;
        l->has_close = found > 0;
    }
    l->looked_for_close = true;
    return l->has_close;
}

static int carry_close(struct candle_list *l, struct candle_row *row, struct err *e)
{
    struct candle *c = &row->record.candle;
    if (c->has_close) {
        l->has_close = true;
        l->close = c->close;
        return 0;
    }
    int found = find_close(l, c->open_time_us, e);
    if (found <= 0)
        return found;
    c->has_open = c->has_high = c->has_low = c->has_close = true;
    c->open = c->high = c->low = c->close = l->close;
    row->filled = true;
    return 0;
}

int candle_list_next(struct candle_list *l, struct candle_row *ret, struct err *e)
{
    if (l->next == l->n)
        return 0;
    const struct fill_slot *slot = &l->slots[l->next];
    struct candle_row row = {.filled = false};
    int r = slot->record < 0 ? make_row(l, slot->open_us, &row, e)
                             : rows_candle(l->rows, slot->record, &row.record, e);
    if (r == 0 && l->fill == FILL_PREVIOUS)
        r = carry_close(l, &row, e);
    if (r != 0)
        return -1;
    l->next++;
    *ret = row;
    return 1;
}
