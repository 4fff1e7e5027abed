/**
 * What was received and is not yet committed, in the order it came: the only copy there is.
 *
 *     feed thread                                writer thread
 *     if (!journal_is_full(j))                   while (journal_next(j, &entry))
 *         journal_append(j, &entry, now, &e);        ...        // into the open transaction
 *                                                journal_commit(j);   // or journal_rewind(j)
 *
 * While the journal is owned, entries leave by journal_commit() alone: after a failure the writer
 * rewinds and reads them again. While it is not (a standby), the oldest leave after keep_us or to
 * make room, so that a takeover finds the last stretch in memory.
 * Memory is bounded: from journal_is_full() on the feed must pause; an append beyond the limit
 * fails.
 * Threads: one appends, one reads; all calls are locked.
 */
#ifndef CANDLEWICK_JOURNAL_H
#define CANDLEWICK_JOURNAL_H

#include "entry.h"

enum {
    /* What one frame may still bring after journal_is_full() said no: its trades (the shortest row
     * of an exchange grows by less than half here), and the frame itself, if a row is bad. Frames
     * of several connections, each read before it could be paused, may be more together: then an
     * append fails, and the connection is dropped. */
    JOURNAL_HEADROOM = 2 << 20,
    JOURNAL_MIN_BYTES = 2 * JOURNAL_HEADROOM,
};

struct journal;
struct bell;

/* limit: bytes held, at least JOURNAL_MIN_BYTES. keep_us: how long entries stay while nobody owns
 * the journal; 0: for ever, a full journal then pauses the feed as if it were owned (a file can
 * wait). n_symbols: of the universe. bell: rung when there is something to read,
 * borrowed; NULL: none. NULL: ERR_NOMEM. */
struct journal *journal_create(size_t limit, int64_t keep_us, size_t n_symbols, struct bell *bell,
                               struct err *e);
void journal_destroy(struct journal *j); /* NULL is fine */

/* --- the feed's side --- */

/* True: take no more from the network until it is false. */
bool journal_is_full(struct journal *j);

/* Waits until it is not full; false: still full after timeout_ms. */
bool journal_wait_room(struct journal *j, int64_t timeout_ms) MUST_CHECK;

/* Copies the entry. now_us: by the clock keep_us is counted in. ERR_LIMIT: no room, though a link
 * change always finds some (the feed connects no more while the journal is full). ERR_NOMEM. */
int journal_append(struct journal *j, const struct entry *in, int64_t now_us,
                   struct err *e) MUST_CHECK;

/* What nobody owns and nothing is appended to forgets all the same what is older than keep_us. */
void journal_age(struct journal *j, int64_t now_us);

/* Nothing will be appended any more. */
void journal_end(struct journal *j);

/* --- the writer's side --- */

/* Whether what is in it is ours to write (until somebody else is known to write it); reading starts
 * at the oldest entry. Not so at the beginning. */
void journal_own(struct journal *j, bool owned);

/* The next entry; its slices stay valid until journal_commit() or journal_own(). False: none. */
bool journal_next(struct journal *j, struct entry *ret);

/* Everything read so far is in the topic: forget it. */
void journal_commit(struct journal *j);

/* Reading starts again at the oldest entry. */
void journal_rewind(struct journal *j);

/* What was true before the oldest entry: the trades of which symbols arrived (ret_up has
 * n_symbols), and since when everything received is in memory: the receive time of that entry, 0
 * where there is none. */
void journal_start(struct journal *j, bool *ret_up, int64_t *ret_receive_us);

/* True: everything was read, and nothing will come. */
bool journal_is_done(struct journal *j);

size_t journal_bytes(struct journal *j); /* held, for people */

#endif
