#include "json.h"

#include <stdint.h>

/* Length of the well-formed UTF-8 sequence at p (RFC 3629), 0 where there is none. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
    static const struct {
        uint8_t first, last, second_min, second_max;
        size_t len;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (p[0] < rows[i].first || p[0] > rows[i].last || left < rows[i].len)
            continue;
        if (p[1] < rows[i].second_min || p[1] > rows[i].second_max)
            return 0;
        for (size_t k = 2; k < rows[i].len; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].len;
    }
    return 0;
}

bool json_is_utf8(struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_len((const uint8_t *)text.data + i, text.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

int json_add_utf8(struct strbuf *b, struct slice text)
{
    size_t start = b->len;
    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_len((const uint8_t *)text.data + i, text.len - i);
        if (n ? strbuf_add(b, text.data + i, n) != 0 : strbuf_adds(b, "\xef\xbf\xbd") != 0) {
            b->len = start;
            if (b->data)
                b->data[start] = '\0';
            return -1;
        }
        i += n ? n : 1;
    }
    return 0;
}

static int add_escaped(struct strbuf *b, char c)
{
    switch (c) {
    case '"':
        return strbuf_adds(b, "\\\"");
    case '\\':
        return strbuf_adds(b, "\\\\");
    case '\n':
        return strbuf_adds(b, "\\n");
    case '\t':
        return strbuf_adds(b, "\\t");
    case '\r':
        return strbuf_adds(b, "\\r");
    default:
        return strbuf_addf(b, "\\u%04x", (unsigned char)c);
    }
}

int json_add_string(struct strbuf *b, struct slice text)
{
    size_t start = b->len;
    int r = strbuf_addc(b, '"');
    for (size_t i = 0; r == 0 && i < text.len;) {
        unsigned char c = (unsigned char)text.data[i];
        size_t n = utf8_len((const uint8_t *)text.data + i, text.len - i);
        if (n == 0)
            r = strbuf_adds(b, "\xef\xbf\xbd");
        else if (c < 0x20 || c == '"' || c == '\\')
            r = add_escaped(b, (char)c);
        else
            r = strbuf_add(b, text.data + i, n);
        i += n ? n : 1;
    }
    if (r != 0 || strbuf_addc(b, '"') != 0) {
        b->len = start;
        if (b->data)
            b->data[start] = '\0';
        return -1;
    }
    return 0;
}
