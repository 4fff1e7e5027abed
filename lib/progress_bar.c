#include "progress_bar.h"

#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 20, SHOW_MS = 200, LOG_S = 10 };

struct progress_bar progress_bar_begin(const char *what, int64_t total, int64_t now_us)
{
    return (struct progress_bar){.what = what,
                                 .total = total,
                                 .begin_us = now_us,
                                 .said_us = now_us,
                                 .terminal = isatty(STDERR_FILENO) == 1};
}

static int64_t rate_of(const struct progress_bar *b, int64_t done, int64_t now_us)
{
    int64_t took_ms = (now_us - b->begin_us) / US_PER_MS;
    return took_ms > 0 ? done * 1000 / took_ms : 0;
}

/* "3 s", "12 min", "7 h"; nothing where it is not known yet. */
static void left_text(int64_t left, int64_t rate, char *ret, size_t room)
{
    ret[0] = '\0';
    if (left <= 0 || rate <= 0)
        return;
    int64_t s = left / rate + 1;
    if (s < 120)
        (void)snprintf(ret, room, "  %" PRId64 " s left", s);
    else if (s < 120 * 60)
        (void)snprintf(ret, room, "  %" PRId64 " min left", s / 60);
    else
        (void)snprintf(ret, room, "  %" PRId64 " h left", s / 3600);
}

void progress_bar_text(const struct progress_bar *b, int64_t done, int64_t now_us,
                       char ret[PROGRESS_BAR_TEXT])
{
    int64_t shown = done < b->total ? done : b->total;
    int64_t percent = b->total > 0 ? shown * 100 / b->total : 100;
    int64_t rate = rate_of(b, done, now_us);
    char bar[WIDTH + 1];
    char left[40];
    memset(bar, '.', WIDTH);
    memset(bar, '#', (size_t)(percent * WIDTH / 100));
    bar[WIDTH] = '\0';
    left_text(b->total - done, rate, left, sizeof(left));
    (void)snprintf(ret, PROGRESS_BAR_TEXT,
                   "%s [%s] %3" PRId64 " %%  %" PRId64 " of %" PRId64 "  %" PRId64 "/s%s", b->what,
                   bar, percent, done, b->total, rate, left);
}

static void say(struct progress_bar *b, int64_t done, int64_t now_us)
{
    char text[PROGRESS_BAR_TEXT];
    b->said_us = now_us;
    if (b->terminal) {
        progress_bar_text(b, done, now_us, text);
        (void)fprintf(stderr, "\r%s\033[K", text);
        return;
    }
    log_info(b->what, "progress", LOG_INT("done", done), LOG_INT("total", b->total),
             LOG_INT("per_second", rate_of(b, done, now_us)));
}

void progress_bar_show(struct progress_bar *b, int64_t done, int64_t now_us)
{
    int64_t every_us = b->terminal ? SHOW_MS * US_PER_MS : LOG_S * US_PER_S;
    if (now_us - b->said_us >= every_us)
        say(b, done, now_us);
}

void progress_bar_end(struct progress_bar *b, int64_t done, int64_t now_us)
{
    say(b, done, now_us);
    if (b->terminal)
        (void)fputc('\n', stderr);
}
