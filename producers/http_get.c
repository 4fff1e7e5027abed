#include "http_get.h"

#include <curl/curl.h>

enum { CONNECT_TIMEOUT_S = 10, REDIRECTS_MAX = 3 };

struct transfer {
    struct strbuf *body;
    const struct http_get *get;
    bool too_long;
};

int http_get_init(struct err *e)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ? 0 : err_set(e, ERR_IO, "curl: %s", curl_easy_strerror(code));
}

void http_get_finish(void)
{
    curl_global_cleanup();
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    if (strbuf_add(t->body, data, size * n) == 0)
        return size * n;
    t->too_long = true;
    return 0;
}

static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    const struct transfer *t = ctx;
    return t->get->stopping && t->get->stopping(t->get->ctx);
}

static CURLcode prepare(CURL *c, struct transfer *t, char why[CURL_ERROR_SIZE])
{
    const struct http_get *get = t->get;
    CURLcode r = curl_easy_setopt(c, CURLOPT_URL, get->url);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_TIMEOUT, get->timeout_s);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_USERAGENT, "candlewick/" CANDLEWICK_VERSION);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); /* all that this curl knows */
    if (r == CURLE_OK && get->direct)
        r = curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    return r;
}

static int judge(const struct transfer *t, CURLcode code, const char *why, struct err *e)
{
    const struct http_get *get = t->get;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(e, ERR_STOPPED, "stopped while asking %.120s", get->url);
    if (t->too_long)
        return err_set(e, ERR_LIMIT, "%.120s: the answer is longer than %zu bytes", get->url,
                       t->body->limit);
    if (code != CURLE_OK)
        return err_retry(e, ERR_IO, "%.120s: %s", get->url, *why ? why : curl_easy_strerror(code));
    if (get->status != 200)
        return err_retry(e, ERR_IO, "%.120s: HTTP status %ld", get->url, get->status);
    return 0;
}

int http_get(struct http_get *get, struct strbuf *body, struct err *e)
{
    char why[CURL_ERROR_SIZE] = "";
    struct transfer t = {body, get, false};
    curl_off_t retry_after = 0;
    get->status = 0;
    get->retry_after_s = 0;
    CURL *c = curl_easy_init();
    if (!c)
        return err_set(e, ERR_NOMEM, "curl: out of memory");
    CURLcode code = prepare(c, &t, why);
    if (code == CURLE_OK)
        code = curl_easy_perform(c);
    if (curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &get->status) != CURLE_OK)
        get->status = 0;
    if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK)
        get->retry_after_s = retry_after;
    curl_easy_cleanup(c);
    return judge(&t, code, why, e);
}
