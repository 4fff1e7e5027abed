/* Records of foreign schemas for another program to check, one command per line on stdin, one line
 * of answer on stdout:
 *
 *     schema HEX    the text of a writer's schema, used from here on: "ok", or "error" and why
 *     body HEX      an Avro body written with it: the record as JSON, or "error" and why
 */
#include "resolution.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 64 << 20 };

static int digit(char c)
{
    const char *at = strchr("0123456789abcdef", c);
    return at && c ? (int)(at - "0123456789abcdef") : -1;
}

/* In place; stops at the first character that is no digit. */
static struct slice unhex(char *text)
{
    size_t n = 0;
    for (; digit(text[2 * n]) >= 0 && digit(text[2 * n + 1]) >= 0; n++)
        text[n] = (char)(digit(text[2 * n]) << 4 | digit(text[2 * n + 1]));
    return slice_make(text, n);
}

static void answer_body(const struct resolution *r, struct slice body)
{
    struct record record;
    struct err e = {0};
    struct strbuf json = STRBUF_INIT(ROOM);
    if (!r)
        (void)puts("error no schema");
    else if (resolution_decode(r, body, &record, NULL, &e) != 0 ||
             record_json(&record, &json, &e) != 0)
        (void)printf("error %s\n", e.text);
    else
        (void)printf("%s %s\n", record_type_name(record.type), json.data);
    strbuf_finish(&json);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    struct resolution *r = NULL;
    while (getline(&line, &size, stdin) > 0) {
        struct err e = {0};
        if (strncmp(line, "schema ", 7) == 0) {
            resolution_destroy(r);
            r = resolution_create(unhex(line + 7), &e);
            (void)printf("%s%s\n", r ? "ok" : "error ", r ? "" : e.text);
        } else if (strncmp(line, "body ", 5) == 0) {
            answer_body(r, unhex(line + 5));
        } else {
            (void)puts("error neither schema nor body");
        }
    }
    resolution_destroy(r);
    free(line);
    return 0;
}
