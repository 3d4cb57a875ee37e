/* SPDX-License-Identifier: MIT */
/*
 * A search, from the caller's side: a driver for each worker is forked and waited
 * for, with an eye on the clock.
 */
#include "base/alloc.h"
#include "explore/driver.h"
#include "explore/exploration.h"
#include "explore/options.h"
#include "explore/strategy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS TIDY_MS(2)
#define TELL_NS TIDY_MS(100)
/* Of the simple ones, if the portfolio has nothing but time to go by. */
#define MAX_SIMPLE 50000

struct waiting {
    struct tidy_exploration *exploration;
    struct explore_search *search;
    uint64_t began_ns, told_ns;
    pid_t pids[EXPLORE_MAX_WORKERS];
    unsigned n_left;
    bool is_broken; /* a driver ended as none should */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return TIDY_S(now.tv_sec) + (uint64_t)now.tv_nsec;
}

/* ------------------------------------------------------------------- drivers */

static int fork_driver(struct waiting *waiting, unsigned idx)
{
    pid_t parent = getpid(), pid;

    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        tidy__explore_drive(
            waiting->search, &waiting->exploration->target, idx);
    }
    waiting->pids[idx] = pid;
    waiting->n_left++;
    return 0;
}

static void note_end(struct waiting *waiting, unsigned idx, int status)
{
    waiting->pids[idx] = 0;
    waiting->n_left--;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        waiting->is_broken = true;
}

static void reap(struct waiting *waiting)
{
    unsigned idx;
    int status;

    for (idx = 0; idx < EXPLORE_MAX_WORKERS; idx++) {
        if (waiting->pids[idx] == 0)
            continue;
        if (waitpid(waiting->pids[idx], &status, WNOHANG) == waiting->pids[idx])
            note_end(waiting, idx, status);
        else if (errno == ECHILD && kill(waiting->pids[idx], 0) < 0)
            note_end(waiting, idx, 0); /* the caller ignores SIGCHLD */
    }
}

/* One of them may have ended with something half done. */
static void kill_drivers(const struct waiting *waiting)
{
    unsigned idx;

    for (idx = 0; idx < EXPLORE_MAX_WORKERS; idx++) {
        if (waiting->pids[idx] > 0)
            kill(waiting->pids[idx], SIGKILL);
    }
}

/* ------------------------------------------------------------------- waiting */

static void tell(struct waiting *waiting, uint64_t elapsed_ns)
{
    const struct tidy_explore_options *options = &waiting->exploration->options;
    const struct explore_search *search = waiting->search;
    struct tidy_explore_progress progress = {
        .n_schedules = atomic_load(&search->n_schedules),
        .max_schedules = options->max_schedules,
        .n_traces = atomic_load(&search->coverage.n_traces),
        .n_failed = atomic_load(&search->n_failed),
        .elapsed_ns = elapsed_ns,
    };

    if (!options->progress || elapsed_ns - waiting->told_ns < TELL_NS)
        return;
    waiting->told_ns = elapsed_ns;
    options->progress(&progress, options->progress_arg);
}

static void await_drivers(struct waiting *waiting)
{
    const struct timespec pause = { .tv_nsec = LOOK_NS };
    uint64_t max_ns = waiting->exploration->options.max_ns, elapsed_ns;

    for (;;) {
        reap(waiting);
        if (waiting->n_left == 0)
            return;
        elapsed_ns = now_ns() - waiting->began_ns;
        if (max_ns > 0 && elapsed_ns >= max_ns)
            atomic_store(&waiting->search->is_stopped, true);
        if (waiting->is_broken)
            kill_drivers(waiting);
        tell(waiting, elapsed_ns);
        ppoll(NULL, 0, &pause, NULL);
    }
}

/* -------------------------------------------------------------- what came of it */

/* How likely it is that the next one is new: as many as were seen only once, of
 * all (Good, 1953). */
static unsigned novelty_ppm(const struct explore_search *search)
{
    uint64_t n_runs = atomic_load(&search->coverage.n_runs);
    uint64_t n_once = atomic_load(&search->coverage.n_once);

    return n_runs > 0 ? (unsigned)(n_once * 1000000 / n_runs) : 1000000;
}

