/* SPDX-License-Identifier: MIT */
/*
 * timerfd(2), as in Linux's fs/timerfd.c.
 *
 * A timer fires once and wakes; if it has an interval, it goes on when somebody
 * reads it or asks for its time: then the intervals that have passed in between
 * are counted, without having been events.
 */
#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/clock.h"
#include "sim/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/timerfd.h>

struct sim_timerfd {
    struct sim_file file; /* first */
    struct sim_timer timer;
    uint64_t base_ns;     /* what its clock said when the world began */
    uint64_t expiry_ns;   /* by its clock; 0: it has not been set */
    uint64_t interval_ns; /* 0: none */
    uint64_t n_ticks;     /* expirations that were not read */
    bool has_expired;     /* and was not set again */
};

static struct sim_timerfd *timerfd_of(const struct sim_file *file)
{
    return (struct sim_timerfd *)(uintptr_t)file;
}

static uint64_t now_ns(const struct sim_timerfd *timerfd)
{
    return timerfd->base_ns + timerfd->file.world->now_ns;
}

/* An instant that was before the world began is due at once. */
static void start(struct sim_timerfd *timerfd)
{
    uint64_t due_ns = timerfd->expiry_ns > timerfd->base_ns
                          ? timerfd->expiry_ns - timerfd->base_ns
                          : 0;

    tidy__sim_timer_set(timerfd->file.world, &timerfd->timer, due_ns);
}

/* timerfd_triggered() */
static void on_timer(struct sim_timer *timer)
{
    struct sim_timerfd *timerfd =
        tidy_container_of(timer, struct sim_timerfd, timer);

    timerfd->has_expired = true;
    timerfd->n_ticks++;
    if (timerfd->file.world->record)
        tidy__sim_record_timer(&timerfd->file);
    tidy__sim_file_wake(&timerfd->file, EPOLLIN);
}

/* hrtimer_forward_now(): to the first expiry that is still to come. */
static void go_on(struct sim_timerfd *timerfd)
{
    uint64_t n_passed;

    if (!timerfd->has_expired || timerfd->interval_ns == 0)
        return;
    n_passed = (now_ns(timerfd) - timerfd->expiry_ns) / timerfd->interval_ns;
    timerfd->n_ticks += n_passed;
    timerfd->expiry_ns += (n_passed + 1) * timerfd->interval_ns;
    timerfd->has_expired = false;
    start(timerfd);
}

/* ---------------------------------------------------------------------- a file */

static ssize_t timerfd_read(struct sim_file *file, const struct sim_io *io)
{
    struct sim_timerfd *timerfd = timerfd_of(file);
    uint64_t n_ticks;

    if (io->len < sizeof(n_ticks))
        return -EINVAL;
    if (timerfd->n_ticks == 0)
        return -EAGAIN;
    go_on(timerfd);
    n_ticks = timerfd->n_ticks;
    timerfd->has_expired = false;
    timerfd->n_ticks = 0;
    return (ssize_t)tidy__sim_io_put(io, 0, &n_ticks, sizeof(n_ticks));
}

static uint32_t timerfd_poll(struct sim_file *file)
{
    return timerfd_of(file)->n_ticks > 0 ? EPOLLIN : 0;
}

static void timerfd_release(struct sim_file *file)
{
    struct sim_timerfd *timerfd = timerfd_of(file);

    tidy__sim_timer_clear(file->world, &timerfd->timer);
    tidy__dealloc(timerfd);
}

static uint64_t remaining_ns(const struct sim_timerfd *timerfd)
{
    uint64_t now = now_ns(timerfd);

    return timerfd->expiry_ns > now ? timerfd->expiry_ns - now : 0;
}

static void timerfd_describe(struct sim_file *file, FILE *out)
{
    const struct sim_timerfd *timerfd = timerfd_of(file);
    uint64_t left_us = remaining_ns(timerfd) / 1000;

    if (timerfd->n_ticks > 0)
        fprintf(out, "expired %" PRIu64 " times, not read", timerfd->n_ticks);
    else if (timerfd->timer.is_set)
        fprintf(out,
                "due in %" PRIu64 ".%06" PRIu64 " s",
                left_us / 1000000,
                left_us % 1000000);
    else
        fputs("not set", out);
}

static const struct sim_file_ops timerfd_ops = {
    .kind = "timerfd",
    .actors = SIM_ACTOR_TIMERFD,
    .read = timerfd_read,
    .poll = timerfd_poll,
    .release = timerfd_release,
    .describe = timerfd_describe,
};

