#include "ledger.h"

#include "e8.h"
#include "strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_LIMIT = 1 << 20, BUFFER_FULL = 1 << 19 };

struct ledger {
    int fd; /* -1: no file */
    char *path;
    const char *exchange;
    const struct listing *listing;
    struct strbuf lines; /* not yet in the file */
    off_t whole;         /* bytes of whole lines in a regular file */
    bool regular;
};

/* A file that ends amid a line is not one of ours, or its machine lost power: not ours to mend. */
static int check_end(struct ledger *l, struct err *e)
{
    struct stat st;
    char last = '\n';
    if (fstat(l->fd, &st) != 0)
        return err_set(e, ERR_IO, "ledger %s: %s", l->path, strerror(errno));
    l->regular = S_ISREG(st.st_mode);
    l->whole = st.st_size;
    if (l->regular && st.st_size > 0 && pread(l->fd, &last, 1, st.st_size - 1) != 1)
        return err_set(e, ERR_IO, "ledger %s: %s", l->path, strerror(errno));
    if (last != '\n')
        return err_set(e, ERR_STATE, "ledger %s ends in the middle of a line: move it away",
                       l->path);
    return 0;
}

static int open_file(struct ledger *l, struct err *e)
{
    l->fd = open(l->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (l->fd < 0)
        return err_set(e, ERR_IO, "ledger %s: %s", l->path, strerror(errno));
    return check_end(l, e);
}

static void destroy(struct ledger *l)
{
    if (l->fd >= 0)
        (void)close(l->fd); /* write errors were seen by write() */
    strbuf_finish(&l->lines);
    free(l->path);
    free(l);
}

struct ledger *ledger_open(const char *path, const char *exchange, const struct listing *listing,
                           struct err *e)
{
    struct ledger *l = calloc(1, sizeof(*l));
    if (!l) {
        (void)err_set(e, ERR_NOMEM, "ledger: out of memory");
        return NULL;
    }
    l->fd = -1;
    l->exchange = exchange;
    l->listing = listing;
    strbuf_init(&l->lines, BUFFER_LIMIT);
    l->path = strdup(path);
    int r = l->path ? 0 : err_set(e, ERR_NOMEM, "ledger: out of memory");
    if (r == 0 && *path)
        r = open_file(l, e);
    if (r == 0)
        return l;
    destroy(l);
    return NULL;
}

/* A line has been appended, or there was no room for all of it: then none of it is there. */
static int added(struct ledger *l, size_t start, int result, struct err *e)
{
    if (result != 0) {
        l->lines.len = start;
        return strbuf_full(&l->lines, "ledger", e);
    }
    return l->lines.len > BUFFER_FULL ? ledger_flush(l, e) : 0;
}

static int begin_line(struct ledger *l, const char *kind, uint32_t symbol)
{
    const struct symbol *s = &l->listing->symbols[symbol];
    return strbuf_addf(&l->lines,
                       "{\"kind\":\"%s\",\"exchange\":\"%s\",\"symbol\":\"%s\",\"native\":\"%s\",",
                       kind, l->exchange, s->canonical, s->native);
}

static int add_trade(struct ledger *l, const struct market_trade *t, int64_t send_us,
                     uint32_t connections, bool lost, struct err *e)
{
    if (l->fd < 0)
        return 0;
    char price[E8_TEXT];
    char amount[E8_TEXT];
    e8_format(t->price_e8, price);
    e8_format(t->amount_e8, amount);
    size_t start = l->lines.len;
    int r = begin_line(l, "trade", t->symbol);
    if (r == 0)
        r = strbuf_addf(&l->lines,
                        "\"id\":%" PRId64 ",\"price\":\"%s\",\"amount\":\"%s\",\"side\":\"%s\","
                        "\"time_us\":%" PRId64 ",\"send_us\":%" PRId64 ",\"connections\":%u%s}\n",
                        t->id, price, amount, t->side == TAKER_BUY ? "buy" : "sell", t->time_us,
                        send_us, connections, lost ? ",\"lost\":true" : "");
    return added(l, start, r, e);
}

int ledger_add(struct ledger *l, const struct market_trade *t, int64_t send_us,
               uint32_t connections, struct err *e)
{
    return add_trade(l, t, send_us, connections, false, e);
}

int ledger_add_lost(struct ledger *l, const struct market_trade *t, int64_t send_us, struct err *e)
{
    return add_trade(l, t, send_us, 0, true, e);
}

/* "price":"1.00000000","price_amount":"2.00000000", or null where nobody is. */
static int add_side(struct ledger *l, const char *name, int64_t price_e8, int64_t amount_e8)
{
    char price[E8_TEXT];
    char amount[E8_TEXT];
    if (amount_e8 == 0)
        return strbuf_addf(&l->lines, "\"%s\":null,\"%s_amount\":null,", name, name);
    e8_format(price_e8, price);
    e8_format(amount_e8, amount);
    return strbuf_addf(&l->lines, "\"%s\":\"%s\",\"%s_amount\":\"%s\",", name, price, name, amount);
}

int ledger_add_quote(struct ledger *l, const struct market_quote *q, int64_t send_us,
                     uint32_t connections, struct err *e)
{
    if (l->fd < 0)
        return 0;
    size_t start = l->lines.len;
    int r = begin_line(l, "quote", q->symbol);
    if (r == 0)
        r = add_side(l, "bid", q->bid_e8, q->bid_amount_e8);
    if (r == 0)
        r = add_side(l, "ask", q->ask_e8, q->ask_amount_e8);
    if (r == 0)
        r = strbuf_addf(&l->lines,
                        "\"number\":%" PRId64 ",\"time_us\":%" PRId64 ",\"send_us\":%" PRId64
                        ",\"connections\":%u}\n",
                        q->number, q->time_us, send_us, connections);
    return added(l, start, r, e);
}

int ledger_add_plant(struct ledger *l, const struct plant *p, struct err *e)
{
    if (l->fd < 0)
        return 0;
    size_t start = l->lines.len;
    int r = begin_line(l, "plant", p->symbol);
    if (r == 0)
        r = strbuf_addf(&l->lines,
                        "\"from_us\":%" PRId64 ",\"to_us\":%" PRId64 ",\"bps\":%" PRId64 "}\n",
                        p->from_us, p->to_us, p->bps);
    return added(l, start, r, e);
}

int ledger_flush(struct ledger *l, struct err *e)
{
    size_t done = 0;
    while (done < l->lines.len) {
        ssize_t n = write(l->fd, l->lines.data + done, l->lines.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int r = err_set(e, ERR_IO, "ledger %s: %s", l->path, strerror(errno));
            if (l->regular)
                (void)!ftruncate(l->fd, l->whole); /* at worst the next open says so */
            strbuf_reset(&l->lines);
            return r;
        }
        done += (size_t)n;
    }
    l->whole += (off_t)done;
    strbuf_reset(&l->lines);
    return 0;
}

int ledger_close(struct ledger *l, struct err *e)
{
    if (!l)
        return 0;
    int r = ledger_flush(l, e);
    destroy(l);
    return r;
}
