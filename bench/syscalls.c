/* SPDX-License-Identifier: MIT */
/*
 * System calls of one run of a side, counted by tracing it.
 *
 * The traced process marks the part that counts with two system calls that do
 * not exist; whatever its first thread calls between them is counted by number.
 */
#include "bench.h"
#include <tidysock/common.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct name {
    long number;
    const char *text;
};

#define NAME(call)                                                             \
    {                                                                          \
        SYS_##call, #call                                                      \
    }

/* Those that a network program makes; the others appear by number. */
static const struct name names[] = {
    NAME(accept4),      NAME(bind),           NAME(clock_gettime),
    NAME(close),        NAME(connect),        NAME(epoll_create1),
    NAME(epoll_ctl),    NAME(epoll_pwait),    NAME(eventfd2),
    NAME(fcntl),        NAME(fchmod),         NAME(flock),
    NAME(fstat),        NAME(ftruncate),      NAME(futex),
    NAME(getdents64),   NAME(getpid),         NAME(getpeername),
    NAME(getrandom),    NAME(getsockname),    NAME(getsockopt),
    NAME(gettid),       NAME(ioctl),          NAME(listen),
    NAME(lseek),        NAME(madvise),        NAME(mmap),
    NAME(mprotect),     NAME(mremap),         NAME(munmap),
    NAME(newfstatat),   NAME(openat),         NAME(pipe2),
    NAME(ppoll),        NAME(prctl),          NAME(read),
    NAME(readv),        NAME(recvfrom),       NAME(recvmsg),
    NAME(rt_sigaction), NAME(rt_sigprocmask), NAME(sched_yield),
    NAME(sendmsg),      NAME(sendto),         NAME(setsockopt),
    NAME(shutdown),     NAME(socket),         NAME(timerfd_create),
    NAME(unlinkat),     NAME(wait4),          NAME(waitid),
    NAME(write),        NAME(writev),
#ifdef SYS_epoll_wait
    NAME(access),       NAME(alarm),          NAME(chmod),
    NAME(epoll_wait),   NAME(lstat),          NAME(mkdir),
    NAME(open),         NAME(poll),           NAME(readlink),
    NAME(rmdir),        NAME(stat),           NAME(unlink),
#endif
};

static const char *name_of(size_t number, char *buf, size_t size)
{
    for (size_t i = 0; i < TIDY_COUNT(names); i++) {
        if (names[i].number == (long)number)
            return names[i].text;
    }
    snprintf(buf, size, "#%zu", number);
    return buf;
}

static void be_traced(bench_side_cb side, const char *dir, size_t n)
{
    struct bench_run run = { .n = n, .dir = dir, .is_traced = true };

    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        bench_fail("cannot be traced: %s", strerror(errno));
    raise(SIGSTOP);
    side(&run);
    exit(0);
}

/* At a stop: which call begins? 0 if none, or it cannot be known. */
static uint64_t entered_call(pid_t pid, bool *ret_is_entry)
{
    struct __ptrace_syscall_info info;

    *ret_is_entry = false;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
        return 0;
    *ret_is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    return *ret_is_entry ? info.entry.nr : 0;
}

static void note_stop(pid_t pid, bool *is_on, struct bench_syscalls *syscalls)
{
    bool is_entry;
    uint64_t number = entered_call(pid, &is_entry);

    if (!is_entry)
        return;
    if (number == BENCH_MARK_START)
        *is_on = true;
    else if (number == BENCH_MARK_STOP)
        *is_on = false;
    else if (*is_on && number < BENCH_MAX_SYSCALLS)
        syscalls->n_calls[number]++;
}

/* Signals are handed on, except the stops that tracing makes. */
static int follow(pid_t pid, struct bench_syscalls *syscalls)
{
    int status, signal_number;
    bool is_on = false;

    if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
        return -1;
    ptrace(PTRACE_SETOPTIONS,
           pid,
           NULL,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    signal_number = 0;
    while (ptrace(PTRACE_SYSCALL, pid, NULL, signal_number) == 0 &&
           waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        signal_number = WSTOPSIG(status);
        if (signal_number != (SIGTRAP | 0x80))
            continue;
        signal_number = 0;
        note_stop(pid, &is_on, syscalls);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int bench_count_syscalls(const struct bench_row *row,
                         size_t side,
                         const char *dir,
                         size_t n,
                         struct bench_syscalls *ret_syscalls)
{
    pid_t pid;

    memset(ret_syscalls, 0, sizeof(*ret_syscalls));
    ret_syscalls->n = n;
    fflush(NULL);
    pid = fork();
    if (pid < 0)
        return -errno;
    if (!pid)
        be_traced(row->sides[side], dir, n);
    return follow(pid, ret_syscalls);
}

double bench_syscalls_each(const struct bench_syscalls *syscalls)
{
    uint64_t n = 0;

    for (size_t i = 0; i < BENCH_MAX_SYSCALLS; i++)
        n += syscalls->n_calls[i];
    return (double)n / (double)syscalls->n;
}

void bench_print_syscalls(const struct bench_row *row,
                          const struct bench_syscalls *ours,
                          const struct bench_syscalls *theirs)
{
    char buf[32];

    printf("\n  %s, system calls an operation: %-8s %8s %8s\n",
           row->name,
           "",
           "ours",
           "other");
    for (size_t i = 0; i < BENCH_MAX_SYSCALLS; i++) {
        if (!ours->n_calls[i] && !theirs->n_calls[i])
            continue;
        printf("    %-40s %8.2f %8.2f\n",
               name_of(i, buf, sizeof(buf)),
               (double)ours->n_calls[i] / (double)ours->n,
               (double)theirs->n_calls[i] / (double)theirs->n);
    }
    printf("    %-40s %8.2f %8.2f\n\n",
           "in all",
           bench_syscalls_each(ours),
           bench_syscalls_each(theirs));
}
