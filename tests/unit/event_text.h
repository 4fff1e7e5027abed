/**
 * An adapter's events as short texts.
 *
 *     trade BTC-USDT 7 64123.45 x 0.5 buy live @2026-01-05T00:00:00.000000Z
 *     quote BTC-USDT 64123.4 x 1 / - @-        one side, and no time
 *     ack 0 BTC-USDT                           request, symbol
 *     refused -1 - Too many requests
 *     shutdown
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_EVENT_TEXT_H
#define CANDLEWICK_EVENT_TEXT_H

#include "exchange.h"

/* Appended. -1: no room, or an id that is not its sequence. */
int event_text_add(const struct event *ev, struct strbuf *out) MUST_CHECK;

#endif
