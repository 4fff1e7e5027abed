#include "feed_state.h"

enum feed_state feed_state_of(const struct feed_parts *parts)
{
    if (parts->fresh == 0)
        return FEED_STALE;
    if (parts->alive == parts->all)
        return FEED_UP;
    return parts->alive > 0 ? FEED_PARTLY : FEED_DOWN;
}

const char *feed_state_name(enum feed_state state)
{
    switch (state) {
    case FEED_UP:
        return "up";
    case FEED_PARTLY:
        return "partly";
    case FEED_DOWN:
        return "down";
    case FEED_STALE:
        break;
    }
    return "stale";
}
