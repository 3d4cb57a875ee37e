/* SPDX-License-Identifier: MIT */
/*
 * A program that waits for as long as an address says: no two runs are alike,
 * though each of them passes. Its argument is its exit code.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    void *block = malloc(40);

    usleep((unsigned)((uintptr_t)block / 16 % 1009));
    free(block);
    return argc > 1 ? atoi(argv[1]) : 0;
}
