/* SPDX-License-Identifier: MIT */
/*
 * Chains: running the links of a deferred, and of those that wait for it.
 *
 * When a link returns another deferred, the chain waits: its continuation
 * becomes a link of the other one, which hands over its result when it comes to
 * that link. The waiting chain then runs first, and the one that handed over
 * goes on (with the value NULL) afterwards, as in Twisted. Deferreds that hand
 * over to each other lie on a stack made of themselves, so that a chain of a
 * million of them takes no more of the C stack than one.
 *
 * A deferred on such a stack is running: links added to it meanwhile are queued
 * and run in their turn, never inside another link. The stack owns a reference
 * to each, so that callbacks may drop what they like.
 */
#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"
#include "core/deferred.h"

#include <errno.h>
#include <utlist.h>

/* How far we look for a circle of deferreds that wait for each other. Chains
 * are rarely that deep; a longer circle is noticed by whoever awaits it. */
#define CIRCLE_MAX 64

/* Its reference moves to the stack. */
static void push(struct tidy_deferred **stack, struct tidy_deferred *deferred)
{
    deferred->is_running = true;
    deferred->below = *stack;
    *stack = deferred;
}

static void pop(struct tidy_deferred **stack)
{
    struct tidy_deferred *top = *stack;

    *stack = top->below;
    top->is_running = false;
    tidy_deferred_unref(top);
}

/* Call a link's function. It may end anywhere, by a failing check. */
static struct tidy_deferred *
call(struct tidy_deferred *deferred, tidy_deferred_cb callback, void *arg)
{
    struct tidy_deferred *volatile inner = NULL;
    volatile bool was_left = true;

    TIDY__GUARDED(inner = callback(&deferred->result, arg); was_left = false);
    if (was_left)
        tidy_result_fail(
            &deferred->result,
            tidy_failure_new_at(TIDY_EASSERTION,
                                deferred->file,
                                deferred->line,
                                "a check failed in a callback of \"%s\"",
                                deferred->what));
    return inner;
}

static bool is_circle(const struct tidy_deferred *deferred,
                      const struct tidy_deferred *inner)
{
    for (int n_steps = 0; inner && n_steps < CIRCLE_MAX; n_steps++) {
        if (inner == deferred)
            return true;
        inner = inner->waits_for;
    }
    return false;
}

/* Go on with the result of another deferred, whose reference moves here, now
 * or when it is there. */
static void wait_for(struct tidy_deferred *deferred,
                     struct tidy_deferred *inner)
{
    TIDY_REQUIRE(!is_circle(deferred, inner),
                 "a callback of \"%s\" (created at %s:%d) returned a deferred "
                 "that waits for it",
                 deferred->what,
                 deferred->file,
                 deferred->line);
    tidy__result_clear(&deferred->result);
    if (tidy__deferred_is_done(inner)) {
        tidy__result_move(&deferred->result, &inner->result);
    } else {
        deferred->is_waiting = true;
        deferred->waits_for = inner;
        deferred->continuation.waiter = tidy_deferred_ref(deferred);
        DL_APPEND(inner->links, &deferred->continuation);
    }
    /* If nobody else has it, nobody will fire it: this makes an orphan. */
    tidy_deferred_unref(inner);
}

static void run_callbacks(struct tidy_deferred *deferred,
                          struct tidy__link *link)
{
    bool has_failed = deferred->result.failure;
    tidy_deferred_cb callback = has_failed ? link->errback : link->callback;
    struct tidy_deferred *inner = NULL;

    if (callback)
        inner = call(deferred, callback, link->arg);
    link->release(link);
    if (inner)
        wait_for(deferred, inner);
}

static void hand_over(struct tidy_deferred *deferred,
                      struct tidy__link *link,
                      struct tidy_deferred **stack)
{
    struct tidy_deferred *waiter = TIDY_STEAL(&link->waiter);

    waiter->is_waiting = false;
    waiter->waits_for = NULL;
    tidy__result_move(&waiter->result, &deferred->result);
    push(stack, waiter);
}

static void run_next(struct tidy_deferred *deferred,
                     struct tidy_deferred **stack)
{
    struct tidy__link *link = deferred->links;

    DL_DELETE(deferred->links, link);
    if (link->waiter)
        hand_over(deferred, link, stack);
    else
        run_callbacks(deferred, link);
}

void tidy__deferred_run(struct tidy_deferred *deferred)
{
    struct tidy_deferred *stack = NULL;

    if (!deferred->has_fired || deferred->is_waiting || deferred->is_running)
        return;
    push(&stack, tidy_deferred_ref(deferred));
    while (stack) {
        if (stack->is_waiting || !stack->links)
            pop(&stack);
        else
            run_next(stack, &stack);
    }
}

void tidy__deferred_add_link(struct tidy_deferred *deferred,
                             struct tidy__link *link)
{
    DL_APPEND(deferred->links, link);
    tidy__deferred_run(deferred);
}

static void free_link(struct tidy__link *link)
{
    tidy__dealloc(link);
}

int tidy_deferred_add_callbacks(struct tidy_deferred *deferred,
                                tidy_deferred_cb callback,
                                tidy_deferred_cb errback,
                                void *arg)
{
    struct tidy__link *link;

    if (!deferred)
        return -ENOMEM;
    link = tidy__zalloc(sizeof(*link));
    if (!link)
        return -ENOMEM;
    link->callback = callback;
    link->errback = errback;
    link->arg = arg;
    link->release = free_link;
    tidy__deferred_add_link(deferred, link);
    return 0;
}

bool tidy__deferred_is_done(const struct tidy_deferred *deferred)
{
    return !deferred || (deferred->has_fired && !deferred->is_waiting &&
                         !deferred->is_running);
}

struct tidy_result *tidy__deferred_result(struct tidy_deferred *deferred)
{
    TIDY_REQUIRE(deferred && tidy__deferred_is_done(deferred),
                 "tidy__deferred_result: the deferred is not done");
    return &deferred->result;
}
