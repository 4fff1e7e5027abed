#include "listen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int listen_parse(const char *text, struct sockaddr_in *ret, struct err *e)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (len == 0 || len >= sizeof(host))
        return err_set(e, ERR_CONF, "not host:port: \"%.80s\"", text);
    memcpy(host, text, len);
    host[len] = '\0';
    if (strcmp(host, "localhost") == 0)
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (strcmp(host, "*") == 0)
        at.sin_addr.s_addr = htonl(INADDR_ANY);
    else if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return err_set(e, ERR_CONF, "not an IPv4 address to listen on: \"%.80s\"", text);
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port < 1 || port > 65535)
        return err_set(e, ERR_CONF, "not a port from 1 to 65535: \"%.80s\"", text);
    at.sin_port = htons((uint16_t)port);
    *ret = at;
    return 0;
}
