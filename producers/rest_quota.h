/**
 * What an exchange allows one program, shared by all that ask it: repair, and who reads the list.
 * rest_budget.h with a lock.
 *
 *     struct rest_quota *q = rest_quota_create(ops->rest, &e);
 *     struct rest *r = rest_create(&(struct rest_about){.quota = q, ...}, &e);
 *     rest_destroy(r);
 *     rest_quota_destroy(q);
 *
 * Functions are as those of the same name in rest_budget.h.
 * Threads: any.
 */
#ifndef CANDLEWICK_REST_QUOTA_H
#define CANDLEWICK_REST_QUOTA_H

#include "rest_budget.h"

struct rest_quota;

/* rules: borrowed. NULL: ERR_NOMEM. */
struct rest_quota *rest_quota_create(const struct rest_rules *rules, struct err *e);
void rest_quota_destroy(struct rest_quota *q); /* NULL is fine */

int64_t rest_quota_wait_us(struct rest_quota *q, int64_t weight, int64_t now_us);
void rest_quota_spend(struct rest_quota *q, int64_t weight, int64_t now_us);
void rest_quota_told(struct rest_quota *q, int64_t used, int64_t now_us);
void rest_quota_answered(struct rest_quota *q);
void rest_quota_busy(struct rest_quota *q, int64_t told_us, bool banned, int64_t now_us);
void rest_quota_silent(struct rest_quota *q, int64_t told_us, int64_t now_us);

#endif
