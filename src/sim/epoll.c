/* SPDX-License-Identifier: MIT */
/*
 * Epoll instances: what they watch, and what becomes ready. The rules are those
 * of Linux's fs/eventpoll.c, whose functions are named where ours follow them.
 *
 * A watch lies in three lists: its file's, its instance's, and, once woken, the
 * instance's list of ready ones. A wake-up only puts it at the end of that list;
 * whether it is ready is found out when somebody asks (epoll_wait.c). A wake-up
 * goes through all watches of a file, the latest first; exclusive ones come
 * last, and one of those that has taken it ends it.
 *
 * An instance is itself a file that can be watched: it wakes its watches when
 * one of its own is woken. How deep that can go is limited, so that there are
 * no circles.
 */
#include "sim/epoll.h"

#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/progress.h"
#include "sim/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <utlist.h>

#define MAX_NESTS 4 /* EP_MAX_NESTS */

/* How a watch is to be told, which is no event. */
#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define IN_OUT (EPOLLIN | EPOLLOUT)
#define EXCLUSIVE_OK                                                           \
    (IN_OUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

/* ----------------------------------------------------------- becoming ready */

static void make_ready(struct sim_watch *watch)
{
    struct sim_epoll *epoll = watch->epoll;

    if (!watch->is_ready) {
        DL_APPEND2(epoll->ready, watch, ready_prev, ready_next);
        watch->is_ready = true;
    }
    tidy__sim_file_wake(&epoll->file, EPOLLIN);
}

static void leave_ready(struct sim_watch *watch)
{
    if (!watch->is_ready)
        return;
    DL_DELETE2(watch->epoll->ready, watch, ready_prev, ready_next);
    watch->is_ready = false;
}

/* Is a wake-up over once an exclusive watch has it? If the sleeper that it
 * wakes asked for just that. */
static bool is_taken(const struct sim_watch *watch, uint32_t key)
{
    uint32_t in_out = key & IN_OUT;

    if (!watch->epoll->is_waited_for || in_out == IN_OUT)
        return false;
    return in_out == 0 || (watch->event.events & in_out);
}

/* ep_poll_callback(): false, if others are to be woken, too. */
static bool wake(struct sim_watch *watch, uint32_t key)
{
    uint32_t events = watch->event.events;

    if (!(events & ~PRIVATE_BITS) || (key && !(key & events)))
        return false;
    make_ready(watch);
    return (events & EPOLLEXCLUSIVE) && is_taken(watch, key);
}

/* Wake-ups without a key are told to all. */
void tidy__sim_watches_wake(struct sim_file *file, uint32_t key)
{
    struct sim_watch *watch;

    DL_FOREACH(file->watches, watch) {
        if (wake(watch, key) && key)
            break;
    }
}

uint32_t tidy__sim_watch_poll(const struct sim_watch *watch)
{
    return tidy__sim_poll_or_rumour(watch->file) & watch->event.events;
}

bool tidy__sim_epoll_is_ready(struct sim_epoll *epoll)
{
    while (epoll->ready) {
        if (tidy__sim_watch_poll(epoll->ready))
            return true;
        leave_ready(epoll->ready);
    }
    return false;
}

/* ------------------------------------------------------------- the watches */

/* The same file may be there under several numbers (dup). */
static struct sim_watch *
find_watch(const struct sim_epoll *epoll, const struct sim_file *file, int fd)
{
    struct sim_watch *watch;

    DL_FOREACH(file->watches, watch) {
        if (watch->epoll == epoll && watch->fd == fd)
            return watch;
    }
    return NULL;
}

static void set_event(struct sim_watch *watch, const struct epoll_event *event)
{
    watch->event = *event;
    watch->event.events |= EPOLLERR | EPOLLHUP;
    watch->event.events &= ~(uint32_t)EPOLLWAKEUP; /* no power to save */
}

/* In the place that the file has for one, if that is free. */
static struct sim_watch *new_watch(struct sim_file *file)
{
    return file->place.epoll ? tidy__alloc(sizeof(struct sim_watch))
                             : &file->place;
}

static void free_watch(struct sim_watch *watch)
{
    if (watch == &watch->file->place)
        watch->epoll = NULL;
    else
        tidy__dealloc(watch);
}

/* ep_insert() */
static int add_watch(struct sim_epoll *epoll,
                     struct sim_file *file,
                     int fd,
                     const struct epoll_event *event)
{
    struct sim_watch *watch = new_watch(file);

    if (!watch)
        return -ENOMEM;
    watch->is_ready = false;
    watch->epoll = epoll;
    watch->file = file;
    watch->fd = fd;
    set_event(watch, event);
    DL_APPEND2(epoll->items, watch, item_prev, item_next);
    if (event->events & EPOLLEXCLUSIVE)
        DL_APPEND(file->watches, watch);
    else
        DL_PREPEND(file->watches, watch);
    if (tidy__sim_watch_poll(watch))
        make_ready(watch);
    return 0;
}

/* ep_modify() */
static int change_watch(struct sim_watch *watch,
                        const struct epoll_event *event)
{
    if ((event->events | watch->event.events) & EPOLLEXCLUSIVE)
        return -EINVAL;
    set_event(watch, event);
    if (tidy__sim_watch_poll(watch) && !watch->is_ready)
        make_ready(watch);
    return 0;
}

static void remove_watch(struct sim_watch *watch)
{
    leave_ready(watch);
    DL_DELETE(watch->file->watches, watch);
    DL_DELETE2(watch->epoll->items, watch, item_prev, item_next);
    free_watch(watch);
}

void tidy__sim_watches_drop(struct sim_file *file)
{
    while (file->watches)
        remove_watch(file->watches);
}

/* ------------------------------------------------------------ the instances */

static uint32_t epoll_poll(struct sim_file *file)
{
    return tidy__sim_epoll_is_ready(tidy__sim_epoll_of(file))
               ? EPOLLIN | EPOLLRDNORM
               : 0;
}

/* FIONREAD and SIOCOUTQ: its ioctl() says so, and not ENOTTY. */
static int epoll_refuse_count(struct sim_file *file)
{
    (void)file;
    return -EINVAL;
}

static void epoll_release(struct sim_file *file)
{
    struct sim_epoll *epoll = tidy__sim_epoll_of(file);

    while (epoll->items)
        remove_watch(epoll->items);
    tidy__dealloc(epoll);
}

static void epoll_describe(struct sim_file *file, FILE *out)
{
    const struct sim_epoll *epoll = tidy__sim_epoll_of(file);
    char text[SIM_EVENTS_TEXT_MAX];
    const struct sim_watch *watch;

    fputs(epoll->items ? "watches" : "watches nothing", out);
    DL_FOREACH2(epoll->items, watch, item_next) {
        tidy__sim_events_text(
            watch->event.events & ~(uint32_t)(EPOLLERR | EPOLLHUP), text);
        fprintf(out, " %d (%s)", watch->fd, text);
    }
}

static const struct sim_file_ops epoll_ops = {
    .kind = "epoll",
    .actors = SIM_ACTOR_EPOLL,
    .poll = epoll_poll,
    .n_readable = epoll_refuse_count,
    .n_unsent = epoll_refuse_count,
    .release = epoll_release,
    .describe = epoll_describe,
};

struct sim_epoll *tidy__sim_epoll_of(struct sim_file *file)
{
    return file->ops == &epoll_ops
               ? tidy_container_of(file, struct sim_epoll, file)
               : NULL;
}

static int create(struct sim_world *world, int flags)
{
    struct sim_epoll *epoll;
    int fd;

    if (flags & ~EPOLL_CLOEXEC)
        return -EINVAL;
    epoll = tidy__zalloc(sizeof(*epoll));
    if (!epoll)
        return -ENOMEM;
    tidy__sim_file_init(&epoll->file, world, &epoll_ops, O_RDWR);
    fd = tidy__sim_fd_open(&epoll->file, flags ? FD_CLOEXEC : 0);
    if (fd < 0)
        epoll_release(&epoll->file);
    return fd;
}

int tidy__sim_epoll_create1(struct sim_world *world, int flags)
{
    int result;

    tidy__sim_call(world);
    result = create(world, flags);
    SIM_CALL(world, -1, result, "epoll_create1", "%d", flags);
    return result;
}

/* ------------------------------------------------------------------- nesting */

/* ep_loop_check_proc(): how many levels are below; too many, if there are, or
 * if the instance that is to be above is among them. */
static int depth_below(struct sim_epoll *epoll, const struct sim_epoll *above)
{
    struct sim_watch *watch;
    int depth = 0, deepest = 0;

    DL_FOREACH2(epoll->items, watch, item_next) {
        struct sim_epoll *inner = tidy__sim_epoll_of(watch->file);

        if (!inner)
            continue;
        if (inner == above)
            return MAX_NESTS + 1;
        depth = depth_below(inner, above) + 1;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* ep_get_upwards_depth_proc() */
static int depth_above(const struct sim_epoll *epoll)
{
    const struct sim_watch *watch;
    int depth, deepest = 0;

    DL_FOREACH(epoll->file.watches, watch) {
        depth = depth_above(watch->epoll) + 1;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static bool is_too_deep(const struct sim_epoll *epoll, struct sim_file *file)
{
    struct sim_epoll *inner = tidy__sim_epoll_of(file);

    return inner &&
           depth_below(inner, epoll) + 1 + depth_above(epoll) > MAX_NESTS;
}

/* --------------------------------------------------------------- epoll_ctl(2) */

static int add(struct sim_epoll *epoll,
               struct sim_file *file,
               int fd,
               const struct epoll_event *event)
{
    if ((event->events & EPOLLEXCLUSIVE) &&
        (tidy__sim_epoll_of(file) || (event->events & ~EXCLUSIVE_OK)))
        return -EINVAL;
    if (is_too_deep(epoll, file))
        return -ELOOP;
    if (find_watch(epoll, file, fd))
        return -EEXIST;
    return add_watch(epoll, file, fd, event);
}

static int control(struct sim_epoll *epoll,
                   int op,
                   struct sim_file *file,
                   int fd,
                   const struct epoll_event *event)
{
    struct sim_watch *watch;

    if (op == EPOLL_CTL_ADD)
        return add(epoll, file, fd, event);
    if (op == EPOLL_CTL_MOD && (event->events & EPOLLEXCLUSIVE))
        return -EINVAL;
    if (op != EPOLL_CTL_MOD && op != EPOLL_CTL_DEL)
        return -EINVAL;
    watch = find_watch(epoll, file, fd);
    if (!watch)
        return -ENOENT;
    if (op == EPOLL_CTL_MOD)
        return change_watch(watch, event);
    remove_watch(watch);
    return 0;
}

/* do_epoll_ctl() */
static int find_and_control(struct sim_world *world,
                            int epfd,
                            int op,
                            int fd,
                            const struct epoll_event *event)
{
    struct sim_file *file = tidy__sim_fd_file(world, epfd);
    struct sim_file *target = tidy__sim_fd_file(world, fd);

    if (!event && op != EPOLL_CTL_DEL)
        return -EFAULT;
    if (!file || !target)
        return -EBADF;
    if (target->ops->is_always_ready)
        return -EPERM;
    if (file == target || !tidy__sim_epoll_of(file))
        return -EINVAL;
    return control(tidy__sim_epoll_of(file), op, target, fd, event);
}

static const char *op_name(int op)
{
    return op == EPOLL_CTL_ADD   ? "add"
           : op == EPOLL_CTL_MOD ? "mod"
           : op == EPOLL_CTL_DEL ? "del"
                                 : "?";
}

int tidy__sim_epoll_ctl(struct sim_world *world,
                        int epfd,
                        int op,
                        int fd,
                        const struct epoll_event *event)
{
    int result;

    tidy__sim_call(world);
    result = find_and_control(world, epfd, op, fd, event);
    SIM_CALL(world,
             epfd,
             result,
             "epoll_ctl",
             "%d, %s, %d, 0x%x",
             epfd,
             op_name(op),
             fd,
             event && op != EPOLL_CTL_DEL ? event->events : 0);
    return result;
}
