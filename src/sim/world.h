/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_WORLD_H
#define TIDY_SIM_WORLD_H

#include "sim/choice.h"
#include "sim/file.h"
#include "sim/trace.h"
#include <tidysock/sim.h>

#include <stdbool.h>
#include <stdint.h>

/* The numbers of simulated descriptors: reserved once in a process, so that
 * they never meet a real one, and below FD_SETSIZE. */
#define SIM_FD_MIN 512
#define SIM_FD_MAX 1023
#define SIM_N_FDS (SIM_FD_MAX - SIM_FD_MIN + 1)

/* Where every world's clocks begin. */
#define SIM_MONOTONIC_NS UINT64_C(1000000000000)
#define SIM_REALTIME_NS UINT64_C(1700000000000000000)

/* What a clock read, or a call that would not block, takes. */
#define SIM_CALL_NS 1000

/* A list for all ports that are alike in their lowest bits. */
#define SIM_N_PORT_LISTS 256

/* What was taken of all that was offered so far. */
struct sim_choices {
    struct sim_choice *items; /* borrowed; NULL: they are only counted */
    size_t n, capacity;
};

/* Leave the run, and do not return. The text has lines; it is the world's. */
typedef void (*sim_end_cb)(struct sim_world *world,
                           enum tidy_outcome outcome,
                           const char *text);

struct sim_time_wait;
struct sim_path;
struct sim_socket;
struct sim_link;
struct sim_timer;
struct sim_actor;
struct sim_record;

struct sim_fd {
    struct sim_file *file; /* a reference; NULL: free */
    int flags;             /* FD_CLOEXEC */
};

/* One simulated kernel. */
struct sim_world {
    struct tidy_world_options options;
    struct sim_chooser *chooser; /* borrowed */
    uint32_t kinds; /* that the run has; in the options: that are on now */
    struct sim_choices taken;
    uint64_t n_departures; /* of them, those that are not calm */
    sim_end_cb end;  /* how a run is left that does not pass; NULL: abort */
    bool is_program; /* a whole one is in it: it may execute another */
    struct sim_trace trace;
    struct sim_record *record; /* borrowed; NULL: no events are kept */
    uint64_t now_ns;           /* since SIM_MONOTONIC_NS */
    uint64_t n_steps;
    uint64_t digest; /* of the results of all calls, and when they came */

    struct sim_fd fds[SIM_N_FDS];
    uint64_t used_fds[SIM_N_FDS / 64]; /* a bit for each of fds */
    uint64_t old_fds[SIM_N_FDS / 64];  /* the same: used some time */
    int fd_limit;                      /* RLIMIT_NOFILE: numbers end there */
    unsigned n_actors[SIM_N_ACTOR_CLASSES]; /* made so far */
    struct sim_actor *actors;               /* DL: files that have a name */
    struct sim_file *rumour;    /* what is not readable, but said to be */
    struct sim_timer *timers;   /* DL: earliest first */
    uint64_t n_timers;          /* set so far */
    struct sim_link *links;     /* DL: with something in flight, oldest first */
    struct sim_socket *sockets; /* DL: all, also those without a descriptor */
    struct sim_time_wait *time_waits[SIM_N_PORT_LISTS]; /* DLs: ports kept */
    struct sim_path *paths; /* DL: bound Unix sockets */
    unsigned n_paths;       /* bound so far */
    unsigned n_ports_given; /* ephemeral ports so far */
    /* What tidy_world_explain() was given. */
    void (*explain)(FILE *out, void *arg);
    void *explain_arg;
    uint64_t randomness; /* state of getrandom(2)'s */
};

/* The world that this thread is inside of; NULL: none. An exception to "no
 * mutable globals": the C library's functions are handed nothing of ours. */
extern _Thread_local struct sim_world *tidy__sim_world
    __attribute__((tls_model("initial-exec")));

int tidy__sim_world_init(struct sim_world *world,
                         const struct tidy_world_options *options,
                         struct sim_chooser *chooser);

/* Free everything; what was still open has been reported before. */
void tidy__sim_world_deinit(struct sim_world *world);

/* The file of a descriptor; NULL: not open in this world. */
static inline struct sim_file *tidy__sim_fd_file(const struct sim_world *world,
                                                 int fd)
{
    size_t idx = (size_t)(unsigned)fd - SIM_FD_MIN;

    return idx < SIM_N_FDS ? world->fds[idx].file : NULL;
}

/* What the program has learned tells one run from another: all runs that have the
 * same digest went, as far as it could see, the same way. */
static inline void tidy__sim_digest(struct sim_world *world, uint64_t result)
{
    world->digest = (world->digest ^ result ^ world->now_ns << 20) *
                    UINT64_C(0x9e3779b97f4a7c15);
    world->digest ^= world->digest >> 29;
}

/* An alternative below n, 0 being calm: of a kind that is off there is no other.
 * Actor is who is concerned: a file's id. */
static inline size_t tidy__choose(struct sim_world *world,
                                  enum tidy_choice kind,
                                  unsigned actor,
                                  size_t n)
{
    if (n < 2 || !(world->options.kinds & TIDY_CHOICE_BIT(kind)))
        return 0;
    return tidy__choose_offered(world, kind, actor, n, NULL);
}

/* The same, of alternatives that are each about an actor. */
static inline size_t
tidy__choose_among(struct sim_world *world,
                   enum tidy_choice kind,
                   unsigned actor,
                   size_t n,
                   unsigned (*actor_of)(const void *arg, size_t alternative),
                   const void *arg)
{
    const struct sim_alternatives alternatives = { actor_of, arg };

    if (n < 2 || !(world->options.kinds & TIDY_CHOICE_BIT(kind)))
        return 0;
    return tidy__choose_offered(world, kind, actor, n, &alternatives);
}

/* The same for a fault that happens (1) or not (0). */
static inline bool tidy__choose_fault(struct sim_world *world,
                                      enum tidy_choice kind,
                                      unsigned actor)
{
    return tidy__choose(world, kind, actor, 2) == 1;
}

/* A line for each open descriptor: number, kind, what it is. */
void tidy__sim_describe_files(struct sim_world *world, FILE *out);

/*
 * End the run, from inside whatever call: it did not pass. Never returns; how
 * the run is left is the runner's affair.
 */
_Noreturn void tidy__sim_end(struct sim_world *world,
                             enum tidy_outcome outcome,
                             const char *fmt,
                             ...) __attribute__((format(printf, 3, 4)));

/* "simulation does not model sendfile" */
_Noreturn void tidy__sim_unmodelled(struct sim_world *world, const char *what);

#endif
