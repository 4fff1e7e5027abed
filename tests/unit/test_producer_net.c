/* URLs, and when to try again. */
#include "backoff.h"
#include "timefmt.h"
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *is; /* scheme tls host port path, or what the error begins with */
} urls[] = {
    {"wss://stream.binance.com:9443", "wss 1 stream.binance.com 9443 "},
    {"https://api.binance.com", "https 1 api.binance.com 443 "},
    {"http://127.0.0.1:8080/", "http 0 127.0.0.1 8080 "},
    {"ws://localhost/a/b/", "ws 0 localhost 80 /a/b"},
    {"wss://[::1]:9443/x", "wss 1 ::1 9443 /x"},
    {"", "no http, https, ws or wss in the URL"},
    {"stream.binance.com", "no http, https, ws or wss in the URL"},
    {"ftp://x", "no http, https, ws or wss in the URL"},
    {"WSS://x", "no http, https, ws or wss in the URL"},
    {"ws://", "no host in the URL"},
    {"ws://:80", "no host in the URL"},
    {"ws://user@host", "no host in the URL"},
    {"ws://[::1", "no host in the URL"},
    {"ws://a b", "no host in the URL"},
    {"ws://x:0", "no port from 1 to 65535"},
    {"ws://x:65536", "no port from 1 to 65535"},
    {"ws://x:80a", "no port from 1 to 65535"},
    {"ws://x:", "no port from 1 to 65535"},
    {"ws://x:+80", "no port from 1 to 65535"},
    {"ws://[::1]x", "no port from 1 to 65535"},
    {"http://x/a?b=c", "a character that no plain path has"},
    {"http://x/a#b", "a character that no plain path has"},
    {"http://x/a b", "a character that no plain path has"},
};

static void parse_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct url u;
        struct err e = {0};
        char is[600];
        if (url_parse(urls[i].text, &u, &e) == 0)
            (void)snprintf(is, sizeof(is), "%s %d %s %d %s", u.scheme, u.tls, u.host, u.port,
                           u.path);
        else
            (void)snprintf(is, sizeof(is), "%.*s", (int)strlen(urls[i].is), e.text);
        assert_string_equal(is, urls[i].is);
    }
    char *longest = malloc(2000);
    assert_non_null(longest);
    for (size_t n = 1; n < 1900; n += 7) { /* long names are refused, not cut */
        struct url u;
        struct err e = {0};
        (void)snprintf(longest, 2000, "ws://%0*d", (int)n, 7);
        assert_int_equal(url_parse(longest, &u, &e), n <= URL_HOST_MAX ? 0 : -1);
        (void)snprintf(longest, 2000, "ws://h/%0*d", (int)n, 7);
        assert_int_equal(url_parse(longest, &u, &e), n < URL_PATH_MAX ? 0 : -1);
    }
    free(longest);
}

static void loopback(void **state)
{
    (void)state;
    static const char *const near[] = {"ws://localhost", "ws://127.0.0.1:1", "ws://127.9.9.9",
                                       "ws://[::1]"};
    static const char *const far[] = {"ws://example.com", "ws://128.0.0.1",
                                      "ws://localhost.example.com"};
    struct url u;
    struct err e = {0};
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
        assert_true(url_parse(near[i], &u, &e) == 0 && url_is_loopback(&u));
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        assert_true(url_parse(far[i], &u, &e) == 0 && !url_is_loopback(&u));
}

static void backoff(void **state)
{
    (void)state;
    static const int64_t most_ms[] = {0, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    bool differs = false;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct backoff b = {.seed = seed};
        for (size_t i = 0; i < sizeof(most_ms) / sizeof(most_ms[0]); i++) {
            int64_t us = backoff_next_us(&b);
            assert_true(us >= most_ms[i] * US_PER_MS / 2 && us <= most_ms[i] * US_PER_MS);
            differs = differs || (i > 0 && us != most_ms[i] * US_PER_MS);
        }
        backoff_reset(&b);
        assert_int_equal(backoff_next_us(&b), 0);
        b.attempts = UINT32_MAX;
        assert_true(backoff_next_us(&b) <= 30 * US_PER_S);
        assert_true(backoff_next_us(&b) >= 15 * US_PER_S);
    }
    assert_true(differs);
}

static void attempts(void **state)
{
    (void)state;
    static struct attempts a;
    int64_t now_us = 1000;
    for (int i = 0; i < ATTEMPTS_MAX; i++)
        assert_true(attempts_take(&a, now_us + i));
    assert_false(attempts_take(&a, now_us + ATTEMPTS_MAX));
    assert_false(attempts_take(&a, now_us + ATTEMPTS_WINDOW_S * US_PER_S - 1));
    assert_true(attempts_take(&a, now_us + ATTEMPTS_WINDOW_S * US_PER_S));
    assert_false(attempts_take(&a, now_us + ATTEMPTS_WINDOW_S * US_PER_S));
    assert_true(attempts_take(&a, now_us + ATTEMPTS_WINDOW_S * US_PER_S + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_urls),
        cmocka_unit_test(loopback),
        cmocka_unit_test(backoff),
        cmocka_unit_test(attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
