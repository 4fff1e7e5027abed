/**
 * The log: one event per line on stderr, with named fields.
 *
 *     log_info("producer", "subscribed", LOG_STR("exchange", "binance"), LOG_INT("symbols", 20));
 *
 * writes {"ts":"…","level":"info","mod":"producer","msg":"subscribed","exchange":"binance",
 * "symbols":20} for machines, or the same fields as text on a terminal. error: we give up; warn:
 * we go on, and the text says how; info: changes of state; debug: free. No secrets, no payloads.
 * Threads: any; a line is written whole. The log is the one piece of global state in the project.
 */
#ifndef CANDLEWICK_LOG_H
#define CANDLEWICK_LOG_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log_field {
    const char *key; /* NULL ends the list */
    enum { LOG_FIELD_STR, LOG_FIELD_INT } type;
    struct slice str;
    int64_t num;
};

#define LOG_STR(key_, text_) ((struct log_field){(key_), LOG_FIELD_STR, slice_of(text_), 0})
#define LOG_SLICE(key_, slice_) ((struct log_field){(key_), LOG_FIELD_STR, (slice_), 0})
#define LOG_INT(key_, num_) ((struct log_field){(key_), LOG_FIELD_INT, {NULL, 0}, (num_)})
#define LOG_ERR(err_) LOG_STR("error", (err_)->text)

/* Until called: info, automatic format. auto: text where stderr is a terminal, else JSON. */
void log_init(enum log_level level, enum log_format format);
bool log_enabled(enum log_level level);

/* fields: ended by one without key; one that would make the line longer than 8 KiB is left out, and
 * a message is cut after 1 KiB. Prefer the macros below. */
void log_event(enum log_level level, const char *mod, const char *msg,
               const struct log_field *fields);

#define LOG_EVENT(level, mod, msg, ...)                                                            \
    log_event(level, mod, msg, &((const struct log_field[]){{NULL}, ##__VA_ARGS__, {NULL}})[1])
#define log_debug(mod, msg, ...) LOG_EVENT(LOG_LEVEL_DEBUG, mod, msg, ##__VA_ARGS__)
#define log_info(mod, msg, ...) LOG_EVENT(LOG_LEVEL_INFO, mod, msg, ##__VA_ARGS__)
#define log_warn(mod, msg, ...) LOG_EVENT(LOG_LEVEL_WARN, mod, msg, ##__VA_ARGS__)
#define log_error(mod, msg, ...) LOG_EVENT(LOG_LEVEL_ERROR, mod, msg, ##__VA_ARGS__)

/* At most one event per interval from one place; the rest are counted and told with the next.
 *     static-free use: keep one beside the state it speaks of.
 *     if (log_limit_pass(&f->limit, now_us)) log_warn(..., LOG_INT("suppressed", f->limit.held));
 */
struct log_limit {
    int64_t interval_us;
    int64_t next_us;
    int64_t count; /* suppressed since the last event that passed */
    int64_t held;  /* how many were suppressed before the event that just passed */
};
bool log_limit_pass(struct log_limit *l, int64_t now_us);

#endif
