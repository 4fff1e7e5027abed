/* "host:port" of a listener. */
#include "listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t host;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:8080", 0x7f000001, 8080},
        {"localhost:1", 0x7f000001, 1},
        {"*:65535", 0, 65535},
        {"0.0.0.0:9102", 0, 9102},
        {"192.168.1.20:80", 0xc0a80114, 80},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct err e = {0};
        struct sockaddr_in at;
        if (listen_parse(cases[i].text, &at, &e) != 0)
            fail_msg("%s", e.text);
        assert_int_equal(at.sin_family, AF_INET);
        assert_int_equal(ntohl(at.sin_addr.s_addr), cases[i].host);
        assert_int_equal(ntohs(at.sin_port), cases[i].port);
    }
}

static void no_addresses(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "8080",
        ":8080",
        "127.0.0.1",
        "127.0.0.1:",
        "*:0",
        "*:65536",
        "*:-1",
        "*:80x",
        "*:0x50",
        "*:99999999999999999999",
        "256.0.0.1:80",
        "127.1:80",
        "example.org:80",
        "[::1]:80",
        "::1:80",
        " 127.0.0.1:80",
        "127.0.0.1 :80",
        "*:80 ",
        "0123456789012345678901234567890123456789012345678901234567890123456789:80",
    };
    for (size_t i = 0; i < N(texts); i++) {
        struct err e = {0};
        struct sockaddr_in at = {.sin_port = 42};
        if (listen_parse(texts[i], &at, &e) != -1)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(e.code, ERR_CONF);
        assert_non_null(strstr(e.text, texts[i]));
        assert_int_equal(at.sin_port, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(no_addresses),
    };
    return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
