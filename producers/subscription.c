#include "subscription.h"

#include <stdlib.h>
#include <string.h>

int subscription_init(struct subscription *s, size_t n, bool by_symbol, struct err *e)
{
    *s = (struct subscription){.n = n, .by_symbol = by_symbol};
    s->acked = calloc(n + 1, 1);
    s->refused = calloc(n + 1, 1);
    if (s->acked && s->refused)
        return 0;
    subscription_finish(s);
    return err_set(e, ERR_NOMEM, "feed: out of memory");
}

void subscription_finish(struct subscription *s)
{
    free(s->acked);
    free(s->refused);
    *s = (struct subscription){0};
}

void subscription_reset(struct subscription *s)
{
    memset(s->acked, 0, s->n);
    memset(s->refused, 0, s->n);
    s->n_acked = s->n_refused = s->n_sent = s->n_answered = 0;
    s->all_sent = false;
}

void subscription_sent(struct subscription *s, bool last)
{
    s->n_sent++;
    s->all_sent = last;
}

void subscription_answered(struct subscription *s)
{
    s->n_answered += s->n_answered < s->n_sent;
}

bool subscription_ack(struct subscription *s, size_t i)
{
    if (s->acked[i])
        return false;
    s->acked[i] = 1;
    s->n_acked++;
    s->n_refused -= s->refused[i] != 0;
    s->refused[i] = 0;
    return true;
}

bool subscription_refuse(struct subscription *s, size_t i)
{
    if (s->acked[i] || s->refused[i])
        return false;
    s->refused[i] = 1;
    s->n_refused++;
    return true;
}

enum subscription_verdict subscription_verdict(struct subscription *s, bool timed_out)
{
    bool answered = s->by_symbol ? s->n_acked + s->n_refused == s->n : s->n_answered == s->n_sent;
    bool all = s->all_sent && answered;
    if (!s->by_symbol && all)
        for (size_t i = 0; i < s->n; i++)
            (void)subscription_ack(s, i); /* all of them together */
    if (!all && !timed_out)
        return SUBSCRIPTION_WAITS;
    bool enough = s->by_symbol ? s->all_sent && s->n_acked > 0 : all;
    return enough ? SUBSCRIPTION_DONE : SUBSCRIPTION_FAILED;
}
