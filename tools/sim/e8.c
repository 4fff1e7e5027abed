#include "e8.h"

size_t e8_format(int64_t value_e8, char text[E8_TEXT])
{
    char back[E8_TEXT]; /* the digits from the last to the first */
    size_t n = 0;
    for (int64_t v = value_e8; v > 0 || n < 10; v /= 10) {
        if (n == 8)
            back[n++] = '.';
        back[n++] = (char)('0' + v % 10);
    }
    for (size_t i = 0; i < n; i++)
        text[i] = back[n - 1 - i];
    text[n] = '\0';
    return n;
}

size_t e8_format_short(int64_t value_e8, int decimals, char text[E8_TEXT])
{
    size_t n = e8_format(value_e8, text);
    for (int left = 8; left > decimals && text[n - 1] == '0'; left--)
        n--;
    if (text[n - 1] == '.')
        n--;
    text[n] = '\0';
    return n;
}

int e8_decimals(int64_t tick_e8)
{
    int decimals = 8;
    for (int64_t t = tick_e8; t >= 10 && decimals > 0; t /= 10)
        decimals--;
    return decimals;
}

int64_t e8_product(int64_t a_e8, int64_t b_e8)
{
    __int128 product = (__int128)a_e8 * b_e8 / E8_ONE;
    return product > INT64_MAX ? INT64_MAX : (int64_t)product;
}
