#include "history.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- rows ------------------------------------------------------------------------------------ */

static int collect(const struct history_shape *shape, struct slice array, size_t max,
                   struct history_rows *ret, struct err *e)
{
    struct scan s;
    struct scan_value v;
    int more;
    if (scan_array(&s, array) != 0)
        return err_set(e, ERR_PROTO, "%s: no array of trades", shape->what);
    while ((more = scan_element(&s, &v)) == 1) {
        if (ret->all == max)
            return err_set(e, ERR_PROTO, "%s: more than %zu trades", shape->what, max);
        /* a row of another type reads as an empty one, which is bad */
        ret->list[ret->all++].text = v.type == shape->row_type ? v.text : slice_make("", 0);
    }
    return more == 0 ? 0
                     : err_set(e, ERR_PROTO, "%s: cut or malformed at byte %td", shape->what,
                               s.p - array.data);
}

static void reverse(struct history_row *list, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        const struct history_row swapped = list[i];
        list[i] = list[n - 1 - i];
        list[n - 1 - i] = swapped;
    }
}

/* Keeps the wanted ones of those before the first bad one. */
static void select_rows(const struct history_shape *shape, const struct history_query *q,
                        struct history_rows *ret)
{
    for (size_t i = 0; i < ret->all; i++) {
        struct event ev = {0};
        if (shape->row(q, ret->list[i].text, &ev, &ret->why) != 0) {
            ret->whole = false;
            return;
        }
        if (ev.sequence > ret->highest_id)
            ret->highest_id = ev.sequence;
        if (ev.exchange_time_us > ret->latest_us)
            ret->latest_us = ev.exchange_time_us;
        if (ev.sequence >= q->first_id && ev.sequence <= q->last_id)
            ret->list[ret->n++] =
                (struct history_row){ev.sequence, ev.exchange_time_us, ret->list[i].text};
    }
}

static int compare(const void *a, const void *b)
{
    const struct history_row *x = a;
    const struct history_row *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->text.data < y->text.data ? -1 : x->text.data > y->text.data;
}

int history_read(const struct history_shape *shape, const struct history_query *q,
                 struct slice array, size_t max, struct history_rows *ret, struct err *e)
{
    ret->n = 0;
    ret->all = 0;
    ret->highest_id = -1;
    ret->latest_us = 0;
    ret->whole = true;
    if (collect(shape, array, max, ret, e) != 0)
        return -1;
    if (shape->newest_first)
        reverse(ret->list, ret->all);
    select_rows(shape, q, ret);
    qsort(ret->list, ret->n, sizeof(ret->list[0]), compare);
    return 0;
}

int history_emit(const struct history_shape *shape, struct history_query *q,
                 const struct history_rows *rows, size_t n, emit_fn emit, void *ctx, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct event ev = {.type = EVENT_TRADE};
        if (rows->list[i].id < q->first_id)
            continue; /* twice on the page */
        if (shape->row(q, rows->list[i].text, &ev, e) != 0)
            return -1;
        ev.origin = TRADE_ORIGIN_REPAIR;
        if (emit(ctx, &ev, e) != 0)
            return -1;
        q->first_id = ev.sequence + 1;
    }
    return 0;
}

int history_broken(const struct history_rows *rows, struct err *e)
{
    *e = rows->why;
    return -1;
}

/* --- requests -------------------------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

int history_path_add(struct http_request *ret, struct err *e, const char *fmt, ...)
{
    size_t len = strlen(ret->path);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(ret->path + len, sizeof(ret->path) - len, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(ret->path) - len)
        return err_set(e, ERR_LIMIT, "a path of more than %zu bytes", sizeof(ret->path) - 1);
    return 0;
}

int history_path(struct http_request *ret, const char *begin, const char *name, struct err *e)
{
    ret->endpoint = "rest";
    ret->path[0] = '\0';
    if (history_path_add(ret, e, "%s", begin) != 0)
        return -1;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        if (history_path_add(ret, e, is_plain(*p) ? "%c" : "%%%02X", *p) != 0)
            return -1;
    return 0;
}

/* --- refusals -------------------------------------------------------------------------------- */

static bool begins(const char *const *list, struct slice word)
{
    for (; *list; list++)
        if (word.len >= strlen(*list) && memcmp(word.data, *list, strlen(*list)) == 0)
            return true;
    return false;
}

int history_refused(const char *what, const struct history_words *words, struct slice word,
                    struct slice text, struct err *e)
{
    bool busy = begins(words->busy, word);
    int word_len = (int)(word.len < 80 ? word.len : 80);
    int text_len = (int)(text.len < 80 ? text.len : 80);
    bool passing = busy || begins(words->passing, word);
    (void)err_set(e, passing ? ERR_IO : ERR_NOT_FOUND, "%s: refused: %.*s%s%.*s", what, word_len,
                  word.data, text.len > 0 ? " " : "", text_len, text.data);
    e->retriable = passing;
    return busy ? HISTORY_BUSY : -1;
}

int history_unanswered(const char *what, long status, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "%s: HTTP status %ld", what, status);
}
