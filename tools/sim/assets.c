#include "assets.h"

#include "rng.h"

#include <stdio.h>
#include <string.h>

#define USD INT64_C(1000000000000) /* one dollar in 10^-12 */

enum {
    STEADY_PPM = 0,
    CURRENCY_PPM = 10,
    LARGE_PPM = 80,
    SMALL_PPM = 150,
    WEIGHT_OF_FIRST = 100000,
    SYLLABLES = 14 * 5,
    MADE_UP = SYLLABLES * SYLLABLES,
};

struct row {
    const char *name;
    int64_t usd_e12;
    int64_t volatility_ppm;
};

/* Prices need only be of the right size: they give each symbol a believable tick and lot. The
 * quote assets first, then by how much is traded. */
static const struct row rows[] = {
    {"USD", USD, STEADY_PPM},
    {"USDT", USD, STEADY_PPM},
    {"USDC", USD, STEADY_PPM},
    {"FDUSD", USD * 999 / 1000, STEADY_PPM},
    {"EUR", USD * 116 / 100, CURRENCY_PPM},
    {"BTC", 95000 * USD, LARGE_PPM},
    {"ETH", 3100 * USD, LARGE_PPM},
    {"SOL", 140 * USD, LARGE_PPM},
    {"XRP", USD * 21 / 10, LARGE_PPM},
    {"BNB", 900 * USD, LARGE_PPM},
    {"DOGE", USD * 15 / 100, LARGE_PPM},
    {"ADA", USD * 45 / 100, LARGE_PPM},
    {"SUI", USD * 16 / 10, SMALL_PPM},
    {"LINK", 13 * USD, LARGE_PPM},
    {"AVAX", 14 * USD, LARGE_PPM},
    {"LTC", 90 * USD, LARGE_PPM},
    {"TRX", USD * 28 / 100, LARGE_PPM},
    {"BCH", 520 * USD, LARGE_PPM},
    {"PEPE", USD * 45 / 10000000, SMALL_PPM},
    {"DOT", USD * 24 / 10, LARGE_PPM},
    {"ZEC", 480 * USD, SMALL_PPM},
    {"UNI", USD * 65 / 10, LARGE_PPM},
    {"AAVE", 175 * USD, LARGE_PPM},
    {"NEAR", 2 * USD, SMALL_PPM},
    {"SHIB", USD * 86 / 10000000, SMALL_PPM},
    {"HBAR", USD * 14 / 100, SMALL_PPM},
    {"XLM", USD * 24 / 100, LARGE_PPM},
    {"ARB", USD * 21 / 100, SMALL_PPM},
    {"TON", USD * 16 / 10, SMALL_PPM},
    {"ENA", USD * 28 / 100, SMALL_PPM},
    {"APT", USD * 25 / 10, SMALL_PPM},
    {"WIF", USD * 4 / 10, SMALL_PPM},
    {"FIL", USD * 17 / 10, SMALL_PPM},
    {"ETC", 14 * USD, LARGE_PPM},
    {"ICP", USD * 45 / 10, SMALL_PPM},
    {"ATOM", USD * 26 / 10, LARGE_PPM},
    {"OP", USD * 32 / 100, SMALL_PPM},
    {"INJ", 6 * USD, SMALL_PPM},
    {"1000SATS", USD * 2 / 100000, SMALL_PPM},
    {"1INCH", USD * 18 / 100, SMALL_PPM},
    {"ALGO", USD * 14 / 100, SMALL_PPM},
    {"CRV", USD * 4 / 10, SMALL_PPM},
    {"FET", USD * 27 / 100, SMALL_PPM},
    {"GRT", USD * 5 / 100, SMALL_PPM},
    {"SAND", USD * 16 / 100, SMALL_PPM},
    {"VET", USD * 14 / 1000, SMALL_PPM},
    {"XTZ", USD * 6 / 10, SMALL_PPM},
};

static const struct row delisted[LISTING_DELISTED] = {
    {"VEN", USD * 25 / 10, SMALL_PPM},
    {"BCC", 450 * USD, LARGE_PPM},
    {"LEND", USD * 4 / 10, SMALL_PPM},
};

uint32_t asset_known(void)
{
    return sizeof(rows) / sizeof(rows[0]);
}

uint32_t asset_count(void)
{
    return asset_known() + MADE_UP;
}

/* Trades fall off with the rank from BTC on; the dollars and the euro come before. */
static int64_t weight_at(uint32_t i)
{
    return i < QUOTE_BTC ? WEIGHT_OF_FIRST : WEIGHT_OF_FIRST / (i - QUOTE_BTC + 1);
}

static void from_row(const struct row *row, int64_t weight, struct asset *ret)
{
    *ret = (struct asset){
        .usd_e12 = row->usd_e12, .volatility_ppm = row->volatility_ppm, .weight = weight};
    (void)snprintf(ret->name, sizeof(ret->name), "%s", row->name);
}

static bool is_known(const char *name)
{
    for (uint32_t i = 0; i < asset_known(); i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Two syllables in an order that looks like none; a fifth letter where the name is a real one. */
static void made_up_name(uint32_t n, char name[ASSET_NAME])
{
    static const char consonants[] = "BDFGKLMNPRSTVZ";
    static const char vowels[] = "AEIOU";
    uint32_t k = n * 2731 % MADE_UP; /* 2731 has no factor in common with MADE_UP */
    uint32_t first = k / SYLLABLES;
    uint32_t second = k % SYLLABLES;
    (void)snprintf(name, ASSET_NAME, "%c%c%c%c", consonants[first / 5], vowels[first % 5],
                   consonants[second / 5], vowels[second % 5]);
    if (is_known(name))
        (void)snprintf(name, ASSET_NAME, "%c%c%c%cX", consonants[first / 5], vowels[first % 5],
                       consonants[second / 5], vowels[second % 5]);
}

void asset_at(uint32_t i, struct asset *ret)
{
    if (i < asset_known()) {
        from_row(&rows[i], weight_at(i), ret);
        return;
    }
    struct rng r; /* of its own: a price belongs to the name, not to a run */
    rng_seed(&r, i);
    int64_t usd_e12 = USD / 1000 * (int64_t)(100 + rng_below(&r, 900)) / 100;
    for (uint64_t zeros = rng_below(&r, 5); zeros > 0; zeros--)
        usd_e12 *= 10;
    *ret = (struct asset){.usd_e12 = usd_e12, .volatility_ppm = SMALL_PPM, .weight = weight_at(i)};
    made_up_name(i - asset_known(), ret->name);
}

void asset_delisted_at(uint32_t i, struct asset *ret)
{
    from_row(&delisted[i], 0, ret);
}
