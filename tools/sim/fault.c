#include "fault.h"

#include <stdio.h>
#include <stdlib.h>

/* Members that are not for every fault. */
enum {
    HAS_CHANNEL = 1 << 0,
    HAS_CLOSE = 1 << 1,
    HAS_CODE = 1 << 2,
    HAS_FOR = 1 << 3,
    HAS_IDS = 1 << 4,
    HAS_MS = 1 << 5,
    HAS_PATH = 1 << 6,
    HAS_PERMILLE = 1 << 7,
    HAS_SKEW = 1 << 8,
    HAS_STATUS = 1 << 9,
    HAS_SYMBOL = 1 << 10, /* and must have it */
    HAS_SYMBOLS = 1 << 11,
};
enum {
    OF_FRAMES = HAS_CHANNEL | HAS_SYMBOLS | HAS_PERMILLE | HAS_FOR,
    OF_CONNECTIONS = HAS_CHANNEL | HAS_SYMBOLS | HAS_PERMILLE,
    OF_REST = HAS_PATH | HAS_PERMILLE | HAS_FOR,
};

enum { FOR_MS = 5000 };

static const struct {
    const char *name;
    unsigned has;
    unsigned channels; /* unless it says */
} kinds[FAULT_KINDS] = {
    [FAULT_BAD_JSON] = {"bad_json", OF_FRAMES, FAULT_TRADES},
    [FAULT_CERTIFICATE] = {"certificate", HAS_PERMILLE | HAS_FOR, FAULT_ALL},
    [FAULT_CLOSE] = {"close", OF_CONNECTIONS | HAS_CODE, FAULT_ALL},
    [FAULT_DELAY] = {"delay", OF_FRAMES | HAS_MS, FAULT_TRADES},
    [FAULT_DELIST] = {"delist", HAS_SYMBOL, FAULT_ALL},
    [FAULT_DROP] = {"drop", OF_FRAMES, FAULT_TRADES},
    [FAULT_DUPLICATE] = {"duplicate", OF_FRAMES, FAULT_TRADES},
    [FAULT_HALF_OPEN] = {"half_open", OF_CONNECTIONS | HAS_FOR, FAULT_ALL},
    [FAULT_ID_JUMP] = {"id_jump", HAS_SYMBOLS | HAS_PERMILLE | HAS_IDS, FAULT_TRADES},
    [FAULT_LIST] = {"list", HAS_SYMBOL, FAULT_ALL},
    [FAULT_REFUSE] = {"refuse", HAS_PERMILLE | HAS_FOR | HAS_STATUS, FAULT_ALL},
    [FAULT_REORDER] = {"reorder", OF_FRAMES, FAULT_TRADES},
    [FAULT_REST_DROP] = {"rest_drop", OF_REST, FAULT_ALL},
    [FAULT_REST_EMPTY] = {"rest_empty", OF_REST, FAULT_ALL},
    [FAULT_REST_SLOW] = {"rest_slow", OF_REST | HAS_MS, FAULT_ALL},
    [FAULT_REST_STATUS] = {"rest_status", OF_REST | HAS_STATUS, FAULT_ALL},
    [FAULT_SHUTDOWN] = {"shutdown", OF_CONNECTIONS | HAS_CLOSE, FAULT_ALL},
    [FAULT_SKEW] = {"skew", HAS_FOR | HAS_SKEW, FAULT_ALL},
    [FAULT_STALL] = {"stall", HAS_CHANNEL | HAS_SYMBOLS | HAS_FOR, FAULT_ALL},
    [FAULT_TRUNCATE] = {"truncate", OF_FRAMES, FAULT_TRADES},
};

enum member_type { A_NUMBER, A_SWITCH, A_TEXT, A_CHANNEL, A_LIST, A_SYMBOL, A_NAME };

#define FIELD(name) offsetof(struct fault, name)

