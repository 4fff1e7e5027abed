/* Any text as a configuration file: refused with its line, or values within their bounds. */
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    char *name;
    int64_t width_ms;
    bool dry;
    char *format;
};

static const struct conf_opt options[] = {
    {"name", CONF_STR, offsetof(struct values, name), .help = ""},
    {"width.ms", CONF_INT, offsetof(struct values, width_ms), .def = "5", .min = 1, .max = 9,
     .help = ""},
    {"dry", CONF_BOOL, offsetof(struct values, dry), .help = ""},
    {"format", CONF_CHOICE, offsetof(struct values, format), .def = "json", .choices = "json|text",
     .help = ""},
    {NULL}};

static const char *const prefixes[] = {"kafka.", NULL};

static const struct conf_program program = {
    .name = "fuzz_conf", .summary = "", .args = "", .prefixes = prefixes};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void load(char *path)
{
    struct err e = {0};
    struct conf c;
    struct values v;
    const struct conf_section sections[] = {{options, &v}, {NULL, NULL}};
    char name[] = "fuzz_conf";
    char flag[] = "--config";
    char *argv[] = {name, flag, path, NULL};
    if (conf_load(&c, &program, sections, 3, argv, stdout, &e) != 0) {
        must(e.code == ERR_CONF && strstr(e.text, " line "));
    } else {
        must(v.name && v.width_ms >= 1 && v.width_ms <= 9);
        must(strcmp(v.format, "json") == 0 || strcmp(v.format, "text") == 0);
        for (size_t i = 0; i < c.n_pairs; i++)
            must(strncmp(c.pairs[i].key, "kafka.", 6) == 0 &&
                 conf_pair_get(&c, c.pairs[i].key) == c.pairs[i].value);
    }
    conf_finish(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    int fd = memfd_create("conf", MFD_CLOEXEC);
    must(fd >= 0);
    must(write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    load(path);
    (void)close(fd); /* memory only */
    return 0;
}
