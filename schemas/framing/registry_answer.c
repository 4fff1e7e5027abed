#include "registry_answer.h"

#include "json.h"

#include <jansson.h>

enum { CODE_NO_SCHEMA = 40403 };

int registry_question(const char *schema_text, struct strbuf *out, struct err *e)
{
    if (strbuf_adds(out, "{\"schemaType\":\"AVRO\",\"schema\":") != 0 ||
        json_add_string(out, slice_of(schema_text)) != 0 || strbuf_addc(out, '}') != 0)
        return strbuf_full(out, "registry", e);
    return 0;
}

/* NULL: no JSON object. */
static json_t *parse(struct slice body)
{
    json_t *o = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

static int refuse(long status, long long code, const char *said, struct err *e)
{
    switch (status) {
    case 401:
    case 403:
        return err_set(e, ERR_CONF,
                       "registry: HTTP status %ld (%.80s): are schema.registry.user and its "
                       "password right?",
                       status, said);
    case 409:
        return err_set(e, ERR_STATE, "registry: incompatible with what is registered: %.120s",
                       said);
    case 422:
        return err_set(e, ERR_STATE, "registry: refused as invalid: %.120s", said);
    case 404:
        if (code == CODE_NO_SCHEMA)
            return err_set(e, ERR_NOT_FOUND, "registry: there is no such schema");
        break;
    default:
        break;
    }
    return err_retry(e, ERR_IO, "registry: HTTP status %ld: %.120s", status, said);
}

int registry_status(long status, struct slice body, struct err *e)
{
    if (status == 200)
        return 0;
    json_t *o = parse(body);
    const char *said = json_string_value(json_object_get(o, "message"));
    long long code = json_integer_value(json_object_get(o, "error_code"));
    int r = refuse(status, code, said ? said : "not an answer of a schema registry", e);
    json_decref(o);
    return r;
}

static int strange(const char *what, struct err *e)
{
    return err_retry(e, ERR_IO, "registry: an answer without %s: is schema.registry.url right?",
                     what);
}

int registry_take_id(struct slice body, uint32_t *ret, struct err *e)
{
    json_t *o = parse(body);
    const json_t *id = json_object_get(o, "id");
    long long value = json_is_integer(id) ? json_integer_value(id) : -1;
    json_decref(o);
    if (value < 0 || value > UINT32_MAX)
        return strange("an id", e);
    *ret = (uint32_t)value;
    return 0;
}

int registry_take_schema(struct slice body, struct strbuf *out, struct err *e)
{
    json_t *o = parse(body);
    const json_t *text = json_object_get(o, "schema");
    const char *type = json_string_value(json_object_get(o, "schemaType"));
    int r = 0;
    if (!json_is_string(text))
        r = strange("a schema", e);
    else if (type && strcmp(type, "AVRO") != 0)
        r = err_set(e, ERR_PROTO, "registry: a schema of type %.40s, not AVRO", type);
    else if (strbuf_add(out, json_string_value(text), json_string_length(text)) != 0)
        r = err_set(e, ERR_LIMIT, "registry: a schema of more than %zu bytes", out->limit);
    json_decref(o);
    return r;
}
