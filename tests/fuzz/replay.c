/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer: feeds each file of the directories named on the
 * command line to the fuzz target once, in the order of their names, and the
 * empty input before all.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *directory, const char *name)
{
    char path[4096];
    static uint8_t bytes[1 << 20];
    size_t len;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    printf("%s: %zu bytes\n", path, len);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, len);
}

static void replay_directory(const char *directory)
{
    struct dirent **entries;
    int n_entries;
    int idx;

    n_entries = scandir(directory, &entries, NULL, alphasort);
    if (n_entries < 0)
        return; /* a target without a corpus */
    for (idx = 0; idx < n_entries; idx++) {
        if (entries[idx]->d_name[0] != '.')
            replay_file(directory, entries[idx]->d_name);
        free(entries[idx]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    int idx;

    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (idx = 1; idx < argc; idx++)
        replay_directory(argv[idx]);
    return 0;
}
