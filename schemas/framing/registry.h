/**
 * A client of a schema registry.
 *
 *     const struct registry_about about = {.url = "https://host/apis/ccompat/v7", …};
 *     struct registry *r = registry_open(&about, &e);
 *     registry_register(r, "trades-candlewick.Trade", text, &id, &e);
 *     registry_fetch(r, 7, &text, &e);
 *
 * What may pass (no connection, 5xx, 429) is tried a few times within the timeout, with growing
 * pauses; errors marked retriable are worth another call later. Nothing is kept here.
 * Threads: one.
 */
#ifndef CANDLEWICK_REGISTRY_H
#define CANDLEWICK_REGISTRY_H

#include "strbuf.h"

struct registry;

/* Texts are borrowed for the registry's life. */
struct registry_about {
    const char *url;  /* may have a path; no slash at its end is needed */
    const char *user; /* "": no authentication */
    const char *password;
    const char *ca_file;         /* "": the system's authorities */
    int64_t timeout_ms;          /* for one call, with its repetitions */
    bool (*stopping)(void *ctx); /* ends a call within about a second */
    void *ctx;
};

/* Connects nothing. NULL: ERR_CONF, ERR_NOMEM. */
struct registry *registry_open(const struct registry_about *about, struct err *e);
void registry_close(struct registry *r); /* NULL is fine */

/* The id of the text under that subject, registered now or before. ERR_STATE: refused as
 * incompatible or invalid; ERR_CONF: we are refused; ERR_STOPPED; ERR_IO, retriable. */
int registry_register(struct registry *r, const char *subject, const char *schema_text,
                      uint32_t *ret_id, struct err *e) MUST_CHECK;

/* Appends the text of a schema. ERR_NOT_FOUND: there is none with this id; ERR_PROTO: none of Avro;
 * ERR_LIMIT; ERR_CONF: we are refused; ERR_STOPPED; ERR_IO, retriable. */
int registry_fetch(struct registry *r, uint32_t id, struct strbuf *ret, struct err *e) MUST_CHECK;

#endif
