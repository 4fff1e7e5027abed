#include "registry.h"

#include "clock.h"
#include "registry_answer.h"
#include "timefmt.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 3, PAUSE_MS = 100, URL_MAX_BYTES = 1024, BODY_MAX_BYTES = 1 << 19 };

static const char ACCEPT[] =
    "Accept: application/vnd.schemaregistry.v1+json, application/json;q=0.9";
static const char CONTENT[] = "Content-Type: application/vnd.schemaregistry.v1+json";

struct registry {
    struct registry_about about;
    CURL *curl; /* keeps its connection */
    struct curl_slist *headers;
    struct strbuf question;
    struct strbuf answer;
    bool too_long;
    char why[CURL_ERROR_SIZE];
};

/* --- set-up ---------------------------------------------------------------------------------- */

static size_t on_answer(char *data, size_t size, size_t n, void *ctx)
{
    struct registry *r = ctx;
    if (strbuf_add(&r->answer, data, size * n) == 0)
        return size * n;
    r->too_long = true;
    return 0;
}

static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    const struct registry *r = ctx;
    return r->about.stopping(r->about.ctx);
}

static CURLcode set_security(struct registry *r)
{
    CURLcode c = curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (c == CURLE_OK && *r->about.ca_file)
        c = curl_easy_setopt(r->curl, CURLOPT_CAINFO, r->about.ca_file);
    if (c != CURLE_OK || !*r->about.user)
        return c;
    c = curl_easy_setopt(r->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_USERNAME, r->about.user);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_PASSWORD, r->about.password);
    return c;
}

static CURLcode set_calls(struct registry *r)
{
    CURLcode c = curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->why);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_USERAGENT, "candlewick/" CANDLEWICK_VERSION);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_answer);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, r);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_NOPROGRESS, 0L);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_XFERINFODATA, r);
    return c;
}

static int set_headers(struct registry *r)
{
    r->headers = curl_slist_append(NULL, ACCEPT);
    struct curl_slist *both = r->headers ? curl_slist_append(r->headers, CONTENT) : NULL;
    return both ? 0 : -1;
}

struct registry *registry_open(const struct registry_about *about, struct err *e)
{
    struct registry *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "registry: out of memory");
        return NULL;
    }
    r->about = *about;
    strbuf_init(&r->question, BODY_MAX_BYTES);
    strbuf_init(&r->answer, BODY_MAX_BYTES);
    CURLcode c = CURLE_FAILED_INIT;
    r->curl = curl_easy_init(); /* the library is ready since framing_create() */
    if (r->curl && set_headers(r) == 0)
        c = set_security(r);
    if (c == CURLE_OK)
        c = set_calls(r);
    if (c == CURLE_OK)
        return r;
    (void)err_set(e, ERR_CONF, "registry: %s", curl_easy_strerror(c));
    registry_close(r);
    return NULL;
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    curl_easy_cleanup(r->curl);
    curl_slist_free_all(r->headers);
    strbuf_finish(&r->question);
    strbuf_finish(&r->answer);
    free(r);
}

/* --- one call -------------------------------------------------------------------------------- */

static CURLcode set_request(struct registry *r, const char *url, bool post, long timeout_ms)
{
    CURLcode c = curl_easy_setopt(r->curl, CURLOPT_URL, url);
    if (c == CURLE_OK)
        c = curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    if (c != CURLE_OK)
        return c;
    if (!post)
        return curl_easy_setopt(r->curl, CURLOPT_HTTPGET, 1L);
    c = curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE, (long)r->question.len);
    return c == CURLE_OK ? curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, r->question.data) : c;
}

/* 0: an answer of status 200 is in r->answer. */
static int try_once(struct registry *r, const char *url, bool post, int64_t timeout_ms,
                    struct err *e)
{
    long status = 0;
    strbuf_reset(&r->answer);
    r->too_long = false;
    r->why[0] = '\0';
    CURLcode c = set_request(r, url, post, (long)timeout_ms);
    if (c == CURLE_OK)
        c = curl_easy_perform(r->curl);
    if (c == CURLE_ABORTED_BY_CALLBACK)
        return err_set(e, ERR_STOPPED, "stopped while asking the registry");
    if (r->too_long)
        return err_set(e, ERR_LIMIT, "registry: an answer of more than %d bytes", BODY_MAX_BYTES);
    if (c == CURLE_OK)
        c = curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    if (c != CURLE_OK)
        return err_retry(e, ERR_IO, "registry: %.150s", *r->why ? r->why : curl_easy_strerror(c));
    return registry_status(status, strbuf_slice(&r->answer), e);
}

static void pause_ms(int64_t ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL); /* a signal ends it early, which is what we want */
}

static int ask(struct registry *r, const char *url, bool post, struct err *e)
{
    int64_t end_us = clock_mono_us() + r->about.timeout_ms * US_PER_MS;
    int64_t wait_ms = PAUSE_MS;
    for (int i = 1;; i++, wait_ms *= 2) {
        int64_t left_ms = (end_us - clock_mono_us()) / US_PER_MS;
        if (try_once(r, url, post, left_ms > 0 ? left_ms : 1, e) == 0)
            return 0;
        if (!e->retriable || i == TRIES || clock_mono_us() + wait_ms * US_PER_MS >= end_us)
            return -1;
        if (r->about.stopping(r->about.ctx))
            return err_set(e, ERR_STOPPED, "stopped while asking the registry");
        pause_ms(wait_ms);
    }
}

/* Writes base and path with one slash between. */
static int join(const struct registry *r, const char *path, char url[URL_MAX_BYTES], struct err *e)
{
    size_t len = strlen(r->about.url);
    while (len > 0 && r->about.url[len - 1] == '/')
        len--;
    int n = snprintf(url, URL_MAX_BYTES, "%.*s/%s", (int)len, r->about.url, path);
    if (n < 0 || n >= URL_MAX_BYTES)
        return err_set(e, ERR_CONF, "schema.registry.url is too long");
    return 0;
}

int registry_register(struct registry *r, const char *subject, const char *schema_text,
                      uint32_t *ret_id, struct err *e)
{
    char path[URL_MAX_BYTES / 2]; /* topics and names of records need no escapes */
    char url[URL_MAX_BYTES];
    (void)snprintf(path, sizeof(path), "subjects/%s/versions", subject);
    strbuf_reset(&r->question);
    if (join(r, path, url, e) != 0 || registry_question(schema_text, &r->question, e) != 0)
        return -1;
    if (ask(r, url, true, e) != 0)
        return err_prefix(e, "%.120s", subject);
    return registry_take_id(strbuf_slice(&r->answer), ret_id, e);
}

int registry_fetch(struct registry *r, uint32_t id, struct strbuf *ret, struct err *e)
{
    char path[64];
    char url[URL_MAX_BYTES];
    (void)snprintf(path, sizeof(path), "schemas/ids/%" PRIu32, id);
    if (join(r, path, url, e) != 0 || ask(r, url, false, e) != 0)
        return -1;
    return registry_take_schema(strbuf_slice(&r->answer), ret, e);
}
