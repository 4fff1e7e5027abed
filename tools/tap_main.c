#include "clock.h"
#include "log.h"
#include "tap.h"
#include "tap_mirror_metrics.h"
#include "timefmt.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define OFF(field) offsetof(struct tap_settings, field)

static const struct conf_opt options[] = {
    {"topic", CONF_STR, OFF(topic),
     .help = "read this topic; without it, what kafka-console-consumer pipes in"},
    {"from-beginning", CONF_BOOL, OFF(from_beginning),
     .help = "begin with the oldest record; without a beginning, with the next one that comes"},
    {"from-time", CONF_STR, OFF(from_time),
     .help = "begin with what was written at this time: RFC 3339 or seconds since 1970"},
    {"to-time", CONF_STR, OFF(to_time),
     .help = "leave when all that was written before this time is printed"},
    {"partition", CONF_INT, OFF(partition), .def = "-1", .min = -1, .max = INT32_MAX,
     .help = "only this partition; -1: all"},
    {"from-offset", CONF_INT, OFF(from_offset), .def = "-1", .min = -1, .max = INT64_MAX - 1,
     .help = "begin with this offset (with --partition)"},
    {"to-offset", CONF_INT, OFF(to_offset), .def = "-1", .min = -1, .max = INT64_MAX - 1,
     .help = "leave when this offset, too, is printed (with --partition)"},
    {"exit-at-end", CONF_BOOL, OFF(exit_at_end),
     .help = "leave when everything that the topic held at the start is printed"},
    {"max-messages", CONF_INT, OFF(max_messages), .max = INT64_MAX,
     .help = "leave after so many lines; 0: never"},
    {"exchange", CONF_STR, OFF(exchange), .help = "only these exchanges, comma-separated"},
    {"symbol", CONF_STR, OFF(symbol), .help = "only these symbols, comma-separated: BTC-USDT"},
    {"kind", CONF_STR, OFF(kind),
     .help = "only these kinds of record, comma-separated: trade, candle, feed, …"},
    {"lineage", CONF_STR, OFF(lineage),
     .help =
         "print the trades of this candle: exchange|symbol|open_time, of candles.1m or --topic"},
    {"ticks", CONF_BOOL, OFF(ticks), .help = "ticks, too: one a second, exchange and partition"},
    {"format", CONF_CHOICE, OFF(format), .def = "json", .choices = "json|csv",
     .help = "a JSON object per line, or CSV with the columns of one kind of record"},
    {"meta", CONF_BOOL, OFF(meta),
     .help = "print partition, offset, timestamp and key around each value"},
    {"mirror", CONF_BOOL, OFF(mirror),
     .help = "print nothing, but keep TOPIC.json: the same records as JSON text"},
    {"instance", CONF_STR, OFF(instance),
     .help = "of a mirror: number of this process among those that share the work: a restart then "
             "keeps its partitions; empty for a dynamic member"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const char details[] =
    "What is printed\n"
    "  A record is a line: a JSON object with the schema's fields in its order. Decimals are\n"
    "  strings without an exponent, times RFC 3339 in UTC, absent values null; a tombstone (a key\n"
    "  whose record was deleted) is the line null. --meta puts {\"partition\", \"offset\",\n"
    "  \"timestamp\", \"key\", \"value\"} around it.\n"
    "  With --format csv the first line names the columns: those of the kind that --kind names,\n"
    "  else of the first record. Records of other kinds are left out, and counted on stderr.\n"
    "  With --meta four columns kafka_… come first. Null is an empty cell, an empty text \"\".\n"
    "  Ticks are left out unless --ticks or --kind tick asks for them.\n\n"
    "Which records\n"
    "  --exchange, --symbol and --kind take lists; what is shown fulfils all that are given. A\n"
    "  record without the field does not pass, nor does a tombstone; an opportunity passes by any\n"
    "  of its legs. Only committed records are read.\n"
    "  Times are Kafka's: when a record was written, not when the trade was made. Offsets are\n"
    "  inclusive, so the lineage of a candle can be used as it stands. Without an end the program\n"
    "  goes on for ever.\n\n"
    "From a candle to its trades\n"
    "  --lineage prints the trades that the newest record of a candle was made of, in the order "
    "of\n"
    "  their offsets, and says on stderr the line of kafka-console-consumer that shows the same\n"
    "  bytes. If what is there does not add up to the candle, it says so, and the exit code is "
    "1.\n\n"
    "The pipe\n"
    "  Without --topic it reads what kafka-console-consumer writes: raw values, each with a line\n"
    "  break behind it. Bytes that are no record are reported on stderr (where, how many, how "
    "they\n"
    "  begin) and skipped up to the next record. Text in front of values (print.key, print.offset\n"
    "  and the like) is refused: --topic with --meta tells the same.\n\n"
    "Schemas\n"
    "  Values in Avro's single-object encoding and in Confluent's wire format are read alike, the\n"
    "  latter with --schema.registry.url. The schema of another release is looked up in the topic\n"
    "  schemas or in the registry; of a pipe, whose cluster is not known, in the registry only.\n\n"
    "The mirror\n"
    "  --mirror reads --topic as the consumer group cw-tap.TOPIC and writes each record as JSON\n"
    "  to TOPIC.json, in the same partition, with the same key and headers; tombstones stay\n"
    "  tombstones. Both topics must exist with the same number of partitions. It goes on where it\n"
    "  stopped, at first with the oldest record. After a crash some records may be there twice.\n"
    "  What cannot be decoded goes to dead-letters. --health.listen gives it /livez, /readyz and\n"
    "  /metrics.\n\n"
    "Examples\n"
    "  cw-tap --topic candles.1m\n"
    "  cw-tap --topic trades --from-beginning --exit-at-end --meta | jq .value.price\n"
    "  cw-tap --topic candles.1m --symbol BTC-USDT,ETH-USDT --from-time 2026-01-02T03:00:00Z \\\n"
    "      --exit-at-end --format csv >candles.csv\n"
    "  cw-tap --topic trades --partition 2 --from-offset 81200 --to-offset 81455 --kind trade\n"
    "  cw-tap --lineage 'binance|BTC-USDT|2026-01-02T03:04:00Z'\n"
    "  kafka-console-consumer --bootstrap-server localhost:9092 --topic candles.1m \\\n"
    "      --isolation-level read_committed | cw-tap\n"
    "  cw-tap --mirror --topic candles.1m --instance 0 --health.listen 127.0.0.1:9210\n\n"
    "Diagnostics\n"
    "  What cannot be decoded is reported on stderr and left out, and the exit code is then 1.\n"
    "  Rejected records are in dead-letters: see cw-deadletter.\n";

enum { SAY_EVERY_S = 10 };

static const struct program_about tool = {.conf = {.name = "cw-tap",
                                                   .summary = "records as JSON lines or CSV",
                                                   .args = "",
                                                   .prefixes = prefixes,
                                                   .details = details},
                                          .health_listen = ""};

static bool selects_part(const struct tap_settings *s)
{
    return s->exit_at_end || s->from_beginning || s->partition >= 0 || s->from_offset >= 0 ||
           s->to_offset >= 0 || *s->from_time || *s->to_time;
}

static int check_mirror(const struct tap_settings *s, struct err *e)
{
    if (!*s->topic)
        return err_set(e, ERR_CONF, "--mirror needs --topic");
    if (selects_part(s) || s->meta || s->max_messages > 0 || *s->exchange || *s->symbol ||
        *s->kind || strcmp(s->format, "json") != 0)
        return err_set(e, ERR_CONF,
                       "a mirror is of the whole topic: of the options that choose or "
                       "shape what is printed, only --ticks goes with --mirror");
    return 0;
}

static int check_lineage(const struct tap_settings *s, struct err *e)
{
    if (selects_part(s) || s->mirror || s->max_messages > 0 || *s->exchange || *s->symbol ||
        *s->kind || s->ticks)
        return err_set(e, ERR_CONF,
                       "the trades of a candle are all or none: of the other options, only "
                       "--topic, --format and --meta go with --lineage");
    return 0;
}

static int check(const struct tap_settings *s, struct err *e)
{
    if (*s->lineage)
        return check_lineage(s, e);
    if (s->mirror)
        return check_mirror(s, e);
    if (*s->instance)
        return err_set(e, ERR_CONF, "--instance needs --mirror");
    if (!*s->topic && (selects_part(s) || s->meta))
        return err_set(e, ERR_CONF,
                       "--from-…, --to-…, --partition, --exit-at-end and --meta need --topic");
    if (!*s->topic && isatty(STDIN_FILENO))
        return err_set(e, ERR_CONF, "nothing is piped in, and there is no --topic (see --help)");
    return 0;
}

static int prepare(struct tap *t, struct err *e)
{
    const struct tap_settings *s = t->settings;
    const struct tap_filter_wishes which = {s->exchange, s->symbol, s->kind, s->ticks};
    const struct range_wishes part = {s->from_beginning, s->exit_at_end, s->partition,
                                      s->from_offset,    s->to_offset,   s->from_time,
                                      s->to_time};
    if (check(s, e) != 0 || framing_conf_check(&s->framing, e) != 0 ||
        tap_filter_init(&t->filter, &which, e) != 0 ||
        range_init(&t->range, &part, clock_real_us(), e) != 0)
        return -1;
    /* a pipe may come from anywhere: no cluster is asked for the schemas of what it holds */
    t->framing = framing_create(&s->framing, *s->topic || *s->lineage ? &t->kafka : NULL,
                                t->program->metrics, e);
    return t->framing ? 0 : -1;
}

/* What the CSV had no columns for. */
static void say_others(const struct tap_output *o)
{
    for (unsigned k = 0; k < RECORD_TYPES; k++)
        if (o->others[k] > 0)
            log_warn("tap", "left out: the CSV holds another kind of record (see --kind)",
                     LOG_STR("kind", record_type_name((enum record_type)k)),
                     LOG_INT("records", o->others[k]));
    if (o->other_tombstones > 0)
        log_warn("tap", "left out: a tombstone has no columns (see --meta)",
                 LOG_INT("records", o->other_tombstones));
}

static int print(struct tap *t, struct err *e)
{
    const struct tap_settings *s = t->settings;
    const struct tap_wishes wishes = {&t->filter, strcmp(s->format, "csv") == 0, s->meta,
                                      s->max_messages};
    tap_output_init(&t->out, STDOUT_FILENO, &wishes);
    int r = *s->lineage ? tap_candle(t, e)
            : *s->topic ? tap_topic(t, e)
                        : tap_pipe(t, STDIN_FILENO, e);
    say_others(&t->out);
    tap_output_finish(&t->out);
    return r;
}

/* A tool that was told to stop, or has done its work, says nothing of it. */
static int exit_code(struct tap *t, int result, const struct err *e)
{
    if (result != 0 && e->code != ERR_STOPPED)
        return program_end(t->program, result, e);
    if (t->refused == 0)
        return PROGRAM_DONE;
    log_error("tap", "not everything could be printed", LOG_INT("left_out", t->refused));
    return PROGRAM_FAILURE;
}

int main(int argc, char **argv)
{
    struct tap_settings settings;
    struct program_about about = tool;
    struct program p;
    struct err e = {0};
    about.shared = (struct conf_section){framing_options, &settings.framing};
    about.metrics[0] = &tap_mirror_metric_table;
    about.metrics[1] = &framing_metric_table;
    int r = program_start(&p, &about, options, &settings, argc, argv);
    if (r == PROGRAM_RUN) {
        struct tap t = {
            .program = &p,
            .settings = &settings,
            .kafka = {p.common.brokers, p.common.prefix, &p.conf, program_stopping, p.health}};
        t.schema_limit.interval_us = SAY_EVERY_S * US_PER_S;
        r = prepare(&t, &e);
        if (r == 0)
            r = settings.mirror ? tap_mirror(&t, &e) : print(&t, &e);
        r = exit_code(&t, r, &e);
        framing_destroy(t.framing);
    }
    program_finish(&p);
    return r;
}
