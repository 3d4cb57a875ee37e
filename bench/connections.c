/* SPDX-License-Identifier: MIT */
/*
 * How many of our connections stay in TIME_WAIT?
 *
 * The kernel lists every such socket of the machine, other people's too. So a
 * run notes the two ports of each of its connections, and only sockets with
 * exactly such a pair count, whichever end it is that lingers. The notes are
 * the process's, hence the mutable globals of this file.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in the kernel's include/net/tcp_states.h. */
#define TIME_WAIT 6

static uint32_t *pairs; /* the two ports, the lower one first; owned */
static size_t n_pairs, max_pairs;

static uint32_t make_pair(uint16_t a, uint16_t b)
{
    return a < b ? (uint32_t)a << 16 | b : (uint32_t)b << 16 | a;
}

static int compare_pairs(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* Room for n more connections; before bench_start(). */
void bench_reserve_connections(struct bench_run *run, size_t n)
{
    uint32_t *grown;

    if (!run->wants_connections)
        return;
    grown = realloc(pairs, (n_pairs + n) * sizeof(*pairs));
    if (!grown)
        bench_fail("out of memory");
    pairs = grown;
    max_pairs = n_pairs + n;
}

void bench_note_connection(struct bench_run *run,
                           uint16_t client_port,
                           uint16_t server_port)
{
    if (run->wants_connections && n_pairs < max_pairs)
        pairs[n_pairs++] = make_pair(client_port, server_port);
}

/* A line: "  0: 0100007F:1F90 0100007F:9C40 06 ...", addresses in hex. */
static bool is_ours_in_time_wait(const char *line)
{
    unsigned local, remote, state;
    uint32_t pair;

    if (sscanf(line,
               " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%x %x",
               &local,
               &remote,
               &state) != 3)
        return false;
    if (state != TIME_WAIT)
        return false;
    pair = make_pair((uint16_t)local, (uint16_t)remote);
    return bsearch(&pair, pairs, n_pairs, sizeof(pair), compare_pairs) != NULL;
}

static uint64_t count_in(const char *path)
{
    char line[512];
    uint64_t n = 0;
    FILE *file = fopen(path, "re");

    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        if (is_ours_in_time_wait(line))
            n++;
    }
    fclose(file);
    return n;
}

/* Of the connections noted so far. */
uint64_t bench_count_time_wait(void)
{
    if (!n_pairs)
        return 0;
    qsort(pairs, n_pairs, sizeof(*pairs), compare_pairs);
    return count_in("/proc/net/tcp") + count_in("/proc/net/tcp6");
}
