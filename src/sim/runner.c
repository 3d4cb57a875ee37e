/* SPDX-License-Identifier: MIT */
/*
 * Runs, as seen by who asks for them.
 *
 *   no process yet            -> fork one; it runs the body once as a warm-up
 *   an order                  -> a byte to it; then a byte back, or its end
 *   the run did not pass      -> its process has ended: the same order once more
 *                                in a fresh one, to be sure
 *   no call for 10 s          -> kill it
 *
 * The process that asks runs nothing of the body, so that every process forked
 * from it begins alike.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/report.h"
#include "sim/reserve.h"
#include "sim/shared.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

struct tidy_world_runner {
    tidy_world_body_cb body;
    void *arg;                 /* borrowed */
    bool is_fresh;             /* each run has a process of its own */
    struct sim_shared *shared; /* owned; NULL until the first run */
    pid_t pid;                 /* of the process; 0: none */
    int fd;                    /* orders go out, answers come in */
};

/* ---------------------------------------------------------- the run's process */

/* Never returns. */
static _Noreturn void serve(const struct tidy_world_runner *runner, int fd)
{
    char byte;

    if (!runner->is_fresh)
        runner->body(runner->arg);
    while (read(fd, &byte, 1) == 1) {
        tidy__sim_work(runner->shared, runner->body, runner->arg);
        if (write(fd, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static int start_process(struct tidy_world_runner *runner)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    fflush(NULL); /* or the child would write it once more */
    runner->pid = fork();
    if (runner->pid == 0) {
        close(fds[0]);
        serve(runner, fds[1]);
    }
    close(fds[1]);
    if (runner->pid > 0) {
        runner->fd = fds[0];
        return 0;
    }
    close(fds[0]);
    runner->pid = 0;
    return -errno;
}

static int reap(struct tidy_world_runner *runner)
{
    int status = 0;

    close(runner->fd);
    waitpid(runner->pid, &status, 0);
    runner->pid = 0;
    return status;
}

static void stop_process(struct tidy_world_runner *runner)
{
    if (runner->pid == 0)
        return;
    kill(runner->pid, SIGKILL);
    reap(runner);
}

/* ------------------------------------------------------------------- one order */

enum answer {
    ANSWER_DONE,
    ANSWER_GONE,
    ANSWER_SILENT
};

/* Done, or gone, or silent: it has made no call for so long. */
static enum answer await_answer(const struct tidy_world_runner *runner)
{
    const volatile struct sim_world *world = &runner->shared->world;
    struct pollfd pollfd = { .fd = runner->fd, .events = POLLIN };
    uint64_t n_steps;
    char byte;

    do {
        n_steps = world->n_steps;
        if (poll(&pollfd, 1, PATIENCE_MS) > 0)
            return read(runner->fd, &byte, 1) == 1 ? ANSWER_DONE : ANSWER_GONE;
    } while (world->n_steps != n_steps);
    return ANSWER_SILENT;
}

static struct tidy_world_report *report_end(struct tidy_world_runner *runner)
{
    return tidy__sim_report_ended(runner->shared, reap(runner));
}

static struct tidy_world_report *
report_silence(struct tidy_world_runner *runner)
{
    struct tidy_world_report *report = tidy__sim_report_run(
        runner->shared, TIDY_OUTCOME_LIMIT, "the body made no call for 10 s");

    stop_process(runner);
    return report;
}

static struct tidy_world_report *order(struct tidy_world_runner *runner)
{
    char byte = 0;

    if (runner->pid == 0 && start_process(runner) < 0)
        return tidy__sim_report_not_run("no process for the run: %s",
                                        strerror(errno));
    /* If it is gone, the answer says so. */
    if (send(runner->fd, &byte, 1, MSG_NOSIGNAL) != 1)
        return report_end(runner);
    switch (await_answer(runner)) {
    case ANSWER_DONE:
        return tidy__sim_report_run(runner->shared, TIDY_OUTCOME_PASSED, "");
    case ANSWER_GONE:
        return report_end(runner);
    default:
        return report_silence(runner);
    }
}

/* ------------------------------------------------------------------- the runner */

struct tidy_world_runner *tidy_world_runner_new(tidy_world_body_cb body,
                                                void *arg,
                                                enum tidy_warm_up warm_up)
{
    struct tidy_world_runner *runner;

    TIDY_REQUIRE(body, "tidy_world_runner_new: the body is NULL");
    runner = tidy__zalloc(sizeof(*runner));
    if (!runner)
        return NULL;
    runner->body = body;
    runner->arg = arg;
    runner->is_fresh = warm_up == TIDY_WARM_UP_NONE;
    return runner;
}

struct tidy_world_runner *
tidy_world_runner_free(struct tidy_world_runner *runner)
{
    if (!runner)
        return NULL;
    stop_process(runner);
    tidy__sim_shared_free(runner->shared);
    return tidy__dealloc(runner);
}

/* Why nothing can be run; NULL: it can. */
static struct tidy_world_report *
prepare(struct tidy_world_runner *runner,
        const struct tidy_world_options *options)
{
    char why[256];

    if (tidy__sim_world)
        return tidy__sim_report_not_run("%s",
                                        "a world cannot be run inside a world");
    if (options && options->choices && options->n_choices > SIM_MAX_CHOICES)
        return tidy__sim_report_not_run("%s", "the schedule is too long");
    if (tidy__sim_reserve(why, sizeof(why)) < 0)
        return tidy__sim_report_not_run("the world has no descriptors: %s",
                                        why);
    if (!runner->shared)
        runner->shared = tidy__sim_shared_new();
    if (!runner->shared)
        return tidy__sim_report_not_run("no memory for the run: %s",
                                        strerror(errno));
    tidy__sim_shared_order(runner->shared, options);
    return NULL;
}

/* The second run is in a process in which nothing has been run in a world. It is
 * watched (tripwire.h): what that finds the first may not have seen. */
static struct tidy_world_report *confirm(struct tidy_world_runner *runner,
                                         struct tidy_world_report *first)
{
    struct tidy_world_report *second = order(runner);
    bool is_same = second->outcome == first->outcome &&
                   second->trace_hash == first->trace_hash;

    if (is_same || second->outcome == TIDY_OUTCOME_NOT_RUN ||
        second->outcome == TIDY_OUTCOME_UNMODELLED) {
        tidy_world_report_free(first);
        return second;
    }
    tidy_world_report_free(first);
    tidy_world_report_free(second);
    stop_process(runner);
    runner->is_fresh = true;
    return tidy__sim_report_run(
        runner->shared,
        TIDY_OUTCOME_UNCONTROLLED,
        "state leaks between runs: what failed after others "
        "does not fail in a fresh process");
}

struct tidy_world_report *
tidy_world_runner_run(struct tidy_world_runner *runner,
                      const struct tidy_world_options *options)
{
    struct tidy_world_report *report;
    bool is_first;

    TIDY_REQUIRE(runner, "tidy_world_runner_run: the runner is NULL");
    report = prepare(runner, options);
    if (report)
        return report;
    is_first = runner->pid == 0;
    report = order(runner);
    if (runner->is_fresh)
        stop_process(runner);
    else if (report->outcome != TIDY_OUTCOME_PASSED &&
             report->outcome != TIDY_OUTCOME_NOT_RUN && !is_first)
        report = confirm(runner, report);
    return report;
}

struct tidy_world_report *
tidy_world_run(const struct tidy_world_options *options,
               tidy_world_body_cb body,
               void *arg)
{
    struct tidy_world_runner *runner;
    struct tidy_world_report *report;

    TIDY_REQUIRE(body, "tidy_world_run: the body is NULL");
    runner = tidy_world_runner_new(body, arg, TIDY_WARM_UP_NONE);
    if (!runner)
        return tidy__sim_report_not_run("%s", "out of memory");
    report = tidy_world_runner_run(runner, options);
    tidy_world_runner_free(runner);
    return report;
}
