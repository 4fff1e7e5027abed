/**
 * One link of the universe, and the connections that keep it up: one mostly, two while it is handed
 * over.
 *
 *     struct feed_link *l = feed_link_create(&env, number, &e);
 *     feed_link_turn(l, now_us);                    // some times a second
 *     feed_link_replace(l, "why");                  // a connection that will be cut
 *
 * The exchange cuts a connection at an age, or says that it will. Some time before, or at once, a
 * successor connects and subscribes while the connection in use goes on; what both bring is told
 * apart by overlap.h. Subscribed, the successor takes the link's place, and the old connection is
 * read for FEED_LAST_WORDS_S more: what was on its way to it comes to its end. The writers are told
 * nothing, but of symbols that one of both was not given.
 * A successor that fails is tried again, ever later, while the old connection lives. When that is
 * lost first, so is the link, and the successor, however far it has come, is its connection.
 * Threads: the feed thread.
 */
#ifndef CANDLEWICK_FEED_LINK_H
#define CANDLEWICK_FEED_LINK_H

#include "feed_conn.h"

enum { FEED_LAST_WORDS_S = 5 };

/* env: borrowed. NULL: ERR_NOMEM. */
struct feed_link *feed_link_create(struct feed_env *env, uint32_t number, struct err *e);

/* The sockets must be gone. NULL is fine. */
void feed_link_destroy(struct feed_link *l);

void feed_link_turn(struct feed_link *l, int64_t now_us);

/* Whether it is to be up at all. */
bool feed_link_is_wanted(const struct feed_link *l);

/* As feed_conn_stood_still(). */
void feed_link_stood_still(struct feed_link *l);

/* As feed_conn_stop(). */
void feed_link_stop(struct feed_link *l);

/* A successor for the connection in use, now; later and later for connections that are asked for
 * soon after they were made. Nothing where the link is down. */
void feed_link_replace(struct feed_link *l, const char *why);

/* For people, of the connection in use: as feed_conn_status(), feed_conn_without() and
 * feed_conn_unread(). */
const char *feed_link_status(const struct feed_link *l);
size_t feed_link_without(const struct feed_link *l);
int feed_link_unread(const struct feed_link *l);

/* --- for the connections --- */

/* The state of c has changed, and what it was asked for is up to date. */
void feed_link_changed(struct feed_link *l, struct feed_conn *c);

/* c is subscribed, and brings what had been refused: a byte per symbol. */
void feed_link_came(struct feed_link *l, struct feed_conn *c, struct slice symbols);

/* The exchange will cut c. True: a successor comes; false: c is as good as lost. */
bool feed_link_announced(struct feed_link *l, const struct feed_conn *c);

/* What c is to the link: "in use", "successor", "replaced". */
const char *feed_link_role(const struct feed_link *l, const struct feed_conn *c);

struct overlap *feed_link_overlap(const struct feed_link *l);
bool feed_link_is_younger(const struct feed_link *l, const struct feed_conn *c);

#endif
