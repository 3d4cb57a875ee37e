/* SPDX-License-Identifier: MIT */
/*
 * Each side of a row lives in a process of its own.
 *
 * The parent writes an order into one pipe and reads the report from another,
 * so the sides take turns, keep what a real test process keeps from one test to
 * the next, have peaks of their own, and may crash or hang without ending the
 * benchmark. A side that cannot go on says why in its last report.
 */
#include "bench.h"
#include <tidysock/error.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A side that says nothing for so long hangs. */
#define SILENCE_LIMIT_MS (300 * 1000)
#define EXIT_LIMIT_S 10

/* In the child: where bench_fail() writes. */
static int failure_fd = STDERR_FILENO;

static void send_report(int fd, const struct bench_report *report)
{
    if (write(fd, report, sizeof(*report)) != (ssize_t)sizeof(*report))
        _exit(1);
}

void bench_fail(const char *fmt, ...)
{
    struct bench_report report = { .is_ok = false };
    va_list args;

    va_start(args, fmt);
    vsnprintf(report.error, sizeof(report.error), fmt, args);
    va_end(args);
    if (failure_fd == STDERR_FILENO)
        dprintf(STDERR_FILENO, "%s\n", report.error);
    else
        send_report(failure_fd, &report);
    _exit(1);
}

/* libuv's codes are the system's on Unix, so one text serves both sides. */
void bench_check(int code, const char *call)
{
    if (code < 0)
        bench_fail(
            "%s: %s (%s)", call, tidy_strerror(code), tidy_error_name(code));
}

static uint64_t peak_kib(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : (uint64_t)usage.ru_maxrss;
}

static void obey(bench_side_cb side,
                 const char *dir,
                 const struct bench_order *order,
                 int reports_fd)
{
    struct bench_run run = {
        .n = order->n,
        .dir = dir,
        .is_counting = order->is_counting,
        .wants_connections = order->wants_connections,
    };

    if (order->is_counting)
        bench_count_allocations();
    side(&run);
    run.report.is_ok = true;
    run.report.peak_kib = peak_kib();
    run.report.n_time_wait = bench_count_time_wait();
    send_report(reports_fd, &run.report);
}

void bench_child_obey(bench_side_cb side,
                      const char *dir,
                      int orders_fd,
                      int reports_fd)
{
    struct bench_order order;

    failure_fd = reports_fd;
    while (read(orders_fd, &order, sizeof(order)) == (ssize_t)sizeof(order) &&
           order.n)
        obey(side, dir, &order, reports_fd);
    alarm(EXIT_LIMIT_S);
    exit(0); /* not _exit: the library tidies its private directory */
}

/* -errno, or as fork(2): the pid, or 0 in the child, which gets the other ends
 * of the pipes. */
static int fork_child(struct bench_child *ret_child)
{
    int orders[2], reports[2];
    pid_t pid;

    fflush(NULL);
    if (pipe(orders) < 0 || pipe(reports) < 0 || (pid = fork()) < 0)
        return -errno;
    close(orders[pid ? 0 : 1]);
    close(reports[pid ? 1 : 0]);
    *ret_child =
        (struct bench_child){ pid, orders[pid ? 1 : 0], reports[pid ? 0 : 1] };
    return pid;
}

/* 0 or -errno. */
int bench_child_start(bench_side_cb side,
                      const char *dir,
                      struct bench_child *ret_child)
{
    int pid = fork_child(ret_child);

    if (pid == 0)
        bench_child_obey(
            side, dir, ret_child->orders_fd, ret_child->reports_fd);
    return pid < 0 ? pid : 0;
}

/* It lies beside this program. */
static void
exec_world(const char *side, const char *dir, const struct bench_child *child)
{
    char path[PATH_MAX + 16], orders[16], reports[16];
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);

    failure_fd = child->reports_fd;
    if (len < 0)
        bench_fail("/proc/self/exe: %s", strerror(errno));
    snprintf(path + len, sizeof(path) - (size_t)len, "-world");
    snprintf(orders, sizeof(orders), "%d", child->orders_fd);
    snprintf(reports, sizeof(reports), "%d", child->reports_fd);
    execl(path, path, side, dir, orders, reports, (char *)NULL);
    bench_fail("cannot run %.200s: %s", path, strerror(errno));
}

int bench_child_start_world(const char *side,
                            const char *dir,
                            struct bench_child *ret_child)
{
    int pid = fork_child(ret_child);

    if (pid == 0)
        exec_world(side, dir, ret_child);
    return pid < 0 ? pid : 0;
}

/* The child has closed its pipe: how did it end? */
static void describe_end(struct bench_child *child, struct bench_report *report)
{
    int status = 0;

    waitpid(child->pid, &status, 0);
    child->pid = 0;
    if (WIFSIGNALED(status))
        snprintf(report->error,
                 sizeof(report->error),
                 "crashed: %s",
                 strsignal(WTERMSIG(status)));
    else
        snprintf(report->error,
                 sizeof(report->error),
                 "ended early with status %d",
                 WEXITSTATUS(status));
}

static void kill_silent(struct bench_child *child, struct bench_report *report)
{
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
    snprintf(report->error,
             sizeof(report->error),
             "hung: said nothing for %d s",
             SILENCE_LIMIT_MS / 1000);
}

/* 0, or -1 with the reason in ret_report->error. */
int bench_child_run(struct bench_child *child,
                    const struct bench_order *order,
                    struct bench_report *ret_report)
{
    struct pollfd poller = { .fd = child->reports_fd, .events = POLLIN };
    ssize_t len;

    memset(ret_report, 0, sizeof(*ret_report));
    len = write(child->orders_fd, order, sizeof(*order));
    if (len == (ssize_t)sizeof(*order) &&
        poll(&poller, 1, SILENCE_LIMIT_MS) == 0) {
        kill_silent(child, ret_report);
        return -1;
    }
    len = read(child->reports_fd, ret_report, sizeof(*ret_report));
    if (len != (ssize_t)sizeof(*ret_report))
        describe_end(child, ret_report);
    return ret_report->is_ok ? 0 : -1;
}

/* An order to do nothing ends the child: the end of the pipe would not reach
 * it while a child started later holds a copy. */
void bench_child_end(struct bench_child *child)
{
    const struct bench_order end = { .n = 0 };

    if (child->pid && write(child->orders_fd, &end, sizeof(end)) < 0)
        kill(child->pid, SIGKILL);
    if (child->pid)
        waitpid(child->pid, NULL, 0);
    child->pid = 0;
    close(child->orders_fd);
    close(child->reports_fd);
}
