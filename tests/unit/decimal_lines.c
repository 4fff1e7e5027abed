/* Decimals for another program to check: "OP A B" per line on stdin, the result per line on stdout.
 *
 *     add|sub|mul|div A B   the result as text, or "none"
 *     cmp A B               -1, 0 or 1
 *     text A                A formatted again
 *     bytes A               its bytes, hexadecimal
 *     from HEX              the decimal of these bytes
 *
 * A number that cannot be read answers with the error's code. */
#include "decimal.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIELDS_MAX = 3, BYTES_MAX = 40 };

static void put(struct decimal d)
{
    char text[DECIMAL_TEXT];
    decimal_format(d, text);
    (void)puts(text);
}

static void put_bytes(struct decimal d)
{
    uint8_t out[DECIMAL_BYTES];
    size_t len = decimal_to_bytes(d, out);
    for (size_t i = 0; i < len; i++)
        (void)printf("%02x", out[i]);
    (void)putchar('\n');
}

static void calculate(const char *op, struct decimal a, struct decimal b)
{
    struct decimal d = {0};
    int r = -1;
    if (strcmp(op, "add") == 0)
        r = decimal_add(a, b, &d);
    else if (strcmp(op, "sub") == 0)
        r = decimal_sub(a, b, &d);
    else if (strcmp(op, "mul") == 0)
        r = decimal_mul(a, b, &d);
    else if (strcmp(op, "div") == 0)
        r = decimal_div(a, b, &d);
    if (r == 0)
        put(d);
    else
        (void)puts("none");
}

static int read_bytes(const char *hex, struct decimal *ret, struct err *e)
{
    uint8_t bytes[BYTES_MAX];
    size_t n = 0;
    for (; n < BYTES_MAX && hex[2 * n] && hex[2 * n + 1]; n++) {
        const char pair[] = {hex[2 * n], hex[2 * n + 1], '\0'};
        bytes[n] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return decimal_from_bytes(bytes, n, ret, e);
}

static void answer(char *const field[FIELDS_MAX])
{
    struct err e = {0};
    struct decimal a;
    struct decimal b = {0};
    const char *op = field[0];
    int r = strcmp(op, "from") == 0 ? read_bytes(field[1], &a, &e)
                                    : decimal_parse(slice_of(field[1]), &a, &e);
    if (r == 0 && *field[2])
        r = decimal_parse(slice_of(field[2]), &b, &e);
    if (r != 0)
        (void)puts(err_code_name(e.code));
    else if (strcmp(op, "bytes") == 0)
        put_bytes(a);
    else if (strcmp(op, "cmp") == 0)
        (void)printf("%d\n", decimal_cmp(a, b));
    else if (strcmp(op, "text") == 0 || strcmp(op, "from") == 0)
        put(a);
    else
        calculate(op, a, b);
}

int main(void)
{
    char line[4096];
    char none[] = "";
    while (fgets(line, sizeof(line), stdin)) {
        char *field[FIELDS_MAX] = {none, none, none};
        char *rest = NULL;
        char *at = strtok_r(line, " \n", &rest);
        for (int i = 0; at && i < FIELDS_MAX; i++, at = strtok_r(NULL, " \n", &rest))
            field[i] = at;
        answer(field);
    }
    return ferror(stdin) || fflush(stdout) != 0;
}
