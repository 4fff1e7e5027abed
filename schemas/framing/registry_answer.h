/**
 * What a schema registry is asked and what it answers: JSON of Confluent's published interface,
 * which Karapace and Apicurio (/apis/ccompat/v7) speak as well.
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html, checked 2026-11-21.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_REGISTRY_ANSWER_H
#define CANDLEWICK_REGISTRY_ANSWER_H

#include "slice.h"
#include "strbuf.h"

/* Appends {"schemaType":"AVRO","schema":"…"}. ERR_NOMEM. */
int registry_question(const char *schema_text, struct strbuf *out, struct err *e) MUST_CHECK;

/* 0 for status 200; else ERR_NOT_FOUND (404 with code 40403: there is no such schema), ERR_STATE
 * (409 incompatible, 422 invalid), ERR_CONF (401, 403); ERR_IO, retriable: anything else. */
int registry_status(long status, struct slice body, struct err *e) MUST_CHECK;

/* From {"id":7}. ERR_IO, retriable: something else answered. */
int registry_take_id(struct slice body, uint32_t *ret, struct err *e) MUST_CHECK;

/* Appends the text in {"schema":"…"}. ERR_PROTO: a schema, but not of Avro; ERR_LIMIT: too long;
 * ERR_IO, retriable: something else answered. */
int registry_take_schema(struct slice body, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
