/**
 * Reads the members of a JSON object, or the elements of an array, one by one, in place: no tree,
 * no copy, no number conversion.
 *
 *     struct scan s;
 *     struct slice key;
 *     struct scan_value v;
 *     if (scan_object(&s, text) != 0) ...                 // not an object
 *     while ((r = scan_member(&s, &key, &v)) == 1) ...    // 0: closed, -1: malformed
 *
 * scan_array() and scan_element() do the same for an array.
 *
 * For the hot path of an adapter, where a DOM costs more than all the rest. Values are checked
 * wholly; what stands inside a nested object or array is only skipped by its strings and brackets,
 * and is read with a scan of its own if anyone wants it.
 * Threads: values and pure functions.
 */
#ifndef CANDLEWICK_SCAN_H
#define CANDLEWICK_SCAN_H

#include "err.h"
#include "slice.h"
#include "strbuf.h"

#include <stdint.h>

enum scan_type {
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_TRUE,
    SCAN_FALSE,
    SCAN_NULL,
    SCAN_OBJECT,
    SCAN_ARRAY,
};

struct scan_value {
    enum scan_type type;
    bool escaped;      /* SCAN_STRING: holds a backslash */
    struct slice text; /* SCAN_STRING: between the quotes as written; else all of the value */
};

struct scan {
    const char *p;
    const char *end;
    bool first; /* nothing was read yet */
};

/* Steps into the object that text is. -1: it is none. text is borrowed as long as its parts are. */
int scan_object(struct scan *s, struct slice text) MUST_CHECK;

/* 1: the next member; 0: the object is closed and nothing but white space follows; -1: malformed.
 * A key with a backslash in it is given as written. */
int scan_member(struct scan *s, struct slice *ret_key, struct scan_value *ret) MUST_CHECK;

/* The same for an array. */
int scan_array(struct scan *s, struct slice text) MUST_CHECK;
int scan_element(struct scan *s, struct scan_value *ret) MUST_CHECK;

/* A number that is whole and fits; -1 for any other, with a fraction or an exponent too. */
int scan_int64(struct slice number, int64_t *ret) MUST_CHECK;

/* Appends what a string with escapes stands for, as UTF-8; a lone surrogate becomes U+FFFD.
 * ERR_PROTO: no such escape; ERR_NOMEM. */
int scan_unescape(struct slice text, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
