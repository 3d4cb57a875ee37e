/* SPDX-License-Identifier: MIT */
/*
 * What no world has: a second process or thread, signals that come by
 * themselves, and the machine's own clock, messages, network interfaces and name
 * servers.
 */
#include "sim/seam.h"

#include <stdarg.h>

static void refuse(const char *call)
{
    if (tidy__sim_world)
        tidy__sim_unmodelled(tidy__sim_world, call);
}

#define REFUSED(type, name, params, args)                                      \
    SEAM(type, name, params)                                                   \
    {                                                                          \
        refuse(#name);                                                         \
        return REAL(name) args;                                                \
    }

/* clang-format off */

/* Processes and threads. */
REFUSED(pid_t, fork, (void), ())
SEAM_ALIAS(fork, __fork)
REFUSED(pid_t, _Fork, (void), ())
REFUSED(int, posix_spawn,
        (pid_t *pid, const char *path,
         const posix_spawn_file_actions_t *actions,
         const posix_spawnattr_t *attributes, char *const argv[],
         char *const envp[]),
        (pid, path, actions, attributes, argv, envp))
REFUSED(int, posix_spawnp,
        (pid_t *pid, const char *file,
         const posix_spawn_file_actions_t *actions,
         const posix_spawnattr_t *attributes, char *const argv[],
         char *const envp[]),
        (pid, file, actions, attributes, argv, envp))
REFUSED(int, system, (const char *command), (command))
REFUSED(FILE *, popen, (const char *command, const char *mode), (command, mode))
REFUSED(int, forkpty,
        (int *fd, char *name, const struct termios *settings,
         const struct winsize *size),
        (fd, name, settings, size))
REFUSED(int, daemon, (int keep_directory, int keep_stdio),
        (keep_directory, keep_stdio))
REFUSED(int, pthread_create,
        (pthread_t *thread, const pthread_attr_t *attributes,
         void *(*function)(void *), void *arg),
        (thread, attributes, function, arg))
REFUSED(int, thrd_create, (thrd_t *thread, thrd_start_t function, void *arg),
        (thread, function, arg))

/* Signals, and what sends them. */
REFUSED(unsigned, alarm, (unsigned seconds), (seconds))
REFUSED(useconds_t, ualarm, (useconds_t value, useconds_t interval),
        (value, interval))
REFUSED(int, setitimer,
        (__itimer_which_t which, const struct itimerval *value,
         struct itimerval *old),
        (which, value, old))
REFUSED(int, timer_create,
        (clockid_t clock, struct sigevent *event, timer_t *timer),
        (clock, event, timer))
REFUSED(int, pause, (void), ())
REFUSED(int, sigsuspend, (const sigset_t *mask), (mask))
SEAM_ALIAS(sigsuspend, __sigsuspend)
REFUSED(int, sigwait, (const sigset_t *set, int *sig), (set, sig))
REFUSED(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info))
REFUSED(int, sigtimedwait,
        (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),
        (set, info, timeout))
REFUSED(int, signalfd, (int fd, const sigset_t *mask, int flags),
        (fd, mask, flags))

/* Files that change, or are read, behind the program's back. */
REFUSED(int, inotify_init, (void), ())
REFUSED(int, inotify_init1, (int flags), (flags))
REFUSED(int, fanotify_init, (unsigned flags, unsigned event_flags),
        (flags, event_flags))
REFUSED(int, aio_read, (struct aiocb *block), (block))
SEAM_ALIAS(aio_read, aio_read64)
REFUSED(int, aio_write, (struct aiocb *block), (block))
SEAM_ALIAS(aio_write, aio_write64)
REFUSED(int, lio_listio,
        (int mode, struct aiocb *const blocks[], int n, struct sigevent *event),
        (mode, blocks, n, event))
SEAM_ALIAS(lio_listio, lio_listio64)

/* The machine's clock, names and network. */
REFUSED(int, clock_settime, (clockid_t clock, const struct timespec *ts),
        (clock, ts))
REFUSED(int, settimeofday,
        (const struct timeval *tv, const struct timezone *zone), (tv, zone))
REFUSED(struct hostent *, gethostbyname, (const char *name), (name))
REFUSED(struct hostent *, gethostbyname2, (const char *name, int family),
        (name, family))
REFUSED(int, gethostbyname_r,
        (const char *name, struct hostent *entry, char *buffer, size_t size,
         struct hostent **ret_entry, int *ret_error),
        (name, entry, buffer, size, ret_entry, ret_error))
REFUSED(int, gethostbyname2_r,
        (const char *name, int family, struct hostent *entry, char *buffer,
         size_t size, struct hostent **ret_entry, int *ret_error),
        (name, family, entry, buffer, size, ret_entry, ret_error))
REFUSED(struct hostent *, gethostbyaddr,
        (const void *address, socklen_t len, int family),
        (address, len, family))
REFUSED(int, gethostbyaddr_r,
        (const void *address, socklen_t len, int family, struct hostent *entry,
         char *buffer, size_t size, struct hostent **ret_entry, int *ret_error),
        (address, len, family, entry, buffer, size, ret_entry, ret_error))
