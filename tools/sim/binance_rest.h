/**
 * What Binance's REST resources share.
 *
 *     static int on_thing(const struct binance_call *c)
 *     {
 *         uint32_t symbol;
 *         int r = binance_symbol(c, &symbol);
 *         return r != 0 ? r : strbuf_addf(&c->ret->body, ...);
 *     }
 *
 * Handlers return 0 when all is said, 1 when an error has been answered, -1 when the body has no
 * room.
 * Threads: see dialect.h.
 */
#ifndef CANDLEWICK_SIM_BINANCE_REST_H
#define CANDLEWICK_SIM_BINANCE_REST_H

#include "binance.h"

/* A call while it is being answered. */
struct binance_call {
    const struct site *site;
    const struct rest_request *req;
    struct rest_answer *ret;
};

/* Answers {"code":-1121,"msg":"..."} in place of what the body held; the text must need no escape.
 * Returns 1, or -1 when there is no room. */
int binance_refuse(const struct binance_call *c, int status, int code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* A parameter by its name; false: not sent. */
bool binance_param(const struct binance_call *c, const char *name, struct slice *ret);

/* The symbol that the parameter "symbol" names, which must be there. */
int binance_symbol(const struct binance_call *c, uint32_t *ret);

/* The unit of times that the client asked for, in microseconds. */
int64_t binance_unit_us(const struct binance_call *c);

/* GET /api/v3/exchangeInfo */
int binance_exchange_info(const struct binance_call *c);

#endif
