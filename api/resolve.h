/**
 * What a client's words for exchange and symbol mean.
 *
 *     struct resolved names;
 *     struct resolver by = {pool, assets, &names_known};
 *     if (query_resolve(&by, "Binance", "bitcoin/usdt", &names, &e) != 0) ...
 *     if (names.is == RESOLVED)
 *         use(names.exchange, names.symbol);              // "binance", "BTC-USDT"
 *
 * Threads: any.
 */
#ifndef CANDLEWICK_RESOLVE_H
#define CANDLEWICK_RESOLVE_H

#include "assets.h"
#include "pool.h"
#include "statements.h"

enum { QUERY_SYMBOLS_MAX = 20000 }; /* that a text is compared with */

enum resolution {
    RESOLVED,
    RESOLVED_NO_EXCHANGE, /* names: the exchanges there are */
    RESOLVED_NO_SYMBOL,   /* names: symbols like it */
    RESOLVED_AMBIGUOUS,   /* names: the symbols it may mean */
};

enum { RESOLVED_NAMES_MAX = 16, RESOLVED_NAME = SYMBOL_TEXT_MAX + 1 };

struct resolved {
    enum resolution is;
    char exchange[RESOLVED_NAME];
    char symbol[RESOLVED_NAME];
    char names[RESOLVED_NAMES_MAX][RESOLVED_NAME];
    int n_names;
};

struct resolver {
    struct pool *pool;
    const struct assets *assets;          /* whose names may stand for them */
    const struct names_statements *among; /* the names there are */
};

/* What a client's words for exchange and symbol mean; exchange may be NULL: a symbol of any. A
 * symbol that is there as it is written means itself, whatever asset has such a name. Errors as
 * pool_query(), and ERR_NOMEM. */
int query_resolve(const struct resolver *by, const char *exchange, const char *symbol,
                  struct resolved *ret, struct err *e) MUST_CHECK;
int query_resolve_exchange(const struct resolver *by, const char *exchange, struct resolved *ret,
                           struct err *e) MUST_CHECK;

#endif
