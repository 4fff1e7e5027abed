#include "conf_internal.h"

#include <inttypes.h>
#include <string.h>

static const char *type_text(const struct conf_opt *o)
{
    switch (o->type) {
    case CONF_STR:
        return "TEXT";
    case CONF_INT:
        return "N";
    case CONF_BOOL:
        return "true|false";
    case CONF_CHOICE:
        return o->choices;
    }
    return "";
}

void conf_print_help(const struct conf_program *program, const struct conf *c, FILE *out)
{
    (void)fprintf(out, "%s: %s\n\nUsage: %s [options]%s%s\n\nOptions:\n", program->name,
                  program->summary, program->name, *program->args ? " " : "", program->args);
    for (size_t i = 0; i < c->owned->n_origins; i++) {
        const struct conf_opt *o = c->owned->origins[i].opt;
        (void)fprintf(out, "  --%s %s\n        %s", o->key, type_text(o), o->help);
        if (o->def && *o->def)
            (void)fprintf(out, " (default %s)", o->def);
        (void)fputc('\n', out);
    }
    for (const char *const *p = program->prefixes; p && *p; p++)
        (void)fprintf(out, "  --%s… VALUE\n        passed on (see the documentation)\n", *p);
    (void)fputs("  --config FILE\n        lines of key = value, # begins a comment\n"
                "  --dump-config\n        print every value and where it came from, then exit\n"
                "  --describe\n        print the options and the metrics as JSON, then exit\n"
                "  --version, --help\n\n"
                "Each option is also an environment variable (--log.level is CW_LOG_LEVEL) and a "
                "key of the file.\n"
                "Flags beat the environment, which beats the file.\n"
                "Exit codes: 0 done, 1 failure, 2 usage.\n",
                out);
    if (program->details)
        (void)fprintf(out, "\n%s", program->details);
}

bool conf_key_is_secret(const char *key)
{
    return strstr(key, "password") || strstr(key, "secret") || strstr(key, "ssl.key") ||
           strstr(key, "sasl.jaas") || strstr(key, "oauthbearer");
}

static void print_value(const struct conf_origin *o, FILE *out)
{
    bool text = o->opt->type == CONF_STR || o->opt->type == CONF_CHOICE;
    if (o->opt->secret && !(text && **(char *const *)o->field == '\0')) {
        (void)fputs("(hidden)", out); /* that a text is missing may be seen */
        return;
    }
    switch (o->opt->type) {
    case CONF_STR:
    case CONF_CHOICE:
        (void)fputs(*(char *const *)o->field, out);
        return;
    case CONF_INT:
        (void)fprintf(out, "%" PRId64, *(const int64_t *)o->field);
        return;
    case CONF_BOOL:
        (void)fputs(*(const bool *)o->field ? "true" : "false", out);
        return;
    }
}

void conf_print_dump(const struct conf *c, FILE *out)
{
    static const char *const layers[] = {"default", "file", "environment", "flag"};
    for (size_t i = 0; i < c->owned->n_origins; i++) {
        const struct conf_origin *o = &c->owned->origins[i];
        (void)fprintf(out, "%s = ", o->opt->key);
        print_value(o, out);
        (void)fprintf(out, "  # %s\n", layers[o->layer]);
    }
    for (size_t i = 0; i < c->n_pairs; i++) {
        const struct conf_pair *p = &c->pairs[i];
        (void)fprintf(out, "%s = %s  # %s\n", p->key,
                      conf_key_is_secret(p->key) ? "(hidden)" : p->value, layers[p->layer]);
    }
}
