/* SPDX-License-Identifier: MIT */
/*
 * The search's memory, and what each run goes through: planned, run, and learned
 * from. One in a hundred is run twice.
 */
#include "explore/search.h"

#include "explore/strategy.h"

#include <sys/mman.h>

#define CHECK_ONE_IN 100

struct explore_search *
tidy__explore_search_new(const struct explore_settings *settings)
{
    struct explore_search *search;
    unsigned idx;

    search = mmap(NULL,
                  sizeof(*search),
                  PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1,
                  0);
    if (search == MAP_FAILED)
        return NULL;
    search->settings = *settings;
    search->best = UINT64_MAX;
    tidy__explore_coverage_init(&search->coverage, settings->max_schedules);
    for (idx = 0; idx < settings->n_workers; idx++) {
        search->workers[idx].search = search;
        search->workers[idx].idx = idx;
    }
    return search;
}

struct explore_search *tidy__explore_search_free(struct explore_search *search)
{
    if (search)
        munmap(search, sizeof(*search));
    return NULL;
}

struct sim_plan *tidy__explore_order(struct explore_worker *worker,
                                     uint32_t kinds)
{
    struct tidy_world_options options = worker->search->settings.world;

    options.kinds = kinds;
    tidy__sim_shared_order(worker->run, &options);
    return &worker->run->plan;
}

/* ------------------------------------------------------------ the same again */

static void plan_again(struct explore_worker *worker)
{
    const struct sim_plan plan = worker->run->plan;
    const struct tidy_world_options options = worker->run->options;

    worker->digest = worker->run->world.digest;
    worker->is_again = true;
    tidy__sim_shared_order(worker->run, &options);
    worker->run->plan = plan;
}

/* Returns whether it is to be run a second time, before anything is learned. */
static bool is_once_more(struct explore_worker *worker)
{
    if (!worker->is_again && worker->n_seen % CHECK_ONE_IN == 0) {
        plan_again(worker);
        return true;
    }
    worker->is_uncontrolled =
        worker->is_again && worker->digest != worker->run->world.digest;
    worker->is_again = false;
    return false;
}

/* ------------------------------------------------------------------ each run */

static bool is_budget_left(struct explore_search *search)
{
    uint64_t max = search->settings.max_schedules;

    return max == 0 || atomic_fetch_add(&search->n_planned, 1) < max;
}

/* Who is looking for the first one that does not pass need not look behind it. */
static bool is_behind_best(const struct explore_worker *worker)
{
    return worker->position >
           atomic_load_explicit(&worker->search->best, memory_order_relaxed);
}

bool tidy__explore_plan(struct explore_worker *worker)
{
    struct explore_search *search = worker->search;

    worker->is_over = atomic_load(&search->is_stopped) ||
                      !search->settings.strategy->next(worker) ||
                      is_behind_best(worker) ||
                      (worker->is_counted && !is_budget_left(search));
    return !worker->is_over;
}

void tidy__explore_learn(struct explore_worker *worker)
{
    struct explore_search *search = worker->search;

    worker->n_seen++;
    if (worker->is_counted) {
        atomic_fetch_add(&search->n_schedules, 1);
        tidy__explore_cover(&search->coverage, &worker->tally, worker->run);
    }
    search->n_expected = worker->run->world.taken.n;
    if (search->settings.strategy->learn)
        search->settings.strategy->learn(worker);
}

bool tidy__explore_go_on(void *arg)
{
    struct explore_worker *worker = arg;

    if (is_once_more(worker))
        return true;
    tidy__explore_learn(worker);
    worker->is_over = worker->is_uncontrolled;
    return !worker->is_over && tidy__explore_plan(worker);
}
