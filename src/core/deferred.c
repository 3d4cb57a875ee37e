/* SPDX-License-Identifier: MIT */
/*
 * Deferreds: how they are made, counted, fired, cancelled and ended. How their
 * links run is in chain.c.
 *
 * The happy path is new, add_callbacks, fire, unref. Failures on the way: it is
 * fired a second time (misuse); it is dropped before it was fired (its links
 * are dropped uncalled); it is dropped with a failure that nobody handled (the
 * ledger keeps it); it is cancelled (whoever fires it later is not told, so the
 * next firing is ignored).
 *
 * NULL is a deferred that has failed for want of memory. Every function here
 * that takes a deferred takes NULL.
 */
#include "core/deferred.h"

#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"

#include <utlist.h>

struct tidy_deferred *tidy_deferred_new_at(struct tidy_ledger *ledger,
                                           const char *what,
                                           const char *file,
                                           int line)
{
    struct tidy_deferred *deferred;

    TIDY_REQUIRE(what && file,
                 "tidy_deferred_new: the %s is NULL",
                 what ? "file" : "text");
    deferred = tidy__zalloc(sizeof(*deferred));
    if (!deferred)
        return NULL;
    deferred->n_refs = 1;
    deferred->what = what;
    deferred->file = file;
    deferred->line = line;
    deferred->ledger = ledger;
    tidy__ledger_place(deferred);
    return deferred;
}

struct tidy_deferred *tidy_deferred_ref(struct tidy_deferred *deferred)
{
    if (deferred)
        deferred->n_refs++;
    return deferred;
}

/* Give up a reference; after the last one the deferred is put on the stack of
 * those to be ended. A stack, because a chain of deferreds that wait for each
 * other may be long, and must not be ended by recursion. */
static void let_go(struct tidy_deferred *deferred, struct tidy_deferred **stack)
{
    TIDY_REQUIRE(deferred->n_refs > 0,
                 "tidy_deferred_unref: no reference is left: \"%s\" "
                 "(created at %s:%d)",
                 deferred->what,
                 deferred->file,
                 deferred->line);
    if (--deferred->n_refs)
        return;
    deferred->below = *stack;
    *stack = deferred;
}

/* The one that it waited for has gone without a result. */
static void orphan(struct tidy_deferred *waiter, struct tidy_deferred **stack)
{
    waiter->waits_for = NULL;
    tidy__ledger_place(waiter);
    let_go(waiter, stack);
}

static void drop_links(struct tidy_deferred *deferred,
                       struct tidy_deferred **stack)
{
    struct tidy__link *link;

    while ((link = deferred->links)) {
        DL_DELETE(deferred->links, link);
        if (link->waiter)
            orphan(TIDY_STEAL(&link->waiter), stack);
        else
            link->release(link);
    }
}

static void end(struct tidy_deferred *deferred, struct tidy_deferred **stack)
{
    if (tidy__ledger_keep(deferred))
        return;
    tidy__ledger_remove(deferred);
    drop_links(deferred, stack);
    tidy__result_clear(&deferred->result);
    tidy__dealloc(deferred);
}

struct tidy_deferred *tidy_deferred_unref(struct tidy_deferred *deferred)
{
    struct tidy_deferred *stack = NULL;

    if (!deferred)
        return NULL;
    let_go(deferred, &stack);
    while (stack) {
        struct tidy_deferred *top = stack;

        stack = top->below;
        end(top, &stack);
    }
    return NULL;
}

void tidy__deferred_settle(struct tidy_deferred *deferred)
{
    deferred->has_fired = true;
    deferred->cancel = NULL;
    tidy__ledger_place(deferred);
    tidy__deferred_run(deferred);
}

/* Fire with a result that moves; or see it off. */
static void fire(struct tidy_deferred *deferred,
                 struct tidy_result *result,
                 const char *call)
{
    if (!deferred) {
        tidy__result_clear(result);
        return;
    }
    if (deferred->has_fired) {
        TIDY_REQUIRE(deferred->ignores_next,
                     "%s: fired twice: \"%s\" (created at %s:%d)",
                     call,
                     deferred->what,
                     deferred->file,
                     deferred->line);
        deferred->ignores_next = false;
        tidy__result_clear(result);
        return;
    }
    tidy__result_move(&deferred->result, result);
    tidy__deferred_settle(deferred);
}

void tidy_deferred_fire(struct tidy_deferred *deferred,
                        void *value,
                        tidy_free_cb free_value)
{
    struct tidy_result result = { .value = value, .free_value = free_value };

    fire(deferred, &result, "tidy_deferred_fire");
}

void tidy_deferred_fail(struct tidy_deferred *deferred,
                        struct tidy_failure *failure)
{
    struct tidy_result result = { .failure = failure };

    TIDY_REQUIRE(failure, "tidy_deferred_fail: the failure is NULL");
    fire(deferred, &result, "tidy_deferred_fail");
}

bool tidy_deferred_has_fired(const struct tidy_deferred *deferred)
{
    return !deferred || deferred->has_fired;
}

void tidy_deferred_set_canceller(struct tidy_deferred *deferred,
                                 tidy_cancel_cb cancel,
                                 void *arg)
{
    if (!deferred || deferred->has_fired)
        return;
    deferred->cancel = cancel;
    deferred->cancel_arg = arg;
}

static void call_canceller(struct tidy_deferred *deferred)
{
    tidy_cancel_cb cancel = TIDY_STEAL(&deferred->cancel);

    /* A canceller that cancels finds none, so this ends. */
    if (cancel)
        TIDY__GUARDED(cancel(deferred, deferred->cancel_arg));
}

static struct tidy_failure *new_cancelled(const struct tidy_deferred *deferred)
{
    return tidy_failure_new_at(TIDY_ECANCELLED,
                               deferred->file,
                               deferred->line,
                               "cancelled while waiting for \"%s\"",
                               deferred->what);
}

/* Go on with a failure, unless the canceller has fired. */
static void give_up(struct tidy_deferred *deferred,
                    struct tidy_failure *failure)
{
    if (!deferred->has_fired) {
        call_canceller(deferred);
        if (deferred->has_fired) {
            tidy_failure_unref(failure);
            return;
        }
        deferred->ignores_next = true;
    }
    /* An orphan has fired long ago; it just stops waiting. */
    deferred->is_waiting = false;
    tidy_result_fail(&deferred->result,
                     failure ? failure : new_cancelled(deferred));
    tidy__deferred_settle(deferred);
}

static void cancel(struct tidy_deferred *deferred, struct tidy_failure *failure)
{
    while (deferred && deferred->waits_for)
        deferred = deferred->waits_for;
    if (!deferred || (deferred->has_fired && !deferred->is_waiting)) {
        tidy_failure_unref(failure);
        return;
    }
    tidy_deferred_ref(deferred);
    give_up(deferred, failure);
    tidy_deferred_unref(deferred);
}

void tidy_deferred_cancel(struct tidy_deferred *deferred)
{
    cancel(deferred, NULL);
}

void tidy_deferred_cancel_with(struct tidy_deferred *deferred,
                               struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_deferred_cancel_with: the failure is NULL");
    cancel(deferred, failure);
}

const char *tidy_deferred_what(const struct tidy_deferred *deferred)
{
    return deferred ? deferred->what : "memory";
}
