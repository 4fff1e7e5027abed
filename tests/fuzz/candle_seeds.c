/* Writes images of the candle fold into a folder, for fuzz_candle_image to begin with: candle_seeds
 * DIRECTORY */
#include "candle_case.h"
#include "candle_script.h"

#include <stdio.h>

enum { SEEDS = 40, RECORDS = 30, IMAGE_LIMIT = 1 << 20 };

static int write_image(const char *directory, uint64_t seed, struct slice image)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/candle-%llu", directory, (unsigned long long)seed);
    FILE *f = fopen(path, "wb");
    if (!f)
        return -1;
    int r = fwrite(image.data, 1, image.len, f) == image.len ? 0 : -1;
    return fclose(f) == 0 ? r : -1;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    int r = 0;
    for (uint64_t seed = 1; r == 0 && seed <= SEEDS; seed++) {
        struct candle_script s;
        struct fold_harness h;
        struct strbuf image = STRBUF_INIT(IMAGE_LIMIT);
        candle_script_make(&s, seed, RECORDS, SCRIPT_WILD);
        fold_harness_init(&h, &candle_fold, &s.options, CANDLE_CASE_PARTITION);
        for (size_t i = 0; i < RECORDS; i++)
            fold_harness_apply(&h, &s.items[i].record);
        fold_harness_image(&h, &image);
        r = write_image(argv[1], seed, strbuf_slice(&image));
        fold_harness_finish(&h);
        candle_script_finish(&s);
        strbuf_finish(&image);
    }
    return r != 0;
}
