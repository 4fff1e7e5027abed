/**
 * What the arbitrage fold remembers of one partition: exchanges, the top of each of their books,
 * and the lives of opportunities.
 *
 *     struct pair *p = board_pair(b, symbol);             // made on first use
 *     struct top *t = board_top(p, board_market(b, exchange));
 *     struct life *life = board_life(p, buy, sell);         // markets
 *
 * Pairs, exchanges, the tops of a pair and its lives stand in byte order of their names: walking
 * a board gives the same order on every run and after every restore.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_BOARD_H
#define CANDLEWICK_BOARD_H

#include "decimal.h"
#include "key.h"

enum { BOARD_MARKETS_MAX = 64, BOARD_PAIRS_MAX = 1000000 };

#define BOARD_NEVER INT64_MIN /* a time that has not come */

/* One exchange within the partition. */
struct market {
    char name[KEY_EXCHANGE_MAX + 1];
    int64_t epoch;   /* the largest seen */
    bool ticked;     /* there was a tick of that epoch; the last one: */
    bool alive;      /* what it says */
    int64_t tick_us; /* its receive time */
    bool has_fee;    /* in force until fee_until_us, looked up again then; not in an image */
    struct decimal fee_bps;
    int64_t fee_share;    /* the same as edge_share() has it */
    int64_t fee_until_us; /* BOARD_NEVER: not looked up yet */
};

enum top_kind { TOP_NORMAL, TOP_VOID, TOP_ONE_SIDED, TOP_CROSSED, TOP_UNKNOWN, TOP_KINDS };

/* The top of a pair's book on one exchange, as the last quote says. */
struct top {
    struct market *market;
    enum top_kind kind;
    int64_t epoch;
    int64_t receive_us;
    struct decimal bid; /* TOP_NORMAL: all four are above zero */
    struct decimal bid_amount;
    struct decimal ask;
    struct decimal ask_amount;
};

/* What one judgement found of a direction that can be traded and has an edge. */
struct found {
    struct decimal ask; /* where to buy */
    struct decimal ask_amount;
    struct decimal buy_fee_bps;
    int64_t ask_us;     /* receive time of the quote */
    struct decimal bid; /* where to sell */
    struct decimal bid_amount;
    struct decimal sell_fee_bps;
    int64_t bid_us;
    struct decimal size;
    struct decimal gross_bps;
    struct decimal net_bps;
    bool enough; /* the notional reaches the minimum */
};

/* A direction that qualifies, or is open. */
struct life {
    const struct market *buy;
    const struct market *sell;
    int64_t since_us; /* it has qualified since then */
    bool open;        /* and if so: */
    int64_t open_us;
    int64_t offset; /* of the record that opened it */
    struct decimal peak_net_bps;
    struct found found; /* by the last judgement that found an edge */
    int64_t written_us; /* partition time of its last record, and what that says: */
    struct decimal written_size;
    struct decimal written_gross_bps;
    struct decimal written_net_bps;
    struct life *next;
};

struct pair {
    char symbol[KEY_SYMBOL_MAX + 1];
    struct decimal least_notional;
    struct top *tops;
    size_t n_tops;
    struct life *lives;
    size_t n_open; /* of them */
    uint64_t hash;
    struct pair *next_in_slot;
};

struct board {
    int64_t now_us; /* partition time; BOARD_NEVER before the first record */
    int64_t
        watched_us; /* partition time when `watching` was last due, at first of the first record */
    struct market *markets[BOARD_MARKETS_MAX];
    size_t n_markets;
    struct pair **pairs;
    size_t n_pairs;
    size_t pairs_room;
    struct pair **slots; /* by hash of the symbol */
    size_t n_slots;      /* a power of two */
};

struct board *board_create(struct err *e);
void board_destroy(struct board *b); /* NULL is fine */

/* NULL: not there. */
struct market *board_find_market(const struct board *b, struct slice exchange);
struct pair *board_find_pair(const struct board *b, struct slice symbol);
struct top *board_find_top(const struct pair *p, struct slice exchange);
struct life *board_find_life(const struct pair *p, const struct market *buy,
                             const struct market *sell);

/* Made where it is not there; callers have checked names and limits. NULL: out of memory. Tops of
 * a pair move when one is made. */
struct market *board_market(struct board *b, struct slice exchange);
struct pair *board_pair(struct board *b, struct slice symbol);
struct top *board_top(struct pair *p, struct market *m);
struct life *board_life(struct pair *p, const struct market *buy, const struct market *sell);

void board_end_life(struct pair *p, struct life *life); /* frees it */

#endif
