/* SPDX-License-Identifier: MIT */
/*
 * What runs leave behind in the process that they share.
 *
 * Simulated descriptors are the world's, and looked at when it ends. Real ones
 * are a file, a log, a terminal. They are looked at by one poll(2), which finds
 * those that are closed, and each run pays for the lowest only: a leak takes the
 * lowest number that is free. The first run of a process pays for all, and so
 * does one in many.
 *
 * Memory is not looked at run by run, as some of it is always kept for later:
 * what grows, grows until the process is replaced. That is no failure.
 */
#include "sim/ledger.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_RUNS_PER_LOOK 256
#define MAX_GROWTH_KIB (256L * 1024)

/* In use, in KiB, at the worst moment so far. */
static long peak_kib(void)
{
    struct rusage usage = { .ru_maxrss = 0 };

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static bool is_noted(const struct sim_ledger *ledger, unsigned fd)
{
    return ledger->open[fd / 64] >> fd % 64 & 1;
}

/* Which of the first n real descriptors are open; false: nobody can tell. */
static bool look(unsigned n, uint64_t open[SIM_FD_MIN / 64])
{
    struct pollfd pollfds[SIM_FD_MIN];
    unsigned fd;

    for (fd = 0; fd < n; fd++)
        pollfds[fd] = (struct pollfd){ .fd = (int)fd };
    memset(open, 0, SIM_FD_MIN / 8);
    if (poll(pollfds, n, 0) < 0)
        return false;
    for (fd = 0; fd < n; fd++) {
        if (!(pollfds[fd].revents & POLLNVAL))
            open[fd / 64] |= UINT64_C(1) << fd % 64;
    }
    return true;
}

void tidy__sim_ledger_init(struct sim_ledger *ledger, bool has_warmed_up)
{
    unsigned fd;

    memset(ledger, 0, sizeof(*ledger));
    ledger->has_warmed_up = has_warmed_up;
    look(SIM_FD_MIN, ledger->open);
    for (fd = 0; fd < SIM_FD_MIN; fd++) {
        if (is_noted(ledger, fd))
            ledger->n_watched = fd + 1;
    }
    ledger->n_watched += SIM_LEDGER_WINDOW;
    if (ledger->n_watched > SIM_FD_MIN)
        ledger->n_watched = SIM_FD_MIN;
    ledger->base_kib = peak_kib();
}

/* "  4    /tmp/log" */
static void describe(FILE *out, unsigned fd, bool is_open)
{
    char link[32], target[256];
    ssize_t len = -1;

    snprintf(link, sizeof(link), "/proc/self/fd/%u", fd);
    if (is_open)
        len = readlink(link, target, sizeof(target));
    fprintf(out, "\n  %-4u", fd);
    if (len > 0)
        fprintf(out, " %.*s", (int)len, target);
}

/* A sentence and a line for each descriptor that is open now and was not, or the
 * other way round; NULL: there is none. Owned. */
static char *compare(const struct sim_ledger *ledger,
                     const uint64_t *open,
                     unsigned n,
                     bool is_open,
                     const char *sentence)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = NULL;
    unsigned fd;

    for (fd = 0; fd < n; fd++) {
        bool is_now = open[fd / 64] >> fd % 64 & 1;

        if (is_now == is_noted(ledger, fd) || is_now != is_open)
            continue;
        if (!out) {
            out = open_memstream(&text, &len);
            if (!out)
                return NULL;
            fputs(sentence, out);
        }
        describe(out, fd, is_open);
    }
    if (out)
        fclose(out);
    return text;
}

static void
complain(struct sim_shared *shared, enum tidy_outcome outcome, char *text)
{
    char copy[SIM_MAX_TEXT];

    if (!text)
        return;
    snprintf(copy, sizeof(copy), "%s", text);
    free(text); /* or valgrind would find it at the end of the process */
    tidy__sim_shared_end(shared, outcome, copy);
}

void tidy__sim_ledger_check(struct sim_ledger *ledger,
                            struct sim_shared *shared)
{
    uint64_t open[SIM_FD_MIN / 64];
    bool is_whole = ledger->n_runs++ % N_RUNS_PER_LOOK == 0;
    unsigned n = is_whole ? SIM_FD_MIN : ledger->n_watched;

    if (!look(n, open) ||
        (!is_whole && memcmp(open, ledger->open, sizeof(open)) == 0))
        return;
    complain(shared,
             TIDY_OUTCOME_FAILED,
             compare(ledger,
                     open,
                     n,
                     false,
                     "the body has closed real descriptors that are not its "
                     "own"));
    if (ledger->has_warmed_up)
        complain(
            shared,
            TIDY_OUTCOME_LEFTOVER,
            compare(ledger, open, n, true, "left behind, real descriptors"));
}

bool tidy__sim_ledger_is_worn(const struct sim_ledger *ledger)
{
    return ledger->n_runs % N_RUNS_PER_LOOK == 0 &&
           peak_kib() - ledger->base_kib > MAX_GROWTH_KIB;
}
