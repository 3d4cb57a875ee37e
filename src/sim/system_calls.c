/* SPDX-License-Identifier: MIT */
/*
 * System calls by their numbers: which of them a world lets the kernel answer.
 *
 * Most are judged by which of their arguments are descriptors or paths: real
 * ones are the kernel's. The names are the build's (CMakeLists.txt).
 */
#include "sim/system_calls.h"

#include "sim/actor.h"
#include "sim/calls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* ----------------------------------------------------------------------- names */

static const char *const names[] = {
#include "sim/system_call_names.h"
};

const char *tidy__sim_system_call_name(long number)
{
    return number >= 0 && (size_t)number < TIDY_COUNT(names) ? names[number]
                                                             : NULL;
}

/* ------------------------------------------------------------------- the rules */

enum rule {
    RULE_REFUSED,
    RULE_PASSES,
    RULE_MISSING,
    /* Unless a descriptor is simulated: argument 0, both of two, ... */
    RULE_FD,
    RULE_FD_0_1,
    RULE_FD_0_2,
    RULE_FD_4,
    /* Unless a path is a simulated socket's: argument 0, or 1 below 0. */
    RULE_PATH,
    RULE_PATH_AT,
    /* Unless the descriptor is a socket, simulated or real. */
    RULE_NO_SOCKET,
    /* Unless the descriptor is open. */
    RULE_NOT_OPEN,
    /* If it is about this process. */
    RULE_OWN_PROCESS,
    RULE_OWN_THREAD,
    /* Each has one of its own. */
    RULE_CLOSE_RANGE,
    RULE_FUTEX,
    RULE_GETRANDOM,
    RULE_PRCTL,
    RULE_EXEC,
    RULE_WAIT,
    RULE_WAIT_ID,
};

/* clang-format off */
#define PASSES(name) [SYS_##name] = RULE_PASSES,
#define FD(name) [SYS_##name] = RULE_FD,
#define PATH(name) [SYS_##name] = RULE_PATH,
#define PATH_AT(name) [SYS_##name] = RULE_PATH_AT,
#define NO_SOCKET(name) [SYS_##name] = RULE_NO_SOCKET,

