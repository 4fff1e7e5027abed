#include "binance.h"

#include "json.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>

enum { ID_TEXT_MAX = 36, ID_LIMIT = 64, MSG_LIMIT = 8192 };

/* A client's request while it is being answered. */
struct request {
    struct session *session;
    const struct listing *listing;
    struct slice text;
    json_t *root;
    struct strbuf id; /* as JSON text; empty: none that could be read */
    struct strbuf *answer;
};

/* --- answers --------------------------------------------------------------------------------- */

static int no_room(const struct request *r, struct err *e)
{
    return strbuf_full(r->answer, "binance: answer", e);
}

static int answer_result(const struct request *r, struct slice result, struct err *e)
{
    if (strbuf_addf(r->answer, "{\"result\":%.*s,\"id\":%s}", SLICE_ARG(result), r->id.data) != 0)
        return no_room(r, e);
    return 0;
}

/* {"code":2,"msg":"Invalid request: too many parameters"}, with the id where it is known. */
static int answer_error(const struct request *r, int code, struct slice msg, struct err *e)
{
    if (strbuf_addf(r->answer, "{\"code\":%d,\"msg\":", code) != 0 ||
        json_add_string(r->answer, msg) != 0)
        return no_room(r, e);
    int result = r->id.len > 0 ? strbuf_addf(r->answer, ",\"id\":%s}", r->id.data)
                               : strbuf_addc(r->answer, '}');
    return result != 0 ? no_room(r, e) : 0;
}

static int invalid(const struct request *r, const char *why, struct err *e)
{
    char msg[128];
    int n = snprintf(msg, sizeof(msg), "Invalid request: %s", why);
    return answer_error(r, 2, slice_make(msg, (size_t)n), e);
}

static int missing(const struct request *r, const char *field, struct err *e)
{
    char why[80];
    (void)snprintf(why, sizeof(why), "missing field `%s` at line 1 column %zu", field, r->text.len);
    return invalid(r, why, e);
}

/* As it was seen on the live service, in an envelope of its own
 * (github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/17). */
static int too_many(const struct request *r, struct err *e)
{
    if (strbuf_addf(r->answer,
                    "{\"error\":{\"code\":4,\"msg\":\"Too many subscriptions\"},\"id\":%s}",
                    r->id.data) != 0)
        return no_room(r, e);
    return 0;
}

/* --- the id ---------------------------------------------------------------------------------- */

