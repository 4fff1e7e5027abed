/**
 * Which records cw-tap shows.
 *
 *     struct tap_filter f;
 *     if (tap_filter_init(&f, &(struct tap_filter_wishes){"okx,binance", "", "trade", false}, &e))
 *         ...
 *     if (tap_filter_pass(&f, &record)) ...
 *
 * Every wish that is there must hold. A record without the field that is asked for does not pass;
 * one with several exchanges or symbols (the legs of an opportunity) passes by any of them.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_TAP_FILTER_H
#define CANDLEWICK_TAP_FILTER_H

#include "record.h"

/* Comma-separated lists, "" for no wish. Letters count the same in either case. */
struct tap_filter_wishes {
    const char *exchanges;
    const char *symbols;
    const char *kinds; /* words of record_type_name() */
    bool ticks;        /* show them, too; naming them among the kinds does so as well */
};

struct tap_filter {
    struct slice exchanges;
    struct slice symbols;
    bool any_kind; /* no kinds were named */
    bool kinds[RECORD_TYPES];
};

/* The lists are borrowed for the filter's life. ERR_CONF: an empty item, a kind that is none. */
int tap_filter_init(struct tap_filter *f, const struct tap_filter_wishes *wishes,
                    struct err *e) MUST_CHECK;

bool tap_filter_pass(const struct tap_filter *f, const struct record *r);

/* By the Kafka header `kind`, so that what is not shown need not be decoded. True where the header
 * says nothing: empty, or a word we do not know. */
bool tap_filter_pass_header(const struct tap_filter *f, struct slice kind);

/* A tombstone has nothing to compare: shown where nothing but ticks was left out. */
bool tap_filter_pass_tombstone(const struct tap_filter *f);

/* The record_type of the only kind that passes, or RECORD_TYPES where there are several. */
unsigned tap_filter_only_kind(const struct tap_filter *f);

#endif
