#include "rest.h"

#include "scan.h"
#include "timefmt.h"
#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECT_TIMEOUT_S = 10,
    REDIRECTS_MAX = 3,
    POLL_MS = 200, /* how often somebody is asked whether to stop */
    URL_MAX = 1024,
};

struct rest {
    struct rest_about about;
    char base[URL_MAX]; /* the URL without a slash at its end */
    bool has_skew;
    int64_t skew_us;
    CURLM *multi; /* keeps the connection */
    CURL *easy;
    /* of the request that runs */
    char url[URL_MAX + sizeof(((struct http_request *)0)->path)];
    char why[CURL_ERROR_SIZE];
    struct strbuf *body;
    bool too_long;
};

int rest_init(struct err *e)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ? 0 : err_set(e, ERR_IO, "curl: %s", curl_easy_strerror(code));
}

void rest_finish(void)
{
    curl_global_cleanup();
}

/* --- the handle ------------------------------------------------------------------------------ */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct rest *r = ctx;
    if (strbuf_add(r->body, data, size * n) == 0)
        return size * n;
    r->too_long = true;
    return 0;
}

static CURLcode set_up_connection(CURL *c, bool direct)
{
    CURLcode r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
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
        r = curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    if (r == CURLE_OK && direct)
        r = curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    return r;
}

static CURLcode set_up_request(CURL *c, struct rest *rest)
{
    CURLcode r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, rest->why);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)rest->about.timeout_ms);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_USERAGENT, "candlewick/" CANDLEWICK_VERSION);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); /* all that this curl knows */
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEDATA, rest);
    return r;
}

static int set_base(struct rest *r, const char *url, bool *ret_direct, struct err *e)
{
    struct url u;
    if (url_parse(url, &u, e) != 0)
        return -1;
    if (strncmp(u.scheme, "http", 4) != 0)
        return err_set(e, ERR_CONF, "%.120s is not of http or https", url);
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    if (len >= sizeof(r->base))
        return err_set(e, ERR_CONF, "the REST URL of %s is too long", r->about.ops->name);
    memcpy(r->base, url, len); /* the rest is zeros */
    *ret_direct = url_is_loopback(&u);
    return 0;
}

struct rest *rest_create(const struct rest_about *about, struct err *e)
{
    bool direct;
    struct rest *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    r->about = *about;
    if (set_base(r, about->url, &direct, e) != 0)
        goto failed;
    r->multi = curl_multi_init();
    r->easy = curl_easy_init();
    if (!r->multi || !r->easy || set_up_connection(r->easy, direct) != CURLE_OK ||
        set_up_request(r->easy, r) != CURLE_OK) {
        (void)err_set(e, ERR_NOMEM, "curl: out of memory");
        goto failed;
    }
    return r;
failed:
    rest_destroy(r);
    return NULL;
}

void rest_destroy(struct rest *r)
{
    if (!r)
        return;
    curl_easy_cleanup(r->easy);
    (void)curl_multi_cleanup(r->multi); /* nothing is in it */
    free(r);
}

/* --- what an answer says --------------------------------------------------------------------- */

static const char *header(const struct rest *r, const char *name)
{
    struct curl_header *h;
    bool there = curl_easy_header(r->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK;
    return there ? h->value : NULL;
}

static void read_used(struct rest *r, int64_t now_us)
{
    int64_t used;
    const char *name = r->about.ops->rest->used_header;
    const char *text = name ? header(r, name) : NULL;
    if (text && scan_int64(slice_of(text), &used) == 0 && used >= 0)
        rest_quota_told(r->about.quota, used, now_us);
}

/* A Date is of a moment between the request and its answer, which is half a second later than it on
 * average, as its fraction is cut off. What a cache gives has an Age, and the Date of long ago. */
static void read_date(struct rest *r, int64_t started_us)
{
    curl_off_t sent_us;
    curl_off_t answered_us;
    const char *text = header(r, "Age") ? NULL : header(r, "Date");
    time_t at = text ? curl_getdate(text, NULL) : -1;
    if (at < 0 || at >= TIME_END_US / US_PER_S ||
        curl_easy_getinfo(r->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us) != CURLE_OK ||
        curl_easy_getinfo(r->easy, CURLINFO_STARTTRANSFER_TIME_T, &answered_us) != CURLE_OK)
        return;
    int64_t middle_us =
        market_clock_at_us(r->about.clock, started_us + (int64_t)(sent_us + answered_us) / 2);
    r->skew_us = middle_us - ((int64_t)at * US_PER_S + US_PER_S / 2);
    r->has_skew = true;
}

static int64_t retry_after_us(const struct rest *r)
{
    curl_off_t s = 0;
    if (curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &s) != CURLE_OK || s <= 0)
        return 0;
    return (int64_t)(s < INT32_MAX ? s : INT32_MAX) * US_PER_S;
}

