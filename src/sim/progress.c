/* SPDX-License-Identifier: MIT */
/*
 * What happens by itself: the clock goes on, timers fire, segments arrive.
 *
 *   a call begins   -> a microsecond passes; what is due by then happens, and
 *                      by choice what is on its way to the file in question
 *   a call blocks   -> one thing after the other happens until it can return:
 *                      a segment arrives, or time passes to the next timer
 *   nothing is left -> deadlock
 *
 * Time passes over a segment in flight only as far as the bound on latency
 * allows. Calm, nothing is ever in flight, so that only timers are left here.
 */
#include "sim/progress.h"

#include "base/alloc.h"
#include "sim/actor.h"
#include "sim/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* ------------------------------------------------------------------- timers */

static struct sim_timer *find_place(struct sim_world *world, uint64_t due_ns)
{
    struct sim_timer *timer = world->timers ? world->timers->prev : NULL;

    while (timer && timer->due_ns > due_ns)
        timer = timer == world->timers ? NULL : timer->prev;
    return timer;
}

void tidy__sim_timer_set(struct sim_world *world,
                         struct sim_timer *timer,
                         uint64_t due_ns)
{
    struct sim_timer *place;

    tidy__sim_timer_clear(world, timer);
    timer->due_ns = due_ns;
    timer->idx = world->n_timers++;
    timer->is_set = true;
    place = find_place(world, due_ns);
    if (place)
        DL_APPEND_ELEM(world->timers, place, timer);
    else
        DL_PREPEND(world->timers, timer);
}

void tidy__sim_timer_clear(struct sim_world *world, struct sim_timer *timer)
{
    if (!timer->is_set)
        return;
    timer->is_set = false;
    DL_DELETE(world->timers, timer);
}

/* Those that are due at the same instant fire in the order in which they were
 * set, which is calm, or any of them first. */
static struct sim_timer *choose_timer(struct sim_world *world)
{
    struct sim_timer *timer, *first = world->timers;
    size_t n = 0, choice;

    DL_FOREACH(first, timer) {
        if (timer->due_ns != first->due_ns)
            break;
        n++;
    }
    choice = tidy__choose(world, TIDY_CHOICE_TIMER, 0, n);
    for (timer = first; choice > 0; choice--)
        timer = timer->next;
    return timer;
}

static void fire_due(struct sim_world *world)
{
    struct sim_timer *timer;

    while (world->timers && world->timers->due_ns <= world->now_ns) {
        timer = choose_timer(world);
        tidy__sim_timer_clear(world, timer);
        timer->fire(timer);
    }
}

/* -------------------------------------------------------------------- links */

int tidy__sim_link_hold(struct sim_world *world,
                        struct sim_link *link,
                        int type,
                        const struct sim_io *io,
                        size_t offset,
                        size_t len)
{
    struct sim_segment *segment = tidy__alloc(sizeof(*segment) + len);

    if (!segment)
        return -ENOBUFS;
    segment->sent_ns = world->now_ns;
    segment->type = type;
    segment->len = len;
    if (len > 0)
        tidy__sim_io_get(io, offset, segment->data, len);
    segment->number =
        world->record
            ? tidy__sim_record_sent(world, link, type, true, io, offset, len)
            : 0;
    if (!link->segments)
        DL_APPEND(world->links, link);
    DL_APPEND(link->segments, segment);
    return 0;
}

int tidy__sim_link_send(struct sim_world *world,
                        struct sim_link *link,
                        int type,
                        const struct sim_io *io,
                        size_t offset,
                        size_t len)
{
    if (link->segments ||
        tidy__choose(world, TIDY_CHOICE_ORDER, link->actor, 2) == 1)
        return tidy__sim_link_hold(world, link, type, io, offset, len);
    if (world->record)
        tidy__sim_record_sent(world, link, type, false, io, offset, len);
    link->deliver(link, type, io, offset, len);
    return 0;
}

void tidy__sim_link_move(struct sim_world *world,
                         struct sim_link *from,
                         struct sim_link *to)
{
    if (!from->segments)
        return;
    DL_REPLACE_ELEM(world->links, from, to);
    to->segments = from->segments;
    from->segments = NULL;
}

void tidy__sim_link_drop(struct sim_world *world, struct sim_link *link)
{
    struct sim_segment *segment, *next;

    if (!link->segments)
        return;
    DL_DELETE(world->links, link);
    DL_FOREACH_SAFE(link->segments, segment, next) {
        if (world->record)
            tidy__sim_record_lost(world, link, segment);
        tidy__dealloc(segment);
    }
    link->segments = NULL;
}

static void deliver_first(struct sim_world *world, struct sim_link *link)
{
    struct sim_segment *segment = link->segments;
    struct iovec iov = { .iov_base = segment->data, .iov_len = segment->len };
    const struct sim_io io = { .iov = &iov, .n_iov = 1, .len = segment->len };

    DL_DELETE(link->segments, segment);
    if (!link->segments)
        DL_DELETE(world->links, link);
    SIM_TRACE(world,
              "arrives %s: %s, %zu bytes",
              tidy__sim_actor_text(
                  world, link->actor, (char[SIM_ACTOR_TEXT_MAX]){ 0 }),
              link->type_names[segment->type],
              segment->len);
    if (world->record)
        tidy__sim_record_arrived(world, link, segment);
    link->deliver(link, segment->type, &io, 0, segment->len);
    tidy__dealloc(segment);
}

