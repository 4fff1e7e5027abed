/* The arbitrage fold by lines, for arbitrage_laws.py: records in on stdin, what comes of them out
 * on stdout. Words are separated by blanks, "-" is null.
 *
 *     new PARTITION FEES_FILE OPEN CLOSE SUSPECT NOTIONALS MAX_AGE TICK_MAX_AGE DWELL UPDATE
 * DURATION WATCHING SYMBOLS EXCHANGES                 (one line) quote EXCHANGE SYMBOL BID
 * BID_AMOUNT ASK ASK_AMOUNT STATE RECEIVE_US EPOCH tick EXCHANGE RECEIVE_US ALIVE EPOCH rate
 * EXCHANGE SYMBOL RECEIVE_US EPOCH trade                                          what does not
 * belong here reopen                                         to an image and back
 *
 * Answers: "OFFSET KEY URGENT JSON" or "OFFSET refused REASON"; a blank line ends those to "new".
 */
#include "arbitrage.h"
#include "fold_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORDS = 16, JSON_LIMIT = 1 << 20 };

struct session {
    struct arbitrage_options options;
    struct fold_harness h;
    bool open;
    char *texts[5]; /* of the options */
};

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "arbitrage_lines: %s: %s\n", what, why);
    exit(2);
}

static int64_t whole(const char *word)
{
    return strtoll(word, NULL, 10);
}

static bool number(const char *word, struct decimal *ret)
{
    struct err e = {0};
    if (strcmp(word, "-") == 0)
        return false;
    if (decimal_parse(slice_of(word), ret, &e) != 0)
        die(word, e.text);
    return true;
}

/* --- one state after the other --------------------------------------------------------------- */

static void tell(struct fold_harness *h)
{
    struct strbuf json = STRBUF_INIT(JSON_LIMIT);
    for (size_t i = 0; i < h->n_said; i++) {
        const struct fold_said *s = &h->said[i];
        struct slice value = fold_harness_value(h, i);
        if (s->refusal) {
            (void)printf("%lld refused %.*s\n", (long long)s->offset, SLICE_ARG(value));
            continue;
        }
        struct record r;
        fold_harness_decode(h, i, &r);
        strbuf_reset(&json);
        if (record_json(&r, &json, NULL) != 0)
            die("json", "no room");
        (void)printf("%lld %.*s %d %.*s\n", (long long)s->offset, SLICE_ARG(fold_harness_key(h, i)),
                     s->urgent, (int)json.len, json.data);
    }
    (void)putchar('\n');
    strbuf_finish(&json);
}

static void end(struct session *s)
{
    if (!s->open)
        return;
    tell(&s->h);
    fold_harness_finish(&s->h);
    for (size_t i = 0; i < sizeof(s->texts) / sizeof(s->texts[0]); i++)
        free(s->texts[i]);
    s->open = false;
}

static void begin(struct session *s, char **word)
{
    struct err e = {0};
    end(s);
    for (size_t i = 0; i < sizeof(s->texts) / sizeof(s->texts[0]); i++)
        if (!(s->texts[i] = strdup(word[2 + i])))
            die("new", "out of memory");
    s->options = (struct arbitrage_options){
        .fees = s->texts[0],
        .open_bps = s->texts[1],
        .close_bps = s->texts[2],
        .suspect_bps = s->texts[3],
        .min_notional = s->texts[4],
        .max_age_ms = whole(word[7]),
        .tick_max_age_ms = whole(word[8]),
        .min_dwell_ms = whole(word[9]),
        .update_ms = whole(word[10]),
        .max_duration_s = whole(word[11]),
        .watching_s = whole(word[12]),
        .max_symbols = whole(word[13]),
        .max_exchanges = whole(word[14]),
    };
    if (arbitrage_fold.prepare(&s->options, &e) != 0)
        die("options", e.text);
    fold_harness_init(&s->h, &arbitrage_fold, &s->options, (int32_t)whole(word[1]));
    s->open = true;
}

/* --- records --------------------------------------------------------------------------------- */

static enum quote_state state_of(const char *word)
{
    for (unsigned i = 0; i < QUOTE_STATE_COUNT; i++)
        if (strcmp(word, quote_state_name((enum quote_state)i)) == 0)
            return (enum quote_state)i;
    die("state", word);
}

static struct record quote_of(char **word)
{
    struct record r = {.type = RECORD_QUOTE};
    struct quote *q = &r.quote;
    q->exchange = slice_of(word[1]);
    q->symbol = slice_of(word[2]);
    q->has_bid = number(word[3], &q->bid);
    q->has_bid_amount = number(word[4], &q->bid_amount);
    q->has_ask = number(word[5], &q->ask);
    q->has_ask_amount = number(word[6], &q->ask_amount);
    q->state = state_of(word[7]);
    q->receive_time_us = whole(word[8]);
    q->epoch = whole(word[9]);
    return r;
}

static struct record tick_of(char **word)
{
    return (struct record){.type = RECORD_TICK,
                           .tick = {.exchange = slice_of(word[1]),
                                    .receive_time_us = whole(word[2]),
                                    .alive = whole(word[3]) != 0,
                                    .epoch = whole(word[4])}};
}

static struct record rate_of(char **word)
{
    return (struct record){.type = RECORD_RATE,
                           .rate = {.exchange = slice_of(word[1]),
                                    .symbol = slice_of(word[2]),
                                    .receive_time_us = whole(word[3]),
                                    .epoch = whole(word[4])}};
}

/* How many words each line begins with. */
static const struct {
    const char *name;
    int words;
} forms[] = {{"new", 15}, {"quote", 10}, {"tick", 5}, {"rate", 5}, {"reopen", 1}};

static void act(struct session *s, char **word)
{
    struct record r;
    if (strcmp(word[0], "new") == 0) {
        begin(s, word);
        return;
    }
    if (strcmp(word[0], "reopen") == 0) {
        fold_harness_reopen(&s->h);
        return;
    }
    if (strcmp(word[0], "quote") == 0)
        r = quote_of(word);
    else if (strcmp(word[0], "tick") == 0)
        r = tick_of(word);
    else
        r = rate_of(word);
    fold_harness_apply(&s->h, &r);
}

int main(void)
{
    static char line[4096];
    struct session s = {.open = false};
    while (fgets(line, sizeof(line), stdin)) {
        char *word[WORDS];
        char *rest;
        int n = 0;
        for (char *w = strtok_r(line, " \n", &rest); w && n < WORDS;
             w = strtok_r(NULL, " \n", &rest))
            word[n++] = w;
        size_t form = 0;
        while (n > 0 && strcmp(forms[form].name, word[0]) != 0)
            if (++form == sizeof(forms) / sizeof(forms[0]))
                die("line", word[0]);
        if (n == 0 || n != forms[form].words || (!s.open && strcmp(word[0], "new") != 0))
            die("line", "wrong number of words, or before new");
        act(&s, word);
    }
    end(&s);
    return 0;
}