static bool is_id_text(const char *text, size_t len)
{
    if (len > ID_TEXT_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return true;
}

/* 1: not an id. */
static int read_id(struct request *r, struct err *e)
{
    const json_t *id = json_object_get(r->root, "id");
    int added;
    if (json_is_integer(id))
        added = strbuf_addf(&r->id, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
    else if (json_is_null(id))
        added = strbuf_adds(&r->id, "null");
    else if (json_is_string(id) && is_id_text(json_string_value(id), json_string_length(id)))
        added = strbuf_addf(&r->id, "\"%s\"", json_string_value(id));
    else
        return 1;
    return added != 0 ? strbuf_full(&r->id, "binance: id", e) : 0;
}

/* --- methods --------------------------------------------------------------------------------- */

static struct slice string_slice(const json_t *string)
{
    return slice_make(json_string_value(string), json_string_length(string));
}

/* The names to (un)subscribe, all of them strings; NULL: answered what is wrong in *ret. */
static const json_t *stream_params(const struct request *r, int *ret, struct err *e)
{
    const json_t *params = json_object_get(r->root, "params");
    if (!params) {
        *ret = missing(r, "params", e);
        return NULL;
    }
    bool good = json_is_array(params);
    for (size_t i = 0; good && i < json_array_size(params); i++) {
        const json_t *name = json_array_get(params, i);
        good = json_is_string(name) && json_string_length(name) <= SESSION_NAME_MAX;
    }
    if (good)
        return params;
    *ret = invalid(r, "params must be a list of stream names", e);
    return NULL;
}

/* All or nothing: what does not fit leaves the subscriptions as they were. */
static bool fits(const struct request *r, const json_t *params)
{
    size_t limit = binance_dialect.subscriptions_max;
    return session_count(r->session) + json_array_size(params) <= limit;
}

static int on_subscribe(struct request *r, struct err *e)
{
    int result = 0;
    const json_t *params = stream_params(r, &result, e);
    if (!params)
        return result;
    if (!fits(r, params))
        return too_many(r, e);
    for (size_t i = 0; i < json_array_size(params); i++)
        if (binance_subscribe(r->session, r->listing, string_slice(json_array_get(params, i)), e) !=
            0)
            return -1;
    return answer_result(r, slice_of("null"), e);
}

static int on_unsubscribe(struct request *r, struct err *e)
{
    int result = 0;
    const json_t *params = stream_params(r, &result, e);
    if (!params)
        return result;
    for (size_t i = 0; i < json_array_size(params); i++)
        session_remove(r->session, string_slice(json_array_get(params, i)));
    return answer_result(r, slice_of("null"), e);
}

static int on_list(struct request *r, struct err *e)
{
    if (json_object_get(r->root, "params"))
        return invalid(r, "too many parameters", e);
    struct strbuf names = STRBUF_INIT(r->answer->limit);
    int result = strbuf_addc(&names, '[');
    for (size_t i = 0; result == 0 && i < session_count(r->session); i++) {
        result = i > 0 ? strbuf_addc(&names, ',') : 0;
        if (result == 0)
            result = json_add_string(&names, session_name(r->session, i));
    }
    if (result == 0)
        result = strbuf_addc(&names, ']');
    result = result == 0 ? answer_result(r, strbuf_slice(&names), e)
                         : strbuf_full(&names, "binance: list of subscriptions", e);
    strbuf_finish(&names);
    return result;
}

/* The property that params[0] names; false: answered what is wrong in *ret. */
static bool property_ok(const struct request *r, size_t n_params, int *ret, struct err *e)
{
    const json_t *params = json_object_get(r->root, "params");
    const json_t *name = json_array_get(params, 0);
    if (!json_is_string(name))
        *ret = invalid(r, "property name must be a string", e);
    else if (json_array_size(params) > n_params)
        *ret = invalid(r, "too many parameters", e);
    else if (!slice_is(string_slice(name), "combined"))
        *ret = answer_error(r, 0, slice_of("Unknown property"), e);
    else
        return true;
    return false;
}

static int on_set_property(struct request *r, struct err *e)
{
    int result = 0;
    if (!property_ok(r, 2, &result, e))
        return result;
    const json_t *value = json_array_get(json_object_get(r->root, "params"), 1);
    if (!json_is_boolean(value))
        return answer_error(r, 1, slice_of("Invalid value type: expected Boolean"), e);
    unsigned form = session_form(r->session) & ~(unsigned)BINANCE_COMBINED;
    session_set_form(r->session, json_is_true(value) ? form | BINANCE_COMBINED : form);
    return answer_result(r, slice_of("null"), e);
}

static int on_get_property(struct request *r, struct err *e)
{
    int result = 0;
    if (!property_ok(r, 1, &result, e))
        return result;
    bool combined = session_form(r->session) & BINANCE_COMBINED;
    return answer_result(r, slice_of(combined ? "true" : "false"), e);
}

static const struct {
    const char *name;
    int (*run)(struct request *r, struct err *e);
} methods[] = {
    {"SUBSCRIBE", on_subscribe},       {"UNSUBSCRIBE", on_unsubscribe},
    {"LIST_SUBSCRIPTIONS", on_list},   {"SET_PROPERTY", on_set_property},
    {"GET_PROPERTY", on_get_property},
};

/* --- a whole request ------------------------------------------------------------------------- */

static int unknown_method(const struct request *r, struct slice method, struct err *e)
{
    struct strbuf msg = STRBUF_INIT(MSG_LIMIT);
    int result = strbuf_addf(&msg,
                             "Invalid request: unknown variant %.*s, expected one of `SUBSCRIBE`, "
                             "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` "
                             "at line 1 column %zu",
                             SLICE_ARG(method), r->text.len);
    result = result == 0 ? answer_error(r, 2, strbuf_slice(&msg), e)
                         : strbuf_full(&msg, "binance: error text", e);
    strbuf_finish(&msg);
    return result;
}

static int run_method(struct request *r, struct err *e)
{
    int id = read_id(r, e);
    if (id != 0)
        return id < 0 ? -1 : invalid(r, "request ID must be an unsigned integer", e);
    const json_t *method = json_object_get(r->root, "method");
    if (!json_is_string(method))
        return missing(r, "method", e);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (slice_is(string_slice(method), methods[i].name))
            return methods[i].run(r, e);
    return unknown_method(r, string_slice(method), e);
}

static int bad_json(const struct request *r, const json_error_t *where, struct err *e)
{
    char msg[96];
    int n = snprintf(msg, sizeof(msg), "Invalid JSON: expected value at line %d column %d",
                     where->line, where->column);
    return answer_error(r, 3, slice_make(msg, (size_t)n), e);
}

int binance_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e)
{
    struct strbuf answer = STRBUF_INIT(answers->limit);
    struct request r = {
        .session = d->session, .listing = d->site->listing, .text = text, .answer = &answer};
    strbuf_init(&r.id, ID_LIMIT);
    json_error_t where;
    r.root = json_loadb(text.data ? text.data : "", text.len, 0, &where);
    int result = 0;
    if (!r.root)
        result = bad_json(&r, &where, e);
    else if (!json_is_object(r.root))
        result = missing(&r, "method", e);
    else
        result = run_method(&r, e);
    if (result == 0)
        result = dialect_say(answers, &answer, e);
    json_decref(r.root);
    strbuf_finish(&r.id);
    strbuf_finish(&answer);
    return result;
}
