#include "datafile.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int program_folder(char ret[PATH_MAX], struct err *e)
{
    ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);
    if (n <= 0)
        return err_set(e, ERR_IO, "cannot find out where this program is (/proc/self/exe)");
    ret[n] = '\0';
    char *folder = dirname(ret); /* cuts ret in place, or points to a constant */
    memmove(ret, folder, strlen(folder) + 1);
    return 0;
}

static int join(const char *folder, const char *up, const char *name, char ret[PATH_MAX],
                struct err *e)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s/%s", folder, up, name);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ERR_LIMIT, "the path of %s is too long", name);
    return 0;
}

int datafile_find(const char *installed, const char *in_tree, char ret[PATH_MAX], struct err *e)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (program_folder(folder, e) != 0 ||
        join(folder, "../share/candlewick", installed, path, e) != 0)
        return -1;
    if (access(path, R_OK) != 0 && join(folder, "../..", in_tree, path, e) != 0)
        return -1;
    if (access(path, R_OK) != 0)
        return err_set(e, ERR_NOT_FOUND,
                       "no %s in ../share/candlewick and no %s in ../.. of %.100s", installed,
                       in_tree, folder);
    memcpy(ret, path, strlen(path) + 1);
    return 0;
}

int datafile_read(const char *path, struct strbuf *out, struct err *e)
{
    FILE *fp = fopen(path, "re");
    if (!fp)
        return err_set(e, ERR_CONF, "%.150s: %s", path, strerror(errno));
    char chunk[4096];
    size_t n;
    int r = 0;
    while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), fp)) > 0)
        if (strbuf_add(out, chunk, n) != 0)
            r = err_set(e, ERR_CONF, "%.150s: longer than %zu bytes", path, out->limit);
    if (r == 0 && ferror(fp))
        r = err_set(e, ERR_CONF, "%.150s: %s", path, strerror(errno));
    (void)fclose(fp); /* it was only read */
    return r;
}
