#include "replay_options.h"

#include "pace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIX_MAX = 40 };

static int check_suffix(const char *suffix, struct err *e)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strlen(suffix);
    if (len > SUFFIX_MAX || strspn(suffix, good) != len)
        return err_set(e, ERR_CONF, "into: \"%.60s\" is not 1 to %d of a-z, 0-9, - and _", suffix,
                       SUFFIX_MAX);
    if (strcmp(suffix, "json") == 0)
        return err_set(e, ERR_CONF, "into: topics that end with .json are mirrors of cw-tap");
    return 0;
}

int replay_range(const struct replay_options *o, int64_t now_us, struct range *ret, struct err *e)
{
    bool one = *o->partitions && !strchr(o->partitions, ',');
    const struct range_wishes wishes = {
        .from_beginning = o->from_offset < 0 && *o->from_time == '\0',
        .exit_at_end = true,
        .partition = one ? 0 : -1, /* which one is no matter here */
        .from_offset = o->from_offset,
        .to_offset = o->to_offset,
        .from_time = o->from_time,
        .to_time = o->to_time,
    };
    return range_init(ret, &wishes, now_us, e);
}

int replay_options_check(const struct replay_options *o, int64_t now_us, struct err *e)
{
    struct pace pace;
    struct range range;
    bool wished = o->from_offset >= 0 || o->to_offset >= 0 || *o->from_time || *o->to_time ||
                  *o->partitions || strcmp(o->speed, "max") != 0 || o->recreate || o->recompute;
    if (*o->into == '\0')
        return wished ? err_set(e, ERR_CONF,
                                "only a replay has a beginning, an end, partitions, a speed, "
                                "recreate or recompute: name its topics with --into")
                      : 0;
    if (check_suffix(o->into, e) != 0 || pace_parse(o->speed, &pace, e) != 0)
        return -1;
    return replay_range(o, now_us, &range, e);
}

/* One partition of the list; *at moves behind it and its comma. */
static int take_partition(const char **at, int32_t count, bool *marks)
{
    if (**at < '0' || **at > '9')
        return -1;
    char *end;
    errno = 0;
    long long v = strtoll(*at, &end, 10);
    bool last = *end == '\0';
    if (errno != 0 || v >= count || (!last && (*end != ',' || end[1] == '\0')))
        return -1;
    marks[v] = true;
    *at = last ? end : end + 1;
    return 0;
}

int replay_mark_partitions(const char *text, int32_t count, bool *marks, struct err *e)
{
    for (int32_t i = 0; i < count; i++)
        marks[i] = *text == '\0';
    for (const char *at = text; *at;)
        if (take_partition(&at, count, marks) != 0)
            return err_set(e, ERR_CONF,
                           "partitions: \"%.60s\" is no list of some of 0 to %d, like 0,2", text,
                           count - 1);
    return 0;
}
