/* SPDX-License-Identifier: MIT */
/*
 * One run, in the process that is there for it.
 *
 * Whatever the body does, what has happened so far is in the memory shared with
 * who asked. A run that does not pass ends the process from inside the failing
 * call: nothing of the body's is unwound, and nothing of it can go on.
 */
#include "sim/at_end.h"
#include "sim/path.h"
#include "sim/real.h"
#include "sim/shared.h"
#include "sim/tripwire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A schedule at random departs this rarely: most runs go wrong by one or two
 * departures, and many hide what a few would show. */
#define DEPART_ONE_IN 8

static struct sim_shared *map(int flags, int fd)
{
    struct sim_shared *shared = mmap(NULL,
                                     sizeof(*shared),
                                     PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_NORESERVE | flags,
                                     fd,
                                     0);

    return shared == MAP_FAILED ? NULL : shared;
}

void tidy__sim_be_quiet(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

struct sim_shared *tidy__sim_shared_new(void)
{
    return map(MAP_ANONYMOUS, -1);
}

struct sim_shared *tidy__sim_shared_map(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0 ||
        (st.st_size == 0 && ftruncate(fd, sizeof(struct sim_shared)) < 0))
        return NULL;
    return map(0, fd);
}

void tidy__sim_shared_order(struct sim_shared *shared,
                            const struct tidy_world_options *options)
{
    shared->options = *options;
    shared->has_begun = shared->has_ended = false;
    shared->layout = 0;
    shared->plan = (struct sim_plan){ SIM_PLAN_OPTIONS };
    shared->text[0] = shared->trace[0] = '\0';
    shared->world.n_steps = shared->world.now_ns = 0;
    shared->world.taken.n = 0;
    shared->world.trace = (struct sim_trace){ 0 };
    shared->record.n_events = shared->record.n_dropped = 0;
    if (!shared->options.choices)
        return;
    memmove(shared->order, /* the choices may be those of the last order */
            shared->options.choices,
            shared->options.n_choices * sizeof(*shared->order));
    shared->options.choices = shared->order;
}

struct sim_shared *tidy__sim_shared_free(struct sim_shared *shared)
{
    if (shared)
        munmap(shared, sizeof(*shared));
    return NULL;
}

void tidy__sim_shared_end(struct sim_shared *shared,
                          enum tidy_outcome outcome,
                          const char *text)
{
    snprintf(shared->text, sizeof(shared->text), "%s", text);
    shared->outcome = outcome;
    shared->has_ended = true;
    tidy__sim_at_end_run();
    tidy__real_exit(SIM_EXIT_ENDED);
}

/* The world of a run lies in the shared memory. */
static void end_process(struct sim_world *world,
                        enum tidy_outcome outcome,
                        const char *text)
{
    tidy__sim_shared_end(
        tidy_container_of(world, struct sim_shared, world), outcome, text);
}

/* What is still there when the body has returned. A program goes on to its end,
 * for its exit code is to be known. Returns whether something is. */
static bool check_leftovers(struct sim_shared *shared)
{
    struct sim_world *world = &shared->world;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return false;
    tidy__sim_describe_files(world, out);
    tidy__sim_describe_paths(world, out);
    fclose(out);
    if (len > 0 && !world->is_program)
        tidy__sim_end(world, TIDY_OUTCOME_LEFTOVER, "left behind\n%s", text);
    if (len > 0)
        snprintf(shared->text, sizeof(shared->text), "left behind\n%s", text);
    free(text);
    return len > 0;
}

/* A list that is longer than what was asked for is of another run. */
static void check_schedule(struct sim_shared *shared)
{
    const struct sim_replay *replay = &shared->u.replay;

    if (shared->plan.kind == SIM_PLAN_OPTIONS && shared->options.choices &&
        replay->n_used < replay->n_choices)
        tidy__sim_end(&shared->world,
                      TIDY_OUTCOME_ASTRAY,
                      "the run asked for %zu choices, and the schedule has "
                      "%zu: it is of another body, or damaged",
                      replay->n_used,
                      replay->n_choices);
}

static struct sim_chooser *choose_optional(struct sim_shared *shared)
{
    const struct tidy_world_options *options = &shared->options;

    /* The list is where this process has the memory. */
    if (options->choices) {
        tidy__sim_replay_init(
            &shared->u.replay, shared->order, options->n_choices);
        return &shared->u.replay.base;
    }
    if (options->seed == 0)
        return &tidy__sim_calm;
    tidy__sim_random_init(&shared->u.random, options->seed, DEPART_ONE_IN);
    return &shared->u.random.base;
}

static struct sim_chooser *choose_chooser(struct sim_shared *shared)
{
    const struct sim_plan *plan = &shared->plan;

    switch (plan->kind) {
    case SIM_PLAN_RANDOM:
        tidy__sim_random_init(&shared->u.random, plan->seed, plan->one_in);
        return &shared->u.random.base;
    case SIM_PLAN_PCT:
        tidy__sim_pct_init(
            &shared->u.pct, plan->seed, plan->n_changes, plan->n_expected);
        return &shared->u.pct.base;
    case SIM_PLAN_LISTED:
        tidy__sim_listed_init(
            &shared->u.listed_chooser, shared->listed, plan->n_listed);
        return &shared->u.listed_chooser.base;
    case SIM_PLAN_KEYED:
        tidy__sim_keyed_init(&shared->u.keyed,
                             shared->turns,
                             plan->n_listed,
                             shared->next_turns);
        return &shared->u.keyed.base;
    default:
        return choose_optional(shared);
    }
}

static void record(struct sim_shared *shared)
{
    tidy__sim_record_begin(&shared->record);
    shared->world.record = &shared->record;
    shared->world.trace.is_on = true;
}

void tidy__sim_enter(struct sim_shared *shared)
{
    struct sim_world *world = &shared->world;

    tidy__sim_world_init(world, &shared->options, choose_chooser(shared));
    world->end = end_process;
    world->taken.items = shared->taken;
    world->taken.capacity = SIM_MAX_CHOICES;
    world->trace.text = shared->trace;
    world->trace.capacity =
        shared->options.has_trace || shared->options.is_checked ? SIM_MAX_TRACE
                                                                : 0;
    world->trace.is_on |= shared->options.is_checked;
    if (shared->options.has_events)
        record(shared);
    shared->has_begun = true;
    shared->n_runs++;
    tidy__sim_world = world;
    tidy__sim_tripwire_arm();
}

void tidy__sim_leave(struct sim_shared *shared)
{
    bool has_leftovers;

    tidy__sim_tripwire_disarm();
    has_leftovers = check_leftovers(shared);
    if (!has_leftovers)
        check_schedule(shared);
    tidy__sim_world = NULL;
    if (shared->world.record)
        tidy__sim_record_end(&shared->world,
                             has_leftovers ? TIDY_OUTCOME_LEFTOVER
                                           : TIDY_OUTCOME_PASSED,
                             shared->text);
    shared->world.record = NULL;
    tidy__sim_world_deinit(&shared->world);
    shared->outcome =
        has_leftovers ? TIDY_OUTCOME_LEFTOVER : TIDY_OUTCOME_PASSED;
    shared->has_ended = true;
}

void tidy__sim_work(struct sim_shared *shared,
                    tidy_world_body_cb body,
                    void *arg)
{
    tidy__sim_enter(shared);
    body(arg);
    tidy__sim_leave(shared);
}