/* The instant that time must not pass before something in flight arrives. */
static uint64_t latest_ns(const struct sim_world *world)
{
    uint64_t oldest_ns = SIM_NEVER;
    const struct sim_link *link;

    DL_FOREACH(world->links, link) {
        if (link->segments->sent_ns < oldest_ns)
            oldest_ns = link->segments->sent_ns;
    }
    return oldest_ns == SIM_NEVER ? SIM_NEVER
                                  : oldest_ns + world->options.max_latency_ns;
}

static void deliver_overdue(struct sim_world *world)
{
    struct sim_link *link;

    while (world->links && latest_ns(world) <= world->now_ns) {
        link = world->links;
        while (link->segments->sent_ns + world->options.max_latency_ns >
               world->now_ns)
            link = link->next;
        deliver_first(world, link);
    }
}

static unsigned sender_of_link(const void *arg, size_t n)
{
    const struct sim_link *link = arg;

    while (n-- > 0)
        link = link->next;
    return link->actor;
}

static struct sim_link *choose_link(struct sim_world *world)
{
    struct sim_link *link;
    size_t n, choice;

    DL_COUNT(world->links, link, n);
    choice = tidy__choose_among(
        world, TIDY_CHOICE_ORDER, 0, n, sender_of_link, world->links);
    for (link = world->links; choice > 0; choice--)
        link = link->next;
    return link;
}

/* The nth of those that are for a file; NULL: there are not so many. */
static struct sim_link *
find_link_to(struct sim_world *world, const struct sim_file *file, size_t n)
{
    struct sim_link *link;

    DL_FOREACH(world->links, link) {
        if ((!file || link->receiver(link) == file) && n-- == 0)
            return link;
    }
    return NULL;
}

struct arrival {
    struct sim_world *world;
    const struct sim_file *file;
};

/* Nothing arrives before the program goes on, or the next of one link does. */
static unsigned actor_of_arrival(const void *arg, size_t n)
{
    const struct arrival *arrival = arg;

    return n == 0 ? 0
                  : find_link_to(arrival->world, arrival->file, n - 1)->actor;
}

void tidy__sim_arrive(struct sim_world *world,
                      unsigned actor,
                      const struct sim_file *file)
{
    const struct arrival arrival = { world, file };
    size_t n, choice;

    do {
        for (n = 0; find_link_to(world, file, n);)
            n++;
        choice = tidy__choose_among(
            world, TIDY_CHOICE_ORDER, actor, n + 1, actor_of_arrival, &arrival);
        if (choice > 0)
            deliver_first(world, find_link_to(world, file, choice - 1));
    } while (choice > 0);
}

/* ----------------------------------------------------------------- progress */

static void check_limits(struct sim_world *world)
{
    if (world->n_steps > world->options.max_steps)
        tidy__sim_end(world,
                      TIDY_OUTCOME_LIMIT,
                      "more than %llu calls",
                      (unsigned long long)world->options.max_steps);
    if (world->now_ns > world->options.max_ns)
        tidy__sim_end(world,
                      TIDY_OUTCOME_LIMIT,
                      "more than %llu s of virtual time",
                      (unsigned long long)(world->options.max_ns / TIDY_S(1)));
}

void tidy__sim_catch_up(struct sim_world *world)
{
    check_limits(world);
    deliver_overdue(world);
    fire_due(world);
}

/* May time pass to an instant while something is in flight; and does it? */
static bool does_time_pass(struct sim_world *world, uint64_t to_ns)
{
    if (!world->links)
        return true;
    if (to_ns == SIM_NEVER || to_ns > latest_ns(world))
        return false;
    return tidy__choose(world, TIDY_CHOICE_TIMER, 0, 2) == 1;
}

/* One thing happens before an instant, or at it; false: nothing is left. */
static bool happen(struct sim_world *world, uint64_t until_ns)
{
    uint64_t to_ns = world->timers && world->timers->due_ns < until_ns
                         ? world->timers->due_ns
                         : until_ns;

    if (!does_time_pass(world, to_ns)) {
        deliver_first(world, choose_link(world));
        return true;
    }
    if (to_ns == SIM_NEVER)
        return false;
    if (to_ns > world->now_ns)
        world->now_ns = to_ns;
    check_limits(world);
    fire_due(world);
    return true;
}

static _Noreturn void
end_deadlocked(struct sim_world *world, const char *call, int fd)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out) {
        fprintf(out, "%s", call);
        if (fd >= 0)
            fprintf(out, " on descriptor %d", fd);
        fputs(" waits for ever; open are\n", out);
        tidy__sim_describe_files(world, out);
        if (world->explain)
            world->explain(out, world->explain_arg);
        fclose(out);
    }
    tidy__sim_end(
        world, TIDY_OUTCOME_DEADLOCK, "%s", text ? text : "a deadlock");
}

int tidy__sim_wait(struct sim_world *world,
                   const char *call,
                   int fd,
                   bool (*is_done)(void *arg),
                   void *arg,
                   uint64_t until_ns)
{
    while (!is_done(arg)) {
        if (world->now_ns >= until_ns)
            return -ETIMEDOUT;
        if (!happen(world, until_ns))
            end_deadlocked(world, call, fd);
    }
    return 0;
}
