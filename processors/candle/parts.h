/**
 * The parts of the candle fold, for each other and for tests: what each file does for the rest.
 *
 *     struct turn t = {state, sink, e};
 *     if (time_advance(&t, market, receive_us) != 0) ...
 *
 * All that can fail returns -1 with *t->e: the sink said so, or ERR_NOMEM; the state is spoiled
 * then. Threads: one at a time.
 */
#ifndef CANDLEWICK_PARTS_H
#define CANDLEWICK_PARTS_H

#include "candle.h"

/* One input being folded. */
struct turn {
    struct candle_state *state;
    const struct fold_sink *sink;
    struct err *e;
};

int turn_no_memory(const struct turn *t);
void turn_count(const struct turn *t, enum candle_counter counter, int64_t by);

/* --- candle_coverage.c: what is known of a window's completeness ----------------------------- */

struct judgement {
    enum coverage coverage;
    int64_t missing;
};

/* Of the window of a series that begins there; w: NULL if it has no trade and is not in the state.
 */
struct judgement coverage_judge(const struct series *s, int interval, int64_t open_us,
                                const struct window *w);

/* Whether a window of this coverage makes a record although it has no trade. */
bool coverage_shows(enum coverage coverage);

/* Adds lost time to the series, as far as its ids do not heal it. 1: that may have changed more
 * than the time between, else 0. */
int coverage_lose(const struct turn *t, struct series *s, int64_t from_us,
                  int64_t to_us) MUST_CHECK;

/* Forgets what the ids of the series, as they now are, have healed. 1 or 0 as above. */
int coverage_heal(const struct turn *t, struct series *s);

/* Whether any time of the series is lost, or counts as lost for the moment. */
bool coverage_has_lost(const struct series *s);

/* Whether two ticks are so far apart that nobody listened in between; whether stream time is that
 * far ahead of the market's newest tick, and at which stream time it will be. */
bool coverage_is_silence(int64_t from_us, int64_t to_us);
bool coverage_is_silent(const struct market *m);
int64_t coverage_silent_us(const struct market *m);

/* Lost time that ended until then can touch no window any more. */
int64_t coverage_forget_us(const struct turn *t, const struct series *s);

/* --- candle_time.c: what stream time closes, drops and lets be written again ------------------ */

/* Stream times of a window: its end + grace, and how long it stays in the state. */
int64_t time_final_us(const struct candle_state *s, int interval, int64_t open_us);
int64_t time_kept_us(const struct candle_state *s, int interval, int64_t open_us);
int64_t time_held_us(const struct candle_state *s, int interval, int64_t open_us);

/* The exchange's time moves on: what that closes is closed before the record that moved it
 * counts. */
int time_advance(const struct turn *t, struct market *m, int64_t receive_us) MUST_CHECK;

/* Notes anew when the market must be looked at again. For who changed what waits for its time. */
void time_schedule(const struct turn *t, struct market *m);

/* --- candle_window.c: windows come, change and go --------------------------------------------- */

/* Merges what is in the lane into its windows; the lane stays. */
void window_settle(struct series *s);

/* The same, and ends the lane: a window of it is open and unobserved no longer. */
void window_end_lane(struct series *s);

/* Writes the window if it has changed, or what is known of it has, and it does not rest. */
int window_show(const struct turn *t, struct window *w) MUST_CHECK;

/* Closes an open window: final record if it makes one, else it goes. */
int window_close(const struct turn *t, struct window *w) MUST_CHECK;

/* Puts a closed window where its coverage belongs: kept, or held for what is missing. */
void window_file(struct window *w);

/* Drops a closed window, written before if it has changed. */
int window_drop(const struct turn *t, struct window *w) MUST_CHECK;

/* Whether a window that is not in the state may be made for a trade. */
bool window_may_come(const struct turn *t, const struct series *s, int interval, int64_t open_us);

/* Room for n more windows: 1 there is, 0 there is none. */
int window_room(const struct turn *t, int64_t n) MUST_CHECK;

/* More is known of a series between the times, both included: looks again at its closed windows,
 * and makes those without a trade that now have something to say. */
int window_reconsider(const struct turn *t, struct series *s, int64_t from_us,
                      int64_t to_us) MUST_CHECK;

/* Makes the window that ended without a trade, if it has something to say. ends_now: this input
 * ended it, so it cannot have been there before. */
int window_notice(const struct turn *t, struct series *s, int interval, int64_t open_us,
                  bool ends_now) MUST_CHECK;

/* --- candle_trade.c, candle_feed.c, candle_write.c, candle_image.c ---------------------------- */

int trade_apply(const struct turn *t, const struct fold_input *in) MUST_CHECK;
int feed_apply(const struct turn *t, const struct feed *f) MUST_CHECK;
int feed_tick(const struct turn *t, const struct tick *tick) MUST_CHECK;

/* Why there cannot be an exchange or a symbol of that name; NULL: it is there, or may be made. */
const char *trade_no_market(const struct book *b, struct slice exchange);
const char *trade_no_series(const struct candle_state *s, struct slice exchange,
                            struct slice symbol);
bool trade_is_time(int64_t time_us);

/* Writes the window's record as the window stands: provisional, final or a revision. */
int candle_write(const struct turn *t, struct window *w, struct judgement j) MUST_CHECK;

int candle_image(void *state, struct strbuf *out, struct err *e) MUST_CHECK;
int candle_restore(void *state, struct slice image, struct err *e) MUST_CHECK;

#endif
