#include "crc64_gen.h"
#include "record.h"

uint64_t crc64_avro(uint64_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ crc64_table[(crc ^ p[i]) & 0xff];
    return crc;
}