REFUSED(int, getaddrinfo_a,
        (int mode, struct gaicb *list[], int n, struct sigevent *event),
        (mode, list, n, event))
REFUSED(int, getifaddrs, (struct ifaddrs **ret_list), (ret_list))
REFUSED(unsigned, if_nametoindex, (const char *name), (name))
REFUSED(char *, if_indextoname, (unsigned idx, char *name), (idx, name))
REFUSED(struct if_nameindex *, if_nameindex, (void), ())

/* Messages to and from other processes. */
REFUSED(int, msgget, (key_t key, int flags), (key, flags))
REFUSED(int, msgsnd, (int id, const void *data, size_t len, int flags),
        (id, data, len, flags))
REFUSED(ssize_t, msgrcv,
        (int id, void *data, size_t len, long type, int flags),
        (id, data, len, type, flags))
REFUSED(int, semget, (key_t key, int n, int flags), (key, n, flags))
REFUSED(int, semop, (int id, struct sembuf *operations, size_t n),
        (id, operations, n))
REFUSED(int, semtimedop,
        (int id, struct sembuf *operations, size_t n,
         const struct timespec *timeout),
        (id, operations, n, timeout))
REFUSED(int, shmget, (key_t key, size_t size, int flags), (key, size, flags))
REFUSED(int, mq_send,
        (mqd_t queue, const char *data, size_t len, unsigned priority),
        (queue, data, len, priority))
REFUSED(int, mq_timedsend,
        (mqd_t queue, const char *data, size_t len, unsigned priority,
         const struct timespec *until),
        (queue, data, len, priority, until))
REFUSED(ssize_t, mq_receive,
        (mqd_t queue, char *data, size_t len, unsigned *ret_priority),
        (queue, data, len, ret_priority))
REFUSED(ssize_t, mq_timedreceive,
        (mqd_t queue, char *data, size_t len, unsigned *ret_priority,
         const struct timespec *until),
        (queue, data, len, ret_priority, until))

/* clang-format on */

/* Only if it may be made, there are a mode and attributes. */
SEAM(mqd_t, mq_open, (const char *name, int flags, ...))
{
    struct mq_attr *attributes = NULL;
    mode_t mode = 0;
    va_list args;

    refuse("mq_open");
    va_start(args, flags);
    if (flags & O_CREAT) {
        mode = va_arg(args, mode_t);
        attributes = va_arg(args, struct mq_attr *);
    }
    va_end(args);
    return REAL(mq_open)(name, flags, mode, attributes);
}

/* ----------------------------------------------------------------------- syslog */

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

SEAM(void, vsyslog, (int priority, const char *fmt, va_list args))
{
    refuse("syslog");
    REAL(vsyslog)(priority, fmt, args);
}

SEAM(void, syslog, (int priority, const char *fmt, ...))
{
    va_list args;

    va_start(args, fmt);
    vsyslog(priority, fmt, args);
    va_end(args);
}

SEAM(void,
     __vsyslog_chk,
     (int priority, int flag, const char *fmt, va_list args))
{
    refuse("syslog");
    REAL(__vsyslog_chk)(priority, flag, fmt, args);
}

SEAM(void, __syslog_chk, (int priority, int flag, const char *fmt, ...))
{
    va_list args;

    va_start(args, fmt);
    __vsyslog_chk(priority, flag, fmt, args);
    va_end(args);
}

/* ----------------------------------------------------------------------- clone */

/* Of the last three it depends on the flags whether they are there. */
SEAM(int,
     clone,
     (int (*function)(void *), void *stack, int flags, void *arg, ...))
{
    void *rest[3];
    va_list args;
    int idx;

    refuse("clone");
    va_start(args, arg);
    for (idx = 0; idx < 3; idx++)
        rest[idx] = va_arg(args, void *);
    va_end(args);
    return REAL(clone)(function, stack, flags, arg, rest[0], rest[1], rest[2]);
}
SEAM_ALIAS(clone, __clone)

/* ----------------------------------------------------------------------- vfork */

/* Called from below. */
__attribute__((used, visibility("hidden"))) sim_function
tidy__seam_find_vfork(void);

sim_function tidy__seam_find_vfork(void)
{
    refuse("vfork");
    return tidy__real(SIM_REAL_vfork);
}

/* It returns twice on one stack, so that no frame may lie between the caller and
 * the C library's own: that one is jumped to. */
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl vfork, __vfork\n"
        ".type vfork, @function\n"
        ".type __vfork, @function\n"
        "vfork:\n"
        "__vfork:\n"
        "    subq $8, %rsp\n"
        "    call tidy__seam_find_vfork\n"
        "    addq $8, %rsp\n"
        "    jmp *%rax\n"
        ".size vfork, . - vfork\n"
        ".size __vfork, . - __vfork\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl vfork, __vfork\n"
        ".type vfork, %function\n"
        ".type __vfork, %function\n"
        "vfork:\n"
        "__vfork:\n"
        "    stp x29, x30, [sp, -16]!\n"
        "    bl tidy__seam_find_vfork\n"
        "    ldp x29, x30, [sp], 16\n"
        "    br x0\n"
        ".size vfork, . - vfork\n"
        ".size __vfork, . - __vfork\n");
#endif
