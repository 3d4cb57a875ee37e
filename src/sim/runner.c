/* SPDX-License-Identifier: MIT */
/*
 * Runs, as seen by who asks for them.
 *
 *   no process yet            -> fork one; it runs the body once as a warm-up
 *   an order                  -> a byte to it; then a byte back, or its end
 *   the run did not pass      -> its process has ended: the same order once more
 *                                in a fresh one, to be sure
 *   a checked run             -> the same order once more in the process, and in
 *                                a fresh one where memory lies elsewhere
 *   no call for 10 s          -> kill it
 *   it has grown              -> the next order is another process's
 *
 * The process that asks runs nothing of the body, so that every process forked
 * from it begins alike.
 */
#include "sim/runner.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/at_end.h"
#include "sim/layout.h"
#include "sim/ledger.h"
#include "sim/options.h"
#include "sim/reap.h"
#include "sim/report.h"
#include "sim/reserve.h"
#include "sim/shared.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct tidy_world_runner {
    tidy_world_body_cb body;
    void *arg;                 /* borrowed */
    bool is_fresh;             /* each run has a process of its own */
    unsigned patience_ms;      /* how long it may make no call */
    uint64_t n_layouts;        /* of memory, tried so far */
    struct sim_shared *shared; /* owned; NULL until the first run */
    pid_t pid;                 /* of the process; 0: none */
    int fd;                    /* orders go out, answers come in */

    /* After a run that passed, in its process: is there another order? */
    bool (*go_on)(void *arg);
    void *go_on_arg;       /* borrowed */
    bool dies_with_parent; /* its process; an explorer's does */
    bool is_quiet;         /* what it writes to 1 and 2 goes nowhere */
};

/* ---------------------------------------------------------- the run's process */

/* What the process answers. */
enum answer {
    ANSWER_DONE = 'd',
    ANSWER_WORN = 'w', /* done, and it has grown */
    ANSWER_GONE = 0,
    ANSWER_SILENT
};

struct service {
    const struct tidy_world_runner *runner; /* borrowed */
    int fd;
};

/* A body that forks outside of a world must not come back twice. */
static void warm_up(const struct tidy_world_runner *runner)
{
    pid_t self = getpid();

    runner->body(runner->arg);
    if (getpid() != self)
        _exit(0);
}

static bool goes_on(const struct tidy_world_runner *runner)
{
    bool is_wanted =
        !runner->is_fresh && runner->go_on && runner->go_on(runner->go_on_arg);

    if (!is_wanted) /* an order may have been begun, and given up */
        runner->shared->has_ended = true;
    return is_wanted;
}

/* Never returns. */
static void serve(void *arg)
{
    const struct service *service = arg;
    const struct tidy_world_runner *runner = service->runner;
    struct sim_ledger ledger;
    bool is_worn;
    char byte;

    tidy__sim_at_end_watch_exit();
    tidy__sim_ledger_init(&ledger, false);
    if (!runner->is_fresh) {
        warm_up(runner);
        tidy__sim_ledger_check(&ledger, runner->shared);
        tidy__sim_ledger_init(&ledger, true);
    }
    while (read(service->fd, &byte, 1) == 1) {
        do {
            tidy__sim_work(runner->shared, runner->body, runner->arg);
            tidy__sim_ledger_check(&ledger, runner->shared);
            is_worn = tidy__sim_ledger_is_worn(&ledger);
        } while (!is_worn && goes_on(runner));
        byte = is_worn ? ANSWER_WORN : ANSWER_DONE;
        if (write(service->fd, &byte, 1) != 1)
            break;
    }
    tidy__sim_at_end_run();
    _exit(0);
}

