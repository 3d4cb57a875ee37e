/* SPDX-License-Identifier: MIT */
/*
 * Every schedule with at most so many departures from calm and so many faults,
 * in the order of simplicity.
 *
 * Schedules are a tree: the calm run is its root, and the children of a run are
 * those that depart once more, later than it did. A level is all runs of i
 * departures and j faults; those above it are run once more on the way, to see
 * what they are offered:
 *
 *   a level begins    -> each worker runs the root, and takes units: departures
 *                        from the root, each with all that follows it
 *   an inner run      -> its frame keeps what it was offered
 *   a leaf            -> counts; then the next alternative, or the next choice,
 *                        or back to the frame above
 *   no unit is left   -> the next level
 */
#include "explore/depth.h"

#include "explore/strategy.h"

/* -------------------------------------------------------------------- levels */

bool tidy__explore_level(const struct explore_search *search,
                         unsigned level,
                         unsigned *ret_n_departures,
                         unsigned *ret_n_faults)
{
    unsigned d = search->settings.max_departures;
    unsigned f = search->settings.max_faults, total, n_faults;
    unsigned max = search->settings.max_total;

    if (max == 0 || max > d + f)
        max = d + f;
    for (total = 0; total <= max; total++) {
        for (n_faults = 0; n_faults <= f && n_faults <= total; n_faults++) {
            if (total - n_faults > d || level-- > 0)
                continue;
            *ret_n_departures = total - n_faults;
            *ret_n_faults = n_faults;
            return true;
        }
    }
    return false;
}

static bool is_done(const struct explore_search *search, unsigned level)
{
    return atomic_load(&search->depth.n_done[level]) ==
           search->settings.n_workers;
}

bool tidy__explore_is_complete(const struct explore_search *search)
{
    unsigned level, n_departures = 0, n_faults = 0;

    for (level = 0;
         tidy__explore_level(search, level, &n_departures, &n_faults);
         level++) {
        if (!is_done(search, level))
            return false;
    }
    return true;
}

int tidy__explore_complete_depth(const struct explore_search *search)
{
    unsigned level = 0, n_departures = 0, n_faults = 0;

    while (tidy__explore_level(search, level, &n_departures, &n_faults) &&
           is_done(search, level))
        level++;
    if (!tidy__explore_level(search, level, &n_departures, &n_faults))
        return (int)(search->settings.max_departures +
                     search->settings.max_faults);
    return (int)(n_departures + n_faults) - 1;
}

/* -------------------------------------------------------------------- frames */

static bool is_fault(uint32_t kind)
{
    return (TIDY_CHOICES_FAULTS >> kind & 1) != 0;
}

/* What the run was offered, from its last departure on. */
static void keep_frame(struct explore_frame *frame,
                       const struct explore_depth *tree,
                       const struct sim_shared *run)
{
    uint32_t idx =
        tree->depth > 0 ? tree->departures[tree->depth - 1].at + 1 : 0;

    frame->n_choices = (uint32_t)run->world.taken.n;
    frame->at = idx;
    frame->alternative = 0;
    for (; idx < frame->n_choices; idx++)
        frame->offered[idx] =
            run->taken[idx].n |
            (is_fault(run->taken[idx].kind) ? EXPLORE_FAULT : 0);
}

/* May this level's runs depart here, from a run that already has some faults? */
static bool is_allowed(const struct explore_depth *tree,
                       const struct explore_frame *frame)
{
    return frame->offered[frame->at] & EXPLORE_FAULT
               ? frame->n_faults < tree->n_faults
               : tree->depth - frame->n_faults < tree->n_departures;
}

/* Go on to the next departure from a run; false: there is none. */
static bool step(const struct explore_depth *tree, struct explore_frame *frame)
{
    for (; frame->at < frame->n_choices; frame->at++, frame->alternative = 0) {
        if (is_allowed(tree, frame) &&
            ++frame->alternative < (frame->offered[frame->at] & ~EXPLORE_FAULT))
            return true;
    }
    return false;
}

/* --------------------------------------------------------------------- units */

/* The departures from the root in their order: go on to the one of a number. */
static bool find_unit(struct explore_depth *tree, uint64_t unit)
{
    for (; tree->unit <= unit; tree->unit++) {
        if (!step(tree, &tree->frames[0]))
            return false;
    }
    return true;
}

/* Positions are in the order of levels, and of units within these. */
static uint64_t position_of(const struct explore_depth *tree, uint64_t unit)
{
    return (uint64_t)tree->level << 48 | unit;
}