static int judge_status(struct rest *r, long status, int64_t now_us, struct err *e)
{
    if (status == 200 ||
        (status >= 400 && status < 500 && status != 403 && status != 418 && status != 429)) {
        rest_quota_answered(r->about.quota);
        return 0;
    }
    if (status == 429 || status == 418)
        rest_quota_busy(r->about.quota, retry_after_us(r), status == 418, now_us);
    else
        rest_quota_silent(r->about.quota, retry_after_us(r), now_us);
    return err_retry(e, ERR_IO, "%.120s: HTTP status %ld", r->url, status);
}

static int judge(struct rest *r, CURLcode code, int64_t started_us, long *ret_status, struct err *e)
{
    int64_t now_us = clock_mono_us();
    long status = 0;
    if (curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    if (status > 0) {
        read_used(r, now_us);
        read_date(r, started_us);
    }
    if (r->too_long)
        return err_set(e, ERR_LIMIT, "%.120s: the answer is longer than %zu bytes", r->url,
                       r->body->limit);
    if (code != CURLE_OK)
        return err_retry(e, ERR_IO, "%.120s: %s", r->url,
                         *r->why ? r->why : curl_easy_strerror(code));
    *ret_status = status;
    return judge_status(r, status, now_us, e);
}

/* --- a request ------------------------------------------------------------------------------- */

static bool stopping(const struct rest *r)
{
    return r->about.stopping && r->about.stopping(r->about.ctx);
}

/* Until the transfer has ended; its result in *ret. */
static int transfer(struct rest *r, CURLcode *ret, struct err *e)
{
    int running = 1;
    int left;
    CURLMcode m = CURLM_OK;
    while (m == CURLM_OK && running > 0) {
        if (stopping(r))
            return err_set(e, ERR_STOPPED, "stopped while asking %.120s", r->url);
        m = curl_multi_perform(r->multi, &running);
        if (m == CURLM_OK && running > 0)
            m = curl_multi_poll(r->multi, NULL, 0, POLL_MS, NULL);
    }
    const CURLMsg *msg = m == CURLM_OK ? curl_multi_info_read(r->multi, &left) : NULL;
    if (!msg || msg->msg != CURLMSG_DONE)
        return err_retry(e, ERR_IO, "%.120s: %s", r->url, curl_multi_strerror(m));
    *ret = msg->data.result;
    return 0;
}

static int run(struct rest *r, long *ret_status, struct err *e)
{
    CURLcode code;
    if (curl_easy_setopt(r->easy, CURLOPT_URL, r->url) != CURLE_OK ||
        curl_multi_add_handle(r->multi, r->easy) != CURLM_OK)
        return err_set(e, ERR_NOMEM, "curl: out of memory");
    int64_t started_us = clock_real_us();
    int done = transfer(r, &code, e);
    /* taken out, it ends where it stands */
    if (curl_multi_remove_handle(r->multi, r->easy) != CURLM_OK && done == 0)
        done = err_set(e, ERR_IO, "curl: a request that cannot be ended");
    return done == 0 ? judge(r, code, started_us, ret_status, e) : -1;
}

int rest_get(struct rest *r, const struct http_request *req, struct rest_answer *ret, struct err *e)
{
    int n = snprintf(r->url, sizeof(r->url), "%s%s", r->base, req->path);
    if (n < 0 || (size_t)n >= sizeof(r->url))
        return err_set(e, ERR_LIMIT, "a URL of %d bytes", n);
    ret->status = 0;
    strbuf_reset(&ret->body);
    r->body = &ret->body;
    r->too_long = false;
    r->why[0] = '\0';
    rest_quota_spend(r->about.quota, req->weight, clock_mono_us());
    int result = run(r, &ret->status, e);
    r->body = NULL;
    return result;
}

/* --- limits and clock ------------------------------------------------------------------------ */

int64_t rest_wait_us(const struct rest *r, int64_t weight, int64_t now_us)
{
    return rest_quota_wait_us(r->about.quota, weight, now_us);
}

void rest_busy(struct rest *r, int64_t now_us)
{
    rest_quota_busy(r->about.quota, 0, false, now_us);
}

int rest_check_clock(const struct rest *r, struct err *e)
{
    int64_t speed = r->about.clock->speed;
    int64_t least_us = llabs(r->skew_us) - US_PER_S / 2 * speed; /* a Date has whole seconds */
    if (!r->has_skew || least_us <= REST_SKEW_MAX_S * US_PER_S * speed)
        return 0;
    return err_set(e, ERR_STATE,
                   "the clock of this machine is %lld s %s that of %s: set it "
                   "(chrony, ntpd)",
                   (long long)(llabs(r->skew_us) / US_PER_S),
                   r->skew_us > 0 ? "ahead of" : "behind", r->about.ops->name);
}

bool rest_skew_us(const struct rest *r, int64_t *ret)
{
    if (r->has_skew)
        *ret = r->skew_us;
    return r->has_skew;
}
