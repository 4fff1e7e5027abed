#include "migrations.h"

#include "strbuf.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { VERSION_DIGITS = 4 };

/* --- names ----------------------------------------------------------------------------------- */

static const char *suffix_at(const char *file, const char *suffix)
{
    size_t n = strlen(file);
    size_t m = strlen(suffix);
    return n > m && strcmp(file + n - m, suffix) == 0 ? file + n - m : NULL;
}

int migration_name_parse(const char *file, struct migration *ret, bool *ret_up, struct err *e)
{
    const char *up = suffix_at(file, ".up.sql");
    const char *end = up ? up : suffix_at(file, ".down.sql");
    int version = 0;
    for (int i = 0; end && i < VERSION_DIGITS; i++) {
        if (!isdigit((unsigned char)file[i])) {
            end = NULL;
            break;
        }
        version = version * 10 + (file[i] - '0');
    }
    const char *name = file + VERSION_DIGITS + 1;
    if (!end || version == 0 || file[VERSION_DIGITS] != '_' || end <= name ||
        end - name > MIGRATION_NAME_MAX)
        return err_set(e, ERR_CONF, "%.100s: expected NNNN_name.up.sql or NNNN_name.down.sql",
                       file);
    struct migration m = {.version = version};
    memcpy(m.name, name, (size_t)(end - name));
    *ret = m;
    *ret_up = up != NULL;
    return 0;
}

/* --- files ----------------------------------------------------------------------------------- */

/* NULL with *e. */
static char *read_text(const char *path, struct err *e)
{
    FILE *fp = fopen(path, "re");
    if (!fp) {
        (void)err_set(e, ERR_CONF, "%.200s: %s", path, strerror(errno));
        return NULL;
    }
    struct strbuf b = STRBUF_INIT(MIGRATION_FILE_LIMIT);
    char chunk[4096];
    size_t n;
    int r = strbuf_reserve(&b, 1);
    while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), fp)) > 0)
        r = strbuf_add(&b, chunk, n);
    if (r != 0)
        (void)err_set(e, ERR_CONF, "%.200s: longer than %d bytes", path, MIGRATION_FILE_LIMIT);
    else if (ferror(fp))
        r = err_set(e, ERR_CONF, "%.200s: %s", path, strerror(errno));
    else if (b.len == 0 || memchr(b.data, '\0', b.len))
        r = err_set(e, ERR_CONF, "%.200s: empty, or with a NUL byte in it", path);
    (void)fclose(fp); /* it was only read */
    if (r == 0)
        return b.data;
    strbuf_finish(&b);
    return NULL;
}

/* The entry of a version, made at its place if it is new. NULL with *e. */
static struct migration *entry(struct migrations *m, const struct migration *named, struct err *e)
{
    size_t i = 0;
    while (i < m->n && m->items[i].version < named->version)
        i++;
    if (i < m->n && m->items[i].version == named->version) {
        if (strcmp(m->items[i].name, named->name) == 0)
            return &m->items[i];
        (void)err_set(e, ERR_CONF, "version %04d is both %.60s and %.60s", named->version,
                      m->items[i].name, named->name);
        return NULL;
    }
    struct migration *items = realloc(m->items, (m->n + 1) * sizeof(*items));
    if (!items) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    m->items = items;
    memmove(&items[i + 1], &items[i], (m->n - i) * sizeof(*items));
    m->n++;
    items[i] = *named;
    return &items[i];
}

static int add_file(struct migrations *m, const char *folder, const char *file, struct err *e)
{
    struct migration named;
    bool up;
    char path[PATH_MAX];
    if (!suffix_at(file, ".sql"))
        return 0;
    if (migration_name_parse(file, &named, &up, e) != 0)
        return -1;
    int n = snprintf(path, sizeof(path), "%s/%s", folder, file);
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_CONF, "%.200s: the path is too long", folder);
    struct migration *at = entry(m, &named, e);
    if (!at)
        return -1;
    char **text = up ? &at->up : &at->down;
    *text = read_text(path, e); /* a name occurs once in a folder */
    return *text ? 0 : -1;
}

static int check_pairs(const struct migrations *m, const char *folder, struct err *e)
{
    if (m->n == 0)
        return err_set(e, ERR_CONF, "%.200s: no migration there", folder);
    for (size_t i = 0; i < m->n; i++)
        if (!m->items[i].up || !m->items[i].down)
            return err_set(e, ERR_CONF, "%.150s: %04d_%.60s has no %s file", folder,
                           m->items[i].version, m->items[i].name, m->items[i].up ? "down" : "up");
    return 0;
}

int migrations_read(const char *folder, struct migrations *ret, struct err *e)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return err_set(e, ERR_CONF, "%.200s: %s", folder, strerror(errno));
    struct migrations m = {0};
    struct dirent *d;
    int r = 0;
    while (r == 0 && (d = readdir(dir)))
        r = add_file(&m, folder, d->d_name, e);
    (void)closedir(dir); /* it was only read */
    if (r == 0)
        r = check_pairs(&m, folder, e);
    if (r != 0) {
        migrations_finish(&m);
        return -1;
    }
    *ret = m;
    return 0;
}

void migrations_finish(struct migrations *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->items[i].up);
        free(m->items[i].down);
    }
    free(m->items);
    *m = (struct migrations){0};
}
