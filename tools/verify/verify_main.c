/**
 * cw-verify: compares two topics, or a topic and the tables that are filled from it.
 */
#include "kafka/topics.h"
#include "timefmt.h"
#include "verify.h"

#include <stddef.h>

#define OFF(field) offsetof(struct verify_settings, field)

static const struct conf_opt options[] = {
    {"content", CONF_BOOL, OFF(content),
     .help = "compare what each key holds in the end, not record by record"},
    {"table", CONF_BOOL, OFF(table),
     .help = "compare topic A with the tables that cw-postgres fills from it"},
    {"inputs", CONF_STR, OFF(inputs),
     .help = "only records made by these input offsets: PARTITION:FROM-TO, comma-separated"},
    {"ignore-headers", CONF_STR, OFF(ignore_headers),
     .help = "headers that do not count, comma-separated: config"},
    {"prefix.b", CONF_STR, OFF(prefix_b), .help = "prefix of topic B; empty: that of A"},
    {"brokers.b", CONF_STR, OFF(brokers_b), .help = "brokers of topic B; empty: those of A"},
    {"from-open", CONF_STR, OFF(from_open),
     .help = "with --content: windows that open at this time or later (trades: exchange time)"},
    {"to-open", CONF_STR, OFF(to_open),
     .help = "with --content: windows that open before this time (trades: exchange time)"},
    {"max.keys", CONF_INT, OFF(max_keys), .def = "4000000", .min = 1, .max = 1000000000,
     .help = "how many keys are kept in memory at most: about 90 MB a million"},
    {"database.url", CONF_STR, OFF(database_url), .secret = true,
     .help = "with --table: postgresql://user:password@host:port/database"},
    {"wait", CONF_INT, OFF(wait_s), .max = 86400,
     .help = "with --table: seconds that the sink may take to reach the topic's end"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const char details[] =
    "What is compared\n"
    "  A and B are names of topics without the prefix; B may be left out where --prefix.b or\n"
    "  --brokers.b say that it is the same topic elsewhere. Both are read from their first record\n"
    "  to where they end at the start, committed records only. Exit code 0: equal; 1: different,\n"
    "  or it failed; 2: usage. The last line says it for people.\n\n"
    "Record by record (replay)\n"
    "  The same input offsets give the same records: key, value and headers, in the order of each\n"
    "  partition. Offsets, times and transactions do not count; values are compared as records, "
    "so\n"
    "  it does not matter how they are framed. Both topics need as many partitions. Of each\n"
    "  partition the first difference is printed: both records, and which parts differ.\n"
    "  --inputs compares only what these input offsets made, told by the header input; partitions\n"
    "  that it does not name are left out. FROM and TO are inclusive, TO may be empty.\n"
    "  --ignore-headers config is for runs whose configurations differ.\n\n"
    "By content (--content)\n"
    "  For another run over the same trades in another order: the last revision of each closed\n"
    "  window, without lineage, revision and reason; a quiet window without trades is as good as "
    "no\n"
    "  record. Of trades: each (exchange, symbol, trade_id) once, without receive_time and "
    "origin.\n"
    "  Takes about 90 MB of memory for a million keys.\n\n"
    "With the database (--table)\n"
    "  trades, candles.<interval> and arbitrage against their tables: every row has its record,\n"
    "  with the same values, and every record its row, unless retention dropped its day or it is "
    "in\n"
    "  quarantine. A sink that is behind is waited for, for --wait seconds.\n\n"
    "Examples\n"
    "  cw-verify candles.1m candles.1m.replay --inputs 2:81200-90000\n"
    "  cw-verify candles.1m --prefix.b next. --ignore-headers config\n"
    "  cw-verify --content candles.1h candles.1h.again --to-open 2026-01-03T00:00:00Z\n"
    "  cw-verify --table candles.1m --wait 60\n";

/* --- options ---------------------------------------------------------------------------------- */

static int check_together(const struct conf *c, const struct verify_settings *s, struct err *e)
{
    bool elsewhere = *s->prefix_b || *s->brokers_b;
    if (s->table && s->content)
        return err_set(e, ERR_CONF, "--table and --content are two ways to compare: choose one");
    if (s->table && (c->n_args != 1 || elsewhere || *s->inputs || *s->ignore_headers))
        return err_set(e, ERR_CONF,
                       "--table takes one topic, and none of --prefix.b, --brokers.b, --inputs and "
                       "--ignore-headers");
    if (!s->table && (c->n_args == 0 || (c->n_args == 1 && !elsewhere)))
        return err_set(e, ERR_CONF, "expected two topics (see --help)");
    if (!s->table && s->wait_s > 0)
        return err_set(e, ERR_CONF, "--wait goes with --table");
    if (!s->content && (*s->from_open || *s->to_open))
        return err_set(e, ERR_CONF, "--from-open and --to-open go with --content");
    if (s->content && *s->ignore_headers)
        return err_set(e, ERR_CONF, "--content looks at no header: --ignore-headers has no use");
    if (s->content && *s->inputs)
        return err_set(e, ERR_CONF, "--content is for other inputs: --inputs has no use");
    return s->table ? verify_table_check(c->args[0], s->database_url, e) : 0;
}

static int parse_time(const char *option, const char *text, int64_t *ret, struct err *e)
{
    if (!*text || time_parse(slice_of(text), ret, e) == 0)
        return 0;
    e->code = ERR_CONF;
    return err_prefix(e, "--%s", option);
}

/* Before the first connection: the cluster that is asked for the first topic may be slow. */
static int check_names(const struct program *p, const struct verify_settings *s, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    for (int i = 0; i < p->conf.n_args; i++) {
        const struct kafka_settings k = {.prefix = i > 0 && *s->prefix_b ? s->prefix_b
                                                                         : p->common.prefix};
        if (kafka_name(&k, p->conf.args[i], name, e) != 0)
            return -1;
    }
    return 0;
}

static int prepare(struct verify *v, struct err *e)
{
    const struct verify_settings *s = v->settings;
    v->from_open_us = INT64_MIN;
    v->to_open_us = INT64_MAX;
    if (check_together(&v->program->conf, s, e) != 0 || check_names(v->program, s, e) != 0 ||
        parse_time("from-open", s->from_open, &v->from_open_us, e) != 0 ||
        parse_time("to-open", s->to_open, &v->to_open_us, e) != 0)
        return -1;
    return inputs_parse(s->inputs, &v->inputs, e) == 0 ? framing_conf_check(&s->framing, e) : -1;
}

/* --- run -------------------------------------------------------------------------------------- */

static int open_source(struct verify *v, struct source *ret, const char *label, const char *topic,
                       struct err *e)
{
    struct program *p = v->program;
    const struct verify_settings *s = v->settings;
    bool b = ret == &v->b;
    const struct source_about about = {
        .program = p,
        .label = label,
        .topic = topic,
        .kafka = {b && *s->brokers_b ? s->brokers_b : p->common.brokers,
                  b && *s->prefix_b ? s->prefix_b : p->common.prefix, &p->conf, program_stopping,
                  p->health},
        .framing = &s->framing,
        .meter = &v->meter};
    return source_open(ret, &about, e);
}

static int compare(struct verify *v, struct err *e)
{
    const struct conf *c = &v->program->conf;
    if (open_source(v, &v->a, "A", c->args[0], e) != 0)
        return -1;
    if (v->settings->table)
        return verify_table(v, e);
    if (open_source(v, &v->b, "B", c->args[c->n_args - 1], e) != 0)
        return -1;
    return v->settings->content ? verify_content(v, e) : verify_records(v, e);
}

/* What was stopped half-way has shown nothing: that is a failure, too. */
static int exit_code(struct verify *v, int result, const struct err *e)
{
    meter_clear(&v->meter);
    if (result >= 0)
        return result == VERIFY_EQUAL ? PROGRAM_DONE : PROGRAM_FAILURE;
    if (e->code == ERR_STOPPED)
        return PROGRAM_FAILURE;
    return program_end(v->program, -1, e);
}

int main(int argc, char **argv)
{
    struct verify_settings settings;
    const struct program_about about = {
        .conf = {.name = "cw-verify",
                 .summary = "compares two topics, or a topic and its tables",
                 .args = "A [B]",
                 .max_args = 2,
                 .prefixes = prefixes,
                 .details = details},
        .health_listen = "",
        .shared = {framing_options, &settings.framing},
        .metrics = {&framing_metric_table}};
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &settings, argc, argv);
    if (r == PROGRAM_RUN) {
        struct verify v = {.program = &p, .settings = &settings, .out = STRBUF_INIT(SAY_LIMIT)};
        meter_start(&v.meter);
        r = prepare(&v, &e);
        if (r == 0)
            r = compare(&v, &e);
        r = exit_code(&v, r, &e);
        source_close(&v.a);
        source_close(&v.b);
        strbuf_finish(&v.out);
    }
    program_finish(&p);
    return r;
}
