/* SPDX-License-Identifier: MIT */
/*
 * Bodies on the real kernel. Some processes make one run after the other; who
 * does not come to the end of one is replaced.
 *
 * A run does not pass if it ends its process, leaves descriptors open or closes
 * others, or takes two seconds.
 */
#include "bugs/main.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_AT_ONCE 8
#define MAX_FD 256
#define MAX_SHOWN 200

/* Shared by all processes. */
struct tally {
    atomic_uint n_begun, n_done;
    unsigned n_runs;
};

/* Descriptors that are open, as a number for each that is not. */
static unsigned count_open(void)
{
    struct pollfd fds[MAX_FD];
    unsigned idx, n = 0;

    for (idx = 0; idx < MAX_FD; idx++)
        fds[idx] = (struct pollfd){ .fd = (int)idx };
    poll(fds, MAX_FD, 0);
    for (idx = 0; idx < MAX_FD; idx++)
        n += !(fds[idx].revents & POLLNVAL);
    return n;
}

static void limit_time(int seconds)
{
    const struct itimerval limit = { .it_value.tv_sec = seconds };

    setitimer(ITIMER_REAL, &limit, NULL);
}

static void
run_some(const struct bug *bug, bool is_repaired, struct tally *tally)
{
    const struct rlimit no_core = { 0, 0 };
    unsigned n_open;

    setrlimit(RLIMIT_CORE, &no_core);
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    bug->run(is_repaired); /* for what a library opens once */
    n_open = count_open();
    while (atomic_fetch_add(&tally->n_begun, 1) < tally->n_runs) {
        limit_time(2);
        bug->run(is_repaired);
        if (count_open() != n_open)
            _exit(BUG_SHOWN);
        limit_time(0);
        atomic_fetch_add(&tally->n_done, 1);
    }
    _exit(0);
}

static void begin(const struct bug *bug, bool is_repaired, struct tally *tally)
{
    fflush(stdout);
    if (fork() == 0)
        run_some(bug, is_repaired, tally);
}

unsigned count_real(const struct bug *bug,
                    bool is_repaired,
                    unsigned n_runs,
                    unsigned n_at_once,
                    unsigned max_shown,
                    unsigned *ret_n_done)
{
    struct tally *tally = mmap(NULL,
                               sizeof(*tally),
                               PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS,
                               -1,
                               0);
    unsigned n_shown = 0, idx;
    int status;

    *ret_n_done = 0;
    if (tally == MAP_FAILED)
        return 0;
    tally->n_runs = n_runs;
    for (idx = 0; idx < n_at_once; idx++)
        begin(bug, is_repaired, tally);
    while (wait(&status) > 0) {
        if (status == 0)
            continue;
        if (++n_shown >= max_shown)
            tally->n_runs = 0;
        else
            begin(bug, is_repaired, tally);
    }
    *ret_n_done = atomic_load(&tally->n_done) + n_shown;
    munmap(tally, sizeof(*tally));
    return n_shown;
}

bool bug_is_counted(const struct bug *bug, const struct settings *settings)
{
    unsigned n_done,
        n_shown =
            count_real(bug, false, settings->n_runs, 4, MAX_SHOWN, &n_done);

    printf("%-24s %-8s shown in %u of %u runs on the real kernel%s\n",
           bug->name,
           bug->library,
           n_shown,
           n_done,
           n_shown >= MAX_SHOWN ? ", which were enough" : "");
    return n_done > 0;
}
