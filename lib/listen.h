/**
 * "host:port" of a listener.
 *
 *     struct sockaddr_in at;
 *     if (listen_parse("127.0.0.1:8080", &at, &e) != 0) ...
 *
 * Threads: pure function.
 */
#ifndef CANDLEWICK_LISTEN_H
#define CANDLEWICK_LISTEN_H

#include "err.h"

#include <netinet/in.h>

/* host: an IPv4 address, "localhost" or "*" for every interface; port 1 to 65535. ERR_CONF. */
int listen_parse(const char *text, struct sockaddr_in *ret, struct err *e) MUST_CHECK;

#endif
