/**
 * Prices and amounts of the simulator: whole numbers of 10^-8, and their text with eight decimals.
 *
 *     char text[E8_TEXT];
 *     e8_format(6436200, text);                  // "0.06436200"
 *     e8_format(e8_product(p, q), text);         // price * amount, what lies beyond is cut
 *
 * Threads: values.
 */
#ifndef CANDLEWICK_SIM_E8_H
#define CANDLEWICK_SIM_E8_H

#include <stddef.h>
#include <stdint.h>

#define E8_ONE INT64_C(100000000)

enum { E8_TEXT = 24 }; /* room for any value, with its NUL */

/* value_e8: not negative. Returns the length. */
size_t e8_format(int64_t value_e8, char text[E8_TEXT]);

/* Without the zeros at the end, but with so many decimals at least (0 to 8); "1" where none is
 * left. */
size_t e8_format_short(int64_t value_e8, int decimals, char text[E8_TEXT]);

/* How many decimals a power of ten has. tick_e8: 1 up. */
int e8_decimals(int64_t tick_e8);

/* The product cut (not rounded) to eight decimals, as exchanges give their quote quantities; the
 * largest int64_t when it does not fit. Both not negative. */
int64_t e8_product(int64_t a_e8, int64_t b_e8);

#endif
