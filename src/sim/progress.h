/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PROGRESS_H
#define TIDY_SIM_PROGRESS_H

#include "sim/world.h"

/* No time limit. */
#define SIM_NEVER UINT64_MAX

/* Something that happens at an instant of the world's clock; embedded. */
struct sim_timer {
    struct sim_timer *prev, *next; /* in sim_world.timers */
    uint64_t due_ns;
    uint64_t idx; /* counts the timers set in the world: breaks ties */
    bool is_set;
    void (*fire)(struct sim_timer *timer);
};

void tidy__sim_timer_set(struct sim_world *world,
                         struct sim_timer *timer,
                         uint64_t due_ns);
void tidy__sim_timer_clear(struct sim_world *world, struct sim_timer *timer);

/* One thing on its way to the other end of a connection. */
struct sim_segment {
    struct sim_segment *prev, *next; /* in sim_link.segments */
    uint64_t sent_ns;
    uint64_t number; /* in the record, if there is one */
    int type;        /* the link's owner knows */
    size_t len;
    unsigned char data[];
};

/* One direction of a connection: what is in flight arrives in order. */
struct sim_link {
    struct sim_link *prev, *next; /* in sim_world.links while it has segments */
    struct sim_segment *segments; /* DL, owned */
    unsigned actor;               /* whose this is, for choices */
    const char *const *type_names; /* borrowed for ever */
    /* Who will see the first of them; NULL: nobody that a call is made on. */
    struct sim_file *(*receiver)(struct sim_link *link);
    /* For the record: from whom to whom it goes; NULL: nobody. */
    void (*ends)(struct sim_link *link,
                 int type,
                 const struct sim_file **ret_from,
                 const struct sim_file **ret_to);
    /* It arrives: len bytes of the io from an offset on (NULL: none). */
    void (*deliver)(struct sim_link *link,
                    int type,
                    const struct sim_io *io,
                    size_t offset,
                    size_t len);
};

/*
 * Send: it arrives at once, which is calm, or stays in flight, as what is behind
 * others does. 0 or -ENOBUFS.
 */
int tidy__sim_link_send(struct sim_world *world,
                        struct sim_link *link,
                        int type,
                        const struct sim_io *io,
                        size_t offset,
                        size_t len);

/* Send what stays in flight in any case. */
int tidy__sim_link_hold(struct sim_world *world,
                        struct sim_link *link,
                        int type,
                        const struct sim_io *io,
                        size_t offset,
                        size_t len);

/* What is in flight on one link is from now on on another, which is empty. */
void tidy__sim_link_move(struct sim_world *world,
                         struct sim_link *from,
                         struct sim_link *to);

/* Drop what is in flight. */
void tidy__sim_link_drop(struct sim_world *world, struct sim_link *link);

/* Before a call looks at a file, or at any (NULL), what is in flight to it may
 * arrive. Calm, nothing is. */
void tidy__sim_arrive(struct sim_world *world,
                      unsigned actor,
                      const struct sim_file *file);

static inline void tidy__sim_arrive_at(struct sim_file *file)
{
    if (file->world->links)
        tidy__sim_arrive(file->world, file->id, file);
}

/* Let happen what is due by now. Ends the run at its limits. */
void tidy__sim_catch_up(struct sim_world *world);

/* A call begins: count it, let its microsecond pass, and what comes with it. */
static inline void tidy__sim_call(struct sim_world *world)
{
    world->n_steps++;
    world->now_ns += SIM_CALL_NS;
    if (world->links || world->timers ||
        world->n_steps > world->options.max_steps ||
        world->now_ns > world->options.max_ns)
        tidy__sim_catch_up(world);
}

/*
 * A call that blocks: let the network and the timers run until a condition
 * holds (0), or until an instant (-ETIMEDOUT). Ends the run with a deadlock if
 * nothing can happen any more; call is its name, for the report.
 */
int tidy__sim_wait(struct sim_world *world,
                   const char *call,
                   int fd,
                   bool (*is_done)(void *arg),
                   void *arg,
                   uint64_t until_ns);

#endif
