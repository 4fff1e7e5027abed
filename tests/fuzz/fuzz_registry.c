/* Any answer of a registry: an error, or an id and a text. */
#include "registry_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    uint32_t id;
    struct strbuf text = STRBUF_INIT(1 << 16);
    long status = size > 1 ? 200 + data[0] * 2 : 404;
    struct slice body = size > 1 ? slice_make(data + 1, size - 1) : slice_make(NULL, 0);
    if (registry_status(status, body, &e) == 0 != (status == 200) ||
        (registry_take_id(body, &id, &e) != 0 && e.code != ERR_IO) ||
        (registry_take_schema(body, &text, &e) != 0 && text.len != 0))
        abort();
    strbuf_finish(&text);
    return 0;
}
