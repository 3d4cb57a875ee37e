/* SPDX-License-Identifier: MIT */
/*
 * Waiting: epoll, poll and select.
 *
 * In a world every wait is the world's, also one for no descriptor at all, for
 * its time is not the kernel's. A real descriptor in it ends the run: when that
 * is ready is not for a schedule to say. Signal masks are ignored: no signal
 * comes in a world but those that a call raises itself.
 */
#include "sim/progress.h"
#include "sim/seam.h"

_Noreturn void __chk_fail(void);

/* ------------------------------------------------------------------ time limits */

static uint64_t of_ms(int timeout_ms)
{
    return timeout_ms < 0 ? SIM_NEVER : TIDY_MS(timeout_ms);
}

/* False: it is none. */
static bool of_timespec(const struct timespec *ts, uint64_t *ret_ns)
{
    *ret_ns = SIM_NEVER;
    if (!ts)
        return true;
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= 1000000000)
        return false;
    if ((uint64_t)ts->tv_sec < SIM_NEVER / TIDY_S(1) - 1)
        *ret_ns = TIDY_S(ts->tv_sec) + (uint64_t)ts->tv_nsec;
    return true;
}

static bool of_timeval(const struct timeval *tv, uint64_t *ret_ns)
{
    struct timespec ts;

    if (!tv)
        return of_timespec(NULL, ret_ns);
    if (tv->tv_usec < 0 || tv->tv_sec < 0)
        return false;
    /* The kernel accepts a second and more here. */
    ts.tv_sec = tv->tv_sec + tv->tv_usec / 1000000;
    ts.tv_nsec = tv->tv_usec % 1000000 * 1000;
    return of_timespec(&ts, ret_ns);
}

/* ----------------------------------------------------------------------- epoll */

SEAM(int, epoll_create1, (int flags))
{
    if (!tidy__sim_world)
        return REAL(epoll_create1)(flags);
    return tidy__seam_int(tidy__sim_epoll_create1(tidy__sim_world, flags));
}

SEAM(int, epoll_create, (int size))
{
    if (!tidy__sim_world)
        return REAL(epoll_create)(size);
    if (size <= 0)
        return tidy__seam_int(-EINVAL);
    return epoll_create1(0);
}

SEAM(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event))
{
    struct sim_world *world = tidy__seam_world("epoll_ctl", epfd);

    if (world) {
        tidy__seam_refuse_real(world, "epoll", fd);
        return tidy__seam_int(tidy__sim_epoll_ctl(world, epfd, op, fd, event));
    }
    world = tidy__seam_world("epoll_ctl", fd);
    if (world && REAL(fcntl)(epfd, F_GETFD) < 0)
        return -1; /* EBADF */
    if (world)
        tidy__seam_refuse(world, "a real epoll", fd);
    return REAL(epoll_ctl)(epfd, op, fd, event);
}

/* A loop that has no epoll instance, because of a fault, waits on -1: that is a
 * call, too, or it would never come to an end. */
static struct sim_world *world_of_wait(const char *call, int epfd)
{
    return epfd < 0 && tidy__sim_world ? tidy__sim_world
                                       : tidy__seam_only_world(call, epfd);
}

static int wait_epoll(struct sim_world *world,
                      int epfd,
                      struct epoll_event *events,
                      int n_max,
                      uint64_t timeout_ns)
{
    return tidy__seam_int(
        tidy__sim_epoll_wait(world, epfd, events, n_max, timeout_ns));
}

SEAM(int,
     epoll_wait,
     (int epfd, struct epoll_event *events, int n_max, int timeout_ms))
{
    struct sim_world *world = world_of_wait("epoll_wait", epfd);

    if (!world)
        return REAL(epoll_wait)(epfd, events, n_max, timeout_ms);
    return wait_epoll(world, epfd, events, n_max, of_ms(timeout_ms));
}

SEAM(int,
     epoll_pwait,
     (int epfd,
      struct epoll_event *events,
      int n_max,
      int timeout_ms,
      const sigset_t *mask))
{
    struct sim_world *world = world_of_wait("epoll_pwait", epfd);

    if (!world)
        return REAL(epoll_pwait)(epfd, events, n_max, timeout_ms, mask);
    return wait_epoll(world, epfd, events, n_max, of_ms(timeout_ms));
}

SEAM(int,
     epoll_pwait2,
     (int epfd,
      struct epoll_event *events,
      int n_max,
      const struct timespec *timeout,
      const sigset_t *mask))
{
    struct sim_world *world = world_of_wait("epoll_pwait2", epfd);
    uint64_t timeout_ns;

    if (!world)
        return REAL(epoll_pwait2)(epfd, events, n_max, timeout, mask);
    if (!of_timespec(timeout, &timeout_ns))
        return tidy__seam_int(-EINVAL);
    return wait_epoll(world, epfd, events, n_max, timeout_ns);
}

/* ------------------------------------------------------------------------ poll */

