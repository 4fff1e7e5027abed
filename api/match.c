#include "match.h"

#include <stddef.h>
#include <string.h>

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool symbol_is_letter(char c)
{
    char u = upper(c);
    return (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || (unsigned char)u >= 0x80;
}

bool symbol_canonical(const char *text, char ret[SYMBOL_TEXT_MAX + 1])
{
    size_t len = strlen(text);
    if (len > SYMBOL_TEXT_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        ret[i] = symbol_is_letter(text[i]) ? upper(text[i]) : '-';
    ret[len] = '\0';
    return true;
}

int symbol_fold(const char *text, char ret[SYMBOL_TEXT_MAX + 1])
{
    int n = 0;
    for (; *text; text++) {
        if (!symbol_is_letter(*text))
            continue;
        if (n == SYMBOL_TEXT_MAX)
            return -1;
        ret[n++] = upper(*text);
    }
    ret[n] = '\0';
    return n;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped, changed or swapped with their neighbour to make b of a
 * (optimal string alignment); both of at most SYMBOL_TEXT_MAX bytes. */
static int distance(const char *a, int a_len, const char *b, int b_len)
{
    int rows[3][SYMBOL_TEXT_MAX + 1]; /* of the table: this one, the one before, and before that */
    for (int i = 0; i <= a_len; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_len; j++) {
            if (i == 0) {
                row[j] = j;
                continue;
            }
            bool same = a[i - 1] == b[j - 1];
            row[j] = min(above[j - 1] + !same, min(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

/* Keeps the nearest: by distance, among equals the one that came first. */
static void keep_near(struct symbol_match *m, int distances[SYMBOL_NEAR_MAX], int index, int d)
{
    int at = m->n_near;
    while (at > 0 && d < distances[at - 1])
        at--;
    if (at == SYMBOL_NEAR_MAX)
        return;
    if (m->n_near < SYMBOL_NEAR_MAX)
        m->n_near++;
    for (int i = m->n_near - 1; i > at; i--) {
        m->near[i] = m->near[i - 1];
        distances[i] = distances[i - 1];
    }
    m->near[at] = index;
    distances[at] = d;
}

void symbol_match(const char *text, const char *const *known, int n, struct symbol_match *ret)
{
    char want[SYMBOL_TEXT_MAX + 1];
    char canonical[SYMBOL_TEXT_MAX + 1];
    int distances[SYMBOL_NEAR_MAX] = {0};
    int equals = 0;
    *ret = (struct symbol_match){.found = -1};
    int want_len = symbol_fold(text, want);
    if (want_len <= 0 || !symbol_canonical(text, canonical))
        return;
    int farthest = want_len / 2; /* further away is nothing that was meant */
    for (int i = 0; i < n; i++) {
        char have[SYMBOL_TEXT_MAX + 1];
        int have_len = symbol_fold(known[i], have);
        if (have_len < 0)
            continue;
        if (strcmp(known[i], canonical) == 0) {
            *ret = (struct symbol_match){.found = i};
            return;
        }
        int d = distance(want, want_len, have, have_len);
        if (d > 1 && strncmp(have, want, (size_t)want_len) == 0)
            d = 1; /* "BTC": the quote asset was forgotten */
        if (d == 0) {
            equals++;
            ret->found = i;
        }
        if (d <= farthest)
            keep_near(ret, distances, i, d);
    }
    ret->ambiguous = equals > 1;
    if (ret->ambiguous) {
        ret->found = -1;
        ret->n_near = equals < SYMBOL_NEAR_MAX ? equals : SYMBOL_NEAR_MAX;
    } else if (ret->found >= 0) {
        ret->n_near = 0;
    }
}
