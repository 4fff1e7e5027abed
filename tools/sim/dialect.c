#include "dialect.h"

#include "timefmt.h"

int dialect_say(struct outq *answers, struct strbuf *text, struct err *e)
{
    if (outq_push(answers, strbuf_slice(text)) != 0)
        return err_set(e, ERR_NOMEM, "no room for an answer of %zu bytes", text->len);
    strbuf_reset(text);
    return 0;
}

bool site_book(const struct site *site, uint32_t symbol, struct market_quote *ret)
{
    if (!market_book(site->market, symbol, ret))
        return false;
    ret->time_us += site->skew_us;
    return true;
}

bool budget_spend(struct rest_budget *b, int64_t real_us, int64_t weight)
{
    int64_t minute = real_us / US_PER_MIN;
    if (b->minute != minute) {
        b->minute = minute;
        b->used = 0;
    }
    b->used += weight;
    return b->used <= b->limit;
}

bool url_param(const struct url *url, const char *name, struct slice *ret)
{
    for (size_t i = 0; i < url->n_params; i++) {
        if (slice_is(url->params[i].name, name)) {
            *ret = url->params[i].value;
            return true;
        }
    }
    return false;
}
