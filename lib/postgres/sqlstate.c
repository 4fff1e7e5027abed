#include "sqlstate.h"

#include <stddef.h>
#include <string.h>

struct meaning {
    const char *prefix; /* the first that matches decides */
    enum err_code code;
};

static const struct meaning meanings[] = {
    {"23", ERR_PROTO},        /* integrity constraint */
    {"44", ERR_PROTO},        /* the check of a view */
    {"P0001", ERR_PROTO},     /* a trigger that somebody added raises an exception */
    {"22", ERR_PROTO},        /* data: bytes that are no UTF-8, a time out of range */
    {"54", ERR_PROTO},        /* a value or an index entry too large */
    {"42P01", ERR_NOT_FOUND}, /* table */
    {"42703", ERR_NOT_FOUND}, /* column */
    {"42883", ERR_NOT_FOUND}, /* function */
    {"3F000", ERR_NOT_FOUND}, /* schema */
    {"42P07", ERR_IO},        /* a table that another one has just made: the day of both */
    {"08", ERR_IO},           /* connection */
    {"25006", ERR_IO},        /* a server that only reads, before it is promoted */
    {"25P03", ERR_IO},        /* it lost patience with our transaction */
    {"28", ERR_IO},           /* password: somebody will set it right */
    {"3D", ERR_IO},           /* no such database yet */
    {"40", ERR_IO},           /* serialization, deadlock */
    {"53", ERR_IO},           /* disk full, out of memory, too many connections */
    {"55", ERR_IO},           /* a lock not to be had, a database that is being made */
    {"57", ERR_IO},           /* shutdown, crash, cancelled, starting up */
    {"58", ERR_IO},           /* its operating system */
};

enum err_code sqlstate_code(const char *state, bool *ret_retriable)
{
    enum err_code code = state ? ERR_STATE : ERR_IO;
    for (size_t i = 0; state && i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const char *prefix = meanings[i].prefix;
        if (strncmp(state, prefix, strlen(prefix)) == 0) {
            code = meanings[i].code;
            break;
        }
    }
    *ret_retriable = code == ERR_IO;
    return code;
}
