#include "sqltext.h"

#include <ctype.h>

int sqltext_line(struct slice text, long position)
{
    int line = 1;
    long at = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool continues = ((unsigned char)text.data[i] & 0xc0) == 0x80;
        if (!continues && ++at >= position)
            break;
        line += text.data[i] == '\n';
    }
    return line;
}

/* Each skip_ function: p is at the start of its thing; returns the place behind it. */

static const char *skip_line_comment(const char *p, const char *end)
{
    while (p < end && *p != '\n')
        p++;
    return p;
}

static const char *skip_block_comment(const char *p, const char *end)
{
    int depth = 0;
    for (; p + 1 < end; p++) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p++;
        } else if (p[0] == '*' && p[1] == '/') {
            p++;
            if (--depth == 0)
                return p + 1;
        }
    }
    return end;
}

/* '…' and "…"; a doubled quote only looks like two of them side by side, which is as good. */
static const char *skip_quoted(const char *p, const char *end, bool backslash)
{
    char quote = *p++;
    while (p < end && *p != quote)
        p += backslash && *p == '\\' ? 2 : 1;
    return p < end ? p + 1 : end;
}

/* $tag$ … $tag$; a lone dollar is a character like any other. */
static const char *skip_dollar_quoted(const char *p, const char *end)
{
    const char *tag_end = p + 1;
    while (tag_end < end && (isalnum((unsigned char)*tag_end) || *tag_end == '_'))
        tag_end++;
    if (tag_end == end || *tag_end != '$')
        return p + 1;
    size_t len = (size_t)(tag_end + 1 - p);
    for (const char *q = p + len; q < end; q++)
        if ((size_t)(end - q) >= len && memcmp(q, p, len) == 0)
            return q + len;
    return end;
}

static const char *skip_blank(const char *p, const char *end)
{
    for (;;) {
        if (p < end && isspace((unsigned char)*p))
            p++;
        else if (p + 1 < end && p[0] == '-' && p[1] == '-')
            p = skip_line_comment(p, end);
        else if (p + 1 < end && p[0] == '/' && p[1] == '*')
            p = skip_block_comment(p, end);
        else
            return p;
    }
}

static const char *skip_token(const char *p, const char *end)
{
    if (isalnum((unsigned char)*p) || *p == '_') {
        const char *start = p;
        while (p < end && (isalnum((unsigned char)*p) || *p == '_' || *p == '$'))
            p++;
        bool escapes = p - start == 1 && (*start == 'E' || *start == 'e');
        return escapes && p < end && *p == '\'' ? skip_quoted(p, end, true) : p;
    }
    if (*p == '\'' || *p == '"')
        return skip_quoted(p, end, false);
    return *p == '$' ? skip_dollar_quoted(p, end) : p + 1;
}

static const char *skip_statement(const char *p, const char *end)
{
    while (p < end && *p != ';') {
        p = skip_token(p, end);
        p = skip_blank(p, end);
    }
    return p < end ? p + 1 : end;
}

int sqltext_statement_line(struct slice text, int n)
{
    const char *end = text.data + text.len;
    const char *at = skip_blank(text.data, end);
    for (int i = 0; i < n; i++) {
        const char *next = skip_blank(skip_statement(at, end), end);
        while (next < end && *next == ';') /* an empty statement has no result to count */
            next = skip_blank(next + 1, end);
        if (next == end)
            break;
        at = next;
    }
    int line = 1;
    for (const char *p = text.data; p < at; p++)
        line += *p == '\n';
    return line;
}
