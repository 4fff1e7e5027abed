#include "key.h"

#include "json.h"

bool key_is_part(struct slice text, size_t max)
{
    if (text.len == 0 || text.len > max || !json_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f || text.data[i] == '|')
            return false;
    return true;
}
