#include "framing_internal.h"

#include "clock.h"
#include "timefmt.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>

enum { ABSENT_S = 10 };

const struct conf_opt framing_options[] = {
    {"schema.registry.url", CONF_STR, offsetof(struct framing_conf, registry_url),
     .help = "a schema registry: records are then written in Confluent's wire format; empty: in "
             "Avro single-object encoding"},
    {"schema.registry.user", CONF_STR, offsetof(struct framing_conf, registry_user),
     .help = "user of the registry; empty: no authentication"},
    {"schema.registry.password", CONF_STR, offsetof(struct framing_conf, registry_password),
     .secret = true, .help = "the user's password"},
    {"schema.registry.ca.file", CONF_STR, offsetof(struct framing_conf, registry_ca_file),
     .help = "certificates (PEM) that the registry's must come from; empty: the system's"},
    {"schema.registry.timeout.ms", CONF_INT, offsetof(struct framing_conf, registry_timeout_ms),
     .def = "5000", .min = 100, .max = 60000,
     .help = "longest wait for one answer of the registry"},
    {NULL}};

static const struct metric_desc lookups[] = {{"candlewick_schema_lookups_total",
                                              "schemas that were not ours and were asked for",
                                              METRIC_COUNTER, 1, "result"}};
const struct metric_table framing_metric_table = METRIC_TABLE(lookups);

/* --- create ---------------------------------------------------------------------------------- */

int framing_conf_check(const struct framing_conf *c, struct err *e)
{
    const char *url = c->registry_url;
    if (!*url)
        return 0;
    const char *host = strstr(url, "://");
    if (!host || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return err_set(e, ERR_CONF, "schema.registry.url: not http:// or https://");
    host += 3;
    if (memchr(host, '@', strcspn(host, "/")))
        return err_set(e, ERR_CONF,
                       "schema.registry.url: a user belongs into schema.registry.user");
    if (strpbrk(host, "?#") || *host == '/' || *host == '\0')
        return err_set(e, ERR_CONF, "schema.registry.url: not http(s)://host[:port][/path]");
    return 0;
}

static bool stopping(void *ctx)
{
    const struct framing *f = ctx;
    return f->kafka && kafka_stopping(f->kafka);
}

static int open_registry(struct framing *f, struct err *e)
{
    if (!*f->conf->registry_url)
        return 0;
    const struct registry_about about = {.url = f->conf->registry_url,
                                         .user = f->conf->registry_user,
                                         .password = f->conf->registry_password,
                                         .ca_file = f->conf->registry_ca_file,
                                         .timeout_ms = f->conf->registry_timeout_ms,
                                         .stopping = stopping,
                                         .ctx = f};
    CURLcode c = curl_global_init(CURL_GLOBAL_DEFAULT); /* counts; the process's end ends it */
    if (c != CURLE_OK)
        return err_set(e, ERR_IO, "curl: %s", curl_easy_strerror(c));
    f->registry = registry_open(&about, e);
    return f->registry ? 0 : -1;
}

static int add_metrics(struct framing *f, struct metrics *m, struct err *e)
{
    if (!m)
        return 0;
    f->found = metrics_add(m, lookups, "result=\"found\"", e);
    f->not_found = metrics_add(m, lookups, "result=\"absent\"", e);
    f->unusable = metrics_add(m, lookups, "result=\"unusable\"", e);
    f->failed = metrics_add(m, lookups, "result=\"failed\"", e);
    return f->found && f->not_found && f->unusable && f->failed ? 0 : -1;
}

struct framing *framing_create(const struct framing_conf *c, const struct kafka_settings *kafka,
                               struct metrics *metrics, struct err *e)
{
    struct framing *f = calloc(1, sizeof(*f));
    if (!f) {
        (void)err_set(e, ERR_NOMEM, "schemas: out of memory");
        return NULL;
    }
    f->conf = c;
    f->kafka = kafka;
    strbuf_init(&f->text, 1 << 18); /* longer than any that is used */
    if (framing_conf_check(c, e) == 0 && open_registry(f, e) == 0 &&
        add_metrics(f, metrics, e) == 0)
        return f;
    framing_destroy(f);
    return NULL;
}

void framing_destroy(struct framing *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n_known; i++)
        resolution_destroy(f->known[i].resolution);
    registry_close(f->registry);
    schema_topic_close(f->topic);
    strbuf_finish(&f->text);
    free(f);
}

int framing_topic_open(struct framing *f, struct err *e)
{
    if (!f->topic)
        f->topic = schema_topic_open(f->kafka, e);
    return f->topic ? 0 : -1;
}

static void count(struct metric *m)
{
    if (m)
        metric_inc(m, 1);
}

/* --- looking up ------------------------------------------------------------------------------ */

static int no_schema(const struct frame *fr, struct err *e)
{
    if (fr->kind == FRAME_CONFLUENT)
        return err_set(e, ERR_NOT_FOUND, "the registry has no schema with the id %" PRIu64, fr->id);
    return err_set(e, ERR_NOT_FOUND, "no schema with the fingerprint %016" PRIx64, fr->id);
}

/* 1 with the text, 0: there is none; -1: it could not be asked for, or (not retriable: ERR_PROTO,
 * ERR_LIMIT) it is of no use. */
