/* SPDX-License-Identifier: MIT */
/*
 * The end of a run's process.
 *
 * It is looked for again and again, since nothing else works with every kernel,
 * whatever the caller does with its signals: soon at first, for most processes
 * are about to end when somebody waits for it, and then ever more rarely.
 */
#include "sim/reap.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define FIRST_PAUSE_NS 20000
#define MAX_PAUSE_NS TIDY_MS(2)

static void pause_for(uint64_t pause_ns)
{
    const struct timespec pause = { .tv_nsec = (long)pause_ns };

    ppoll(NULL, 0, &pause, NULL);
}

int tidy__sim_reap(pid_t pid,
                   const struct sim_shared *shared,
                   unsigned patience_ms,
                   bool *ret_is_silent)
{
    uint64_t pulse = tidy__sim_shared_pulse(shared);
    uint64_t pause_ns = FIRST_PAUSE_NS, silent_ns = 0;
    pid_t result;
    int status;

    *ret_is_silent = false;
    while ((result = waitpid(pid, &status, WNOHANG)) == 0) {
        pause_for(pause_ns);
        silent_ns =
            tidy__sim_shared_pulse(shared) == pulse ? silent_ns + pause_ns : 0;
        pulse = tidy__sim_shared_pulse(shared);
        pause_ns = pause_ns < MAX_PAUSE_NS / 2 ? 2 * pause_ns : MAX_PAUSE_NS;
        if (silent_ns < TIDY_MS(patience_ms))
            continue;
        *ret_is_silent = true;
        kill(pid, SIGKILL);
    }
    /* The caller ignores SIGCHLD: then nobody knows how it ended. */
    return result == pid
               ? status
               : W_EXITCODE(shared->has_ended ? SIM_EXIT_ENDED : 0, 0);
}
