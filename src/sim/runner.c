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
#include "sim/progress.h"
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

/* ------------------------------------------------------------------- reports */

struct tidy_world_report {
    enum tidy_outcome outcome;
    uint64_t n_steps, duration_ns, trace_hash;
    char *text, *trace; /* owned */
    uint32_t *choices;  /* owned */
    size_t n_choices;
    bool is_static;
};

static struct tidy_world_report out_of_memory = {
    .outcome = TIDY_OUTCOME_NOT_RUN,
    .text = (char *)(uintptr_t) "out of memory",
    .trace = (char *)(uintptr_t) "",
    .is_static = true,
};

struct tidy_world_report *
tidy_world_report_free(struct tidy_world_report *report)
{
    if (!report || report->is_static)
        return NULL;
    tidy__dealloc(report->text);
    tidy__dealloc(report->trace);
    tidy__dealloc(report->choices);
    return tidy__dealloc(report);
}

static struct tidy_world_report *
new_report(enum tidy_outcome outcome, const char *text, const char *trace)
{
    struct tidy_world_report *report = tidy__zalloc(sizeof(*report));

    if (!report)
        return &out_of_memory;
    report->outcome = outcome;
    report->text = tidy__strdup(text);
    report->trace = tidy__strdup(trace);
    if (report->text && report->trace)
        return report;
    tidy_world_report_free(report);
    return &out_of_memory;
}

static struct tidy_world_report *not_run(const char *fmt, const char *cause)
{
    char text[512];

    snprintf(text, sizeof(text), fmt, cause);
    return new_report(TIDY_OUTCOME_NOT_RUN, text, "");
}

/* All that the shared memory says about the run. */
static struct tidy_world_report *report_run(const struct sim_shared *shared,
                                            enum tidy_outcome outcome,
                                            const char *text)
{
    const struct sim_world *world = &shared->world;
    struct tidy_world_report *report = new_report(outcome, text, shared->trace);
    size_t size = world->taken.n * sizeof(*shared->taken);

    if (report->is_static)
        return report;
    report->n_steps = world->n_steps;
    report->duration_ns = world->now_ns;
    report->trace_hash = world->trace.hash;
    report->choices = tidy__alloc(size);
    if (!report->choices) {
        tidy_world_report_free(report);
        return &out_of_memory;
    }
    memcpy(report->choices, shared->taken, size);
    report->n_choices = world->taken.n;
    return report;
}

enum tidy_outcome
tidy_world_report_outcome(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_outcome: the report is NULL");
    return report->outcome;
}

const char *tidy_outcome_name(enum tidy_outcome outcome)
{
    static const char *const names[] = {
        [TIDY_OUTCOME_PASSED] = "passed",
        [TIDY_OUTCOME_FAILED] = "failed",
        [TIDY_OUTCOME_DEADLOCK] = "deadlock",
        [TIDY_OUTCOME_LEFTOVER] = "leftover",
        [TIDY_OUTCOME_LIMIT] = "limit",
        [TIDY_OUTCOME_UNMODELLED] = "unmodelled",
        [TIDY_OUTCOME_UNCONTROLLED] = "uncontrolled",
        [TIDY_OUTCOME_ASTRAY] = "astray",
        [TIDY_OUTCOME_CRASHED] = "crashed",
        [TIDY_OUTCOME_NOT_RUN] = "not run",
    };

    return (size_t)outcome < TIDY_COUNT(names) ? names[outcome] : "?";
}

const char *tidy_world_report_text(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_text: the report is NULL");
    return report->text;
}

const char *tidy_world_report_trace(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_trace: the report is NULL");
    return report->trace;
}

const uint32_t *
tidy_world_report_choices(const struct tidy_world_report *report,
                          size_t *ret_n_choices)
{
    TIDY_REQUIRE(report, "tidy_world_report_choices: the report is NULL");
    *ret_n_choices = report->n_choices;
    return report->choices;
}

uint64_t tidy_world_report_n_steps(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_n_steps: the report is NULL");
    return report->n_steps;
}

uint64_t tidy_world_report_duration_ns(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_duration_ns: the report is NULL");
    return report->duration_ns;
}

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
    const struct sim_shared *shared = runner->shared;
    int status = reap(runner);
    char text[256];

    if (shared->has_ended && WIFEXITED(status) &&
        WEXITSTATUS(status) == SIM_EXIT_ENDED)
        return report_run(shared, shared->outcome, shared->text);
    if (WIFSIGNALED(status))
        snprintf(text,
                 sizeof(text),
                 "the process was ended by signal %d (%s)",
                 WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text,
                 sizeof(text),
                 "the body called exit(%d)",
                 WEXITSTATUS(status));
    return report_run(shared, TIDY_OUTCOME_CRASHED, text);
}

static struct tidy_world_report *
report_silence(struct tidy_world_runner *runner)
{
    struct tidy_world_report *report = report_run(
        runner->shared, TIDY_OUTCOME_LIMIT, "the body made no call for 10 s");

    stop_process(runner);
    return report;
}

static struct tidy_world_report *order(struct tidy_world_runner *runner)
{
    char byte = 0;

    if (runner->pid == 0 && start_process(runner) < 0)
        return not_run("no process for the run: %s", strerror(errno));
    /* If it is gone, the answer says so. */
    if (send(runner->fd, &byte, 1, MSG_NOSIGNAL) != 1)
        return report_end(runner);
    switch (await_answer(runner)) {
    case ANSWER_DONE:
        return report_run(runner->shared, TIDY_OUTCOME_PASSED, "");
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

static void copy_options(struct sim_shared *shared,
                         const struct tidy_world_options *options)
{
    shared->options = options ? *options : (struct tidy_world_options){ 0 };
    if (!shared->options.choices)
        return;
    memcpy(shared->choices,
           shared->options.choices,
           shared->options.n_choices * sizeof(*shared->choices));
    shared->options.choices = shared->choices;
}

/* Why nothing can be run; NULL: it can. */
static struct tidy_world_report *
prepare(struct tidy_world_runner *runner,
        const struct tidy_world_options *options)
{
    char why[256];

    if (tidy__sim_world)
        return not_run("%s", "a world cannot be run inside a world");
    if (options && options->choices && options->n_choices > SIM_MAX_CHOICES)
        return not_run("%s", "the schedule is too long");
    if (tidy__sim_reserve(why, sizeof(why)) < 0)
        return not_run("the world has no descriptors: %s", why);
    if (!runner->shared)
        runner->shared = tidy__sim_shared_new();
    if (!runner->shared)
        return not_run("no memory for the run: %s", strerror(errno));
    copy_options(runner->shared, options);
    return NULL;
}

/* The second run is in a process in which nothing has been run in a world. */
static struct tidy_world_report *confirm(struct tidy_world_runner *runner,
                                         struct tidy_world_report *first)
{
    struct tidy_world_report *second = order(runner);
    bool is_same = second->outcome == first->outcome &&
                   second->trace_hash == first->trace_hash;

    if (is_same || second->outcome == TIDY_OUTCOME_NOT_RUN) {
        tidy_world_report_free(first);
        return second;
    }
    tidy_world_report_free(first);
    tidy_world_report_free(second);
    stop_process(runner);
    runner->is_fresh = true;
    return report_run(runner->shared,
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
        return &out_of_memory;
    report = tidy_world_runner_run(runner, options);
    tidy_world_runner_free(runner);
    return report;
}
