/**
 * When an exchange may be asked again, by its rules and by what it said.
 *
 *     struct rest_budget b;
 *     rest_budget_init(&b, ops->rest);
 *     int64_t wait_us = rest_budget_wait_us(&b, weight, now_us);     // 0: now
 *     rest_budget_spend(&b, weight, now_us);
 *     rest_budget_told(&b, used, now_us);          // the answer's header
 *     rest_budget_answered(&b);                    // or rest_budget_busy(&b, 30, false, now_us)
 *
 * No window of the rules' length, wherever it begins, holds more than they allow: the exchange's
 * own may begin at any moment. What is spent is kept in bins of a 32nd of a window, each as long as
 * the newest of it counts.
 * Threads: values. Times are of clock_mono_us().
 */
#ifndef CANDLEWICK_REST_BUDGET_H
#define CANDLEWICK_REST_BUDGET_H

#include "exchange.h"

enum { REST_BUDGET_BINS = 32 };

struct rest_budget {
    const struct rest_rules *rules; /* borrowed */
    int64_t bin_us;
    int64_t newest;                      /* the number of the newest bin */
    int64_t spent[REST_BUDGET_BINS + 1]; /* by bin number modulo its size; the window's and one */
    int64_t silent_until_us;             /* nothing is asked before */
    uint32_t busy;                       /* times in a row that we asked too often */
    bool answered;                       /* the last request, and nobody said too often since */
};

void rest_budget_init(struct rest_budget *b, const struct rest_rules *rules);

/* 0: a request of that weight may be made now; one heavier than a whole window allows when nothing
 * else counts. */
int64_t rest_budget_wait_us(const struct rest_budget *b, int64_t weight, int64_t now_us);

/* A request of that weight is made now. */
void rest_budget_spend(struct rest_budget *b, int64_t weight, int64_t now_us);

/* All that counts now is used, says the exchange: more is somebody else's, of now; less means that
 * its window began anew, and the oldest of ours is forgotten. */
void rest_budget_told(struct rest_budget *b, int64_t used, int64_t now_us);

/* The request has its answer. */
void rest_budget_answered(struct rest_budget *b);

/* We ask too often. told_us: how long to be silent, 0: it does not say (then rules->busy_ms, twice
 * as long after each further time, up to an hour). banned: a minute at least. */
void rest_budget_busy(struct rest_budget *b, int64_t told_us, bool banned, int64_t now_us);

/* Nothing is asked for so long, whatever the reason. */
void rest_budget_silent(struct rest_budget *b, int64_t told_us, int64_t now_us);

#endif
