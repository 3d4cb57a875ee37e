/* SPDX-License-Identifier: MIT */
/*
 * Steps: any file; pipes, counters, timers; and paths.
 */
#include "conformance/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Would closing wait? A world's does not. */
static bool would_linger(struct run *run, int fd)
{
    struct linger linger = { 0 };
    socklen_t len = sizeof(linger);

    return ledger_was_big(&run->ledger, fd) &&
           getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len) == 0 &&
           linger.l_onoff && linger.l_linger > 0;
}

/* b: forget the number, so that later steps find none */
void op_close(struct run *run, const struct step *step, struct result *result)
{
    int fd = run_fd(run, step->slot);

    result->is_skipped = would_linger(run, fd);
    if (result->is_skipped)
        return;
    keep(result, close(fd));
    if (result->value == 0)
        ledger_close(&run->ledger, fd);
    if (step->b)
        run->fds[step->slot] = -1;
}

/* slot2: the copy's */
void op_dup(struct run *run, const struct step *step, struct result *result)
{
    int fd = run_fd(run, step->slot), copy = dup(fd);

    keep_fd(run, step->slot2, result, copy);
    if (copy < 0)
        return;
    run->ports[step->slot2] = run->ports[step->slot];
    ledger_copy(&run->ledger, fd, copy);
}

/* slot2: whose number it is to have; a: else, a number of its own */
void op_dup2(struct run *run, const struct step *step, struct result *result)
{
    int fd = run_fd(run, step->slot);
    int target = run_fd(run, step->slot2);

    if (target < 0)
        target = run->base_fd + (int)step->a;
    keep_fd(run, step->slot2, result, dup2(fd, target));
    if (result->value < 0)
        return;
    run->ports[step->slot2] = run->ports[step->slot];
    if (fd != target)
        ledger_copy(&run->ledger, fd, target);
}

/* slot: the reader's; slot2: the writer's */
void op_pipe(struct run *run, const struct step *step, struct result *result)
{
    int fds[2] = { -1, -1 };

    keep(result, pipe2(fds, O_NONBLOCK | (step->a ? O_CLOEXEC : 0)));
    if (result->value < 0)
        return;
    detail(result, fds[0] - run->base_fd);
    detail(result, fds[1] - run->base_fd);
    run_put(run, step->slot, fds[0], OBJECT_OTHER);
    run_put(run, step->slot2, fds[1], OBJECT_OTHER);
}

/* a: initial value; b: EFD_SEMAPHORE */
void op_eventfd(struct run *run, const struct step *step, struct result *result)
{
    int fd = eventfd(step->a, EFD_NONBLOCK | (step->b ? EFD_SEMAPHORE : 0));

    keep_fd(run, step->slot, result, fd);
    if (fd >= 0)
        run_put(run, step->slot, fd, OBJECT_OTHER);
}

/* a: its clock */
void op_timerfd(struct run *run, const struct step *step, struct result *result)
{
    int fd = timerfd_create((int)step->a, TFD_NONBLOCK);

    keep_fd(run, step->slot, result, fd);
    if (fd >= 0)
        run_put(run, step->slot, fd, OBJECT_OTHER);
}

static void detail_time(struct result *result, const struct itimerspec *time)
{
    detail(result, time->it_value.tv_sec > 0);
    detail(result, (int)time->it_interval.tv_sec);
    detail(result, (int)time->it_interval.tv_nsec);
}

/* It never fires. a: 0: disarm, or in how many thousand seconds; b: interval */
void op_timerfd_settime(struct run *run,
                        const struct step *step,
                        struct result *result)
{
    const struct itimerspec time = {
        .it_value.tv_sec = (time_t)step->a * 1000,
        .it_interval.tv_sec = (time_t)step->b,
    };
    struct itimerspec old = { 0 };

    keep(result, timerfd_settime(run_fd(run, step->slot), 0, &time, &old));
    detail_time(result, &old);
}

void op_timerfd_gettime(struct run *run,
                        const struct step *step,
                        struct result *result)
{
    struct itimerspec time = { 0 };

    keep(result, timerfd_gettime(run_fd(run, step->slot), &time));
    detail_time(result, &time);
}

/* ----------------------------------------------------------------- questions */

void op_count_readable(struct run *run,
                       const struct step *step,
                       struct result *result)
{
    int fd = run_fd(run, step->slot), n = -1;

    keep(result, ioctl(fd, FIONREAD, &n));
    detail(result, ledger_was_big(&run->ledger, fd) ? LOOSE_DETAIL : n);
}

/* Once the connection is gone it is a sum with the size of a window in it. */
static bool is_unsure(struct run *run, int fd)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info.tcpi_state);

    if (!ledger_is_tcp(&run->ledger, fd))
        return false;
    return ledger_was_big(&run->ledger, fd) ||
           (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
            info.tcpi_state == TCP_CLOSE);
}

void op_count_unsent(struct run *run,
                     const struct step *step,
                     struct result *result)
{
    int fd = run_fd(run, step->slot), n = -1;

    keep(result, ioctl(fd, SIOCOUTQ, &n));
    if (!run->setting->has_same_sizes && n > 0 &&
        !ledger_is_tcp(&run->ledger, fd))
        n = 1;
    detail(result, is_unsure(run, fd) ? LOOSE_DETAIL : n);
}

/* a: on or off, by FIONBIO, and by F_SETFL with 2 or 3 */
void op_set_nonblock(struct run *run,
                     const struct step *step,
                     struct result *result)
{
    int fd = run_fd(run, step->slot), is_on = step->a & 1;

    keep(result,
         step->a & 2 ? fcntl(fd, F_SETFL, is_on ? O_NONBLOCK : 0)
                     : ioctl(fd, FIONBIO, &is_on));
}

/* a: F_GETFL or F_GETFD */
void op_get_status(struct run *run,
                   const struct step *step,
                   struct result *result)
{
    keep(result, fcntl(run_fd(run, step->slot), step->a ? F_GETFD : F_GETFL));
}

void op_fstat(struct run *run, const struct step *step, struct result *result)
{
    struct stat st = { 0 };

    keep(result, fstat(run_fd(run, step->slot), &st));
    detail(result, (int)(st.st_mode & (S_IFMT | 0777)));
}

/* --------------------------------------------------------------------- paths */

/* where.path */
void op_unlink(struct run *run, const struct step *step, struct result *result)
{
    char path[128];

    run_path(run, step->where.path, path, sizeof(path));
    keep(result, unlink(path));
}

void op_stat(struct run *run, const struct step *step, struct result *result)
{
    char path[128];
    struct stat st = { 0 };

    run_path(run, step->where.path, path, sizeof(path));
    keep(result, step->a ? lstat(path, &st) : stat(path, &st));
    detail(result, (int)(st.st_mode & (S_IFMT | 07777)));
    detail(result, (int)st.st_nlink);
    detail(result, (int)st.st_size);
}

/* a: mode */
void op_chmod(struct run *run, const struct step *step, struct result *result)
{
    char path[128];

    run_path(run, step->where.path, path, sizeof(path));
    keep(result, chmod(path, step->a));
}
