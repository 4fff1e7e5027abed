/* One frame of an exchange to an event: its recorded frames of one trade, one after another. */
#include "bench.h"
#include "exchange.h"
#include "recorded.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES_MAX = 4096, FILE_MAX_BYTES = 1 << 24 };

struct frames {
    const struct exchange_ops *exchange;
    struct channels listen;
    struct frame frames[FRAMES_MAX];
    size_t n;
    size_t next;
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    *(bool *)ctx = ev->type == EVENT_TRADE;
    return 0;
}

static bool parse(const struct frames *f, const struct frame *in)
{
    bool trade = false;
    bool skipped = false;
    struct err e = {0};
    return f->exchange->parse_frame(NULL, &f->listen, in, on_event, &trade, &skipped, &e) == 1 &&
           trade;
}

static void parse_next(void *ctx)
{
    struct frames *f = ctx;
    if (!parse(f, &f->frames[f->next]))
        die("parse", "a frame that was a trade before is none now");
    f->next = f->next + 1 < f->n ? f->next + 1 : 0;
}

/* Keeps the frame if it holds one trade. Its memory lasts as long as the process. */
static void keep(struct frames *f, struct slice line)
{
    struct strbuf text = STRBUF_INIT(FILE_MAX_BYTES);
    struct recorded r;
    struct err e = {0};
    if (recorded_parse(line, &text, &r, &e) != 0)
        die("recorded frame", e.text);
    if (f->n < FRAMES_MAX && parse(f, &r.frame))
        f->frames[f->n++] = r.frame;
    else
        strbuf_finish(&text);
}

static void read_frames(struct frames *f, const char *path)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(path, "r");
    if (!file)
        die(path, "cannot be opened");
    while ((len = getline(&line, &cap, file)) > 0)
        keep(f, slice_make(line, (size_t)(line[len - 1] == '\n' ? len - 1 : len)));
    free(line);
    (void)fclose(file); /* only read */
    if (f->n == 0)
        die(path, "holds no trade");
}

static void measure(const char *figure_name, const char *folder, const char *exchange,
                    const char *channel, const char *file)
{
    static struct frames f;
    char path[PATH_MAX];
    f = (struct frames){.exchange = exchange_find(exchange)};
    f.listen.of[CHANNEL_TRADES] = exchange_channel(f.exchange, CHANNEL_TRADES, channel);
    int n = snprintf(path, sizeof(path), "%s/%s/%s", folder, exchange, file);
    if (n < 0 || (size_t)n >= sizeof(path))
        die(folder, "is too long a path");
    read_frames(&f, path);
    const struct bench_figure figure = bench_run(figure_name, parse_next, &f);
    bench_print(&figure, NULL);
    for (size_t i = 0; i < f.n; i++)
        free((char *)f.frames[i].text.data);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage", "bench_parse FIXTURES");
    measure("parse.binance", argv[1], "binance", "aggTrade", "binance-agg.ws.jsonl");
    measure("parse.kraken", argv[1], "kraken", "trade", "kraken.derived.jsonl");
    measure("parse.okx", argv[1], "okx", "trades-all", "okx.derived.jsonl");
    return 0;
}
