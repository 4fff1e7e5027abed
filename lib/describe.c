#include "describe.h"

#include "conf_internal.h"

#include <jansson.h>
#include <string.h>

/* The parts of text between the separators. NULL: out of memory. */
static json_t *split(const char *text, char separator)
{
    const char ends[] = {separator, '\0'};
    json_t *parts = json_array();
    while (text && *text) {
        size_t len = strcspn(text, ends);
        if (json_array_append_new(parts, json_stringn(text, len)) != 0) {
            json_decref(parts);
            return NULL;
        }
        text += len + (text[len] == separator);
    }
    return parts;
}

static const char *type_name(enum conf_type type)
{
    switch (type) {
    case CONF_STR:
        return "text";
    case CONF_INT:
        return "number";
    case CONF_BOOL:
        return "boolean";
    case CONF_CHOICE:
        return "choice";
    }
    return "";
}

/* Limits, choices and secrecy, of options that have them. */
static int add_bounds(json_t *option, const struct conf_opt *o)
{
    int r = 0;
    if (o->type == CONF_INT && (o->min != 0 || o->max != 0)) {
        r |= json_object_set_new(option, "min", json_integer(o->min));
        r |= json_object_set_new(option, "max", json_integer(o->max));
    }
    if (o->type == CONF_CHOICE)
        r |= json_object_set_new(option, "choices", split(o->choices, '|'));
    if (o->secret)
        r |= json_object_set_new(option, "secret", json_true());
    return r;
}

static json_t *option_of(const struct conf_opt *o)
{
    json_t *option = json_pack("{s:s, s:s, s:s, s:s}", "key", o->key, "type", type_name(o->type),
                               "default", o->def ? o->def : "", "help", o->help);
    if (option && add_bounds(option, o) == 0)
        return option;
    json_decref(option);
    return NULL;
}

static json_t *metric_of(const struct metric_desc *d)
{
    return json_pack("{s:s, s:s, s:o, s:s}", "name", d->name, "type",
                     d->type == METRIC_COUNTER ? "counter" : "gauge", "labels",
                     split(d->labels, ','), "help", d->help);
}

static int add_options(json_t *to, const struct conf *conf)
{
    int r = 0;
    for (size_t i = 0; i < conf->owned->n_origins; i++)
        r |= json_array_append_new(to, option_of(conf->owned->origins[i].opt));
    return r;
}

/* Rows of one name, which differ in the value of a label, stand together and are told once. */
static int add_table(json_t *to, const struct metric_table *t)
{
    const char *last = "";
    int r = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct metric_desc *d = metric_table_get(t, i);
        if (strcmp(d->name, last) != 0)
            r |= json_array_append_new(to, metric_of(d));
        last = d->name;
    }
    return r;
}

static int add_metrics(json_t *to, const struct program_about *about)
{
    int r = 0;
    for (int i = 0; i < PROGRAM_METRICS_MAX && about->metrics[i]; i++)
        r |= add_table(to, about->metrics[i]);
    return r;
}

static int add_prefixes(json_t *to, const struct conf_program *program)
{
    int r = 0;
    for (const char *const *p = program->prefixes; p && *p; p++)
        r |= json_array_append_new(to, json_string(*p));
    return r;
}

int describe_print(const struct program_about *about, const struct conf *conf, FILE *out,
                   struct err *e)
{
    const struct conf_program *p = &about->conf;
    json_t *all =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:[]}", "name", p->name, "version",
                  CANDLEWICK_VERSION, "summary", p->summary, "usage", p->args, "details",
                  p->details ? p->details : "", "prefixes", "options", "metrics");
    int r = 0;
    if (!all || add_prefixes(json_object_get(all, "prefixes"), p) != 0 ||
        add_options(json_object_get(all, "options"), conf) != 0 ||
        add_metrics(json_object_get(all, "metrics"), about) != 0)
        r = err_set(e, ERR_NOMEM, "out of memory");
    else if (json_dumpf(all, out, JSON_INDENT(1)) != 0 || fputc('\n', out) == EOF ||
             fflush(out) != 0)
        r = err_set(e, ERR_IO, "cannot write the description");
    json_decref(all);
    return r == 0 ? CONF_ANSWERED : -1;
}
