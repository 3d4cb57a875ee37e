/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SHARED_H
#define TIDY_SIM_SHARED_H

#include "sim/choice_keyed.h"
#include "sim/record.h"

#define SIM_MAX_CHOICES (1024 * 1024)
#define SIM_MAX_LISTED 64
#define SIM_MAX_TEXT 16384
#define SIM_MAX_TRACE (64 * 1024 * 1024)

/* Who chooses. */
enum sim_plan_kind {
    SIM_PLAN_OPTIONS, /* as the options say: a seed, choices, or calm */
    SIM_PLAN_RANDOM,
    SIM_PLAN_PCT,
    SIM_PLAN_LISTED, /* departures by their places */
    SIM_PLAN_KEYED   /* departures by who and how often */
};

/* A run as an explorer wants it. */
struct sim_plan {
    enum sim_plan_kind kind;
    uint64_t seed;
    unsigned one_in;     /* random */
    unsigned n_changes;  /* PCT */
    uint64_t n_expected; /* choices, PCT */
    size_t n_listed;     /* of the memory's listed or turns */
};

/*
 * What the process of a run shares with the one that asked for it: an order, and
 * what came of it. It is written as things happen, so that it is there whatever
 * becomes of the process. Pages that are not used cost nothing.
 */
struct sim_shared {
    /* The order. */
    struct tidy_world_options options; /* its choices are those here: */
    uint32_t order[SIM_MAX_CHOICES];
    uint64_t layout; /* of a program's memory (layout.h); 0: as it comes */
    struct sim_plan plan;
    struct sim_departure listed[SIM_MAX_LISTED];
    struct sim_turn turns[SIM_MAX_CHOICES];

    /* The outcome, and the world in which it came about: how far it has come
     * is also a sign of life. */
    bool has_begun, has_ended;
    uint64_t n_runs; /* that were begun, since the memory is there */
    union {          /* its chooser, if it has one of these */
        struct sim_random random;
        struct sim_replay replay;
        struct sim_pct pct;
        struct sim_listed listed_chooser;
        struct sim_keyed keyed;
    } u;
    uint32_t next_turns[SIM_MAX_CHOICES];
    enum tidy_outcome outcome;
    char text[SIM_MAX_TEXT];
    struct sim_world world;
    struct sim_choice taken[SIM_MAX_CHOICES];
    char trace[SIM_MAX_TRACE];
    struct sim_record record; /* if has_events */
};

/* What changes as long as the process is alive and makes calls. */
static inline uint64_t tidy__sim_shared_pulse(const struct sim_shared *shared)
{
    const volatile struct sim_shared *changing = shared;

    return changing->world.n_steps + (changing->n_runs << 32);
}

/* Memory to share with children that are forked, or by a descriptor (owned by
 * the caller; a new one is made as large as it has to be). NULL: errno. */
struct sim_shared *tidy__sim_shared_new(void);
struct sim_shared *tidy__sim_shared_map(int fd);
/* Write an order, of options that were taken (options.h), and forget what came
 * of the one before. */
void tidy__sim_shared_order(struct sim_shared *shared,
                            const struct tidy_world_options *options);
/* Accepts NULL, returns NULL. */
struct sim_shared *tidy__sim_shared_free(struct sim_shared *shared);

/* In the run's process, before anything else: what it writes to standard output and
 * error goes nowhere. */
void tidy__sim_be_quiet(void);

/* In the run's process: run the body by the order. Returns only if it passed;
 * else the process ends. */
void tidy__sim_work(struct sim_shared *shared,
                    tidy_world_body_cb body,
                    void *arg);

/* Enter the world that was ordered, and leave it again when all is well; else
 * the process ends. */
void tidy__sim_enter(struct sim_shared *shared);
void tidy__sim_leave(struct sim_shared *shared);

/* The run did not pass: leave the outcome, and end the process. */
_Noreturn void tidy__sim_shared_end(struct sim_shared *shared,
                                    enum tidy_outcome outcome,
                                    const char *text);

/* The code with which a process ends whose run did not pass. */
#define SIM_EXIT_ENDED 97

#endif
