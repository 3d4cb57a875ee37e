/* SPDX-License-Identifier: MIT */
/*
 * What must be the same on the kernel and in a world.
 *
 * Everything, but what depends on the sizes of buffers: once more is under way
 * on a TCP connection than fits its receive window, what its two ends say about
 * it has only to be something that such a connection may say.
 */
#include "conformance/program.h"

#include <errno.h>

static bool is_transfer(const struct step *step)
{
    return step->op >= OP_READ && step->op <= OP_SENDMSG;
}

/* A connection with much under way may be read or written, or not; may have
 * ended or not, in whatever way. */
static bool is_plausible(const struct step *step, const struct result *result)
{
    if (!is_transfer(step))
        return true;
    if (result->value >= 0)
        return (uint32_t)result->value <= step->a;
    return result->error == EAGAIN || result->error == EPIPE ||
           result->error == ECONNRESET || result->error == ENOTCONN;
}

static bool details_agree(const struct result *kernel,
                          const struct result *world)
{
    uint32_t idx;

    if (kernel->n_details != world->n_details)
        return false;
    for (idx = 0; idx < kernel->n_details; idx++) {
        if (kernel->details[idx] != world->details[idx] &&
            kernel->details[idx] != LOOSE_DETAIL &&
            world->details[idx] != LOOSE_DETAIL)
            return false;
    }
    return true;
}

static bool has_loose_detail(const struct result *result)
{
    uint32_t idx;

    for (idx = 0; idx < result->n_details; idx++) {
        if (result->details[idx] == LOOSE_DETAIL)
            return true;
    }
    return false;
}

static bool is_equal(const struct result *kernel, const struct result *world)
{
    return kernel->value == world->value && kernel->error == world->error &&
           kernel->n_signals == world->n_signals &&
           kernel->hash == world->hash && details_agree(kernel, world);
}

/* Events of connections that are not big have been told, in order, if there was
 * room for all. */
static bool do_loosely_agree(const struct step *step,
                             const struct result *kernel,
                             const struct result *world)
{
    if (is_equal(kernel, world))
        return true;
    if (step->op == OP_POLL || step->op == OP_SELECT)
        return details_agree(kernel, world);
    if (step->op == OP_EPOLL_WAIT)
        return kernel->limit || world->limit || details_agree(kernel, world);
    return is_plausible(step, kernel) && is_plausible(step, world);
}

bool result_agrees(const struct step *step,
                   const struct result *kernel,
                   const struct result *world,
                   struct tally *tally)
{
    if (kernel->is_skipped || world->is_skipped) {
        tally->n_skipped++;
        return kernel->is_skipped == world->is_skipped;
    }
    if (kernel->is_loose || world->is_loose) {
        tally->n_loose++;
        return do_loosely_agree(step, kernel, world);
    }
    if (has_loose_detail(kernel) || has_loose_detail(world))
        tally->n_loose++;
    else
        tally->n_exact++;
    return is_equal(kernel, world);
}

uint32_t results_compare(const struct program *program,
                         const struct results *kernel,
                         const struct results *world,
                         struct tally *tally)
{
    uint32_t idx;

    for (idx = 0; idx < program->n_steps; idx++) {
        if (idx >= kernel->n_done || idx >= world->n_done ||
            !result_agrees(&program->steps[idx],
                           &kernel->steps[idx],
                           &world->steps[idx],
                           tally))
            return idx;
    }
    return kernel->is_spoilt || world->is_spoilt ? idx - 1 : idx;
}
