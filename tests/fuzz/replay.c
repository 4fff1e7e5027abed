/* replay DIRECTORY: gives each file of it to the fuzz target this is linked with, as libFuzzer
 * would. What is wrong aborts; the last line says how many there were. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX_BYTES = 1 << 20 };

static int give(const char *directory, const char *name)
{
    static uint8_t input[INPUT_MAX_BYTES];
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *f = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "rb") : NULL;
    if (!f)
        return -1;
    size_t size = fread(input, 1, sizeof(input), f);
    int failed = ferror(f) || size == sizeof(input);
    (void)fclose(f); /* only read */
    /* in memory of its own size, so that a sanitizer sees a step behind its end */
    uint8_t *own = failed ? NULL : malloc(size ? size : 1);
    if (!own)
        return -1;
    for (size_t i = 0; i < size; i++)
        own[i] = input[i];
    (void)LLVMFuzzerTestOneInput(own, size);
    free(own);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
    if (!d) {
        (void)fprintf(stderr, "usage: replay DIRECTORY\n");
        return 2;
    }
    int inputs = 0;
    const struct dirent *entry;
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        if (give(argv[1], entry->d_name) != 0) {
            (void)fprintf(stderr, "replay: %s/%s cannot be read\n", argv[1], entry->d_name);
            return 1;
        }
        inputs++;
    }
    (void)closedir(d);
    (void)printf("%d inputs\n", inputs);
    return 0;
}
