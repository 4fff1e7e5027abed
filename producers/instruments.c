#include "instruments.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MAX = 3, NEAR_DISTANCE = 2 };

static const char *const default_bases[] = {"BTC", "ETH", "SOL",  "XRP",  "BNB", "DOGE",
                                            "ADA", "TRX", "LINK", "AVAX", "LTC", "SUI"};
static const char *const default_quotes[] = {"USD", "USDT", "USDC", "EUR"};

int instruments_add(void *ctx, const struct instrument_info *in, struct err *e)
{
    struct instruments *i = ctx;
    if (i->n == i->cap) {
        size_t cap = i->cap ? i->cap * 2 : 64;
        struct instrument_info *list = realloc(i->list, cap * sizeof(*list));
        if (!list)
            return err_set(e, ERR_NOMEM, "instruments: out of memory");
        i->list = list;
        i->cap = cap;
    }
    i->list[i->n++] = *in;
    return 0;
}

void instruments_finish(struct instruments *i)
{
    free(i->list);
    *i = (struct instruments){0};
}

/* --- names ----------------------------------------------------------------------------------- */

/* A name without what people write differently: upper case, no separator. */
struct bare {
    char text[2 * EXCHANGE_SYMBOL_MAX + 1];
    size_t len;
};

static struct bare bare_of(struct slice name)
{
    struct bare b = {.len = 0};
    for (size_t i = 0; i < name.len && b.len < sizeof(b.text) - 1; i++)
        if (!strchr("-/_", name.data[i]))
            b.text[b.len++] = (char)toupper((unsigned char)name.data[i]);
    b.text[b.len] = '\0';
    return b;
}

static bool is_word(struct slice word, const char *text)
{
    return word.len == strlen(text) && strncasecmp(word.data, text, word.len) == 0;
}

/* "BTC-USDT" and "BTC/USDT" name the pair; "BTCUSDT" is the exchange's own or the two run
 * together, which never means two different pairs: the native name is looked for first. */
static const struct instrument_info *find(const struct instruments *all, struct slice word)
{
    for (size_t i = 0; i < all->n; i++)
        if (is_word(word, all->list[i].native) || is_word(word, all->list[i].symbol))
            return &all->list[i];
    const struct bare wanted = bare_of(word);
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(bare_of(slice_of(all->list[i].symbol)).text, wanted.text) == 0)
            return &all->list[i];
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, taken out or changed to make one of the other. */
static size_t distance(const struct bare *a, const struct bare *b)
{
    size_t row[sizeof(b->text)];
    for (size_t j = 0; j <= b->len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a->len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b->len; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (a->text[i - 1] != b->text[j - 1]);
            row[j] = least(changed, 1 + least(above, row[j - 1]));
            diagonal = above;
        }
    }
    return row[b->len];
}

static int unknown(const struct instruments *all, struct slice word, struct err *e)
{
    char near[NEAR_MAX * (EXCHANGE_SYMBOL_MAX + 2) + 1] = "";
    const struct bare wanted = bare_of(word);
    size_t len = 0;
    int n = 0;
    for (size_t d = 0; d <= NEAR_DISTANCE && n < NEAR_MAX; d++) {
        for (size_t i = 0; i < all->n && n < NEAR_MAX; i++) {
            const struct bare have = bare_of(slice_of(all->list[i].symbol));
            if (distance(&wanted, &have) != d)
                continue;
            len += (size_t)snprintf(near + len, sizeof(near) - len, "%s%s", n ? ", " : "",
                                    all->list[i].symbol);
            n++;
        }
    }
    return err_set(e, ERR_CONF, "symbols: there is no %.*s%s%s%s", (int)least(word.len, 40),
                   word.data, n ? " (did you mean " : "", near, n ? "?)" : "");
}

/* --- choice ---------------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static bool is_default(const struct instrument_info *in)
{
    return is_one_of(in->base, default_bases, sizeof(default_bases) / sizeof(*default_bases)) &&
           is_one_of(in->quote, default_quotes, sizeof(default_quotes) / sizeof(*default_quotes));
}

static bool in_scope(const struct instrument_info *in, enum instruments_scope scope)
{
    return scope == INSTRUMENTS_LISTED || in->status == INSTRUMENT_STATUS_TRADING;
}

/* Marks what one word takes. */
static int mark(const struct instruments *all, struct slice word, enum instruments_scope scope,
                bool *marks, struct err *e)
{
    const struct slice quote = {"quote:", 6};
    bool every = is_word(word, "all");
    bool quoted = word.len > quote.len && strncasecmp(word.data, quote.data, quote.len) == 0;
    if (!every && !quoted && word.len > 0) {
        const struct instrument_info *in = find(all, word);
        if (!in)
            return unknown(all, word, e);
        marks[in - all->list] = true;
        return 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct instrument_info *in = &all->list[i];
        bool taken =
            every ||
            (quoted ? is_word(slice_make(word.data + quote.len, word.len - quote.len), in->quote)
                    : is_default(in));
        if (!taken || !in_scope(in, scope))
            continue;
        marks[i] = true;
        n++;
    }
    if (n > 0)
        return 0;
    return err_set(e, ERR_CONF, "symbols: \"%.*s\" takes none of the %zu pairs that are listed",
                   (int)least(word.len, 40), word.data, all->n);
}

