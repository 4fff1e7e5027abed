/* Writes images of the arbitrage fold into a folder, for fuzz_arbitrage_image to begin with:
 * arbitrage_seeds DIRECTORY */
#include "arbitrage_case.h"

#include <stdio.h>

static const struct arbitrage_step steps[] = {
    {TICK, "kraken", 0, ""},
    {TICK, "okx", 0, ""},
    {NORMAL, "kraken", 0, "", "1", "2"},
    {NORMAL, "okx", 0, "", "3", "4"},
    {NORMAL, "okx", 50, "", "3", "4"},
    {VOID, "kraken", 60, "", NULL, NULL, NULL, "A-USD"},
    {NORMAL, "okx", 60, "", "3", "4", NULL, "A-USD"},
    {NORMAL, "okx", 70, "", "5", "6", NULL, "BTC-USD", .epoch = 1},
    {TICK, "okx", 80, "", .epoch = 1},
};

static int write_image(const char *directory, size_t n, struct slice image)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/arbitrage-%zu", directory, n);
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
    struct arbitrage_options options;
    struct fold_harness h;
    arbitrage_case_options(&options);
    fold_harness_init(&h, &arbitrage_fold, &options, ARBITRAGE_CASE_PARTITION);
    for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct strbuf image = STRBUF_INIT(1 << 20);
        const struct record record = arbitrage_case_record(&steps[i]);
        fold_harness_apply(&h, &record);
        fold_harness_image(&h, &image);
        r = write_image(argv[1], i, strbuf_slice(&image));
        strbuf_finish(&image);
    }
    fold_harness_finish(&h);
    return r != 0;
}