static void begin_level(struct explore_depth *tree)
{
    tree->depth = 0;
    tree->unit = 0;
    tree->is_in_unit = false;
    tree->frames[0].at = 0;
    tree->frames[0].alternative = 0;
}

static void end_level(struct explore_worker *worker)
{
    atomic_fetch_add(&worker->search->depth.n_done[worker->depth.level], 1);
    worker->depth.level++;
    begin_level(&worker->depth);
}

/* Take the next unit that nobody has; false: this level is over. */
static bool begin_unit(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;
    uint64_t unit =
        atomic_fetch_add(&worker->search->depth.next_unit[tree->level], 1);

    tree->depth = 0;
    if (!find_unit(tree, unit))
        return false;
    worker->position = position_of(tree, unit + 1);
    tree->is_in_unit = true;
    return true;
}

/* ---------------------------------------------------------------------- runs */

/* The departure of the last frame is taken; is it the last of its run? */
static void plan(struct explore_worker *worker, bool is_last)
{
    struct explore_depth *tree = &worker->depth;
    struct sim_plan *order =
        tidy__explore_order(worker, worker->search->settings.world.kinds);
    size_t idx;

    for (idx = 0; idx < tree->depth; idx++)
        worker->run->listed[idx] = tree->departures[idx];
    order->kind = SIM_PLAN_LISTED;
    order->n_listed = tree->depth;
    tree->is_inner = !is_last;
    worker->is_counted = is_last;
}

static void descend(struct explore_depth *tree)
{
    const struct explore_frame *frame = &tree->frames[tree->depth];
    bool is_one_more = (frame->offered[frame->at] & EXPLORE_FAULT) != 0;

    tree->departures[tree->depth] =
        (struct sim_departure){ frame->at, frame->alternative };
    tree->depth++;
    if (tree->depth < EXPLORE_MAX_DEPTH)
        tree->frames[tree->depth].n_faults = frame->n_faults + is_one_more;
}

static bool is_leaf(const struct explore_depth *tree)
{
    return tree->depth == tree->n_departures + tree->n_faults;
}

/* Go on within the unit; false: it is over. The frame of a leaf is none: what is
 * above it is the one to go on from. */
static bool next_in_unit(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;

    if (is_leaf(tree))
        tree->depth--;
    while (tree->depth > 0 && !step(tree, &tree->frames[tree->depth]))
        tree->depth--;
    if (tree->depth == 0)
        return false;
    descend(tree);
    plan(worker, is_leaf(tree));
    return true;
}

static bool first_in_unit(struct explore_worker *worker)
{
    if (!begin_unit(worker))
        return false;
    descend(&worker->depth);
    plan(worker, is_leaf(&worker->depth));
    return true;
}

/* The calm run: who is the first to want it at level 0 counts it. */
static bool plan_root(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;
    bool is_mine =
        tree->level == 0 &&
        atomic_fetch_add(&worker->search->depth.next_unit[0], 1) == 0;

    tree->depth = 0;
    tree->frames[0].n_faults = 0;
    worker->position = position_of(tree, 0);
    plan(worker, false);
    worker->is_counted = is_mine;
    return true;
}

static bool next_in_level(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;

    if (tree->n_departures + tree->n_faults == 0)
        return false; /* the root has been run */
    if (tree->is_in_unit && next_in_unit(worker))
        return true;
    tree->is_in_unit = false;
    return first_in_unit(worker);
}

static bool is_spent(const struct explore_search *search)
{
    uint64_t max = search->depth.max_schedules;

    return max > 0 && atomic_load(&search->depth.n_schedules) >= max;
}

static bool next(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;

    if (is_spent(worker->search))
        return false;
    if (!tree->has_root)
        return plan_root(worker);
    while (tidy__explore_level(
        worker->search, tree->level, &tree->n_departures, &tree->n_faults)) {
        if (next_in_level(worker))
            return true;
        end_level(worker);
    }
    return false;
}

static void learn(struct explore_worker *worker)
{
    struct explore_depth *tree = &worker->depth;

    if (worker->is_counted)
        atomic_fetch_add(&worker->search->depth.n_schedules, 1);
    if (!tree->is_inner)
        return;
    keep_frame(&tree->frames[tree->depth], tree, worker->run);
    tree->has_root = true;
}

const struct explore_strategy tidy__explore_depth = {
    .name = "depth",
    .what = "every schedule with few departures and faults",
    .next = next,
    .learn = learn,
};
