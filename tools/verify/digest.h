/**
 * The first 128 bits of the SHA-256 of some bytes.
 * A file of its own: libcrypto's headers have names that are also ours.
 * Threads: pure function.
 */
#ifndef CANDLEWICK_VERIFY_DIGEST_H
#define CANDLEWICK_VERIFY_DIGEST_H

#include "slice.h"

#include <stdint.h>

struct digest {
    uint8_t bytes[16];
};

/* False: no memory for it. */
bool digest_make(struct slice bytes, struct digest *ret);

#endif
