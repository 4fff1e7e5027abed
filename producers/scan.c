#include "scan.h"

enum { DEPTH_MAX = 64 };

/* --- single values --------------------------------------------------------------------------- */

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

/* A string, the cursor on its opening quote. */
static int string(struct scan *s, struct scan_value *ret)
{
    const char *start = ++s->p;
    bool escaped = false;
    for (; s->p < s->end; s->p++) {
        unsigned char c = (unsigned char)*s->p;
        if (c == '"') {
            *ret = (struct scan_value){SCAN_STRING, escaped,
                                       slice_make(start, (size_t)(s->p - start))};
            s->p++;
            return 0;
        }
        if (c < 0x20)
            return -1;
        if (c == '\\') {
            escaped = true;
            if (++s->p == s->end) /* whatever follows is not the closing quote */
                return -1;
        }
    }
    return -1;
}

static bool digits(const char **p, const char *end)
{
    const char *start = *p;
    while (*p < end && **p >= '0' && **p <= '9')
        (*p)++;
    return *p > start;
}

static int number(struct scan *s, struct scan_value *ret)
{
    const char *start = s->p;
    if (s->p < s->end && *s->p == '-')
        s->p++;
    const char *whole = s->p;
    if (!digits(&s->p, s->end) || (*whole == '0' && s->p - whole > 1))
        return -1;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!digits(&s->p, s->end))
            return -1;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (!digits(&s->p, s->end))
            return -1;
    }
    *ret = (struct scan_value){SCAN_NUMBER, false, slice_make(start, (size_t)(s->p - start))};
    return 0;
}

static int word(struct scan *s, const char *text, enum scan_type type, struct scan_value *ret)
{
    size_t len = strlen(text);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len) != 0)
        return -1;
    *ret = (struct scan_value){type, false, slice_make(s->p, len)};
    s->p += len;
    return 0;
}

/* Skips an object or array, the cursor on its opening bracket. kinds: one bit per open bracket,
 * set for an object. */
static int nested(struct scan *s, struct scan_value *ret)
{
    const char *start = s->p;
    uint64_t kinds = 0;
    int depth = 0;
    do {
        if (s->p == s->end)
            return -1;
        char c = *s->p;
        struct scan_value skipped;
        if (c == '"') {
            if (string(s, &skipped) != 0)
                return -1;
            continue;
        }
        s->p++;
        if (c == '{' || c == '[') {
            if (depth++ == DEPTH_MAX)
                return -1;
            kinds = kinds << 1 | (c == '{');
        } else if (c == '}' || c == ']') {
            if ((kinds & 1) != (c == '}'))
                return -1;
            kinds >>= 1;
            depth--;
        }
    } while (depth > 0);
    *ret = (struct scan_value){*start == '{' ? SCAN_OBJECT : SCAN_ARRAY, false,
                               slice_make(start, (size_t)(s->p - start))};
    return 0;
}

static int value(struct scan *s, struct scan_value *ret)
{
    if (s->p == s->end)
        return -1;
    switch (*s->p) {
    case '"':
        return string(s, ret);
    case '{':
    case '[':
        return nested(s, ret);
    case 't':
        return word(s, "true", SCAN_TRUE, ret);
    case 'f':
        return word(s, "false", SCAN_FALSE, ret);
    case 'n':
        return word(s, "null", SCAN_NULL, ret);
    default:
        return number(s, ret);
    }
}

/* --- members and elements -------------------------------------------------------------------- */