static const unsigned char rules[] = {
    /* Memory. */
    PASSES(brk) PASSES(munmap) PASSES(mremap) PASSES(mprotect) PASSES(madvise)
    PASSES(mincore) PASSES(mlock) PASSES(mlock2) PASSES(munlock)
    PASSES(mlockall) PASSES(munlockall) PASSES(msync) PASSES(membarrier)
    PASSES(pkey_mprotect) PASSES(pkey_alloc) PASSES(pkey_free)
    PASSES(memfd_create) PASSES(get_mempolicy) PASSES(set_mempolicy)
    PASSES(mbind)
    [SYS_mmap] = RULE_FD_4,
    [SYS_futex] = RULE_FUTEX,
    [SYS_getrandom] = RULE_GETRANDOM,

    /* Signals that the process sends itself, and what it does with them. */
    PASSES(rt_sigaction) PASSES(rt_sigprocmask) PASSES(rt_sigreturn)
    PASSES(rt_sigpending) PASSES(sigaltstack) PASSES(restart_syscall)
    [SYS_kill] = RULE_OWN_PROCESS,
    [SYS_tgkill] = RULE_OWN_PROCESS,
    [SYS_rt_sigqueueinfo] = RULE_OWN_PROCESS,
    [SYS_rt_tgsigqueueinfo] = RULE_OWN_PROCESS,
    [SYS_tkill] = RULE_OWN_THREAD,

    /* The process's own state. */
    PASSES(exit) PASSES(exit_group) PASSES(getpid) PASSES(getppid)
    PASSES(gettid) PASSES(getuid) PASSES(geteuid) PASSES(getgid)
    PASSES(getegid) PASSES(getresuid) PASSES(getresgid) PASSES(getgroups)
    PASSES(setuid) PASSES(setgid) PASSES(setreuid) PASSES(setregid)
    PASSES(setresuid) PASSES(setresgid) PASSES(setgroups) PASSES(setfsuid)
    PASSES(setfsgid) PASSES(getpgid) PASSES(setpgid) PASSES(getsid)
    PASSES(setsid) PASSES(umask) PASSES(getcwd) PASSES(uname) PASSES(sysinfo)
    PASSES(prlimit64) PASSES(getrlimit) PASSES(setrlimit) PASSES(getpriority)
    PASSES(setpriority) PASSES(sched_yield) PASSES(sched_getaffinity)
    PASSES(sched_setaffinity) PASSES(sched_getparam) PASSES(sched_setparam)
    PASSES(sched_getscheduler) PASSES(sched_setscheduler)
    PASSES(sched_get_priority_max) PASSES(sched_get_priority_min)
    PASSES(set_tid_address) PASSES(set_robust_list) PASSES(get_robust_list)
    PASSES(rseq) PASSES(getcpu) PASSES(capget) PASSES(capset)
    PASSES(personality) PASSES(clock_getres)
    [SYS_prctl] = RULE_PRCTL,
    [SYS_execve] = RULE_EXEC,
    [SYS_wait4] = RULE_WAIT,
    [SYS_waitid] = RULE_WAIT_ID,

    /* By descriptors. */
    FD(read) FD(readv) FD(write) FD(writev) FD(pread64) FD(preadv) FD(preadv2)
    FD(pwrite64) FD(pwritev) FD(pwritev2) FD(close) FD(lseek) FD(ioctl)
    FD(fcntl) FD(dup) FD(fstat) FD(fstatfs) FD(fsync) FD(fdatasync) FD(syncfs)
    FD(ftruncate) FD(fallocate) FD(flock) FD(fchmod) FD(fchown) FD(fchdir)
    FD(fadvise64) FD(readahead) FD(sync_file_range) FD(getdents64)
    FD(fgetxattr) FD(fsetxattr) FD(flistxattr) FD(fremovexattr) FD(vmsplice)
    FD(getsockname) FD(getpeername) FD(getsockopt) FD(setsockopt)
    FD(inotify_add_watch) FD(inotify_rm_watch)
    [SYS_dup3] = RULE_FD_0_1,
    [SYS_sendfile] = RULE_FD_0_1,
    [SYS_tee] = RULE_FD_0_1,
    [SYS_splice] = RULE_FD_0_2,
    [SYS_copy_file_range] = RULE_FD_0_2,
    [SYS_epoll_ctl] = RULE_FD_0_2,
    [SYS_close_range] = RULE_CLOSE_RANGE,

    /* By paths. */
    PASSES(sync) PASSES(symlinkat)
    PATH(truncate) PATH(chdir) PATH(statfs) PATH(getxattr) PATH(lgetxattr)
    PATH(setxattr) PATH(lsetxattr) PATH(listxattr) PATH(llistxattr)
    PATH(removexattr) PATH(lremovexattr)
    PATH_AT(openat) PATH_AT(openat2) PATH_AT(newfstatat) PATH_AT(statx)
    PATH_AT(faccessat) PATH_AT(faccessat2) PATH_AT(readlinkat)
    PATH_AT(fchmodat) PATH_AT(fchownat) PATH_AT(unlinkat) PATH_AT(mkdirat)
    PATH_AT(mknodat) PATH_AT(renameat) PATH_AT(renameat2) PATH_AT(linkat)
    PATH_AT(utimensat) PATH_AT(name_to_handle_at)

    /* What is no socket fails, and is told so by the kernel. */
    NO_SOCKET(bind) NO_SOCKET(listen) NO_SOCKET(accept) NO_SOCKET(accept4)
    NO_SOCKET(connect) NO_SOCKET(shutdown) NO_SOCKET(sendto)
    NO_SOCKET(sendmsg) NO_SOCKET(sendmmsg) NO_SOCKET(recvfrom)
    NO_SOCKET(recvmsg) NO_SOCKET(recvmmsg)

    /* Of real descriptors they say when it is time. */
    [SYS_epoll_pwait] = RULE_NOT_OPEN,
    [SYS_epoll_pwait2] = RULE_NOT_OPEN,
    [SYS_timerfd_settime] = RULE_NOT_OPEN,
    [SYS_timerfd_gettime] = RULE_NOT_OPEN,

    /* As on a kernel without it: libuv goes on with epoll then. */
    [SYS_io_uring_setup] = RULE_MISSING,
    [SYS_io_uring_enter] = RULE_MISSING,
    [SYS_io_uring_register] = RULE_MISSING,

    /* Those that newer machines do without. */
#ifdef SYS_open
    PASSES(arch_prctl) PASSES(getpgrp) PASSES(symlink)
    FD(getdents)
    PATH(open) PATH(creat) PATH(stat) PATH(lstat) PATH(access) PATH(readlink)
    PATH(chmod) PATH(chown) PATH(lchown) PATH(unlink) PATH(rmdir) PATH(mkdir)
    PATH(mknod) PATH(rename) PATH(link) PATH(utime) PATH(utimes)
    PATH_AT(futimesat)
    [SYS_dup2] = RULE_FD_0_1,
    [SYS_epoll_wait] = RULE_NOT_OPEN,
#endif
};
/* clang-format on */

