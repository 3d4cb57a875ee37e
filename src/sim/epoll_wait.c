/* SPDX-License-Identifier: MIT */
/*
 * epoll_wait(2): the list of ready watches is gone through from its beginning.
 *
 * Each is polled as it leaves the list: one that is not ready after all is
 * dropped; one that is level-triggered is reported and put back at the end, to
 * be polled again next time; one-shot ones are reported and disabled. What there
 * is no room for stays at the beginning (Linux's ep_send_events()).
 *
 * By choice fewer than all are reported, and not in the order of wake-ups: each
 * is then taken from anywhere in what is left of the list.
 */
#include "sim/calls.h"
#include "sim/epoll.h"
#include "sim/fault.h"
#include "sim/progress.h"
#include "sim/readiness.h"

#include <errno.h>
#include <limits.h>
#include <utlist.h>

#define MAX_EVENTS (INT_MAX / (int)sizeof(struct epoll_event))
/* What ONESHOT leaves (EP_PRIVATE_BITS). */
#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

/* A list of watches on the way to the caller. */
struct report {
    struct sim_epoll *epoll;
    struct sim_watch *left;     /* DL by ready_next: not gone through yet */
    size_t n_left;              /* that are ready; 0: nobody counts */
    struct epoll_event *events; /* borrowed: the caller's */
    int n, n_max;
};

/* ----------------------------------------------------------------- choosing */

static bool may_choose(const struct report *report)
{
    const struct sim_world *world = report->epoll->file.world;

    return (world->options.kinds & TIDY_CHOICE_BIT(TIDY_CHOICE_READY)) &&
           report->left && report->left->ready_next;
}

static size_t count_ready(const struct report *report)
{
    const struct sim_watch *watch;
    size_t n = 0;

    DL_FOREACH2(report->left, watch, ready_next)
        n += tidy__sim_watch_poll(watch) != 0;
    return n;
}

/* How many are reported: all, or one, or two, ... */
static void choose_number(struct report *report)
{
    struct sim_file *file = &report->epoll->file;
    size_t n, choice;

    report->n_left = count_ready(report);
    n = report->n_left;
    if (n > (size_t)report->n_max)
        n = (size_t)report->n_max;
    choice = tidy__choose(file->world, TIDY_CHOICE_READY, file->id, n);
    if (choice > 0)
        report->n_max = (int)choice;
}

/* The nth of those that are ready, from the first one on. */
static struct sim_watch *nth_ready(struct sim_watch *watch, size_t n)
{
    while (n > 0) {
        watch = watch->ready_next;
        n -= tidy__sim_watch_poll(watch) != 0;
    }
    return watch;
}

static unsigned actor_of_watch(const void *arg, size_t n)
{
    return nth_ready((struct sim_watch *)(uintptr_t)arg, n)->file->id;
}

/* The next one: the first, which is calm, or another that is ready. */
static struct sim_watch *choose_watch(struct report *report)
{
    struct sim_file *file = &report->epoll->file;
    struct sim_watch *first = report->left;

    if (report->n_left < 2 || !tidy__sim_watch_poll(first))
        return first;
    return nth_ready(first,
                     tidy__choose_among(file->world,
                                        TIDY_CHOICE_READY,
                                        file->id,
                                        report->n_left,
                                        actor_of_watch,
                                        first));
}

/* ---------------------------------------------------------------- reporting */

static void report_watch(struct report *report, struct sim_watch *watch)
{
    struct sim_epoll *epoll = report->epoll;
    uint32_t events = tidy__sim_watch_poll(watch);

    DL_DELETE2(report->left, watch, ready_prev, ready_next);
    watch->is_ready = false;
    if (!events)
        return;
    tidy__sim_trace_ready(epoll->file.world, watch->fd, events);
    report->events[report->n].events = events;
    report->events[report->n].data = watch->event.data;
    report->n++;
    report->n_left -= report->n_left > 0;
    if ((watch->event.events & EPOLLONESHOT) && !SIM_FAULT(ONE_SHOT)) {
        watch->event.events &= PRIVATE_BITS;
    } else if (!(watch->event.events & EPOLLET) || SIM_FAULT(EDGE_LEVEL)) {
        if (SIM_FAULT(LEVEL_ORDER))
            DL_PREPEND2(epoll->ready, watch, ready_prev, ready_next);
        else
            DL_APPEND2(epoll->ready, watch, ready_prev, ready_next);
        watch->is_ready = true;
    }
}

/* ep_send_events() and ep_done_scan() */
static int
report_all(struct sim_epoll *epoll, struct epoll_event *events, int n_max)
{
    struct report report = {
        .epoll = epoll, .left = epoll->ready, .events = events, .n_max = n_max
    };
    struct sim_watch *again;

    epoll->ready = NULL;
    if (may_choose(&report))
        choose_number(&report);
    while (report.left && report.n < report.n_max)
        report_watch(&report, choose_watch(&report));
    again = epoll->ready;
    epoll->ready = report.left;
    DL_CONCAT2(epoll->ready, again, ready_prev, ready_next);
    return report.n;
}

/* ------------------------------------------------------------- epoll_wait(2) */

static bool is_ready(void *arg)
{
    return tidy__sim_epoll_is_ready(arg);
}

static struct sim_file *nth_input(void *arg, size_t n)
{
    const struct sim_epoll *epoll = arg;
    const struct sim_watch *watch;

    DL_FOREACH2(epoll->items, watch, item_next) {
        if (watch->file->ops->is_socket &&
            (watch->event.events & (EPOLLIN | EPOLLRDNORM)) && n-- == 0)
            return watch->file;
    }
    return NULL;
}

static int wait_and_report(struct sim_epoll *epoll,
                           int epfd,
                           struct epoll_event *events,
                           int n_max,
                           uint64_t timeout_ns)
{
    const struct sim_readiness readiness = { .call = "epoll_wait",
                                             .fd = epfd,
                                             .actor = epoll->file.id,
                                             .is_ready = is_ready,
                                             .nth_input = nth_input,
                                             .arg = epoll };
    int result;

    epoll->is_waited_for = true;
    result = tidy__sim_await_ready(epoll->file.world, &readiness, timeout_ns);
    epoll->is_waited_for = false;
    if (result > 0)
        result = report_all(epoll, events, n_max);
    epoll->file.world->rumour = NULL;
    return result;
}

/* ep_check_params() */
static int find_epoll(const struct sim_world *world,
                      int epfd,
                      int n_max,
                      struct sim_epoll **ret_epoll)
{
    struct sim_file *file = tidy__sim_fd_file(world, epfd);

    if (!file)
        return -EBADF;
    *ret_epoll = tidy__sim_epoll_of(file);
    return *ret_epoll && n_max > 0 && n_max <= MAX_EVENTS ? 0 : -EINVAL;
}

int tidy__sim_epoll_wait(struct sim_world *world,
                         int epfd,
                         struct epoll_event *events,
                         int n_max,
                         uint64_t timeout_ns)
{
    struct sim_epoll *epoll;
    int result;

    tidy__sim_call(world);
    result = find_epoll(world, epfd, n_max, &epoll);
    if (result == 0)
        result = wait_and_report(epoll, epfd, events, n_max, timeout_ns);
    SIM_CALL(world, epfd, result, "epoll_wait", "%d", epfd);
    return result;
}