static struct slice trim(struct slice s)
{
    while (s.len > 0 && isspace((unsigned char)s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && isspace((unsigned char)s.data[s.len - 1]))
        s.len--;
    return s;
}

static int mark_words(const struct instruments *all, const char *spec, enum instruments_scope scope,
                      bool *marks, struct err *e)
{
    if (*spec == '\0')
        return mark(all, slice_of(""), scope, marks, e);
    for (const char *p = spec; p;) {
        const char *comma = strchr(p, ',');
        struct slice word = trim(slice_make(p, comma ? (size_t)(comma - p) : strlen(p)));
        if (word.len == 0)
            return err_set(e, ERR_CONF, "symbols: an empty name in \"%.80s\"", spec);
        if (mark(all, word, scope, marks, e) != 0)
            return -1;
        p = comma ? comma + 1 : NULL;
    }
    return 0;
}

static int by_symbol(const void *x, const void *y)
{
    const struct instrument_info *const *a = x;
    const struct instrument_info *const *b = y;
    return strcmp((*a)->symbol, (*b)->symbol);
}

/* Two pairs under one name would be one mixed tape. */
static int check_collisions(const struct instruments *chosen, struct err *e)
{
    const struct instrument_info **sorted = calloc(chosen->n + 1, sizeof(const void *));
    if (!sorted)
        return err_set(e, ERR_NOMEM, "instruments: out of memory");
    for (size_t i = 0; i < chosen->n; i++)
        sorted[i] = &chosen->list[i];
    qsort(sorted, chosen->n, sizeof(const void *), by_symbol);
    int r = 0;
    for (size_t i = 1; r == 0 && i < chosen->n; i++)
        if (strcmp(sorted[i - 1]->symbol, sorted[i]->symbol) == 0)
            r = err_set(e, ERR_CONF, "symbols: %s and %s are both %s", sorted[i - 1]->native,
                        sorted[i]->native, sorted[i]->symbol);
    free(sorted);
    return r;
}

int instruments_select(const struct instruments *all, const char *spec,
                       enum instruments_scope scope, struct instruments *ret, struct err *e)
{
    bool *marks = calloc(all->n + 1, sizeof(*marks));
    if (!marks)
        return err_set(e, ERR_NOMEM, "instruments: out of memory");
    struct instruments chosen = {0};
    int r = mark_words(all, spec, scope, marks, e);
    for (size_t i = 0; r == 0 && i < all->n; i++)
        if (marks[i])
            r = instruments_add(&chosen, &all->list[i], e);
    free(marks);
    if (r == 0)
        r = check_collisions(&chosen, e);
    if (r == 0)
        *ret = chosen;
    else
        instruments_finish(&chosen);
    return r;
}

/* --- the list once more ---------------------------------------------------------------------- */

const struct instrument_info *instruments_native(const struct instruments *i, const char *native)
{
    for (size_t k = 0; k < i->n; k++)
        if (strcmp(i->list[k].native, native) == 0)
            return &i->list[k];
    return NULL;
}

static bool same_step(bool has_a, struct decimal a, bool has_b, struct decimal b)
{
    return has_a == has_b && (!has_a || a.e18 == b.e18);
}

static bool same(const struct instrument_info *a, const struct instrument_info *b)
{
    return strcmp(a->symbol, b->symbol) == 0 && strcmp(a->rest, b->rest) == 0 &&
           strcmp(a->base, b->base) == 0 && strcmp(a->quote, b->quote) == 0 &&
           a->status == b->status &&
           same_step(a->has_tick_size, a->tick_size, b->has_tick_size, b->tick_size) &&
           same_step(a->has_lot_size, a->lot_size, b->has_lot_size, b->lot_size);
}

bool instruments_same(const struct instruments *a, const struct instruments *b)
{
    bool all = a->n == b->n;
    for (size_t i = 0; all && i < a->n; i++) {
        const char *native = a->list[i].native;
        bool aligned = strcmp(b->list[i].native, native) == 0; /* as a rule */
        const struct instrument_info *other = aligned ? &b->list[i] : instruments_native(b, native);
        all = other && same(&a->list[i], other);
    }
    return all;
}

/* Marks what the words take, without those that take nothing. */
static int mark_what_is_there(const struct instruments *all, const char *spec, bool *marks,
                              struct err *why, struct err *e)
{
    for (const char *p = spec; p;) {
        const char *comma = strchr(p, ',');
        struct slice word = trim(slice_make(p, comma ? (size_t)(comma - p) : strlen(p)));
        struct err none = {0};
        if (mark(all, word, INSTRUMENTS_TRADING, marks, &none) != 0) {
            if (none.code != ERR_CONF)
                return err_set(e, none.code, "%s", none.text);
            if (why->code == ERR_NONE)
                *why = none;
        }
        p = comma ? comma + 1 : NULL;
    }
    return 0;
}

/* Of marked pairs with one canonical name, only the one that is followed already stays. */
static int unmark_collisions(const struct instruments *all, const struct instruments *before,
                             bool *marks, struct err *why, struct err *e)
{
    const struct instrument_info **sorted = calloc(all->n + 1, sizeof(const void *));
    size_t n = 0;
    if (!sorted)
        return err_set(e, ERR_NOMEM, "instruments: out of memory");
    for (size_t i = 0; i < all->n; i++)
        if (marks[i])
            sorted[n++] = &all->list[i];
    if (n > 0)
        qsort(sorted, n, sizeof(const void *), by_symbol);
    for (size_t i = 0; i < n; i++) {
        bool collides = (i > 0 && strcmp(sorted[i - 1]->symbol, sorted[i]->symbol) == 0) ||
                        (i + 1 < n && strcmp(sorted[i + 1]->symbol, sorted[i]->symbol) == 0);
        if (!collides)
            continue;
        if (why->code == ERR_NONE && i + 1 < n)
            (void)err_set(why, ERR_CONF, "%s and %s are both %s", sorted[i]->native,
                          sorted[i + 1]->native, sorted[i]->symbol);
        if (!instruments_native(before, sorted[i]->native))
            marks[sorted[i] - all->list] = false;
    }
    free(sorted);
    return 0;
}

int instruments_select_again(const struct instruments *all, const char *spec,
                             const struct instruments *before, struct instruments *ret,
                             struct err *why, struct err *e)
{
    bool *marks = calloc(all->n + 1, sizeof(*marks));
    if (!marks)
        return err_set(e, ERR_NOMEM, "instruments: out of memory");
    struct instruments chosen = {0};
    int r = mark_what_is_there(all, spec, marks, why, e);
    if (r == 0)
        r = unmark_collisions(all, before, marks, why, e);
    for (size_t i = 0; r == 0 && i < all->n; i++)
        if (marks[i])
            r = instruments_add(&chosen, &all->list[i], e);
    free(marks);
    if (r == 0)
        *ret = chosen;
    else
        instruments_finish(&chosen);
    return r;
}

/* --- rates ----------------------------------------------------------------------------------- */

static const struct instrument_info *find_pair(const struct instruments *all, struct slice word,
                                               enum instruments_scope scope)
{
    for (size_t i = 0; i < all->n; i++)
        if (is_word(word, all->list[i].symbol) && in_scope(&all->list[i], scope))
            return &all->list[i];
    return NULL;
}

static int add_rate(const struct instruments *all, struct slice word, enum instruments_scope scope,
                    struct instruments *rates, struct err *e)
{
    const char *dash = word.len > 0 ? memchr(word.data, '-', word.len) : NULL;
    if (!dash || dash == word.data || dash == word.data + word.len - 1)
        return err_set(e, ERR_CONF, "rates: \"%.*s\" is no pair such as USDT-USD",
                       (int)least(word.len, 40), word.data);
    const struct instrument_info *in = find_pair(all, word, scope);
    if (!in || find_pair(rates, word, INSTRUMENTS_LISTED))
        return 0;
    return instruments_add(rates, in, e);
}

int instruments_rates(const struct instruments *all, const char *spec, enum instruments_scope scope,
                      struct instruments *ret, struct err *e)
{
    struct instruments rates = {0};
    for (const char *p = *spec ? spec : NULL; p;) {
        const char *comma = strchr(p, ',');
        struct slice word = trim(slice_make(p, comma ? (size_t)(comma - p) : strlen(p)));
        if (add_rate(all, word, scope, &rates, e) != 0) {
            instruments_finish(&rates);
            return -1;
        }
        p = comma ? comma + 1 : NULL;
    }
    *ret = rates;
    return 0;
}
