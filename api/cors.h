/**
 * Which other sites' pages may read our answers.
 *
 *     char allow[CORS_ORIGIN];
 *     if (cors_allow("https://a.example, https://b.example", origin, allow))
 *         header("Access-Control-Allow-Origin", allow);
 *
 * Threads: pure function.
 */
#ifndef CANDLEWICK_CORS_H
#define CANDLEWICK_CORS_H

#include <stdbool.h>

enum { CORS_ORIGIN = 256 };

/* list: "" for nobody, "*" for all, else origins, comma-separated. origin: the request's header,
 * NULL where it has none. True: ret is what to answer. */
bool cors_allow(const char *list, const char *origin, char ret[CORS_ORIGIN]);

#endif
