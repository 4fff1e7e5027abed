/* record_seeds DIR: writes a few random records of every type as files, to begin fuzzing with. */
#include "record_random.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 4 };

static int write_seed(const char *dir, const struct record *r, int n)
{
    char path[512];
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(RECORD_MAX_BYTES + 1);
    (void)snprintf(path, sizeof(path), "%s/%s-%d", dir, record_type_name(r->type), n);
    int ret = record_encode(r, &b, &e) == 0 && strbuf_addc(&b, '\n') == 0 ? 0 : -1;
    FILE *fp = ret == 0 ? fopen(path, "wb") : NULL;
    /* With the newline for the stream's parser, without for the record's. */
    size_t len = n % 2 ? b.len : b.len - 1;
    if (!fp || fwrite(b.data, 1, len, fp) != len)
        ret = -1;
    if (fp && fclose(fp) != 0)
        ret = -1;
    if (ret != 0)
        (void)fprintf(stderr, "record_seeds: cannot write %s\n", path);
    strbuf_finish(&b);
    return ret;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    struct record_random *rnd = calloc(1, sizeof(*rnd));
    if (!rnd)
        return 1;
    rnd->state = 5;
    int r = 0;
    for (int i = 0; r == 0 && i < SEEDS * RECORD_TYPES; i++) {
        struct record record;
        record_random_fill(rnd, (enum record_type)(i % RECORD_TYPES), &record);
        r = write_seed(argv[1], &record, i / RECORD_TYPES);
    }
    free(rnd);
    return r == 0 ? 0 : 1;
}