/* layout: 0, or how its memory is to lie. */
static int start_process(struct tidy_world_runner *runner, uint64_t layout)
{
    struct service service = { .runner = runner };
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    fflush(NULL); /* or the child would write it once more */
    runner->pid = fork();
    if (runner->pid == 0) {
        close(fds[0]);
        if (runner->dies_with_parent)
            prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (runner->is_quiet)
            tidy__sim_be_quiet();
        service.fd = fds[1];
        if (layout > 0)
            tidy__sim_layout_call(layout, serve, &service);
        serve(&service);
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

/* It waits for an order, and ends when none can come. */
static void stop_process(struct tidy_world_runner *runner)
{
    bool is_silent;

    if (runner->pid == 0)
        return;
    close(runner->fd);
    tidy__sim_reap(
        runner->pid, runner->shared, runner->patience_ms, &is_silent);
    runner->pid = 0;
}

static void kill_process(struct tidy_world_runner *runner)
{
    kill(runner->pid, SIGKILL);
    stop_process(runner);
}

/* ------------------------------------------------------------------- one order */

/* What is there to be read. A byte that comes before the run is over is not the
 * process's: its body has written it, and it does not count. */
static enum answer read_answer(const struct tidy_world_runner *runner)
{
    const volatile bool *has_ended = &runner->shared->has_ended;
    char byte;

    if (read(runner->fd, &byte, 1) != 1)
        return ANSWER_GONE;
    return !*has_ended           ? ANSWER_SILENT
           : byte == ANSWER_WORN ? ANSWER_WORN
                                 : ANSWER_DONE;
}

/* Done, or gone, or silent: it has made no call for so long. */
static enum answer await_answer(const struct tidy_world_runner *runner)
{
    struct pollfd pollfd = { .fd = runner->fd, .events = POLLIN };
    enum answer answer = ANSWER_SILENT;
    uint64_t pulse;
    int n;

    do {
        pulse = tidy__sim_shared_pulse(runner->shared);
        n = poll(&pollfd, 1, (int)runner->patience_ms);
        if (n > 0)
            answer = read_answer(runner);
        /* Less than 0: interrupted by a signal. */
    } while (answer == ANSWER_SILENT &&
             (n != 0 || tidy__sim_shared_pulse(runner->shared) != pulse));
    return answer;
}

static struct tidy_world_report *
report_silence(struct tidy_world_runner *runner)
{
    char text[128];

    snprintf(text,
             sizeof(text),
             "%s made no call for %u ms",
             runner->shared->has_begun
                 ? "the body"
                 : "the warm-up, outside of any world, did not end, and",
             runner->patience_ms);
    return tidy__sim_report_run(runner->shared, TIDY_OUTCOME_LIMIT, text);
}

/* It has ended, or closed what it answers by and goes on. */
static struct tidy_world_report *report_end(struct tidy_world_runner *runner)
{
    bool is_silent;
    int status = tidy__sim_reap(
        runner->pid, runner->shared, runner->patience_ms, &is_silent);

    close(runner->fd);
    runner->pid = 0;
    return is_silent ? report_silence(runner)
                     : tidy__sim_report_ended(runner->shared, status);
}

static struct tidy_world_report *order(struct tidy_world_runner *runner,
                                       uint64_t layout)
{
    struct tidy_world_report *report;
    enum answer answer;
    char byte = 0;
    int result = 0;

    if (runner->pid == 0)
        result = start_process(runner, layout);
    if (result < 0)
        return tidy__sim_report_not_run("no process for the run: %s",
                                        strerror(-result));
    /* If it is gone, the answer says so. */
    if (send(runner->fd, &byte, 1, MSG_NOSIGNAL) != 1)
        return report_end(runner);
    answer = await_answer(runner);
    if (answer == ANSWER_GONE)
        return report_end(runner);
    report =
        answer == ANSWER_SILENT
            ? report_silence(runner)
            : tidy__sim_report_run(runner->shared, TIDY_OUTCOME_PASSED, "");
    if (answer == ANSWER_SILENT)
        kill_process(runner);
    else if (answer == ANSWER_WORN)
        stop_process(runner);
    return report;
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
    runner->patience_ms = SIM_PATIENCE_MS;
    return runner;
}

void tidy__sim_runner_be_patient(struct tidy_world_runner *runner,
                                 unsigned patience_ms)
{
    runner->patience_ms = patience_ms;
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

/* ------------------------------------------------------- for who plans the runs */

static bool
open_memory(struct tidy_world_runner *runner, char *why, size_t size)
{
    char cause[192];

    if (tidy__sim_reserve(cause, sizeof(cause)) < 0) {
        snprintf(why, size, "the world has no descriptors: %s", cause);
        return false;
    }
    if (!runner->shared)
        runner->shared = tidy__sim_shared_new();
    if (!runner->shared)
        snprintf(why, size, "no memory for the run: %s", strerror(errno));
    return runner->shared != NULL;
}

struct sim_shared *
tidy__sim_runner_open(struct tidy_world_runner *runner, char *why, size_t size)
{
    runner->dies_with_parent = true;
    return open_memory(runner, why, size) ? runner->shared : NULL;
}

void tidy__sim_runner_go_on(struct tidy_world_runner *runner,
                            bool (*go_on)(void *arg),
                            void *arg)
{
    runner->go_on = go_on;
    runner->go_on_arg = arg;
}

struct tidy_world_report *
tidy__sim_runner_order(struct tidy_world_runner *runner)
{
    struct tidy_world_report *report = order(runner, 0);

    if (runner->is_fresh)
        stop_process(runner);
    return report;
}

void tidy__sim_runner_be_quiet(struct tidy_world_runner *runner)
{
    runner->is_quiet = true;
}

void tidy__sim_runner_restart(struct tidy_world_runner *runner)
{
    stop_process(runner);
}

void tidy__sim_runner_be_fresh(struct tidy_world_runner *runner)
{
    stop_process(runner);
    runner->is_fresh = true;
}

/* ------------------------------------------------------------ for who asks for one */

/* Why nothing can be run; NULL: it can. */
static struct tidy_world_report *
prepare(struct tidy_world_runner *runner,
        const struct tidy_world_options *options)
{
    struct tidy_world_options taken;
    char why[256];
    const char *trouble;

    if (tidy__sim_world)
        return tidy__sim_report_not_run("%s",
                                        "a world cannot be run inside a world");
    trouble = tidy__sim_options_take(&taken, options, why);
    if (trouble)
        return tidy__sim_report_not_run("%s", trouble);
    if (!open_memory(runner, why, sizeof(why)))
        return tidy__sim_report_not_run("%s", why);
    tidy__sim_shared_order(runner->shared, &taken);
    return NULL;
}

/* ------------------------------------------------------------ once more, the same */

static struct tidy_world_report *order_again(struct tidy_world_runner *runner,
                                             uint64_t layout)
{
    const struct tidy_world_options options = runner->shared->options;

    tidy__sim_shared_order(runner->shared, &options);
    return order(runner, layout);
}

/* The first report, if the second is the same; the second, if nothing was run,
 * or a call was not modelled, which only watched runs may see (tripwire.h);
 * else what is wrong with the body. Takes both. From then on no two runs share a
 * process. */
static struct tidy_world_report *compare(struct tidy_world_runner *runner,
                                         const char *sentence,
                                         struct tidy_world_report *first,
                                         struct tidy_world_report *second)
{
    char *text;

    if (second->outcome == TIDY_OUTCOME_NOT_RUN ||
        second->outcome == TIDY_OUTCOME_UNMODELLED) {
        tidy_world_report_free(first);
        return second;
    }
    if (tidy__sim_report_is_same(first, second)) {
        tidy_world_report_free(second);
        return first;
    }
    text = tidy__sim_report_difference(sentence, first, second);
    tidy_world_report_free(second);
    stop_process(runner);
    runner->is_fresh = true;
    return tidy__sim_report_retell(first, TIDY_OUTCOME_UNCONTROLLED, text);
}

/* The second run is in a process in which nothing has been run in a world. */
static struct tidy_world_report *confirm(struct tidy_world_runner *runner,
                                         struct tidy_world_report *first)
{
    return compare(runner,
                   "state leaks between runs: what failed after others does "
                   "not go the same way in a fresh process",
                   first,
                   order_again(runner, 0));
}

/* Once more in a process for this alone; the other one waits meanwhile. */
static struct tidy_world_report *
order_elsewhere(struct tidy_world_runner *runner)
{
    struct tidy_world_report *report;
    pid_t pid = runner->pid;
    int fd = runner->fd;

    runner->pid = 0;
    report = order_again(runner, ++runner->n_layouts);
    stop_process(runner);
    runner->pid = pid;
    runner->fd = fd;
    return report;
}

static struct tidy_world_report *check(struct tidy_world_runner *runner,
                                       struct tidy_world_report *first)
{
    if (runner->is_fresh)
        stop_process(runner);
    if (runner->pid > 0)
        first = compare(runner,
                        "state leaks between runs: the same schedule went "
                        "another way the next time in the same process",
                        first,
                        order_again(runner, 0));
    if (first->outcome == TIDY_OUTCOME_UNCONTROLLED ||
        first->outcome == TIDY_OUTCOME_NOT_RUN)
        return first;
    return compare(runner,
                   "the same schedule went another way in a fresh process, "
                   "where memory lies elsewhere",
                   first,
                   order_elsewhere(runner));
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
    report = order(runner, 0);
    if (report->outcome == TIDY_OUTCOME_NOT_RUN)
        return report;
    if (runner->shared->options.is_checked)
        return check(runner, report);
    if (runner->is_fresh)
        stop_process(runner);
    else if (report->outcome != TIDY_OUTCOME_PASSED && !is_first)
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
