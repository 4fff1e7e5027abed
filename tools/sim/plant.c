#include "plant.h"

#include "noise.h"
#include "timefmt.h"

enum { SYMBOL, PLACE, SIGN, DRAWS };

static uint64_t draw(uint64_t key, int64_t stretch, int what)
{
    return noise_hash(key, stretch * DRAWS + what);
}

static void in_stretch(const struct plant_config *c, uint64_t key, const struct listing *l,
                       int64_t stretch, struct plant *ret)
{
    uint64_t room_us = (uint64_t)(c->every_us - c->length_us) + 1;
    int64_t from_us = stretch * c->every_us + (int64_t)(draw(key, stretch, PLACE) % room_us);
    ret->symbol = listing_pick(l, draw(key, stretch, SYMBOL));
    ret->from_us = from_us - from_us % US_PER_MS;
    ret->to_us = ret->from_us + c->length_us;
    ret->bps = draw(key, stretch, SIGN) & 1 ? c->bps : -c->bps;
}

bool plant_first(const struct plant_config *config, uint64_t key, const struct listing *listing,
                 int64_t at_us, struct plant *ret)
{
    if (config->every_us == 0)
        return false;
    int64_t stretch = at_us / config->every_us;
    do
        in_stretch(config, key, listing, stretch++, ret);
    while (ret->from_us < at_us);
    return true;
}
