/**
 * The laws of what a shard writes, followed record by record. A law that is broken fails the test.
 *
 *     struct repair_ledger staged = committed;
 *     ledger_take(&staged, &output);      // each record of a transaction
 *     ledger_settle(&staged);             // the transaction is whole
 *     committed = staged;
 *
 * By symbol: no id twice; each trade is the exchange's; each id from the first to the last was
 * written, or named by one gap record, which stands right before the trade behind the hole; what is
 * asked for, was missing; what comes later is told of once, by a repaired record of the same
 * transaction; what is given up was missing, and never comes. The progress says the same, in the
 * same transaction.
 * Threads: values.
 */
#ifndef CANDLEWICK_REPAIR_LEDGER_H
#define CANDLEWICK_REPAIR_LEDGER_H

#include "repair_market.h"
#include "shard.h"

enum id_state {
    ID_NEVER,
    ID_WRITTEN,
    ID_MISSING,  /* named by a gap record */
    ID_CAME,     /* and written since, of which nobody is told yet */
    ID_GIVEN_UP, /* named by a given_up record */
    ID_CROWDED,  /* the same, as there was no room for another hole */
};

struct ledger_symbol {
    uint8_t ids[MARKET_IDS]; /* enum id_state */
    bool known;
    int64_t first;
    int64_t last;
    int64_t awaited; /* the trade that a gap was told for, 0: none */
    bool touched;    /* since the last progress */
    struct progress progress;
};

struct repair_ledger {
    const struct repair_market *market;
    const struct universe *universe;
    unsigned seed; /* for messages */
    int64_t epoch;
    int64_t trades;
    int64_t repairings;
    struct ledger_symbol symbols[MARKET_SYMBOLS];
};

void ledger_take(struct repair_ledger *l, const struct shard_output *out);
void ledger_settle(struct repair_ledger *l);

/* What is not missing any more, one way or the other. */
bool ledger_is_settled(const struct ledger_symbol *s, int64_t id);

#endif
