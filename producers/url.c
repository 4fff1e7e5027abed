#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme;
    bool tls;
    int port;
} schemes[] = {{"http", false, 80}, {"https", true, 443}, {"ws", false, 80}, {"wss", true, 443}};

static int bad(const char *text, const char *what, struct err *e)
{
    return err_set(e, ERR_CONF, "%s in the URL \"%.120s\"", what, text);
}

/* Sets the scheme and what it implies; where the host begins, or NULL. */
static const char *take_scheme(const char *text, struct url *u)
{
    const char *colon = strstr(text, "://");
    for (size_t i = 0; colon && i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i].scheme);
        if ((size_t)(colon - text) != len || strncmp(text, schemes[i].scheme, len) != 0)
            continue;
        memcpy(u->scheme, schemes[i].scheme, len + 1);
        u->tls = schemes[i].tls;
        u->port = schemes[i].port;
        return colon + 3;
    }
    return NULL;
}

/* Where the host ends, or NULL. */
static const char *take_host(const char *p, struct url *u)
{
    bool bracketed = *p == '[';
    const char *start = p + bracketed;
    size_t len = strcspn(start, bracketed ? "]" : ":/");
    if (len == 0 || len > URL_HOST_MAX || (bracketed && start[len] != ']'))
        return NULL;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)start[i];
        if (!isalnum(c) && !strchr(bracketed ? ":.%" : "-._", c))
            return NULL;
    }
    memcpy(u->host, start, len);
    u->host[len] = '\0';
    return start + len + bracketed;
}

static const char *take_port(const char *p, struct url *u)
{
    if (*p != ':')
        return p;
    char *end;
    long port = isdigit((unsigned char)p[1]) ? strtol(p + 1, &end, 10) : 0;
    if (port < 1 || port > 65535)
        return NULL;
    u->port = (int)port;
    return end;
}

int url_parse(const char *text, struct url *ret, struct err *e)
{
    struct url u = {0};
    const char *p = take_scheme(text, &u);
    if (!p)
        return bad(text, "no http, https, ws or wss", e);
    p = take_host(p, &u);
    if (!p)
        return bad(text, "no host", e);
    p = take_port(p, &u);
    if (!p || (*p != '\0' && *p != '/'))
        return bad(text, "no port from 1 to 65535", e);
    size_t len = strlen(p);
    while (len > 0 && p[len - 1] == '/')
        len--;
    if (len > URL_PATH_MAX)
        return bad(text, "a path that is too long", e);
    for (size_t i = 0; i < len; i++)
        if (p[i] <= ' ' || p[i] == 0x7f || strchr("?#\"<>", p[i]))
            return bad(text, "a character that no plain path has", e);
    memcpy(u.path, p, len);
    *ret = u;
    return 0;
}

bool url_is_loopback(const struct url *u)
{
    return strcmp(u->host, "localhost") == 0 || strncmp(u->host, "127.", 4) == 0 ||
           strcmp(u->host, "::1") == 0;
}
