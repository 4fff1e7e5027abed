#include "recorded.h"

#include "scan.h"
#include "timefmt.h"

struct members {
    struct slice ts;
    struct slice frame;
    bool has_ts, has_frame, sent;
};

/* -1: the member is not of its type. */
static int keep(struct members *m, struct slice key, const struct scan_value *v)
{
    if (slice_is(key, "ts")) {
        m->has_ts = true;
        m->ts = v->text;
        return v->type == SCAN_NUMBER ? 0 : -1;
    }
    if (slice_is(key, "frame")) {
        m->has_frame = true;
        m->frame = v->text;
        return v->type == SCAN_STRING ? 0 : -1;
    }
    if (slice_is(key, "dir"))
        m->sent = v->type != SCAN_STRING || !slice_is(v->text, "recv");
    return 0;
}

static int read_members(struct slice line, struct members *m, struct err *e)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    if (scan_object(&s, line) != 0)
        return err_set(e, ERR_PROTO, "no JSON object");
    int r;
    while ((r = scan_member(&s, &key, &v)) == 1)
        if (keep(m, key, &v) != 0)
            return err_set(e, ERR_PROTO, "%.*s is not of its type", SLICE_ARG(key));
    if (r < 0)
        return err_set(e, ERR_PROTO, "cut or malformed at byte %td", s.p - line.data);
    if (!m->has_ts || !m->has_frame)
        return err_set(e, ERR_PROTO, "no %s", m->has_ts ? "frame" : "ts");
    return 0;
}

int recorded_parse(struct slice line, struct strbuf *text, struct recorded *ret, struct err *e)
{
    struct members m = {0};
    int64_t at_us;
    if (read_members(line, &m, e) != 0)
        return -1;
    strbuf_reset(text);
    if (scan_unescape(m.frame, text, e) != 0)
        return err_prefix(e, "frame");
    if (time_parse(m.ts, &at_us, NULL) != 0 || at_us < 0)
        return err_set(e, ERR_PROTO, "ts is no time: %.*s", (int)(m.ts.len < 40 ? m.ts.len : 40),
                       m.ts.data);
    *ret = (struct recorded){{strbuf_slice(text), at_us}, m.sent};
    return 0;
}
