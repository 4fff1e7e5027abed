/**
 * For tests of what is in a fold's configuration.
 *
 *     struct candle_options options;
 *     configuration_case_defaults(&candle_fold, &options);
 *     configuration_case_change_each(&candle_fold, &options, NULL);
 *
 * Whatever must not fail fails the test. Threads: one.
 */
#ifndef CANDLEWICK_CONFIGURATION_CASE_H
#define CANDLEWICK_CONFIGURATION_CASE_H

#include "configuration.h"

/* Every option at its default. */
void configuration_case_defaults(const struct fold_ops *ops, void *options);

/* Prepares the options, and makes the configuration of them. */
void configuration_case_make(const struct fold_ops *ops, void *options, struct configuration *ret);

/* That the options now make the same text and digest as before, or others. what: for people. */
void configuration_case_expect(const struct fold_ops *ops, void *options,
                               const struct configuration *before, bool same, const char *what);

/* That each option counts, one after the other, `but` one; they are left as they were. */
void configuration_case_change_each(const struct fold_ops *ops, void *options, const char *but);

#endif
