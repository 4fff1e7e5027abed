/**
 * libwebsockets, beside our own names.
 *
 *     #include "lws.h"        // in place of <libwebsockets.h>
 *
 * Its header brings OpenSSL's along, which have a type named ERR_STATE; ours is an error code.
 * Threads: none of its own.
 */
#ifndef CANDLEWICK_LWS_H
#define CANDLEWICK_LWS_H

#define ERR_STATE openssl_err_state
#include <libwebsockets.h>
#undef ERR_STATE

#endif
