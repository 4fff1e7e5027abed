/**
 * Which of the known symbols a text means: BTCUSDT, btc-usdt and BTC/USDT are all BTC-USDT.
 *
 *     struct symbol_match m;
 *     symbol_match("btc/usdt", known, n, &m);
 *     if (m.found >= 0)
 *         use(known[m.found]);
 *
 * Letters and digits are compared, whatever their case; what stands between them is not.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_MATCH_H
#define CANDLEWICK_MATCH_H

#include <stdbool.h>

enum {
    SYMBOL_TEXT_MAX = 64, /* bytes; no longer text is any symbol */
    SYMBOL_NEAR_MAX = 5,
};

struct symbol_match {
    int found; /* index into known; -1: none, or more than one */
    bool ambiguous;
    int near[SYMBOL_NEAR_MAX]; /* when not found: what may have been meant, the nearest first */
    int n_near;
};

/* The text in the form of our symbols: upper case, "-" for every separator: "btc/usdt" is
 * "BTC-USDT". A text without separator stays without. false: longer than SYMBOL_TEXT_MAX. */
bool symbol_canonical(const char *text, char ret[SYMBOL_TEXT_MAX + 1]);

/* Whether a byte is compared: a letter or digit. Bytes of other alphabets' letters count as
 * letters: there are symbols with them. */
bool symbol_is_letter(char c);

/* Letters and digits only, in upper case: "Bitcoin Cash" is "BITCOINCASH". Returns how many bytes;
 * -1: longer than any symbol. */
int symbol_fold(const char *text, char ret[SYMBOL_TEXT_MAX + 1]);

/* known: n symbols. A text equal to one in its canonical form means that one, however many others
 * share its letters ("AB-CDE" and "ABC-DE"). */
void symbol_match(const char *text, const char *const *known, int n, struct symbol_match *ret);

#endif
