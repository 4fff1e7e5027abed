#include "page.h"

#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a cursor is before it is wrapped: "1|scope|time|sequence|partition|offset|text". */
#define CURSOR_VERSION "1|"
enum { PLAIN_TEXT = 228, CURSOR_REST_MIN = 9, CURSOR_REST_MAX = 301 };

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint32_t place_scope(const char *list)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *p = list; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    return hash ? hash : 1;
}

/* --- RFC 4648 section 5, without padding ----------------------------------------------------- */

static void wrap(const char *in, size_t len, char *out)
{
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | (unsigned char)in[i];
        for (held += 8; held >= 6; held -= 6)
            *out++ = base64url[bits >> (held - 6) & 63];
    }
    if (held > 0)
        *out++ = base64url[bits << (6 - held) & 63];
    *out = '\0';
}

/* Returns the length, -1 where in is not what wrap() writes. out: room for len bytes. */
static int unwrap(const char *in, size_t len, char *out)
{
    uint32_t bits = 0;
    int held = 0;
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = in[i] ? strchr(base64url, in[i]) : NULL;
        if (!digit)
            return -1;
        bits = bits << 6 | (uint32_t)(digit - base64url);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        out[n++] = (char)(bits >> held);
    }
    bool rest_is_zero = (bits & ((1u << held) - 1)) == 0;
    return held < 6 && rest_is_zero ? n : -1;
}

/* --- the plain form -------------------------------------------------------------------------- */

/* Reads a number that "|" ends and moves behind it. */
static int take_number(const char **p, int base, int64_t *ret)
{
    char *end;
    bool starts = **p == '-' || (**p >= '0' && **p <= '9') || (**p >= 'a' && **p <= 'f');
    errno = 0;
    long long v = strtoll(*p, &end, base);
    if (!starts || errno != 0 || *end != '|')
        return -1;
    *p = end + 1;
    *ret = v;
    return 0;
}

static int parse_plain(const char *p, struct place *ret)
{
    int64_t scope;
    if (strncmp(p, CURSOR_VERSION, strlen(CURSOR_VERSION)) != 0)
        return -1;
    p += strlen(CURSOR_VERSION);
    if (take_number(&p, 16, &scope) != 0 || scope < 0 || scope > UINT32_MAX ||
        take_number(&p, 10, &ret->time_us) != 0 || take_number(&p, 10, &ret->sequence) != 0 ||
        take_number(&p, 10, &ret->partition) != 0 || take_number(&p, 10, &ret->offset) != 0)
        return -1;
    size_t len = strlen(p);
    if (len >= sizeof(ret->text) || !json_is_utf8(slice_make(p, len)))
        return -1;
    ret->scope = (uint32_t)scope;
    memcpy(ret->text, p, len + 1);
    return 0;
}

bool cursor_has_form(const char *text)
{
    size_t start = strlen(CURSOR_START);
    if (strncmp(text, CURSOR_START, start) != 0)
        return false;
    size_t len = strspn(text + start, base64url);
    return text[start + len] == '\0' && len >= CURSOR_REST_MIN && len <= CURSOR_REST_MAX;
}

int cursor_encode(const struct place *at, uint32_t scope, char ret[CURSOR_TEXT], struct err *e)
{
    char plain[PLAIN_TEXT];
    int n =
        snprintf(plain, sizeof(plain),
                 CURSOR_VERSION "%" PRIx32 "|%" PRId64 "|%" PRId64 "|%" PRId64 "|%" PRId64 "|%s",
                 scope, at->time_us, at->sequence, at->partition, at->offset, at->text);
    if (n < 0 || n >= (int)sizeof(plain))
        return err_set(e, ERR_LIMIT, "a cursor does not fit");
    wrap(plain, (size_t)n, ret);
    return 0;
}

int cursor_decode(const char *cursor, struct place *ret, struct err *e)
{
    char plain[CURSOR_TEXT] = {0};
    struct place at;
    size_t len = strlen(cursor);
    int n = len < CURSOR_TEXT ? unwrap(cursor, len, plain) : -1;
    if (n < 0 || memchr(plain, '\0', (size_t)n))
        return err_set(e, ERR_PROTO, "not a cursor from an earlier answer");
    plain[n] = '\0';
    if (parse_plain(plain, &at) != 0)
        return err_set(e, ERR_PROTO, "not a cursor from an earlier answer");
    *ret = at;
    return 0;
}
