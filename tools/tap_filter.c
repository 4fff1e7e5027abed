#include "tap_filter.h"

#include "record_table.h"

#include <stdio.h>
#include <strings.h>

/* Takes the next item off a comma-separated list. False: there is none. */
static bool next_item(struct slice *list, struct slice *ret)
{
    if (!list->data)
        return false;
    const char *comma = list->len ? memchr(list->data, ',', list->len) : NULL;
    size_t n = comma ? (size_t)(comma - list->data) : list->len;
    *ret = slice_make(list->data, n);
    *list = comma ? slice_make(comma + 1, list->len - n - 1) : (struct slice){NULL, 0};
    return true;
}

static bool same_word(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

static bool is_among(struct slice list, struct slice word)
{
    struct slice item;
    while (next_item(&list, &item))
        if (same_word(item, word))
            return true;
    return false;
}

/* --- making ----------------------------------------------------------------------------------- */

/* RECORD_TYPES: of none. */
static unsigned kind_of(struct slice word)
{
    unsigned t = 0;
    while (t < RECORD_TYPES && !same_word(word, slice_of(record_type_name((enum record_type)t))))
        t++;
    return t;
}

static int unknown_kind(struct slice word, struct err *e)
{
    char all[160] = "";
    size_t len = 0;
    for (unsigned t = 0; t < RECORD_TYPES && len < sizeof(all); t++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, " %s",
                                record_type_name((enum record_type)t));
    return err_set(e, ERR_CONF, "--kind: \"%.*s\" is none of%s",
                   (int)(word.len < 40 ? word.len : 40), word.data, all);
}

static int set_kinds(struct tap_filter *f, const struct tap_filter_wishes *w, struct err *e)
{
    struct slice list = slice_of(w->kinds);
    struct slice word;
    f->any_kind = list.len == 0;
    for (unsigned t = 0; t < RECORD_TYPES; t++)
        f->kinds[t] = f->any_kind && t != RECORD_TICK;
    while (!f->any_kind && next_item(&list, &word)) {
        unsigned t = kind_of(word);
        if (t == RECORD_TYPES)
            return unknown_kind(word, e);
        f->kinds[t] = true;
    }
    f->kinds[RECORD_TICK] |= w->ticks;
    return 0;
}

static int set_list(struct slice *ret, const char *option, const char *text, struct err *e)
{
    struct slice list = *text ? slice_of(text) : (struct slice){NULL, 0};
    struct slice item;
    *ret = list;
    while (next_item(&list, &item))
        if (item.len == 0)
            return err_set(e, ERR_CONF, "--%s: an empty item in \"%.60s\"", option, text);
    return 0;
}

int tap_filter_init(struct tap_filter *f, const struct tap_filter_wishes *wishes, struct err *e)
{
    *f = (struct tap_filter){0};
    if (set_list(&f->exchanges, "exchange", wishes->exchanges, e) != 0 ||
        set_list(&f->symbols, "symbol", wishes->symbols, e) != 0)
        return -1;
    return set_kinds(f, wishes, e);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Whether a text field of that name, or one of the items of an array, says a word of the list. */
static bool says(const struct record_table *t, const void *record, const char *name,
                 struct slice list)
{
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct record_field *f = &t->fields[i];
        const char *at = record_field_at(f, record);
        if (f->type == RECORD_FIELD_TEXT && strcmp(f->name, name) == 0 &&
            record_field_present(f, record) &&
            is_among(list, *(const struct slice *)(const void *)at))
            return true;
        /* items hold no arrays: this goes one step down, no further */
        for (size_t k = 0; f->type == RECORD_FIELD_ARRAY && k < record_field_count(f, record); k++)
            if (says(f->items, at + k * f->items->size, name, list))
                return true;
    }
    return false;
}

bool tap_filter_pass(const struct tap_filter *f, const struct record *r)
{
    const struct record_table *t = record_table(r->type);
    if (!t || !f->kinds[r->type])
        return false;
    const void *record = &r->trade; /* all members of the union begin where it begins */
    return (!f->exchanges.data || says(t, record, "exchange", f->exchanges)) &&
           (!f->symbols.data || says(t, record, "symbol", f->symbols));
}

bool tap_filter_pass_header(const struct tap_filter *f, struct slice kind)
{
    unsigned t = kind_of(kind);
    return t == RECORD_TYPES || f->kinds[t];
}

bool tap_filter_pass_tombstone(const struct tap_filter *f)
{
    return f->any_kind && !f->exchanges.data && !f->symbols.data;
}

unsigned tap_filter_only_kind(const struct tap_filter *f)
{
    unsigned found = RECORD_TYPES;
    for (unsigned t = 0; t < RECORD_TYPES; t++) {
        if (f->kinds[t] && found != RECORD_TYPES)
            return RECORD_TYPES;
        if (f->kinds[t])
            found = t;
    }
    return found;
}
