/* SPDX-License-Identifier: MIT */
/*
 * syscall(2): in a world, a number of a call that the seam answers is that call.
 * libuv closes descriptors this way.
 *
 * Each table holds what one number stands for. What is in none of them is the
 * kernel's, as it would be by its own name.
 */
#include "sim/progress.h"
#include "sim/seam.h"

#include <stdarg.h>
#include <sys/syscall.h>

/* The arguments, of which each call takes as many as it has. */
struct args {
    long a[6];
};

#define INT(idx) ((int)args->a[idx])
#define SIZE(idx) ((size_t)args->a[idx])
#define PTR(idx) ((void *)args->a[idx]) /* of whatever type */

/* What a table says: the call's result, or that it has no such number. */
#define TABLE(name, arguments)                                                 \
    static bool name(long number, const struct args *arguments, long *ret)
#define CALL(name, expression)                                                 \
    case SYS_##name:                                                           \
        *ret = (expression);                                                   \
        return true;

TABLE(call_io, args)
{
    switch (number) {
        CALL(read, read(INT(0), PTR(1), SIZE(2)))
        CALL(readv, readv(INT(0), PTR(1), INT(2)))
        CALL(write, write(INT(0), PTR(1), SIZE(2)))
        CALL(writev, writev(INT(0), PTR(1), INT(2)))
        CALL(pread64, pread(INT(0), PTR(1), SIZE(2), args->a[3]))
        CALL(preadv, preadv(INT(0), PTR(1), INT(2), args->a[3]))
        CALL(preadv2, preadv2(INT(0), PTR(1), INT(2), args->a[3], INT(5)))
        CALL(pwrite64, pwrite(INT(0), PTR(1), SIZE(2), args->a[3]))
        CALL(pwritev, pwritev(INT(0), PTR(1), INT(2), args->a[3]))
        CALL(pwritev2, pwritev2(INT(0), PTR(1), INT(2), args->a[3], INT(5)))
        CALL(close, close(INT(0)))
        CALL(close_range,
             close_range((unsigned)args->a[0], (unsigned)args->a[1], INT(2)))
        CALL(dup, dup(INT(0)))
        CALL(dup3, dup3(INT(0), INT(1), INT(2)))
        CALL(fcntl, fcntl(INT(0), INT(1), args->a[2]))
        CALL(ioctl, ioctl(INT(0), (unsigned long)args->a[1], PTR(2)))
        CALL(lseek, lseek(INT(0), args->a[1], INT(2)))
        CALL(sendfile, sendfile(INT(0), INT(1), PTR(2), SIZE(3)))
        CALL(splice,
             splice(
                 INT(0), PTR(1), INT(2), PTR(3), SIZE(4), (unsigned)args->a[5]))
        CALL(tee, tee(INT(0), INT(1), SIZE(2), (unsigned)args->a[3]))
        CALL(pipe2, pipe2(PTR(0), INT(1)))
        CALL(eventfd2, eventfd((unsigned)args->a[0], INT(1)))
        CALL(timerfd_create, timerfd_create(INT(0), INT(1)))
        CALL(timerfd_settime, timerfd_settime(INT(0), INT(1), PTR(2), PTR(3)))
        CALL(timerfd_gettime, timerfd_gettime(INT(0), PTR(1)))
#ifdef SYS_dup2
        CALL(dup2, dup2(INT(0), INT(1)))
        CALL(pipe, pipe(PTR(0)))
        CALL(eventfd, eventfd((unsigned)args->a[0], 0))
#endif
    default:
        return false;
    }
}

TABLE(call_socket, args)
{
    switch (number) {
        CALL(socket, socket(INT(0), INT(1), INT(2)))
        CALL(socketpair, socketpair(INT(0), INT(1), INT(2), PTR(3)))
        CALL(bind, bind(INT(0), PTR(1), (socklen_t)args->a[2]))
        CALL(listen, listen(INT(0), INT(1)))
        CALL(accept, accept(INT(0), PTR(1), PTR(2)))
        CALL(accept4, accept4(INT(0), PTR(1), PTR(2), INT(3)))
        CALL(connect, connect(INT(0), PTR(1), (socklen_t)args->a[2]))
        CALL(shutdown, shutdown(INT(0), INT(1)))
        CALL(getsockname, getsockname(INT(0), PTR(1), PTR(2)))
        CALL(getpeername, getpeername(INT(0), PTR(1), PTR(2)))
        CALL(getsockopt, getsockopt(INT(0), INT(1), INT(2), PTR(3), PTR(4)))
        CALL(setsockopt,
             setsockopt(INT(0), INT(1), INT(2), PTR(3), (socklen_t)args->a[4]))
        CALL(
            sendto,
            sendto(
                INT(0), PTR(1), SIZE(2), INT(3), PTR(4), (socklen_t)args->a[5]))
        CALL(sendmsg, sendmsg(INT(0), PTR(1), INT(2)))
        CALL(sendmmsg, sendmmsg(INT(0), PTR(1), (unsigned)args->a[2], INT(3)))
        CALL(recvfrom,
             recvfrom(INT(0), PTR(1), SIZE(2), INT(3), PTR(4), PTR(5)))
        CALL(recvmsg, recvmsg(INT(0), PTR(1), INT(2)))
        CALL(recvmmsg,
             recvmmsg(INT(0), PTR(1), (unsigned)args->a[2], INT(3), PTR(4)))
    default:
        return false;
    }
}

