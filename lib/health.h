/**
 * The listener every program has on a port of its own: /livez, /readyz, /metrics.
 *
 *     struct health *h = health_start("127.0.0.1:9102", metrics, &e);
 *     health_wait(h, "kafka", "no broker answers");   // /readyz: 503 with this reason
 *     health_ready(h, "kafka");
 *     health_beat(h);                                 // once per turn of the main loop
 *
 * A program waits from the start until its first health_wait() or health_ready().
 * /livez is 503 once the main loop has not beaten for HEALTH_STALL_MS. /readyz is 200 when no part
 * waits. Both answer JSON: {"status":"waiting","waiting":{"kafka":"no broker answers"}}.
 * Threads: any.
 */
#ifndef CANDLEWICK_HEALTH_H
#define CANDLEWICK_HEALTH_H

#include "err.h"
#include "metrics.h"

enum { HEALTH_STALL_MS = 30000, HEALTH_PARTS_MAX = 16 };

struct health;

/* listen: "host:port" or "" for no listener (the rest still works). metrics: borrowed.
 * NULL with ERR_CONF (not host:port) or ERR_IO (port in use: says which). */
struct health *health_start(const char *listen, struct metrics *metrics, struct err *e);
void health_stop(struct health *h); /* NULL is fine */

/* part: a short static word; at most HEALTH_PARTS_MAX of them. reason is copied. */
void health_wait(struct health *h, const char *part, const char *reason);
void health_ready(struct health *h, const char *part);
bool health_is_ready(struct health *h);

void health_beat(struct health *h);
int64_t health_last_beat_us(const struct health *h); /* by clock_mono_us() */

#endif
