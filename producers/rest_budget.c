#include "rest_budget.h"

#include "timefmt.h"

enum { BINS = REST_BUDGET_BINS, RING = REST_BUDGET_BINS + 1, DOUBLINGS_MAX = 20 };

static const int64_t DOUBLED_MAX_US = 60 * US_PER_MIN;
static const int64_t BANNED_MIN_US = US_PER_MIN;
static const int64_t TOLD_MAX_US = 3 * US_PER_DAY; /* the longest ban of Binance */

void rest_budget_init(struct rest_budget *b, const struct rest_rules *rules)
{
    *b = (struct rest_budget){
        .rules = rules,
        .bin_us = (rules->window_ms * US_PER_MS + BINS - 1) / BINS,
    };
}

/* --- what counts ----------------------------------------------------------------------------- */

static int64_t bin_at(const struct rest_budget *b, int64_t now_us)
{
    int64_t bin = now_us / b->bin_us;
    return bin > b->newest ? bin : b->newest;
}

static int64_t spent(const struct rest_budget *b, int64_t bin)
{
    return bin >= 0 && bin <= b->newest ? b->spent[bin % RING] : 0;
}

/* A bin counts as long as its last moment is less than a window ago: with the present one RING. */
static int64_t sum(const struct rest_budget *b, int64_t now_bin)
{
    int64_t all = 0;
    for (int64_t k = now_bin - BINS; k <= b->newest; k++)
        all += spent(b, k);
    return all;
}

static void advance(struct rest_budget *b, int64_t now_us)
{
    int64_t bin = bin_at(b, now_us);
    int64_t from = bin - b->newest > RING ? bin - RING : b->newest;
    for (int64_t k = from + 1; k <= bin; k++)
        b->spent[k % RING] = 0;
    b->newest = bin;
}

static int64_t window_wait_us(const struct rest_budget *b, int64_t weight, int64_t now_us)
{
    int64_t first = bin_at(b, now_us) - BINS;
    int64_t left = sum(b, first + BINS);
    int64_t k = first; /* the oldest bin that may still count when there is room */
    while (left > 0 && left + weight > b->rules->weight_max)
        left -= spent(b, k++);
    return k > first ? (k + BINS) * b->bin_us - now_us : 0;
}

int64_t rest_budget_wait_us(const struct rest_budget *b, int64_t weight, int64_t now_us)
{
    int64_t wait_us = window_wait_us(b, weight, now_us);
    int64_t silent_us = b->silent_until_us - now_us;
    return silent_us > wait_us ? silent_us : wait_us;
}

void rest_budget_spend(struct rest_budget *b, int64_t weight, int64_t now_us)
{
    if (b->answered)
        b->busy = 0;
    b->answered = false;
    advance(b, now_us);
    b->spent[b->newest % RING] += weight;
}

void rest_budget_told(struct rest_budget *b, int64_t used, int64_t now_us)
{
    advance(b, now_us);
    if (used > b->rules->weight_max)
        used = b->rules->weight_max; /* what is more says no more */
    int64_t excess = sum(b, b->newest) - used;
    if (excess < 0)
        b->spent[b->newest % RING] -= excess;
    for (int64_t k = b->newest - BINS; excess > 0; k++) {
        int64_t forgotten = spent(b, k) < excess ? spent(b, k) : excess;
        if (forgotten > 0)
            b->spent[k % RING] -= forgotten;
        excess -= forgotten;
    }
}

/* --- silence --------------------------------------------------------------------------------- */

void rest_budget_silent(struct rest_budget *b, int64_t told_us, int64_t now_us)
{
    int64_t until_us = now_us + (told_us < TOLD_MAX_US ? told_us : TOLD_MAX_US);
    if (until_us > b->silent_until_us)
        b->silent_until_us = until_us;
}

void rest_budget_answered(struct rest_budget *b)
{
    b->answered = true;
}

void rest_budget_busy(struct rest_budget *b, int64_t told_us, bool banned, int64_t now_us)
{
    int64_t silent_us = told_us;
    if (silent_us <= 0) {
        silent_us = b->rules->busy_ms * US_PER_MS << b->busy;
        if (silent_us > DOUBLED_MAX_US)
            silent_us = DOUBLED_MAX_US;
    }
    if (banned && silent_us < BANNED_MIN_US)
        silent_us = BANNED_MIN_US;
    if (b->busy < DOUBLINGS_MAX)
        b->busy++;
    b->answered = false;
    rest_budget_silent(b, silent_us, now_us);
}
