#include "libpq_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void libpq_line(const char *text, char *ret, size_t size)
{
    bool no_room = strstr(text, "could not write init file");
    (void)snprintf(ret, size, "%s%s", no_room ? "its disk is full or fails: " : "", text);
    for (char *p = ret; *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    size_t n = strlen(ret);
    while (n > 0 && ret[n - 1] == ' ')
        ret[--n] = '\0';
}
