#include "digest.h"

#include <openssl/evp.h>

bool digest_make(struct slice bytes, struct digest *ret)
{
    unsigned char whole[EVP_MAX_MD_SIZE];
    if (EVP_Digest(bytes.data, bytes.len, whole, NULL, EVP_sha256(), NULL) != 1)
        return false;
    memcpy(ret->bytes, whole, sizeof(ret->bytes));
    return true;
}
