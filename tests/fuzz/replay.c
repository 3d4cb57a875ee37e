/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer: feeds to the fuzz target the empty input, then each
 * file of the directories named on the command line, in the order of their
 * names, and after each file a number of random changes of it.
 *
 * The changes depend on nothing but the file: what goes wrong here goes wrong
 * again, and the last line printed says where.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)
#define N_MUTANTS 500
/* Large files are slow, and are there for what they are. */
#define MUTATED_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t bytes[INPUT_MAX];
    size_t len;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n)
{
    return (size_t)(next_random(state) % n);
}

/* The inputs are full of what separates; so it is put in often. */
static uint8_t random_byte(uint64_t *state)
{
    static const char likely[] = ":=\\0179_-+ \n";

    if (below(state, 2))
        return (uint8_t)next_random(state);
    return (uint8_t)likely[below(state, sizeof(likely) - 1)];
}

/* Change one place: a byte is replaced, put in or taken out. */
static void mutate(struct input *input, uint64_t *state)
{
    size_t at = below(state, input->len + 1);

    switch (below(state, 3)) {
    case 0:
        if (at < input->len)
            input->bytes[at] = random_byte(state);
        break;
    case 1:
        if (input->len == INPUT_MAX)
            break;
        memmove(input->bytes + at + 1, input->bytes + at, input->len - at);
        input->bytes[at] = random_byte(state);
        input->len++;
        break;
    default:
        if (at == input->len)
            break;
        memmove(input->bytes + at, input->bytes + at + 1, input->len - at - 1);
        input->len--;
    }
}

static void run_mutants(const struct input *original)
{
    static struct input input;
    uint64_t state = 0x9e3779b97f4a7c15;

    if (original->len > MUTATED_MAX)
        return;
    for (size_t n = 0; n < N_MUTANTS; n++) {
        size_t n_changes = 1 + below(&state, 8);

        memcpy(input.bytes, original->bytes, original->len);
        input.len = original->len;
        while (n_changes--)
            mutate(&input, &state);
        LLVMFuzzerTestOneInput(input.bytes, input.len);
    }
}

static void replay_file(const char *directory, const char *name)
{
    static struct input input;
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    input.len = fread(input.bytes, 1, sizeof(input.bytes), file);
    fclose(file);
    printf("%s: %zu bytes\n", path, input.len);
    fflush(stdout);
    LLVMFuzzerTestOneInput(input.bytes, input.len);
    run_mutants(&input);
}

static void replay_directory(const char *directory)
{
    struct dirent **entries;
    int n_entries = scandir(directory, &entries, NULL, alphasort);

    if (n_entries < 0)
        return; /* a target without a corpus */
    for (int idx = 0; idx < n_entries; idx++) {
        if (entries[idx]->d_name[0] != '.')
            replay_file(directory, entries[idx]->d_name);
        free(entries[idx]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int idx = 1; idx < argc; idx++)
        replay_directory(argv[idx]);
    return 0;
}