static const struct member {
    const char *name;
    unsigned has; /* 0: every fault has it */
    enum member_type type;
    size_t offset;
    int64_t min; /* of a number */
    int64_t max; /* likewise; bytes of a text */
} members[] = {
    {"fault", 0, A_NAME, 0, 0, 0},
    {"after_ms", 0, A_NUMBER, FIELD(after_ms), 0, FAULT_MS_MAX},
    {"every_ms", 0, A_NUMBER, FIELD(every_ms), 0, FAULT_MS_MAX},
    {"for_ms", HAS_FOR, A_NUMBER, FIELD(for_ms), 0, FAULT_MS_MAX},
    {"channel", HAS_CHANNEL, A_CHANNEL, 0, 0, 0},
    {"symbol", HAS_SYMBOL, A_SYMBOL, 0, 0, 0},
    {"symbols", HAS_SYMBOLS, A_LIST, 0, 0, 0},
    {"permille", HAS_PERMILLE, A_NUMBER, FIELD(permille), 0, 1000},
    {"ms", HAS_MS, A_NUMBER, FIELD(ms), 1, 600000},
    {"ms", HAS_SKEW, A_NUMBER, FIELD(ms), -86400000, 86400000},
    {"code", HAS_CODE, A_NUMBER, FIELD(code), 1000, 4999},
    {"reason", HAS_CODE, A_TEXT, FIELD(reason), 0, FAULT_REASON_MAX},
    {"status", HAS_STATUS, A_NUMBER, FIELD(status), 0, 599},
    {"retry_after_s", HAS_STATUS, A_NUMBER, FIELD(retry_after_s), 0, 1000000},
    {"path", HAS_PATH, A_TEXT, FIELD(path), 0, FAULT_PATH_MAX},
    {"ids", HAS_IDS, A_NUMBER, FIELD(ids), 1, FAULT_TRADES_MAX},
    {"in_rest", HAS_IDS, A_SWITCH, FIELD(in_rest), 0, 0},
    {"skipped", HAS_IDS, A_SWITCH, FIELD(skipped), 0, 0},
    {"close_after_ms", HAS_CLOSE, A_NUMBER, FIELD(close_after_ms), 0, FAULT_MS_MAX},
};

/* --- names ----------------------------------------------------------------------------------- */

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

bool fault_is_instant(enum fault_kind kind)
{
    return !(kinds[kind].has & HAS_FOR);
}

static int read_kind(const json_t *object, enum fault_kind *ret, struct err *e)
{
    const char *name = json_string_value(json_object_get(object, "fault"));
    for (int i = 0; name && i < FAULT_KINDS; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            *ret = (enum fault_kind)i;
            return 0;
        }
    }
    return err_set(e, ERR_ARG, "fault: %.60s%s", name ? name : "there must be a name",
                   name ? " is not one" : "");
}

/* --- members --------------------------------------------------------------------------------- */

static int read_number(const json_t *value, const struct member *m, struct fault *f, struct err *e)
{
    int64_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < m->min || n > m->max)
        return err_set(e, ERR_ARG, "%s: a whole number from %lld to %lld is wanted", m->name,
                       (long long)m->min, (long long)m->max);
    memcpy((char *)f + m->offset, &n, sizeof(n));
    return 0;
}

static int read_switch(const json_t *value, const struct member *m, struct fault *f, struct err *e)
{
    bool on = json_is_true(value);
    if (!json_is_boolean(value))
        return err_set(e, ERR_ARG, "%s: true or false is wanted", m->name);
    memcpy((char *)f + m->offset, &on, sizeof(on));
    return 0;
}

