#include "resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_name(struct resolved *r, const char *name)
{
    if (r->n_names < RESOLVED_NAMES_MAX)
        (void)snprintf(r->names[r->n_names++], RESOLVED_NAME, "%s", name);
}

/* Exchanges are written in lower case; ret is "?" for what cannot be one, "" for NULL: any. */
static void fold_exchange(const char *text, char ret[RESOLVED_NAME])
{
    size_t len = text ? strlen(text) : 0;
    (void)snprintf(ret, RESOLVED_NAME, "%s", text ? "?" : "");
    if (len == 0 || len >= RESOLVED_NAME)
        return;
    for (size_t i = 0; i <= len; i++)
        ret[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
}

/* 1: there is such an exchange; 0: there is not, and names holds those there are. */
static int find_exchange(const struct resolver *by, struct resolved *r, struct err *e)
{
    struct binds none = {0};
    int found = 0;
    PGresult *rows = pool_query(by->pool, &by->among->exchanges, &none, e);
    if (!rows)
        return -1;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *name = PQgetvalue(rows, i, 0);
        add_name(r, name);
        if (strcmp(name, r->exchange) == 0)
            found = 1;
    }
    PQclear(rows);
    if (found)
        r->n_names = 0;
    return found;
}

static void choose(const struct assets *assets, const char *symbol, const char *const *known, int n,
                   struct resolved *r)
{
    struct symbol_match m;
    symbol_match(symbol, known, n, &m);
    if (m.found < 0 && !m.ambiguous)
        assets_match(assets, symbol, known, n, &m);
    for (int i = 0; i < m.n_near; i++)
        add_name(r, known[m.near[i]]);
    if (m.found < 0) {
        r->is = m.ambiguous ? RESOLVED_AMBIGUOUS : RESOLVED_NO_SYMBOL;
        return;
    }
    r->is = RESOLVED;
    (void)snprintf(r->symbol, sizeof(r->symbol), "%s", known[m.found]);
}

/* Compares the text with every symbol there may be. *ret_n: how many there are. */
static int find_symbol(const struct resolver *by, const char *symbol, struct resolved *r,
                       int *ret_n, struct err *e)
{
    struct binds b = {0};
    bind_text(&b, r->exchange);
    bind_int(&b, QUERY_SYMBOLS_MAX);
    PGresult *rows = pool_query(by->pool, &by->among->symbol_names, &b, e);
    if (!rows)
        return -1;
    int n = PQntuples(rows);
    const char **known = calloc((size_t)n + 1, sizeof(*known));
    if (known) {
        for (int i = 0; i < n; i++)
            known[i] = PQgetvalue(rows, i, 0);
        choose(by->assets, symbol, known, n, r);
        *ret_n = n;
    }
    free(known);
    PQclear(rows);
    return known ? 0 : err_set(e, ERR_NOMEM, "out of memory for %d symbols", n);
}

/* The common case costs one look into the primary key. 1: found. */
static int find_canonical(const struct resolver *by, const char *symbol, struct resolved *r,
                          struct err *e)
{
    struct binds b = {0};
    if (!symbol_canonical(symbol, r->symbol))
        return 0;
    bind_text(&b, r->exchange);
    bind_text(&b, r->symbol);
    PGresult *rows = pool_query(by->pool, &by->among->symbol, &b, e);
    if (!rows)
        return -1;
    int found = PQntuples(rows) > 0;
    PQclear(rows);
    return found;
}

int query_resolve(const struct resolver *by, const char *exchange, const char *symbol,
                  struct resolved *ret, struct err *e)
{
    struct resolved r = {.is = RESOLVED};
    int n = 1; /* symbols there may be, at least */
    fold_exchange(exchange, r.exchange);
    int found = find_canonical(by, symbol, &r, e);
    if (found < 0 || (found == 0 && find_symbol(by, symbol, &r, &n, e) != 0))
        return -1;
    if (n == 0 && exchange) {
        int exists = find_exchange(by, &r, e);
        if (exists < 0)
            return -1;
        r.is = exists ? RESOLVED_NO_SYMBOL : RESOLVED_NO_EXCHANGE;
    }
    *ret = r;
    return 0;
}

int query_resolve_exchange(const struct resolver *by, const char *exchange, struct resolved *ret,
                           struct err *e)
{
    struct resolved r = {0};
    fold_exchange(exchange, r.exchange);
    int exists = find_exchange(by, &r, e);
    if (exists < 0)
        return -1;
    r.is = exists ? RESOLVED : RESOLVED_NO_EXCHANGE;
    *ret = r;
    return 0;
}
