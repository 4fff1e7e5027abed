#include "datafile.h"
#include "edge.h"
#include "parts.h"
#include "timefmt.h"

#include <inttypes.h>

enum { FEES_FILE_MAX = 1 << 20 };

static int read_fees(const char *path, struct fees *ret, struct err *e)
{
    char found[PATH_MAX];
    if (*path == '\0') {
        if (datafile_find("fees.json", "deploy/fees.json", found, e) != 0)
            return -1;
        path = found;
    }
    struct strbuf text = STRBUF_INIT(FEES_FILE_MAX);
    int r = datafile_read(path, &text, e);
    if (r == 0 && fees_parse(strbuf_slice(&text), ret, e) != 0)
        r = err_prefix(e, "%.100s", path);
    strbuf_finish(&text);
    return r;
}

static int parse_edges(const struct arbitrage_options *o, struct rules *r, struct err *e)
{
    if (rules_parse_bps("open.bps", o->open_bps, &r->open_bps, e) != 0 ||
        rules_parse_bps("close.bps", o->close_bps, &r->close_bps, e) != 0 ||
        rules_parse_bps("suspect.bps", o->suspect_bps, &r->suspect_bps, e) != 0)
        return -1;
    if (r->open_bps.e18 <= 0)
        return err_set(e, ERR_CONF, "open.bps: %s is not above zero", o->open_bps);
    r->open_share = edge_share(r->open_bps);
    if (decimal_cmp(r->close_bps, r->open_bps) > 0)
        return err_set(e, ERR_CONF, "close.bps: %s is above open.bps, %s", o->close_bps,
                       o->open_bps);
    return 0;
}

int arbitrage_make_rules(const struct arbitrage_options *o, struct rules *ret, struct err *e)
{
    ret->max_age_us = o->max_age_ms * US_PER_MS;
    ret->tick_max_age_us = o->tick_max_age_ms * US_PER_MS;
    ret->min_dwell_us = o->min_dwell_ms * US_PER_MS;
    ret->update_us = o->update_ms * US_PER_MS;
    ret->max_duration_us = o->max_duration_s * US_PER_S;
    ret->watching_us = o->watching_s * US_PER_S;
    ret->max_symbols = (size_t)o->max_symbols;
    ret->max_exchanges = (size_t)o->max_exchanges;
    if (parse_edges(o, ret, e) != 0)
        return -1;
    return rules_parse_notionals(o->min_notional, &ret->notionals, e);
}

int arbitrage_prepare(void *options, struct err *e)
{
    struct arbitrage_options *o = options;
    if (arbitrage_make_rules(o, &o->rules, e) != 0)
        return -1;
    return read_fees(o->fees, &o->rules.fees, e);
}

/* --- as text --------------------------------------------------------------------------------- */

static int tell_decimal(struct strbuf *out, const char *key, struct decimal d, const char *end)
{
    char text[DECIMAL_TEXT];
    (void)decimal_format(d, text);
    return strbuf_addf(out, "%s%s%s", key, text, end);
}

static int tell_notionals(struct strbuf *out, const struct notionals *n)
{
    for (size_t i = 0; i < n->n; i++)
        if (strbuf_addf(out, "min.notional.%s", n->items[i].asset) != 0 ||
            tell_decimal(out, "=", n->items[i].least, "\n") != 0)
            return -1;
    return tell_decimal(out, "min.notional.*=", n->other, "\n");
}

static int tell_fees(struct strbuf *out, const struct fees *fees)
{
    for (size_t i = 0; i < fees->n; i++) {
        const struct fee *f = &fees->items[i];
        char from[TIME_TEXT];
        time_format(f->from_us, from);
        if (strbuf_addf(out, "fee.%s.%s", f->exchange, from) != 0 ||
            tell_decimal(out, "=", f->taker_bps, "\n") != 0)
            return -1;
    }
    return 0;
}

int arbitrage_configuration(const void *options, struct strbuf *out)
{
    const struct rules *r = &((const struct arbitrage_options *)options)->rules;
    if (tell_decimal(out, "open.bps=", r->open_bps, "\n") != 0 ||
        tell_decimal(out, "close.bps=", r->close_bps, "\n") != 0 ||
        tell_decimal(out, "suspect.bps=", r->suspect_bps, "\n") != 0 ||
        tell_notionals(out, &r->notionals) != 0 ||
        strbuf_addf(out,
                    "min.dwell.ms=%" PRId64 "\nupdate.ms=%" PRId64 "\nmax.duration.s=%" PRId64
                    "\nmax.age.ms=%" PRId64 "\ntick.max.age.ms=%" PRId64 "\nwatching.s=%" PRId64
                    "\nstate.max.symbols=%zu\nstate.max.exchanges=%zu\n",
                    r->min_dwell_us / US_PER_MS, r->update_us / US_PER_MS,
                    r->max_duration_us / US_PER_S, r->max_age_us / US_PER_MS,
                    r->tick_max_age_us / US_PER_MS, r->watching_us / US_PER_S, r->max_symbols,
                    r->max_exchanges) != 0)
        return -1;
    return tell_fees(out, &r->fees);
}
