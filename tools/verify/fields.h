/**
 * A record's fields, compared and packed one by one.
 *
 *     if (!fields_equal(field, &a.trade, &b.trade)) ...
 *     if (fields_pack(&r, "partition,revision", &packed, &e) != 0) ...     // all but these two
 *
 * Packed, a field is what a table or a JSON line says of it: text, preceded by its length, or the
 * word that it is null. Equal fields are equal bytes.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_VERIFY_FIELDS_H
#define CANDLEWICK_VERIFY_FIELDS_H

#include "record_table.h"

/* Whether the comma-separated list names the word. */
bool fields_named(struct slice list, struct slice word);

/* a and b: structs of records of one type. */
bool fields_equal(const struct record_field *f, const void *a, const void *b);

/* Appends the names of the fields that differ, "volume, trades", but for those that the list
 * `without` names; cut where there is no more room. Returns how many they are. The records are of
 * one type. */
size_t fields_differing(const struct record *a, const struct record *b, const char *without,
                        struct strbuf *out);

/* Appends text, or a null where there is none. -1: no room. */
int fields_pack_text(struct strbuf *out, bool present, struct slice text) MUST_CHECK;

/* Appends one field: decimals as the shortest plain text, times as RFC 3339 with six decimals,
 * enums as words, lists as JSON, bool as true or false. -1: no room. */
int fields_pack_one(const struct record_field *f, const void *record,
                    struct strbuf *out) MUST_CHECK;

/* Appends every field that `without`, a comma-separated list, does not name. ERR_NOMEM. */
int fields_pack(const struct record *r, const char *without, struct strbuf *out,
                struct err *e) MUST_CHECK;

/* Takes the next one off. False: the end. *ret_null: it is a null, and *ret is empty. */
bool fields_unpack(struct slice *packed, struct slice *ret, bool *ret_null);

#endif
