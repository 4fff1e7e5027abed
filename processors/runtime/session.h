/**
 * One life of the loop: a transactional producer, a consumer, and the parts assigned to it. It ends
 * with the request to stop or with the first failure, and nothing of it outlives it.
 *
 *     struct session *s = session_open(rt, &e);
 *     while (session_turn(s, &e) == 0 && !stopping)
 *         ;
 *     session_close(s);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_SESSION_H
#define CANDLEWICK_SESSION_H

#include "runtime.h"

struct session;

struct session *session_open(const struct runtime *rt, struct err *e);

/* Reads what there is (waits at most 100 ms), applies it, commits when due. */
int session_turn(struct session *s, struct err *e) MUST_CHECK;

/* Commits what was applied: for an orderly end. */
int session_finish(struct session *s, struct err *e) MUST_CHECK;

/* Inputs and outputs committed since the session began: a session that got that far was no
 * failed start. */
bool session_made_progress(const struct session *s);

void session_close(struct session *s); /* aborts what is open; NULL is fine */

#endif
