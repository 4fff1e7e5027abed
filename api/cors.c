#include "cors.h"

#include <stdio.h>
#include <string.h>

bool cors_allow(const char *list, const char *origin, char ret[CORS_ORIGIN])
{
    if (!origin || *origin == '\0' || strlen(origin) >= CORS_ORIGIN)
        return false;
    for (const char *p = list; *p;) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ", ");
        bool any = len == 1 && *p == '*';
        if (any || (len == strlen(origin) && strncmp(p, origin, len) == 0)) {
            (void)snprintf(ret, CORS_ORIGIN, "%s", any ? "*" : origin);
            return true;
        }
        p += len;
    }
    return false;
}