/* pselect6's mask comes with its size, and is ignored like all of them. */
TABLE(call_wait, args)
{
    switch (number) {
        CALL(epoll_create1, epoll_create1(INT(0)))
        CALL(epoll_ctl, epoll_ctl(INT(0), INT(1), INT(2), PTR(3)))
        CALL(epoll_pwait, epoll_pwait(INT(0), PTR(1), INT(2), INT(3), NULL))
        CALL(epoll_pwait2, epoll_pwait2(INT(0), PTR(1), INT(2), PTR(3), NULL))
        CALL(ppoll, ppoll(PTR(0), (nfds_t)args->a[1], PTR(2), NULL))
        CALL(pselect6, pselect(INT(0), PTR(1), PTR(2), PTR(3), PTR(4), NULL))
#ifdef SYS_epoll_wait
        CALL(epoll_create, epoll_create(INT(0)))
        CALL(epoll_wait, epoll_wait(INT(0), PTR(1), INT(2), INT(3)))
        CALL(poll, poll(PTR(0), (nfds_t)args->a[1], INT(2)))
        CALL(select, select(INT(0), PTR(1), PTR(2), PTR(3), PTR(4)))
#endif
    default:
        return false;
    }
}

TABLE(call_path, args)
{
    switch (number) {
        CALL(openat, openat(INT(0), PTR(1), INT(2), (mode_t)args->a[3]))
        CALL(unlinkat, unlinkat(INT(0), PTR(1), INT(2)))
        CALL(fstat, fstat(INT(0), PTR(1)))
        CALL(newfstatat, fstatat(INT(0), PTR(1), PTR(2), INT(3)))
        CALL(statx, statx(INT(0), PTR(1), INT(2), (unsigned)args->a[3], PTR(4)))
        CALL(faccessat, faccessat(INT(0), PTR(1), INT(2), 0))
        CALL(faccessat2, faccessat(INT(0), PTR(1), INT(2), INT(3)))
        CALL(fchmod, fchmod(INT(0), (mode_t)args->a[1]))
        CALL(fchmodat, fchmodat(INT(0), PTR(1), (mode_t)args->a[2], 0))
#ifdef SYS_open
        CALL(open, open(PTR(0), INT(1), (mode_t)args->a[2]))
        CALL(unlink, unlink(PTR(0)))
        CALL(stat, stat(PTR(0), PTR(1)))
        CALL(lstat, lstat(PTR(0), PTR(1)))
        CALL(access, access(PTR(0), INT(1)))
        CALL(chmod, chmod(PTR(0), (mode_t)args->a[1]))
#endif
    default:
        return false;
    }
}

/* An error as a result, as the kernel's own clock_nanosleep has it. */
static long of_error(int error)
{
    return tidy__seam_result(-error);
}

TABLE(call_time, args)
{
    switch (number) {
        CALL(clock_gettime, clock_gettime(INT(0), PTR(1)))
        CALL(gettimeofday, gettimeofday(PTR(0), PTR(1)))
        CALL(nanosleep, nanosleep(PTR(0), PTR(1)))
        CALL(clock_nanosleep,
             of_error(clock_nanosleep(INT(0), INT(1), PTR(2), PTR(3))))
        CALL(sched_yield, sched_yield())
        CALL(times, times(PTR(0)))
        CALL(getrandom, getrandom(PTR(0), SIZE(1), (unsigned)args->a[2]))
#ifdef SYS_time
        CALL(time, time(PTR(0)))
#endif
    default:
        return false;
    }
}

/* What ends a run; its name, or NULL. */
static const char *find_refused(long number)
{
    switch (number) {
#define REFUSED(name)                                                          \
    case SYS_##name:                                                           \
        return "syscall(SYS_" #name ")";
        REFUSED(clone)
        REFUSED(clone3)
        REFUSED(setitimer)
        REFUSED(timer_create)
        REFUSED(signalfd4)
        REFUSED(inotify_init1)
        REFUSED(fanotify_init)
        REFUSED(rt_sigsuspend)
        REFUSED(rt_sigtimedwait)
        REFUSED(clock_settime)
        REFUSED(settimeofday)
        REFUSED(io_setup)
#ifdef SYS_fork
        REFUSED(fork)
        REFUSED(vfork)
        REFUSED(alarm)
        REFUSED(pause)
        REFUSED(signalfd)
        REFUSED(inotify_init)
#endif
#undef REFUSED
    default:
        return NULL;
    }
}

static long call_in_world(long number, const struct args *args)
{
    const char *refused;
    long result;

    if (call_io(number, args, &result) || call_wait(number, args, &result) ||
        call_socket(number, args, &result) ||
        call_time(number, args, &result) || call_path(number, args, &result))
        return result;
    refused = find_refused(number);
    if (refused)
        tidy__sim_unmodelled(tidy__sim_world, refused);
    /* As on a kernel without it: libuv goes on with epoll then. */
    if (number == SYS_io_uring_setup || number == SYS_io_uring_enter ||
        number == SYS_io_uring_register)
        return tidy__seam_result(-ENOSYS);
    return REAL(syscall)(number,
                         args->a[0],
                         args->a[1],
                         args->a[2],
                         args->a[3],
                         args->a[4],
                         args->a[5]);
}

/* Outside of a world only descriptors are looked at, of which the first argument
 * is one in all of these. */
static void check_outside(long number, long arg)
{
    switch (number) {
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_close:
        tidy__seam_world("syscall", (int)arg);
        break;
    default:
        break;
    }
}

SEAM(long, syscall, (long number, ...))
{
    struct args args;
    va_list list;
    int idx;

    va_start(list, number);
    for (idx = 0; idx < 6; idx++)
        args.a[idx] = va_arg(list, long);
    va_end(list);
    if (tidy__sim_world)
        return call_in_world(number, &args);
    check_outside(number, args.a[0]);
    return REAL(syscall)(number,
                         args.a[0],
                         args.a[1],
                         args.a[2],
                         args.a[3],
                         args.a[4],
                         args.a[5]);
}