static bool take(struct scan *s, char c)
{
    skip_space(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    skip_space(s);
    return true;
}

static int open_at(struct scan *s, struct slice text, char bracket)
{
    if (text.len == 0)
        return -1;
    *s = (struct scan){text.data, text.data + text.len, true};
    return take(s, bracket) ? 0 : -1;
}

/* The next member, or the next element where ret_key is NULL. */
static int next(struct scan *s, char bracket, struct slice *ret_key, struct scan_value *ret)
{
    if (take(s, bracket))
        return s->p == s->end ? 0 : -1;
    if (!s->first && !take(s, ','))
        return -1;
    s->first = false;
    struct scan_value key;
    if (ret_key && (s->p == s->end || *s->p != '"' || string(s, &key) != 0 || !take(s, ':')))
        return -1;
    if (value(s, ret) != 0)
        return -1;
    if (ret_key)
        *ret_key = key.text;
    return 1;
}

int scan_object(struct scan *s, struct slice text)
{
    return open_at(s, text, '{');
}

int scan_array(struct scan *s, struct slice text)
{
    return open_at(s, text, '[');
}

int scan_member(struct scan *s, struct slice *ret_key, struct scan_value *ret)
{
    return next(s, '}', ret_key, ret);
}

int scan_element(struct scan *s, struct scan_value *ret)
{
    return next(s, ']', NULL, ret);
}

/* --- conversions ----------------------------------------------------------------------------- */

int scan_int64(struct slice n, int64_t *ret)
{
    const char *p = n.data;
    const char *end = n.data + n.len;
    bool minus = n.len > 0 && *p == '-';
    uint64_t limit = minus ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t v = 0;
    p += minus;
    if (p == end)
        return -1;
    for (; p < end; p++) {
        unsigned digit = (unsigned char)*p - (unsigned)'0';
        if (digit > 9 || v > (limit - digit) / 10)
            return -1;
        v = v * 10 + digit;
    }
    *ret = minus ? (int64_t)(0 - v) : (int64_t)v;
    return 0;
}

static int hex4(const char *p, const char *end, uint32_t *ret)
{
    uint32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A' + 10);
        else
            return -1;
        v = v << 4 | digit;
    }
    *ret = v;
    return 0;
}

static int add_utf8(struct strbuf *out, uint32_t code)
{
    char b[4];
    size_t n;
    if (code < 0x80) {
        n = 1;
        b[0] = (char)code;
    } else if (code < 0x800) {
        n = 2;
        b[0] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        n = 3;
        b[0] = (char)(0xe0 | code >> 12);
    } else {
        n = 4;
        b[0] = (char)(0xf0 | code >> 18);
    }
    for (size_t i = 1; i < n; i++)
        b[i] = (char)(0x80 | (code >> 6 * (n - 1 - i) & 0x3f));
    return strbuf_add(out, b, n);
}

/* \uXXXX, the cursor behind the u; a pair of surrogates is one character. -2: no such escape. */
static int unicode(const char **p, const char *end, struct strbuf *out)
{
    const uint32_t replacement = 0xfffd;
    uint32_t code;
    uint32_t low;
    if (hex4(*p, end, &code) != 0)
        return -2;
    *p += 4;
    bool high = code >= 0xd800 && code < 0xdc00;
    if (high && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' &&
        hex4(*p + 2, end, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
        *p += 6;
        return add_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
    }
    return add_utf8(out, code >= 0xd800 && code < 0xe000 ? replacement : code);
}

/* One escape, the cursor behind its backslash. */
static int escape(const char **p, const char *end, struct strbuf *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    if (*p == end)
        return -2;
    char c = *(*p)++;
    if (c == 'u')
        return unicode(p, end, out);
    const char *at = c ? strchr(names, c) : NULL;
    return at ? strbuf_addc(out, bytes[at - names]) : -2;
}

int scan_unescape(struct slice text, struct strbuf *out, struct err *e)
{
    const char *p = text.data;
    const char *end = text.data + text.len;
    size_t len_before = out->len;
    int r = 0;
    while (r == 0 && p < end) {
        const char *back = memchr(p, '\\', (size_t)(end - p));
        const char *stop = back ? back : end;
        r = strbuf_add(out, p, (size_t)(stop - p));
        p = stop;
        if (r == 0 && back) {
            p++;
            r = escape(&p, end, out);
        }
    }
    if (r == 0)
        return 0;
    (void)(r == -2 ? err_set(e, ERR_PROTO, "no JSON escape at byte %td", p - text.data)
                   : strbuf_full(out, "JSON string", e));
    out->len = len_before;
    if (out->data)
        out->data[len_before] = '\0';
    return -1;
}
