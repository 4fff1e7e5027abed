#include "letter.h"

#include "json.h"
#include "timefmt.h"

#include <inttypes.h>
#include <strings.h>

/* --- which ------------------------------------------------------------------------------------ */

static bool contains(struct slice text, const char *part)
{
    size_t n = strlen(part);
    if (n == 0)
        return true; /* also of a text that is not there */
    for (size_t i = 0; i + n <= text.len; i++)
        if (strncasecmp(text.data + i, part, n) == 0)
            return true;
    return false;
}

static bool is_topic(const struct letter_wishes *w, struct slice topic)
{
    size_t n = strlen(w->prefix);
    if (slice_is(topic, w->topic))
        return true;
    return topic.len > n && memcmp(topic.data, w->prefix, n) == 0 &&
           slice_is(slice_make(topic.data + n, topic.len - n), w->topic);
}

bool letter_wanted(const struct letter_wishes *w, const struct letter *l)
{
    return (*w->stage == '\0' || slice_is(l->stage, w->stage)) &&
           (*w->exchange == '\0' || slice_is(l->exchange, w->exchange)) &&
           (*w->topic == '\0' || is_topic(w, l->topic)) && contains(l->reason, w->reason) &&
           l->time_us >= w->since_us;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static int add_text(struct strbuf *b, const char *name, struct slice text)
{
    if (strbuf_addf(b, ",\"%s\":", name) != 0)
        return -1;
    return text.data ? json_add_string(b, text) : strbuf_adds(b, "null");
}

/* A number where the header is one: at most 18 digits, so that every reader holds it. */
static int add_number(struct strbuf *b, const char *name, struct slice text)
{
    bool number = text.len > 0 && text.len <= 18 && (text.len == 1 || text.data[0] != '0');
    for (size_t i = 0; i < text.len; i++)
        number = number && text.data[i] >= '0' && text.data[i] <= '9';
    if (!number)
        return add_text(b, name, text);
    return strbuf_addf(b, ",\"%s\":%.*s", name, SLICE_ARG(text));
}

int letter_json(const struct letter *l, struct strbuf *out)
{
    char time[TIME_TEXT];
    time_format(l->time_us, time);
    if (strbuf_addf(out, "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"time\":\"%s\"",
                    l->partition, l->offset, time) != 0 ||
        add_text(out, "stage", l->stage) != 0 || add_text(out, "reason", l->reason) != 0 ||
        add_text(out, "exchange", l->exchange) != 0 || add_text(out, "topic", l->topic) != 0 ||
        add_number(out, "topic_partition", l->origin_partition) != 0 ||
        add_number(out, "topic_offset", l->origin_offset) != 0 ||
        add_text(out, "key", l->has_key ? l->key : (struct slice){NULL, 0}) != 0)
        return -1;
    if (l->value_bytes < 0 ? strbuf_adds(out, ",\"bytes\":null") != 0
                           : strbuf_addf(out, ",\"bytes\":%" PRId64, l->value_bytes) != 0)
        return -1;
    return add_number(out, "whole_bytes", l->whole_bytes) == 0 ? strbuf_adds(out, "}\n") : -1;
}

/* --- for people ------------------------------------------------------------------------------- */

int letter_add_plain(struct strbuf *out, struct slice text)
{
    static const char odd[] = "\xef\xbf\xbd";
    int r = 0;
    while (r == 0 && text.len > 0) {
        size_t n = 0;
        while (n < text.len && (unsigned char)text.data[n] >= 0x20 && text.data[n] != 0x7f &&
               !(n + 1 < text.len && text.data[n] == '\xc2' &&
                 ((unsigned char)text.data[n + 1] & 0xe0) == 0x80))
            n++;
        r = json_add_utf8(out, slice_make(text.data, n));
        if (r == 0 && n < text.len)
            r = strbuf_adds(out, odd);
        if (n < text.len)
            n += text.data[n] == '\xc2' ? 2 : 1; /* U+0080 to U+009F are control characters, too */
        text = slice_make(text.data + n, text.len - n);
    }
    return r;
}

int letter_origin(const struct letter *l, struct strbuf *out)
{
    if (l->topic.len == 0)
        return letter_add_plain(out, l->exchange.len ? l->exchange : slice_of("-"));
    if (letter_add_plain(out, l->topic) != 0 || strbuf_addc(out, '/') != 0 ||
        letter_add_plain(out, l->origin_partition) != 0 || strbuf_addc(out, '/') != 0)
        return -1;
    return letter_add_plain(out, l->origin_offset);
}

int letter_hexdump(struct strbuf *out, struct slice bytes)
{
    enum { ROW = 16 };
    int r = 0;
    for (size_t at = 0; r == 0 && at < bytes.len; at += ROW) {
        size_t n = bytes.len - at < ROW ? bytes.len - at : ROW;
        r = strbuf_addf(out, "%08zx ", at);
        for (size_t i = 0; r == 0 && i < ROW; i++)
            r = i < n ? strbuf_addf(out, "%s%02x", i == ROW / 2 ? "  " : " ",
                                    (unsigned char)bytes.data[at + i])
                      : strbuf_adds(out, i == ROW / 2 ? "    " : "   ");
        r = r == 0 ? strbuf_adds(out, "  |") : -1;
        for (size_t i = 0; r == 0 && i < n; i++) {
            char c = bytes.data[at + i];
            r = strbuf_addc(out, c >= 0x20 && c < 0x7f ? c : '.');
        }
        r = r == 0 ? strbuf_adds(out, "|\n") : -1;
    }
    return r;
}