/* ----------------------------------------------------------------- the verdict */

static bool is_socket(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool is_path(struct sim_world *world, long dir_fd, long path)
{
    const void *text = (const void *)path;

    return world->paths && text && tidy__sim_is_path(world, (int)dir_fd, text);
}

/* Below a simulated descriptor, or of it: its path is empty then. */
static bool is_path_at(struct sim_world *world, long dir_fd, long path)
{
    const char *text = (const char *)path;

    if (tidy__sim_is_fd((int)dir_fd) && (!text || text[0] != '/'))
        return true;
    return is_path(world, dir_fd, path);
}

/* In a world nobody else is there to wake the thread. */
static bool is_waiting(long operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
    case FUTEX_WAKE_OP:
    case FUTEX_WAKE_BITSET:
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return false;
    default:
        return true;
    }
}

bool tidy__sim_may_execute(const struct sim_world *world)
{
    return world->is_program && !tidy__sim_has_actors(world);
}

static bool is_refused(struct sim_world *world, enum rule rule, const long *a)
{
    switch (rule) {
    case RULE_FD:
        return tidy__sim_is_fd((int)a[0]);
    case RULE_FD_0_1:
        return tidy__sim_is_fd((int)a[0]) || tidy__sim_is_fd((int)a[1]);
    case RULE_FD_0_2:
        return tidy__sim_is_fd((int)a[0]) || tidy__sim_is_fd((int)a[2]);
    case RULE_FD_4:
        return tidy__sim_is_fd((int)a[4]);
    case RULE_PATH:
        return is_path(world, AT_FDCWD, a[0]);
    case RULE_PATH_AT:
        return is_path_at(world, a[0], a[1]);
    case RULE_NO_SOCKET:
        return tidy__sim_is_fd((int)a[0]) || is_socket((int)a[0]);
    case RULE_NOT_OPEN:
        return tidy__sim_is_fd((int)a[0]) || fcntl((int)a[0], F_GETFD) >= 0;
    case RULE_OWN_PROCESS:
        return a[0] != getpid();
    case RULE_OWN_THREAD:
        return a[0] != gettid();
    case RULE_CLOSE_RANGE:
        return (unsigned)a[0] <= SIM_FD_MAX && (unsigned)a[1] >= SIM_FD_MIN;
    case RULE_FUTEX:
        return is_waiting(a[1]);
    case RULE_GETRANDOM: /* so the C library asks for its allocator's key */
        return !(a[2] & GRND_NONBLOCK);
    case RULE_PRCTL:
        return a[0] == PR_SET_SYSCALL_USER_DISPATCH;
    case RULE_EXEC:
        return !tidy__sim_may_execute(world);
    case RULE_WAIT:
        return !(a[2] & WNOHANG);
    case RULE_WAIT_ID:
        return !(a[3] & WNOHANG);
    default:
        return rule == RULE_REFUSED;
    }
}

enum sim_verdict tidy__sim_judge_system_call(struct sim_world *world,
                                             long number,
                                             const long args[6])
{
    enum rule rule = number >= 0 && (size_t)number < TIDY_COUNT(rules)
                         ? (enum rule)rules[number]
                         : RULE_REFUSED;

    if (rule == RULE_MISSING)
        return SIM_VERDICT_MISSING;
    return is_refused(world, rule, args) ? SIM_VERDICT_REFUSED
                                         : SIM_VERDICT_PASSES;
}
