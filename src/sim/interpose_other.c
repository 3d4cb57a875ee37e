/* SPDX-License-Identifier: MIT */
/*
 * Other programs and processes: executed, waited for, sent signals. In a world
 * there is one process, and it has no children.
 */
#include "sim/progress.h"
#include "sim/seam.h"
#include "sim/system_calls.h"

#include <alloca.h>
#include <stdarg.h>

/* ------------------------------------------------------------------- executing */

static void refuse_exec(const char *call)
{
    if (tidy__sim_world && !tidy__sim_may_execute(tidy__sim_world))
        tidy__sim_unmodelled(tidy__sim_world, call);
}

#define EXECUTED(name, params, args)                                           \
    SEAM(int, name, params)                                                    \
    {                                                                          \
        refuse_exec(#name);                                                    \
        return REAL(name) args;                                                \
    }

/* clang-format off */
EXECUTED(execve, (const char *path, char *const argv[], char *const envp[]),
         (path, argv, envp))
EXECUTED(execvpe, (const char *file, char *const argv[], char *const envp[]),
         (file, argv, envp))
EXECUTED(execveat,
         (int dir_fd, const char *path, char *const argv[], char *const envp[],
          int flags),
         (dir_fd, path, argv, envp, flags))
EXECUTED(fexecve, (int fd, char *const argv[], char *const envp[]),
         (fd, argv, envp))
/* clang-format on */

SEAM(int, execv, (const char *path, char *const argv[]))
{
    refuse_exec("execv");
    return REAL(execve)(path, argv, environ);
}

SEAM(int, execvp, (const char *file, char *const argv[]))
{
    refuse_exec("execvp");
    return REAL(execvpe)(file, argv, environ);
}

/* How many there are, without the NULL behind them. */
static size_t count(va_list args)
{
    size_t n = 1;

    while (va_arg(args, char *))
        n++;
    return n;
}

static void fill(char **argv, size_t n, const char *first, va_list args)
{
    size_t idx;

    argv[0] = (char *)(uintptr_t)first;
    for (idx = 1; idx <= n; idx++)
        argv[idx] = va_arg(args, char *);
}

/* A list as a vector. It is on the stack: between fork and exec no allocator may
 * be called. */
#define TAKE_LIST(argv, first, args)                                           \
    do {                                                                       \
        va_list counted;                                                       \
        size_t n;                                                              \
                                                                               \
        va_copy(counted, args);                                                \
        n = (first) ? count(counted) : 0;                                      \
        va_end(counted);                                                       \
        (argv) = alloca((n + 1) * sizeof(char *));                             \
        fill(argv, n, first, args);                                            \
    } while (0)

SEAM(int, execl, (const char *path, const char *first, ...))
{
    va_list args;
    char **argv;

    refuse_exec("execl");
    va_start(args, first);
    TAKE_LIST(argv, first, args);
    va_end(args);
    return REAL(execve)(path, argv, environ);
}

SEAM(int, execlp, (const char *file, const char *first, ...))
{
    va_list args;
    char **argv;

    refuse_exec("execlp");
    va_start(args, first);
    TAKE_LIST(argv, first, args);
    va_end(args);
    return REAL(execvpe)(file, argv, environ);
}

SEAM(int, execle, (const char *path, const char *first, ...))
{
    va_list args;
    char **argv, **envp;

    refuse_exec("execle");
    va_start(args, first);
    TAKE_LIST(argv, first, args);
    envp = va_arg(args, char **);
    va_end(args);
    return REAL(execve)(path, argv, envp);
}

/* --------------------------------------------------------------------- waiting */

/* For a child. If it has one (made before the world) nobody knows when it ends;
 * else that is the answer. */
static int wait_in_world(const char *call)
{
    siginfo_t info;

    if (REAL(waitid)(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        tidy__sim_unmodelled(tidy__sim_world, call);
    tidy__sim_call(tidy__sim_world);
    return tidy__seam_int(-ECHILD);
}

SEAM(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage))
{
    if (!tidy__sim_world)
        return REAL(wait4)(pid, status, options, usage);
    return wait_in_world("wait4");
}

SEAM(pid_t, wait3, (int *status, int options, struct rusage *usage))
{
    if (!tidy__sim_world)
        return REAL(wait4)(-1, status, options, usage);
    return wait_in_world("wait3");
}

SEAM(pid_t, waitpid, (pid_t pid, int *status, int options))
{
    if (!tidy__sim_world)
        return REAL(waitpid)(pid, status, options);
    return wait_in_world("waitpid");
}
SEAM_ALIAS(waitpid, __waitpid)

SEAM(pid_t, wait, (int *status))
{
    if (!tidy__sim_world)
        return REAL(waitpid)(-1, status, 0);
    return wait_in_world("wait");
}
SEAM_ALIAS(wait, __wait)

SEAM(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options))
{
    if (!tidy__sim_world)
        return REAL(waitid)(type, id, info, options);
    return wait_in_world("waitid");
}

/* --------------------------------------------------------------------- signals */

/* The process may send itself what it likes. */
static void refuse_others(const char *call, pid_t pid)
{
    if (tidy__sim_world && pid != getpid())
        tidy__sim_end(tidy__sim_world,
                      TIDY_OUTCOME_UNMODELLED,
                      "simulation does not model %s of another process",
                      call);
}

SEAM(int, kill, (pid_t pid, int sig))
{
    refuse_others("kill", pid);
    return REAL(kill)(pid, sig);
}

SEAM(int, killpg, (pid_t group, int sig))
{
    refuse_others("killpg", -group);
    return REAL(killpg)(group, sig);
}

SEAM(int, tgkill, (pid_t pid, pid_t thread, int sig))
{
    refuse_others("tgkill", pid);
    return REAL(tgkill)(pid, thread, sig);
}

SEAM(int, sigqueue, (pid_t pid, int sig, const union sigval value))
{
    refuse_others("sigqueue", pid);
    return REAL(sigqueue)(pid, sig, value);
}