/* ------------------------------------------------------------ timerfd_create(2) */

static int check_clock(clockid_t clock)
{
    if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
        return -EPERM;
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
                   clock == CLOCK_BOOTTIME
               ? 0
               : -EINVAL;
}

static int create(struct sim_world *world, clockid_t clock, int flags)
{
    struct sim_timerfd *timerfd;
    int fd = check_clock(clock);

    if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
        return -EINVAL;
    if (fd < 0)
        return fd;
    timerfd = tidy__zalloc(sizeof(*timerfd));
    if (!timerfd)
        return -ENOMEM;
    tidy__sim_file_init(
        &timerfd->file, world, &timerfd_ops, O_RDWR | (flags & TFD_NONBLOCK));
    timerfd->timer.fire = on_timer;
    tidy__sim_clock_base(clock, &timerfd->base_ns);
    fd =
        tidy__sim_fd_open(&timerfd->file, flags & TFD_CLOEXEC ? FD_CLOEXEC : 0);
    if (fd < 0)
        tidy__dealloc(timerfd);
    return fd;
}

int tidy__sim_timerfd_create(struct sim_world *world,
                             clockid_t clock,
                             int flags)
{
    int result;

    tidy__sim_call(world);
    result = create(world, clock, flags);
    SIM_CALL(
        world, -1, result, "timerfd_create", "%d, 0x%x", (int)clock, flags);
    return result;
}

/* ------------------------------------------------------ its time, set and asked */

/* 0, -EBADF or -EINVAL. */
static int find_timerfd(const struct sim_world *world,
                        int fd,
                        struct sim_timerfd **ret_timerfd)
{
    struct sim_file *file = tidy__sim_fd_file(world, fd);

    if (!file)
        return -EBADF;
    if (file->ops != &timerfd_ops)
        return -EINVAL;
    *ret_timerfd = timerfd_of(file);
    return 0;
}

static void get_time(const struct sim_timerfd *timerfd,
                     struct itimerspec *value)
{
    value->it_value = tidy__sim_timespec_of(remaining_ns(timerfd));
    value->it_interval = tidy__sim_timespec_of(timerfd->interval_ns);
}

/* timerfd_setup() */
static void
set_time(struct sim_timerfd *timerfd, int flags, const struct itimerspec *value)
{
    uint64_t expiry_ns = tidy__sim_ns_of(&value->it_value);

    tidy__sim_timer_clear(timerfd->file.world, &timerfd->timer);
    timerfd->has_expired = false;
    timerfd->n_ticks = 0;
    timerfd->interval_ns = tidy__sim_ns_of(&value->it_interval);
    if (expiry_ns > 0 && !(flags & TFD_TIMER_ABSTIME))
        expiry_ns += now_ns(timerfd);
    timerfd->expiry_ns = expiry_ns < INT64_MAX ? expiry_ns : INT64_MAX;
    if (expiry_ns > 0)
        start(timerfd);
}

static int settime(struct sim_world *world,
                   int fd,
                   int flags,
                   const struct itimerspec *value,
                   struct itimerspec *old)
{
    struct sim_timerfd *timerfd;
    struct itimerspec new_time;
    int result;

    if (!value)
        return -EFAULT;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        !tidy__sim_is_timespec(&value->it_value) ||
        !tidy__sim_is_timespec(&value->it_interval))
        return -EINVAL;
    result = find_timerfd(world, fd, &timerfd);
    if (result < 0)
        return result;
    new_time = *value; /* old may be the same memory */
    go_on(timerfd);
    if (old)
        get_time(timerfd, old);
    set_time(timerfd, flags, &new_time);
    return 0;
}

int tidy__sim_timerfd_settime(struct sim_world *world,
                              int fd,
                              int flags,
                              const struct itimerspec *value,
                              struct itimerspec *old)
{
    int result;

    tidy__sim_call(world);
    result = settime(world, fd, flags, value, old);
    SIM_CALL(world, fd, result, "timerfd_settime", "%d, %d", fd, flags);
    return result;
}

int tidy__sim_timerfd_gettime(struct sim_world *world,
                              int fd,
                              struct itimerspec *value)
{
    struct sim_timerfd *timerfd;
    int result;

    tidy__sim_call(world);
    result = find_timerfd(world, fd, &timerfd);
    if (result == 0 && !value)
        result = -EFAULT;
    if (result == 0) {
        go_on(timerfd);
        get_time(timerfd, value);
    }
    SIM_CALL(world, fd, result, "timerfd_gettime", "%d", fd);
    return result;
}
