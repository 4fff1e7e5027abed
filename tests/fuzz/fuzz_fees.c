/* Any bytes as a table of fees: refused as a wrong option, or in order and within its limits. */
#include "fees.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fees f;
    struct err e = {0};
    if (fees_parse(slice_make(data, size), &f, &e) != 0) {
        if (e.code != ERR_CONF || *e.text == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < f.n; i++) {
        const struct fee_span at = fees_at(&f, slice_of(f.items[i].exchange), f.items[i].from_us);
        if (at.fee != &f.items[i] || f.items[i].taker_bps.e18 < 0)
            abort();
    }
    return 0;
}
