#include "conf.h"

#include "conf_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { LINE_MAX_BYTES = 4096, KEY_MAX = 128 };

static const char *const layer_names[] = {"default", "file", "environment", "flag"};

/* Keeps a copy of the text until conf_finish(). NULL: out of memory. */
static char *keep(struct conf *c, const char *text, size_t len)
{
    struct conf_owned *o = c->owned;
    char **strings = realloc(o->strings, (o->n_strings + 1) * sizeof(*strings));
    if (!strings)
        return NULL;
    o->strings = strings;
    char *copy = strndup(text, len);
    if (copy)
        strings[o->n_strings++] = copy;
    return copy;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory while reading the configuration");
}

/* --- one value ------------------------------------------------------------------------------- */

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *p = choices; p; p = strchr(p, '|')) {
        p += *p == '|';
        if (len > 0 && len == strcspn(p, "|") && strncmp(p, value, len) == 0)
            return true;
    }
    return false;
}

static int set_int(const struct conf_origin *o, const char *value, struct err *e)
{
    char *end;
    errno = 0;
    long long v = strtoll(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0)
        return err_set(e, ERR_CONF, "not a whole number");
    bool bounded = o->opt->min != 0 || o->opt->max != 0;
    if (bounded && (v < o->opt->min || v > o->opt->max))
        return err_set(e, ERR_CONF, "must be from %lld to %lld", (long long)o->opt->min,
                       (long long)o->opt->max);
    *(int64_t *)o->field = v;
    return 0;
}

static int set_bool(const struct conf_origin *o, const char *value, struct err *e)
{
    bool yes = strcmp(value, "true") == 0 || strcmp(value, "1") == 0 || strcmp(value, "yes") == 0;
    bool no = strcmp(value, "false") == 0 || strcmp(value, "0") == 0 || strcmp(value, "no") == 0;
    if (!yes && !no)
        return err_set(e, ERR_CONF, "must be true or false");
    *(bool *)o->field = yes;
    return 0;
}

static int set_string(struct conf *c, const struct conf_origin *o, const char *value, struct err *e)
{
    if (o->opt->type == CONF_CHOICE && !is_choice(o->opt->choices, value))
        return err_set(e, ERR_CONF, "must be one of %s", o->opt->choices);
    char *copy = keep(c, value, strlen(value));
    if (!copy)
        return no_memory(e);
    *(char **)o->field = copy;
    return 0;
}

