/* frame_events EXCHANGE TRADES QUOTES FILE   what the adapter says of each recorded frame, a line
 * an event: the frame's number and what it is. TRADES, QUOTES: channels, "-" for none. */
#include "event_text.h"
#include "lines.h"
#include "recorded.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    const struct exchange_ops *exchange;
    struct channels listen;
    void *session;
    struct strbuf text;
    struct strbuf said;
    int number; /* of the frame */
};

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "frame_events: %s: %s\n", what, why);
    exit(1);
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    struct reading *r = ctx;
    strbuf_reset(&r->said);
    if (event_text_add(ev, &r->said) != 0)
        die("an event", "its id is not its sequence, or it is too long");
    (void)printf("%d %s\n", r->number, r->said.data);
    return 0;
}

static void read_line(struct reading *r, struct slice line)
{
    struct err e = {0};
    struct recorded rec;
    bool skipped = false;
    if (recorded_parse(line, &r->text, &rec, &e) != 0)
        die("a line", e.text);
    if (rec.sent)
        return;
    r->number++;
    int n = r->exchange->parse_frame(r->session, &r->listen, &rec.frame, on_event, r, &skipped, &e);
    if (n < 0)
        (void)printf("%d error\n", r->number);
    else if (n == 0)
        (void)printf("%d %s\n", r->number, skipped ? "skipped" : "nothing");
}

static void read_all(struct reading *r, const char *path)
{
    struct lines l;
    struct slice line;
    struct err e = {0};
    int n;
    if (lines_open(&l, path, &e) != 0)
        die(path, e.text);
    while ((n = lines_next(&l, &line, &e)) == 1)
        read_line(r, line);
    lines_close(&l);
    if (n < 0)
        die(path, e.text);
}

static const struct channel *find_channel(const struct exchange_ops *x, enum channel_kind kind,
                                          const char *name)
{
    if (strcmp(name, "-") == 0)
        return NULL;
    const struct channel *c = exchange_channel(x, kind, name);
    if (!c)
        die(name, "no such channel");
    return c;
}

int main(int argc, char **argv)
{
    struct reading r = {.exchange = argc == 5 ? exchange_find(argv[1]) : NULL,
                        .text = STRBUF_INIT(LINES_MAX_BYTES),
                        .said = STRBUF_INIT(LINES_MAX_BYTES)};
    if (!r.exchange)
        die("usage", "frame_events EXCHANGE TRADES QUOTES FILE");
    r.listen.of[CHANNEL_TRADES] = find_channel(r.exchange, CHANNEL_TRADES, argv[2]);
    r.listen.of[CHANNEL_QUOTES] = find_channel(r.exchange, CHANNEL_QUOTES, argv[3]);
    r.session = calloc(1, r.exchange->session_size + 1);
    if (!r.session)
        die("session", "out of memory");
    read_all(&r, argv[4]);
    free(r.session);
    strbuf_finish(&r.text);
    strbuf_finish(&r.said);
    return ferror(stdout) || fflush(stdout) != 0 ? 1 : 0;
}