static int read_text(const json_t *value, const struct member *m, struct fault *f, struct err *e)
{
    if (!json_is_string(value) || json_string_length(value) > (size_t)m->max ||
        strlen(json_string_value(value)) != json_string_length(value))
        return err_set(e, ERR_ARG, "%s: a text of at most %lld bytes is wanted", m->name,
                       (long long)m->max);
    memcpy((char *)f + m->offset, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int read_channel(const json_t *value, const struct member *m, struct fault *f, struct err *e)
{
    static const char *const names[] = {
        [FAULT_TRADES] = "trades", [FAULT_QUOTES] = "quotes", [FAULT_ALL] = "all"};
    const char *name = json_string_value(value);
    for (unsigned i = FAULT_TRADES; name && i <= FAULT_ALL; i++) {
        if (strcmp(name, names[i]) == 0) {
            f->channels = i;
            return 0;
        }
    }
    return err_set(e, ERR_ARG, "%s: trades, quotes or all is wanted", m->name);
}

static bool find_canonical(const struct listing *l, const char *name, uint32_t *ret)
{
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        if (strcmp(l->symbols[i].canonical, name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static int read_symbols(const json_t *value, const struct listing *l, struct fault *f,
                        struct err *e)
{
    size_t n = json_array_size(value);
    if (n == 0 || n > FAULT_SYMBOLS_MAX)
        return err_set(e, ERR_ARG, "symbols: a list of 1 to %d names is wanted", FAULT_SYMBOLS_MAX);
    f->symbols = calloc(l->n_symbols, sizeof(*f->symbols));
    if (!f->symbols)
        return err_set(e, ERR_NOMEM, "fault: out of memory");
    for (size_t i = 0; i < n; i++) {
        uint32_t symbol = 0;
        const char *name = json_string_value(json_array_get(value, i));
        if (!name || !find_canonical(l, name, &symbol))
            return err_set(e, ERR_ARG, "symbols: %.40s is not one here; BTC-USDT is how they look",
                           name ? name : "what is no text");
        f->symbols[symbol] = true;
    }
    return 0;
}

static int read_symbol(const json_t *value, const struct listing *l, struct fault *f, struct err *e)
{
    const char *name = json_string_value(value);
    if (name && find_canonical(l, name, &f->symbol) && f->symbol < l->n_trading)
        return 0;
    return err_set(e, ERR_ARG, "symbol: %.40s never trades here; BTC-USDT is how they look",
                   name ? name : "what is no text");
}

static int read_member(const char *name, const json_t *value, const struct listing *l,
                       struct fault *f, struct err *e)
{
    const struct member *m = NULL;
    for (size_t i = 0; !m && i < sizeof(members) / sizeof(members[0]); i++)
        if (strcmp(name, members[i].name) == 0 &&
            (members[i].has == 0 || kinds[f->kind].has & members[i].has))
            m = &members[i];
    if (!m)
        return err_set(e, ERR_ARG, "%.40s: %s has no such member", name, fault_name(f->kind));
    switch (m->type) {
    case A_NAME:
        return 0; /* it was read first */
    case A_NUMBER:
        return read_number(value, m, f, e);
    case A_SWITCH:
        return read_switch(value, m, f, e);
    case A_TEXT:
        return read_text(value, m, f, e);
    case A_CHANNEL:
        return read_channel(value, m, f, e);
    case A_SYMBOL:
        return read_symbol(value, l, f, e);
    case A_LIST:
        return read_symbols(value, l, f, e);
    }
    return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static struct fault defaults(enum fault_kind kind)
{
    return (struct fault){
        .kind = kind,
        .for_ms = fault_is_instant(kind) ? 0 : FOR_MS,
        .channels = kinds[kind].channels,
        .permille = 1000,
        .ms = 1000,
        .code = 1006,
        .status = 503,
        .ids = 1,
        .in_rest = true,
        .symbol = UINT32_MAX,
    };
}

/* What no member is to blame for alone. */
static int check(const struct fault *f, struct err *e)
{
    bool instant = fault_is_instant(f->kind);
    if (kinds[f->kind].has & HAS_SYMBOL && f->symbol == UINT32_MAX)
        return err_set(e, ERR_ARG, "symbol: which, %s must say", fault_name(f->kind));
    if (f->every_ms > 0 && !instant && (f->for_ms == 0 || f->for_ms >= f->every_ms))
        return err_set(e, ERR_ARG, "every_ms: it must be over (for_ms) before it comes again");
    if (f->kind == FAULT_CLOSE && (f->code == 1005 || f->code == 1015))
        return err_set(e, ERR_ARG, "code: %lld is never sent", (long long)f->code);
    if (f->kind == FAULT_CLOSE && f->code == 1006 && *f->reason)
        return err_set(e, ERR_ARG, "reason: 1006 is an end without a word");
    if (kinds[f->kind].has & HAS_STATUS && f->status < 400 &&
        (f->kind != FAULT_REFUSE || f->status != 0))
        return err_set(e, ERR_ARG, "status: 400 to 599%s is wanted",
                       f->kind == FAULT_REFUSE ? ", or 0 to hang up," : "");
    return 0;
}

/* A jump happens in one go: it must not keep the market waiting. */
static int check_ids(const struct fault *f, const struct listing *l, struct err *e)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < l->n_trading; i++)
        n += !f->symbols || f->symbols[i];
    if (f->kind != FAULT_ID_JUMP || f->skipped || n * f->ids <= FAULT_TRADES_MAX)
        return 0;
    return err_set(e, ERR_ARG, "ids: %lld trades of %lld symbols; at most %d can happen at once",
                   (long long)f->ids, (long long)n, FAULT_TRADES_MAX);
}

int fault_parse(const json_t *object, const struct listing *listing, struct fault *ret,
                struct err *e)
{
    enum fault_kind kind = FAULT_DROP;
    const char *name;
    json_t *value;
    int r = 0;
    if (!json_is_object(object))
        return err_set(e, ERR_ARG, "an object is wanted, such as {\"fault\":\"drop\"}");
    if (read_kind(object, &kind, e) != 0)
        return -1;
    struct fault f = defaults(kind);
    json_object_foreach((json_t *)object, name, value)
    { /* it is only read */
        if (r == 0)
            r = read_member(name, value, listing, &f, e);
    }
    if (r == 0)
        r = check(&f, e);
    if (r == 0)
        r = check_ids(&f, listing, e);
    f.text = r == 0 ? json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    if (r == 0 && !f.text)
        r = err_set(e, ERR_NOMEM, "fault: out of memory");
    if (r == 0)
        *ret = f;
    else
        fault_finish(&f);
    return r;
}

void fault_finish(struct fault *f)
{
    free(f->symbols);
    free(f->text);
    *f = (struct fault){0};
}

bool fault_hits(const struct fault *f, uint32_t symbol, unsigned channels)
{
    return (f->channels & channels) != 0 && (!f->symbols || f->symbols[symbol]);
}