static int set_value(struct conf *c, struct conf_origin *o, const char *value,
                     enum conf_layer layer, struct err *e)
{
    int r = -1;
    switch (o->opt->type) {
    case CONF_STR:
    case CONF_CHOICE:
        r = set_string(c, o, value, e);
        break;
    case CONF_INT:
        r = set_int(o, value, e);
        break;
    case CONF_BOOL:
        r = set_bool(o, value, e);
        break;
    }
    if (r != 0)
        return err_prefix(e, "%s (%s): \"%.60s\"", o->opt->key, layer_names[layer],
                          o->opt->secret ? "(hidden)" : value);
    o->layer = layer;
    return 0;
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct conf_origin *find(const struct conf *c, const char *key)
{
    for (size_t i = 0; i < c->owned->n_origins; i++)
        if (strcmp(c->owned->origins[i].opt->key, key) == 0)
            return &c->owned->origins[i];
    return NULL;
}

static bool has_prefix(const struct conf_program *program, const char *key)
{
    for (const char *const *p = program->prefixes; p && *p; p++)
        if (strncmp(key, *p, strlen(*p)) == 0 && key[strlen(*p)] != '\0')
            return true;
    return false;
}

static int set_pair(struct conf *c, const char *key, const char *value, enum conf_layer layer,
                    struct err *e)
{
    char *copy = keep(c, value, strlen(value));
    if (!copy)
        return no_memory(e);
    for (size_t i = 0; i < c->n_pairs; i++) {
        if (strcmp(c->pairs[i].key, key) == 0) {
            c->pairs[i].value = copy;
            c->pairs[i].layer = layer;
            return 0;
        }
    }
    struct conf_pair *pairs = realloc(c->pairs, (c->n_pairs + 1) * sizeof(*pairs));
    if (!pairs)
        return no_memory(e);
    c->pairs = pairs;
    char *key_copy = keep(c, key, strlen(key));
    if (!key_copy)
        return no_memory(e);
    pairs[c->n_pairs++] = (struct conf_pair){key_copy, copy, layer};
    return 0;
}

/* 1: no such key here. */
static int set_key(struct conf *c, const struct conf_program *program, const char *key,
                   const char *value, enum conf_layer layer, struct err *e)
{
    struct conf_origin *o = find(c, key);
    if (o)
        return set_value(c, o, value, layer, e);
    if (has_prefix(program, key))
        return set_pair(c, key, value, layer, e);
    return 1;
}

/* --- layers ---------------------------------------------------------------------------------- */

static int apply_defaults(struct conf *c, const struct conf_section *sections, struct err *e)
{
    struct conf_owned *own = c->owned;
    for (const struct conf_section *s = sections; s->options; s++) {
        for (const struct conf_opt *opt = s->options; opt->key; opt++) {
            struct conf_origin *all = realloc(own->origins, (own->n_origins + 1) * sizeof(*all));
            if (!all)
                return no_memory(e);
            own->origins = all;
            struct conf_origin *o = &all[own->n_origins++];
            *o = (struct conf_origin){opt, (char *)s->values + opt->offset, CONF_DEFAULT};
            const char *zero = opt->type == CONF_BOOL ? "false" : opt->type == CONF_INT ? "0" : "";
            if (set_value(c, o, opt->def ? opt->def : zero, CONF_DEFAULT, e) != 0)
                return -1;
        }
    }
    return 0;
}

static char *trim(char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    size_t len = strlen(s);
    while (len > 0 && strchr(" \t\r\n", s[len - 1]))
        s[--len] = '\0';
    return s;
}

static int apply_line(struct conf *c, const struct conf_program *program, char *line, struct err *e)
{
    char *key = trim(line);
    if (*key == '\0' || *key == '#')
        return 0;
    char *eq = strchr(key, '=');
    if (!eq)
        return err_set(e, ERR_CONF, "expected key = value");
    *eq = '\0';
    key = trim(key);
    int r = set_key(c, program, key, trim(eq + 1), CONF_FILE, e);
    return r == 1 ? err_set(e, ERR_CONF, "unknown key \"%.60s\"", key) : r;
}

static int apply_file(struct conf *c, const struct conf_program *program, const char *path,
                      struct err *e)
{
    FILE *fp = fopen(path, "re");
    if (!fp)
        return err_set(e, ERR_CONF, "configuration file %s: %s", path, strerror(errno));
    char line[LINE_MAX_BYTES];
    int r = 0;
    for (int n = 1; r == 0 && fgets(line, sizeof(line), fp); n++) {
        r = strlen(line) == sizeof(line) - 1 ? err_set(e, ERR_CONF, "line too long")
                                             : apply_line(c, program, line, e);
        if (r != 0)
            r = err_prefix(e, "%s line %d", path, n);
    }
    if (r == 0 && ferror(fp))
        r = err_set(e, ERR_CONF, "configuration file %s: %s", path, strerror(errno));
    (void)fclose(fp); /* opened for reading */
    return r;
}

/* "CW_KAFKA_SASL_USERNAME" for "kafka.sasl.username"; '-' and '.' both become '_'. */
static void env_name(const char *key, char name[KEY_MAX])
{
    size_t n = 0;
    for (const char *p = "CW_"; *p; p++)
        name[n++] = *p;
    for (; *key && n < KEY_MAX - 1; key++) {
        bool lower = *key >= 'a' && *key <= 'z';
        name[n++] = lower ? (char)(*key - 'a' + 'A') : (*key == '.' || *key == '-') ? '_' : *key;
    }
    name[n] = '\0';
}

static int apply_env_pair(struct conf *c, const char *prefix, const char *entry, struct err *e)
{
    char front[KEY_MAX];
    env_name(prefix, front);
    size_t len = strlen(front);
    const char *eq = strchr(entry, '=');
    if (!eq || strncmp(entry, front, len) != 0 || eq == entry + len)
        return 0;
    char key[KEY_MAX];
    size_t n = 0;
    for (const char *p = entry + 3; p < eq && n < sizeof(key) - 1; p++)
        key[n++] = *p == '_' ? '.' : (*p >= 'A' && *p <= 'Z') ? (char)(*p - 'A' + 'a') : *p;
    key[n] = '\0';
    return set_pair(c, key, eq + 1, CONF_ENVIRONMENT, e);
}

static int apply_environment(struct conf *c, const struct conf_program *program, struct err *e)
{
    for (size_t i = 0; i < c->owned->n_origins; i++) {
        char name[KEY_MAX];
        env_name(c->owned->origins[i].opt->key, name);
        const char *value = getenv(name);
        if (value && set_value(c, &c->owned->origins[i], value, CONF_ENVIRONMENT, e) != 0)
            return -1;
    }
    for (const char *const *p = program->prefixes; p && *p; p++)
        for (char **entry = environ; *entry; entry++)
            if (apply_env_pair(c, *p, *entry, e) != 0)
                return -1;
    return 0;
}

/* --- flags ----------------------------------------------------------------------------------- */

/* What the flags ask for besides values. */
struct wishes {
    bool help;
    bool version;
    bool describe;
    bool dump;
    const char *config;
};

/* One "--key[=value]"; *i moves past a value that is an argument of its own. */
static int apply_flag(struct conf *c, const struct conf_program *program, char **argv, int *i,
                      struct err *e)
{
    const char *flag = argv[*i] + 2;
    const char *eq = strchr(flag, '=');
    size_t len = eq ? (size_t)(eq - flag) : strlen(flag);
    char key[KEY_MAX];
    if (len == 0 || len >= sizeof(key))
        return err_set(e, ERR_CONF, "not an option: %.80s", argv[*i]);
    memcpy(key, flag, len);
    key[len] = '\0';
    const struct conf_origin *o = find(c, key);
    if (!o && !has_prefix(program, key))
        return err_set(e, ERR_CONF, "unknown option --%s (see --help)", key);
    if (eq)
        return set_key(c, program, key, eq + 1, CONF_FLAG, e);
    if (o && o->opt->type == CONF_BOOL)
        return set_key(c, program, key, "true", CONF_FLAG, e);
    if (!argv[*i + 1])
        return err_set(e, ERR_CONF, "--%s needs a value", key);
    return set_key(c, program, key, argv[++*i], CONF_FLAG, e);
}

static int apply_flags(struct conf *c, const struct conf_program *program, int argc, char **argv,
                       struct err *e)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0 ||
            strcmp(argv[i], "--describe") == 0 || strcmp(argv[i], "--dump-config") == 0 ||
            strncmp(argv[i], "--config=", 9) == 0)
            continue;
        if (strcmp(argv[i], "--config") == 0) {
            if (!argv[++i])
                return err_set(e, ERR_CONF, "--config needs a file");
            continue;
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            if (apply_flag(c, program, argv, &i, e) != 0)
                return -1;
            continue;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0')
            return err_set(e, ERR_CONF, "unknown option %.60s (see --help)", argv[i]);
        if (c->n_args == program->max_args)
            return err_set(e, ERR_CONF, "unexpected argument \"%.60s\" (see --help)", argv[i]);
        char **args = realloc(c->args, (size_t)(c->n_args + 1) * sizeof(*args));
        if (!args)
            return no_memory(e);
        c->args = args;
        args[c->n_args++] = argv[i];
    }
    return 0;
}

