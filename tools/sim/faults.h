/**
 * The faults of a simulated exchange: which there are, when each is active, and what they do to a
 * frame.
 *
 *     struct faults *f = faults_create(seed, "okx", listing, &e);
 *     faults_load(f, file_text, &e);                    // they wait for the market
 *     faults_begin(f, now_us);                          // which begins
 *     faults_post(f, slice_of("{\"fault\":\"drop\"}"), now_us, &id, &e);
 *     while (faults_turn(f, now_us, &turn)) ...         // what begins and ends
 *     struct verdict v = faults_frame(f, symbol, FAULT_TRADES, now_us);
 *     faults_destroy(f);
 *
 * No clock, socket or frame inside: times are clock_mono_us(), and what is random comes from the
 * seed. Of several faults that hit a frame the oldest decides, but for delays: these come on top.
 * Without an active fault a frame costs one comparison.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_FAULTS_H
#define CANDLEWICK_SIM_FAULTS_H

#include "fault.h"
#include "strbuf.h"

enum { FAULTS_MAX = 256, FAULT_TEXT_MAX = 1 << 16, FAULT_FILE_MAX = 1 << 20 };

struct faults;

/* listing: must outlive the faults. NULL with ERR_NOMEM. */
struct faults *faults_create(uint64_t seed, const char *exchange, const struct listing *listing,
                             struct err *e);
void faults_destroy(struct faults *f); /* NULL is fine */

/* --- what there is --------------------------------------------------------------------------- */

/* Adds all of a JSON array, whose times count from faults_begin(). ERR_CONF names the entry and its
 * member; ERR_NOMEM. */
int faults_load(struct faults *f, struct slice text, struct err *e) MUST_CHECK;
void faults_begin(struct faults *f, int64_t now_us);

/* Adds one, whose times count from now. ERR_ARG names the member; ERR_LIMIT: FAULTS_MAX of them are
 * not over; ERR_NOMEM. */
int faults_post(struct faults *f, struct slice text, int64_t now_us, uint64_t *ret_id,
                struct err *e) MUST_CHECK;

/* It is over with the next faults_turn(), or at once if it has not begun. False: there is none of
 * this id. */
bool faults_end(struct faults *f, uint64_t id);

/* Appends {"faults":[{"id":1,"state":"active","begun":1,"count":17,"fault":"drop"},…]}: those that
 * are not over, and the newest of those that are. -1: no room. */
int faults_print(const struct faults *f, struct strbuf *out) MUST_CHECK;

/* --- when ------------------------------------------------------------------------------------ */

/* Something begins or ends. An instant one does both, one after the other. */
struct fault_turn {
    bool begins; /* false: it ends */
    uint64_t id;
    const struct fault *fault; /* good until the next call that changes the faults */
};

/* The next turn that is due. A repetition that was missed altogether is left out. */
bool faults_turn(struct faults *f, int64_t now_us, struct fault_turn *ret);

/* When the next one is due; INT64_MAX: none is known. */
int64_t faults_due_us(const struct faults *f);

/* --- what they do ---------------------------------------------------------------------------- */

enum frame_fate {
    FRAME_PASS,
    FRAME_BAD,    /* something that is no JSON is sent in its place */
    FRAME_BEHIND, /* it is held until the next of its symbol and channel, at most until due_us */
    FRAME_CUT,    /* only its beginning is sent */
    FRAME_DROP,
    FRAME_TWICE,
};

struct verdict {
    enum frame_fate fate;
    int64_t due_us; /* it is held until then; 0: it is sent at once */
    uint32_t key;   /* of its symbol and channel; never 0 */
    bool follow;    /* what is held for a next frame of the key is sent behind this one */
    uint64_t random;
};

/* channel: FAULT_TRADES or FAULT_QUOTES. Counts what it decides. */
struct verdict faults_frame(struct faults *f, uint32_t symbol, unsigned channel, int64_t now_us);

/* The oldest active fault of the kind behind the id after (0: the oldest of all); NULL: none. Good
 * as in a turn. */
const struct fault *faults_active(const struct faults *f, enum fault_kind kind, uint64_t after,
                                  uint64_t *ret_id);

/* Some fault of the kind is active: cheap. */
bool faults_any(const struct faults *f, enum fault_kind kind);

/* The oldest active fault of the kind that hits this time, by its permille and, of REST, the path
 * of the request; it is not counted yet. NULL: none. */
const struct fault *faults_strike(struct faults *f, enum fault_kind kind, struct slice path,
                                  uint64_t *ret_id);

/* True in so many of 1000 cases. */
bool faults_draw(struct faults *f, int64_t permille);

/* It did so many more things. An id that has been forgotten is fine. */
void faults_count(struct faults *f, uint64_t id, int64_t n);

/* What all of a kind have done so far. */
int64_t faults_total(const struct faults *f, enum fault_kind kind);

#endif
