#include "arbitrage.h"

int main(int argc, char **argv)
{
    return fold_main(argc, argv, &arbitrage_fold);
}
