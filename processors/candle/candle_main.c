#include "candle.h"

int main(int argc, char **argv)
{
    return fold_main(argc, argv, &candle_fold);
}