/* A first look at the flags: --help must work beside mistakes, and the file comes before them. */
static void look_ahead(int argc, char **argv, struct wishes *w)
{
    w->config = getenv("CW_CONFIG");
    for (int i = 1; i < argc; i++) {
        w->help |= strcmp(argv[i], "--help") == 0;
        w->version |= strcmp(argv[i], "--version") == 0;
        w->describe |= strcmp(argv[i], "--describe") == 0;
        w->dump |= strcmp(argv[i], "--dump-config") == 0;
        if (strncmp(argv[i], "--config=", 9) == 0)
            w->config = argv[i] + 9;
        if (strcmp(argv[i], "--config") == 0)
            w->config = argv[++i]; /* that it is missing is said with the other mistakes */
    }
}

int conf_load(struct conf *c, const struct conf_program *program,
              const struct conf_section *sections, int argc, char **argv, FILE *out, struct err *e)
{
    struct wishes w = {0};
    *c = (struct conf){0};
    c->owned = calloc(1, sizeof(*c->owned));
    if (!c->owned)
        return no_memory(e);
    look_ahead(argc, argv, &w);
    if (apply_defaults(c, sections, e) != 0)
        return -1;
    if (w.help) {
        conf_print_help(program, c, out);
        return CONF_ANSWERED;
    }
    if (w.version) {
        (void)fprintf(out, "%s %s\n", program->name, CANDLEWICK_VERSION);
        return CONF_ANSWERED;
    }
    if (w.describe)
        return CONF_DESCRIBE;
    if (w.config && *w.config && apply_file(c, program, w.config, e) != 0)
        return -1;
    if (apply_environment(c, program, e) != 0 || apply_flags(c, program, argc, argv, e) != 0)
        return -1;
    if (w.dump)
        conf_print_dump(c, out);
    return w.dump ? CONF_ANSWERED : CONF_GO_ON;
}

void conf_finish(struct conf *c)
{
    if (c->owned) {
        for (size_t i = 0; i < c->owned->n_strings; i++)
            free(c->owned->strings[i]);
        free(c->owned->strings);
        free(c->owned->origins);
        free(c->owned);
    }
    free(c->pairs);
    free(c->args);
    *c = (struct conf){0};
}

const char *conf_pair_get(const struct conf *c, const char *key)
{
    for (size_t i = 0; i < c->n_pairs; i++)
        if (strcmp(c->pairs[i].key, key) == 0)
            return c->pairs[i].value;
    return NULL;
}