static int fetch(struct framing *f, const struct frame *fr, struct slice *ret, struct err *e)
{
    if (fr->kind == FRAME_SINGLE_OBJECT) {
        if (!f->kafka)
            return 0;
        return framing_topic_open(f, e) == 0 ? schema_topic_find(f->topic, fr->id, ret, e) : -1;
    }
    strbuf_reset(&f->text);
    if (registry_fetch(f->registry, (uint32_t)fr->id, &f->text, e) != 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    *ret = strbuf_slice(&f->text);
    return 1;
}

/* That the schema is unusable will not change: only these say so. */
static bool is_definite(const struct err *e)
{
    return !e->retriable && (e->code == ERR_PROTO || e->code == ERR_LIMIT);
}

/* A schema could not be asked for: whatever the reason, the record is not to blame. */
static int try_later(struct framing *f, struct err *e)
{
    count(f->failed);
    if (e->code == ERR_STOPPED)
        return -1;
    e->code = ERR_IO;
    e->retriable = true;
    return -1;
}

static struct framing_absent *find_absent(struct framing *f, const struct frame *fr)
{
    for (size_t i = 0; i < FRAMING_ABSENT_MAX; i++) {
        struct framing_absent *a = &f->absent[i];
        if (a->until_us > 0 && a->id == fr->id && a->kind == fr->kind)
            return a;
    }
    return NULL;
}

static int note_absent(struct framing *f, const struct frame *fr, struct err *e)
{
    struct framing_absent *a = find_absent(f, fr);
    if (!a)
        a = &f->absent[f->next_absent++ % FRAMING_ABSENT_MAX];
    *a = (struct framing_absent){fr->kind, fr->id, clock_mono_us() + ABSENT_S * US_PER_S};
    count(f->not_found);
    return no_schema(fr, e);
}

/* A text under a fingerprint that is not its own would be read as what it is not. */
static struct resolution *resolve(const struct frame *fr, struct slice text, struct err *e)
{
    struct resolution *r = resolution_create(text, e);
    if (!r || fr->kind == FRAME_CONFLUENT || resolution_fingerprint(r) == fr->id)
        return r;
    (void)err_set(e, ERR_PROTO,
                  "the topic schemas has a schema of fingerprint %016" PRIx64 " under %016" PRIx64,
                  resolution_fingerprint(r), fr->id);
    resolution_destroy(r);
    return NULL;
}

/* Asks for a schema and keeps what came of it. NULL: e says why nothing could be kept. */
static const struct framing_known *learn(struct framing *f, const struct frame *fr, struct err *e)
{
    if (f->n_known == FRAMING_SCHEMAS_MAX) {
        (void)err_set(e, ERR_LIMIT, "more than %d different schemas were met", FRAMING_SCHEMAS_MAX);
        return NULL;
    }
    struct framing_known k = {.kind = fr->kind, .id = fr->id};
    struct slice text = {NULL, 0};
    int found = fetch(f, fr, &text, e);
    if (found == 0) {
        (void)note_absent(f, fr, e);
        return NULL;
    }
    if (found < 0 && !is_definite(e)) {
        (void)try_later(f, e);
        return NULL;
    }
    if (found > 0)
        k.resolution = resolve(fr, text, e);
    if (!k.resolution && e->code == ERR_NOMEM) {
        (void)try_later(f, e);
        return NULL;
    }
    if (!k.resolution)
        k.why = *e;
    count(k.resolution ? f->found : f->unusable);
    f->known[f->n_known] = k;
    return &f->known[f->n_known++];
}

static const struct resolution *look_up(struct framing *f, const struct frame *fr, struct err *e)
{
    const struct framing_known *k = NULL;
    for (size_t i = 0; !k && i < f->n_known; i++)
        if (f->known[i].id == fr->id && f->known[i].kind == fr->kind)
            k = &f->known[i];
    if (!k && fr->kind == FRAME_CONFLUENT && !f->registry) {
        (void)err_set(e, ERR_PROTO,
                      "in Confluent's wire format (schema id %" PRIu64
                      "), and schema.registry.url is not set",
                      fr->id);
        return NULL;
    }
    const struct framing_absent *a = k ? NULL : find_absent(f, fr);
    if (a && clock_mono_us() < a->until_us) {
        (void)no_schema(fr, e);
        return NULL;
    }
    if (!k)
        k = learn(f, fr, e);
    if (k && !k->resolution)
        *e = k->why;
    return k ? k->resolution : NULL;
}

/* --- decoding -------------------------------------------------------------------------------- */

static int decode(struct framing *f, struct slice input, struct record *ret, size_t *ret_len,
                  struct err *e)
{
    struct frame fr;
    enum record_type type = 0;
    int r = frame_read(input, &fr, e);
    if (r != 0)
        return r;
    struct slice body = slice_make(input.data + fr.len, input.len - fr.len);
    if (fr.kind == FRAME_SINGLE_OBJECT && record_type_find(fr.id, &type)) {
        r = record_decode_body(type, body, ret, ret_len, e);
    } else {
        const struct resolution *with = look_up(f, &fr, e);
        r = with ? resolution_decode(with, body, ret, ret_len, e) : -1;
    }
    if (r == 0 && ret_len)
        *ret_len += fr.len;
    return r;
}

int framing_decode(struct framing *f, struct slice value, struct record *ret, struct err *e)
{
    e->retriable = false;
    if (value.len > RECORD_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "a value of %zu bytes (limit %d)", value.len,
                       RECORD_MAX_BYTES);
    return decode(f, value, ret, NULL, e) == 0 ? 0 : -1;
}

int framing_decode_prefix(struct framing *f, struct slice input, struct record *ret,
                          size_t *ret_len, struct err *e)
{
    e->retriable = false;
    return decode(f, input, ret, ret_len, e);
}