/* The world; NULL: the thread is in none, and the descriptors are real. */
static struct sim_world *
world_of_poll(const char *call, const struct pollfd *fds, nfds_t n_fds)
{
    nfds_t idx;

    for (idx = 0; idx < n_fds; idx++) {
        if (!tidy__seam_world(call, fds[idx].fd) && tidy__sim_world)
            tidy__seam_refuse_real(tidy__sim_world, call, fds[idx].fd);
    }
    return tidy__sim_world;
}

SEAM(int, poll, (struct pollfd * fds, nfds_t n_fds, int timeout_ms))
{
    struct sim_world *world = world_of_poll("poll", fds, n_fds);

    if (!world)
        return REAL(poll)(fds, n_fds, timeout_ms);
    return tidy__seam_int(tidy__sim_poll(world, fds, n_fds, of_ms(timeout_ms)));
}
SEAM_ALIAS(poll, __poll)

SEAM(int,
     __poll_chk,
     (struct pollfd * fds, nfds_t n_fds, int timeout_ms, size_t size))
{
    if (size / sizeof(*fds) < n_fds)
        __chk_fail();
    return poll(fds, n_fds, timeout_ms);
}

SEAM(int,
     ppoll,
     (struct pollfd * fds,
      nfds_t n_fds,
      const struct timespec *timeout,
      const sigset_t *mask))
{
    struct sim_world *world = world_of_poll("ppoll", fds, n_fds);
    uint64_t timeout_ns;

    if (!world)
        return REAL(ppoll)(fds, n_fds, timeout, mask);
    if (!of_timespec(timeout, &timeout_ns))
        return tidy__seam_int(-EINVAL);
    return tidy__seam_int(tidy__sim_poll(world, fds, n_fds, timeout_ns));
}

SEAM(int,
     __ppoll_chk,
     (struct pollfd * fds,
      nfds_t n_fds,
      const struct timespec *timeout,
      const sigset_t *mask,
      size_t size))
{
    if (size / sizeof(*fds) < n_fds)
        __chk_fail();
    return ppoll(fds, n_fds, timeout, mask);
}

/* ---------------------------------------------------------------------- select */

static bool is_in(int fd, const fd_set *set)
{
    return set && FD_ISSET(fd, set);
}

static struct sim_world *world_of_select(const char *call,
                                         int n_fds,
                                         const fd_set *in,
                                         const fd_set *out,
                                         const fd_set *except)
{
    int fd;

    /* Outside of a world only the world's numbers matter. */
    if (!tidy__sim_world && (!tidy__sim_is_reserved || n_fds <= SIM_FD_MIN))
        return NULL;
    for (fd = 0; fd < n_fds && fd < FD_SETSIZE; fd++) {
        if (!is_in(fd, in) && !is_in(fd, out) && !is_in(fd, except))
            continue;
        if (!tidy__seam_world(call, fd) && tidy__sim_world)
            tidy__seam_refuse_real(tidy__sim_world, call, fd);
    }
    return tidy__sim_world;
}

/* Linux leaves behind what is left of the time limit. */
static void leave_rest(const struct sim_world *world,
                       uint64_t until_ns,
                       struct timeval *timeout)
{
    uint64_t left_ns = until_ns > world->now_ns ? until_ns - world->now_ns : 0;

    timeout->tv_sec = (time_t)(left_ns / TIDY_S(1));
    timeout->tv_usec = (suseconds_t)(left_ns % TIDY_S(1) / TIDY_US(1));
}

SEAM(int,
     select,
     (int n_fds,
      fd_set *in,
      fd_set *out,
      fd_set *except,
      struct timeval *timeout))
{
    struct sim_world *world = world_of_select("select", n_fds, in, out, except);
    uint64_t timeout_ns, begin_ns;
    int result;

    if (!world)
        return REAL(select)(n_fds, in, out, except, timeout);
    if (n_fds < 0 || !of_timeval(timeout, &timeout_ns))
        return tidy__seam_int(-EINVAL);
    begin_ns = world->now_ns;
    result = tidy__sim_select(world, n_fds, in, out, except, timeout_ns);
    if (timeout && timeout_ns != SIM_NEVER)
        leave_rest(world, begin_ns + timeout_ns, timeout);
    return tidy__seam_int(result);
}
SEAM_ALIAS(select, __select)

SEAM(int,
     pselect,
     (int n_fds,
      fd_set *in,
      fd_set *out,
      fd_set *except,
      const struct timespec *timeout,
      const sigset_t *mask))
{
    struct sim_world *world =
        world_of_select("pselect", n_fds, in, out, except);
    uint64_t timeout_ns;

    if (!world)
        return REAL(pselect)(n_fds, in, out, except, timeout, mask);
    if (n_fds < 0 || !of_timespec(timeout, &timeout_ns))
        return tidy__seam_int(-EINVAL);
    return tidy__seam_int(
        tidy__sim_select(world, n_fds, in, out, except, timeout_ns));
}
