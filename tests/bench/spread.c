#include "spread.h"

#include <stdlib.h>

struct spread {
    int64_t n;
    uint32_t steps[SPREAD_STEPS]; /* how many took up to a step more than that many steps */
};

struct spread *spread_create(struct err *e)
{
    struct spread *s = calloc(1, sizeof(*s));
    if (!s)
        (void)err_set(e, ERR_NOMEM, "spread: out of memory");
    return s;
}

void spread_destroy(struct spread *s)
{
    free(s);
}

void spread_add(struct spread *s, int64_t us)
{
    int64_t step = us < 0 ? 0 : us / SPREAD_STEP_US;
    s->steps[step < SPREAD_STEPS ? step : SPREAD_STEPS - 1]++;
    s->n++;
}

int64_t spread_at(const struct spread *s, int percent)
{
    int64_t need = (s->n * percent + 99) / 100;
    int64_t seen = 0;
    for (int64_t i = 0; i < SPREAD_STEPS; i++) {
        seen += s->steps[i];
        if (seen >= need && seen > 0)
            return (i + 1) * SPREAD_STEP_US;
    }
    return 0;
}
