#include "log.h"

#include "clock.h"
#include "json.h"
#include "strbuf.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A message of MSG_MAX bytes fits with its head, however much is escaped; "}\n" ends a line. */
enum { LINE_LIMIT = 8192, LINE_END = 2, MSG_MAX = 1024 };

static struct {
    enum log_level level;
    enum log_format format;
} sink = {LOG_LEVEL_INFO, LOG_FORMAT_AUTO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_init(enum log_level level, enum log_format format)
{
    sink.level = level;
    sink.format = format;
}

bool log_enabled(enum log_level level)
{
    return level >= sink.level;
}

static bool as_text(void)
{
    if (sink.format == LOG_FORMAT_AUTO)
        return isatty(STDERR_FILENO) == 1;
    return sink.format == LOG_FORMAT_TEXT;
}

static int add_json(struct strbuf *b, const struct log_field *f)
{
    if (strbuf_addc(b, ',') != 0 || json_add_string(b, slice_of(f->key)) != 0 ||
        strbuf_addc(b, ':') != 0)
        return -1;
    if (f->type == LOG_FIELD_INT)
        return strbuf_addf(b, "%" PRId64, f->num);
    return json_add_string(b, f->str);
}

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] < ' ')
            return true;
    return false;
}

static bool needs_quotes(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] <= ' ' || s.data[i] == '"' || s.data[i] == '\\')
            return true;
    return s.len == 0;
}

static int add_text(struct strbuf *b, const struct log_field *f)
{
    if (strbuf_addf(b, " %s=", f->key) != 0)
        return -1;
    if (f->type == LOG_FIELD_INT)
        return strbuf_addf(b, "%" PRId64, f->num);
    return needs_quotes(f->str) ? json_add_string(b, f->str)
                                : strbuf_add(b, f->str.data, f->str.len);
}

static int add_head(struct strbuf *b, bool text, enum log_level level, const char *mod,
                    struct slice msg)
{
    char ts[TIME_TEXT];
    time_format(clock_real_us(), ts);
    if (text) {
        if (strbuf_addf(b, "%s %-5s %s: ", ts, level_names[level], mod) != 0)
            return -1;
        /* a library's message may hold anything, a new line too */
        return has_control(msg) ? json_add_string(b, msg) : strbuf_add(b, msg.data, msg.len);
    }
    if (strbuf_addf(b, "{\"ts\":\"%s\",\"level\":\"%s\",\"mod\":\"%s\",\"msg\":", ts,
                    level_names[level], mod) != 0)
        return -1;
    return json_add_string(b, msg);
}

void log_event(enum log_level level, const char *mod, const char *msg,
               const struct log_field *fields)
{
    if (!log_enabled(level))
        return;
    bool text = as_text();
    struct strbuf b = STRBUF_INIT(LINE_LIMIT - LINE_END);
    int r = add_head(&b, text, level, mod, slice_make(msg, strnlen(msg, MSG_MAX)));
    for (const struct log_field *f = fields; r == 0 && f->key; f++) {
        size_t before = b.len;
        if ((text ? add_text(&b, f) : add_json(&b, f)) != 0)
            b.len = before; /* the field does not fit: the line is more use than the field */
    }
    b.limit = LINE_LIMIT;
    if (r == 0 && strbuf_adds(&b, text ? "\n" : "}\n") == 0)
        (void)!write(STDERR_FILENO, b.data, b.len); /* nobody is left to tell */
    strbuf_finish(&b);
}

bool log_limit_pass(struct log_limit *l, int64_t now_us)
{
    if (now_us < l->next_us) {
        l->count++;
        return false;
    }
    l->held = l->count;
    l->count = 0;
    l->next_us = now_us + l->interval_us;
    return true;
}