static void sum_up(struct waiting *waiting)
{
    const struct explore_search *search = waiting->search;
    struct tidy_explore_summary *summary = &waiting->exploration->summary;
    struct explore_share shares[TIDY_N_CHOICES];
    unsigned kind;

    summary->n_schedules += atomic_load(&search->n_schedules);
    summary->n_traces = atomic_load(&search->coverage.n_traces);
    summary->n_failed += atomic_load(&search->n_failed);
    summary->elapsed_ns = now_ns() - waiting->began_ns;
    summary->is_complete =
        !waiting->is_broken && tidy__explore_is_complete(search);
    summary->max_departures = search->settings.max_departures;
    summary->max_faults = search->settings.max_faults;
    summary->complete_depth = tidy__explore_complete_depth(search);
    summary->n_simple = atomic_load(&search->depth.n_schedules);
    summary->novelty_ppm =
        summary->is_complete && summary->n_simple == summary->n_schedules
            ? 0
            : novelty_ppm(search);
    tidy__explore_shares(&search->coverage, shares);
    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        summary->shares[kind].n_offered = shares[kind].n_offered;
        summary->shares[kind].n_taken = shares[kind].n_taken;
    }
}

static void take_found(struct tidy_exploration *exploration,
                       const struct explore_found *from)
{
    const struct explore_schedule schedule = {
        .profile = exploration->options.world.profile,
        .kinds = from->kinds,
        .max_latency_ns = exploration->options.world.max_latency_ns,
        .turns = (struct sim_turn *)(uintptr_t)from->turns,
        .n_turns = from->n_turns,
    };
    struct tidy_found *found = tidy__explore_add_found(
        exploration, &schedule, from->outcome, from->text);

    if (!found)
        return;
    found->n_schedules = from->n_schedules;
    found->n_times = from->n_times;
}

static bool is_wanted(const struct tidy_exploration *exploration,
                      const struct explore_search *search,
                      unsigned idx)
{
    return exploration->options.goes_on ||
           search->found[idx].position == atomic_load(&search->best);
}

static void take_all(struct waiting *waiting)
{
    struct tidy_exploration *exploration = waiting->exploration;
    const struct explore_search *search = waiting->search;
    unsigned idx;

    sum_up(waiting);
    for (idx = 0; idx < search->n_found; idx++) {
        if (is_wanted(exploration, search, idx))
            take_found(exploration, &search->found[idx]);
    }
    if (search->trouble[0])
        tidy__explore_not_run(exploration, tidy__strdup(search->trouble));
    else if (waiting->is_broken)
        tidy__explore_not_run(
            exploration,
            tidy__strdup(
                "a process of the exploration was ended from outside"));
}

/* --------------------------------------------------------------------- running */

static void run(struct tidy_exploration *exploration,
                struct explore_search *search)
{
    struct waiting waiting = { .exploration = exploration,
                               .search = search,
                               .began_ns = now_ns() };
    unsigned idx;
    int result = 0;

    fflush(NULL); /* or each process would write it once more */
    for (idx = 0; idx < search->settings.n_workers && result == 0; idx++)
        result = fork_driver(&waiting, idx);
    if (result < 0)
        atomic_store(&search->is_stopped, true);
    await_drivers(&waiting);
    take_all(&waiting);
    if (result < 0)
        tidy__explore_not_run(
            exploration,
            tidy__format("no process for a worker: %s", strerror(-result)));
}

void tidy__explore_run(struct tidy_exploration *exploration)
{
    struct explore_settings settings;
    struct explore_search *search;

    tidy__explore_settings_of(&settings, &exploration->options);
    search = tidy__explore_search_new(&settings);
    if (!search) {
        tidy__explore_not_run(
            exploration,
            tidy__format("no memory for the search: %s", strerror(errno)));
        return;
    }
    if (settings.strategy == &tidy__explore_portfolio)
        search->depth.max_schedules = settings.max_schedules > 0
                                          ? (settings.max_schedules + 1) / 2
                                          : MAX_SIMPLE;
    run(exploration, search);
    tidy__explore_search_free(search);
}
