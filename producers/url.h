/**
 * The parts of an endpoint's URL.
 *
 *     struct url u;
 *     if (url_parse("wss://stream.binance.com:9443/base", &u, &e) != 0) ...
 *     // u.scheme "wss", u.tls, u.host "stream.binance.com", u.port 9443, u.path "/base"
 *
 * Threads: pure function.
 */
#ifndef CANDLEWICK_URL_H
#define CANDLEWICK_URL_H

#include "err.h"

enum { URL_HOST_MAX = 253, URL_PATH_MAX = 256 };

struct url {
    char scheme[8];
    bool tls;
    char host[URL_HOST_MAX + 1]; /* an IPv6 address without its brackets */
    int port;
    char path[URL_PATH_MAX + 1]; /* without a slash at its end; "" for none */
};

/* http, https, ws or wss; no user, query or fragment. ERR_CONF names what is wrong. */
int url_parse(const char *text, struct url *ret, struct err *e) MUST_CHECK;

/* Whether the host is this machine by name or number: no proxy is asked for it. */
bool url_is_loopback(const struct url *u);

#endif
