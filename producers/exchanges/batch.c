#include "batch.h"

int batch_add(const char *exchange, const struct subs *s, size_t n, size_t per_message,
              batch_add_fn add, struct strbuf *out, struct err *e)
{
    size_t from = n * per_message;
    if (from >= s->n)
        return err_set(e, ERR_ARG, "%s: no subscribe message %zu for %zu symbols", exchange, n,
                       s->n);
    size_t to = s->n - from > per_message ? from + per_message : s->n;
    for (size_t i = from; i < to; i++)
        if ((i > from && strbuf_addc(out, ',') != 0) ||
            add(out, s->channel, s->instruments[i]->native) != 0)
            return strbuf_full(out, exchange, e);
    return to < s->n ? 1 : 0;
}
