/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Deferreds: results that arrive later, once.
 *
 * A deferred is fired once, with a value or with a failure. Callbacks run in
 * the order in which they were added, each on the *result* that the one before
 * it left: it may look at it, replace it, turn a failure into a value or a
 * value into a failure, or return another deferred whose result the chain then
 * waits for. As Twisted's twisted.internet.defer, but for memory:
 *
 * - A deferred is counted: whoever will fire it holds a reference, whoever
 *   waits for it holds another. Functions that return a deferred give one
 *   reference to the caller.
 * - It owns its value, with the function that frees it, until a callback (or an
 *   await) takes it with tidy_result_take().
 * - **NULL stands for a deferred that has failed for want of memory**, wherever
 *   a deferred is returned or taken. No call here needs a check for it.
 * - A failure that nobody has handled when the last reference goes is kept in
 *   the ledger and reported at the end of the case, with the line where it was
 *   born.
 */
#ifndef TIDYSOCK_DEFERRED_H
#define TIDYSOCK_DEFERRED_H

#include <tidysock/common.h>
#include <tidysock/error.h>

TIDY_BEGIN_DECLS

/** The book in which a case finds its deferreds again. See tidy_loop_ledger(). */
struct tidy_ledger;

struct tidy_deferred;

/** What a chain carries at this moment: a value or a failure. */
struct tidy_result;

/** Frees a value. */
typedef void (*tidy_free_cb)(void *value);

/**
 * A link of the chain.
 *
 * @param result  Borrowed until return; change it to change the outcome.
 * @param arg     As given when the callback was added.
 * @return        NULL to go on with @p result, or a deferred, whose reference
 *                moves to the chain: the chain waits for it and goes on with
 *                its result. (To pass on another call's deferred that may be
 *                NULL for want of memory, fail @p result then.)
 */
typedef struct tidy_deferred *(*tidy_deferred_cb)(struct tidy_result *result,
                                                  void *arg);

/** Called by tidy_deferred_cancel(): stop the work; firing now is allowed. */
typedef void (*tidy_cancel_cb)(struct tidy_deferred *deferred, void *arg);

/**
 * A deferred that has not fired; usually through tidy_deferred_new().
 *
 * @param ledger  Borrowed; where it is listed while pending. NULL lists it
 *                nowhere.
 * @param what    Borrowed for ever: what is waited for, for reports
 *                ("server connection lost").
 * @param file    Borrowed for ever, with @p line: the origin.
 * @param line    From 1.
 * @return        One reference, owned: tidy_deferred_unref(). NULL when memory
 *                is short.
 */
TIDY_API struct tidy_deferred *tidy_deferred_new_at(struct tidy_ledger *ledger,
                                                    const char *what,
                                                    const char *file,
                                                    int line);
#define tidy_deferred_new(ledger, what)                                        \
    tidy_deferred_new_at((ledger), (what), TIDY_HERE)

/** One owner more; returns @p deferred. Accepts NULL. */
TIDY_API struct tidy_deferred *
tidy_deferred_ref(struct tidy_deferred *deferred);

/**
 * Give up a reference. The last one frees the deferred and the value it still
 * owns; a failure that nobody handled goes to the ledger. Callbacks of a
 * deferred that never fired are dropped uncalled. Accepts NULL, returns NULL.
 */
TIDY_API struct tidy_deferred *
tidy_deferred_unref(struct tidy_deferred *deferred);

/**
 * Fire with a value. Runs the callbacks that are there.
 *
 * Firing what has fired before aborts; after a cancel, the first firing is
 * ignored (and its value freed). The caller's own reference stays.
 *
 * @param value       Owned by the deferred from here on.
 * @param free_value  Frees @p value; NULL: nothing to free.
 */
TIDY_API void tidy_deferred_fire(struct tidy_deferred *deferred,
                                 void *value,
                                 tidy_free_cb free_value);

/**
 * Fire with a failure; otherwise as tidy_deferred_fire().
 *
 * @param failure  Its reference moves to the deferred.
 */
TIDY_API void tidy_deferred_fail(struct tidy_deferred *deferred,
                                 struct tidy_failure *failure);

/** Has it been fired or cancelled? True for NULL, which has failed. */
TIDY_API bool tidy_deferred_has_fired(const struct tidy_deferred *deferred);

/**
 * Add a link for values and one for failures.
 *
 * On a deferred that has fired, the link runs inside this call; it is the one
 * place where that happens.
 *
 * @param callback  Called when the chain carries a value; NULL passes it on.
 * @param errback   Called when it carries a failure; NULL passes it on.
 *                  A failure counts as handled once an errback has replaced it.
 * @param arg       Borrowed until the chain has passed this link or is freed.
 * @retval 0        Added.
 * @retval -ENOMEM  Not added (also for a NULL deferred).
 */
TIDY_API int tidy_deferred_add_callbacks(struct tidy_deferred *deferred,
                                         tidy_deferred_cb callback,
                                         tidy_deferred_cb errback,
                                         void *arg);

/** A link for values only. */
#define tidy_deferred_add_callback(deferred, callback, arg)                    \
    tidy_deferred_add_callbacks((deferred), (callback), NULL, (arg))
/** A link for failures only. */
#define tidy_deferred_add_errback(deferred, errback, arg)                      \
    tidy_deferred_add_callbacks((deferred), NULL, (errback), (arg))
/** One link for both. */
#define tidy_deferred_add_both(deferred, callback, arg)                        \
    tidy_deferred_add_callbacks((deferred), (callback), (callback), (arg))

/**
 * Who stops the work when the deferred is cancelled.
 *
 * @param cancel  NULL: nobody; the deferred then just fails.
 * @param arg     Borrowed until the deferred has fired.
 */
TIDY_API void tidy_deferred_set_canceller(struct tidy_deferred *deferred,
                                          tidy_cancel_cb cancel,
                                          void *arg);

/**
 * Give up waiting. Runs the canceller; if that does not fire the deferred, it
 * fails with TIDY_ECANCELLED. When the chain waits for another deferred, that
 * one is cancelled. No effect on one that has run to its end. Accepts NULL.
 */
TIDY_API void tidy_deferred_cancel(struct tidy_deferred *deferred);

/** As tidy_deferred_cancel(), but failing with @p failure (reference moves). */
TIDY_API void tidy_deferred_cancel_with(struct tidy_deferred *deferred,
                                        struct tidy_failure *failure);

/** What is waited for, as given to tidy_deferred_new(). Borrowed for ever. */
TIDY_API const char *tidy_deferred_what(const struct tidy_deferred *deferred);

/** The value, borrowed; NULL when the result is a failure. */
TIDY_API void *tidy_result_value(const struct tidy_result *result);

/** The failure, borrowed; NULL when the result is a value. */
TIDY_API struct tidy_failure *
tidy_result_failure(const struct tidy_result *result);

/** The value, owned by the caller from here on; the result becomes NULL. */
TIDY_API void *tidy_result_take(struct tidy_result *result);

/**
 * Replace what the chain carries by a value. A failure that it carried is
 * handled thereby; a value that it owned is freed.
 */
TIDY_API void tidy_result_set(struct tidy_result *result,
                              void *value,
                              tidy_free_cb free_value);

/** Replace what the chain carries by a failure, whose reference moves. */
TIDY_API void tidy_result_fail(struct tidy_result *result,
                               struct tidy_failure *failure);

/** What tidy_deferred_gather() fires with; read it, never write it. */
struct tidy_gathered {
    size_t n_values;
    void **values; /* in the order given; each owned by the gathering */
};

/** End a gathering that was taken from its deferred, or awaited; with it the
 *  values that it owns. Accepts NULL, returns NULL. */
TIDY_API struct tidy_gathered *
tidy_gathered_free(struct tidy_gathered *gathered);

/** Flags of tidy_deferred_gather(). */
enum tidy_gather_flags {
    /** Fire at the first failure; later ones count as handled. */
    TIDY_GATHER_FIRST_FAILURE = 0,
    /** Remember the first failure, but fire only when all have fired. */
    TIDY_GATHER_WAIT_FOR_ALL = 1,
};

/**
 * One deferred for many.
 *
 * It fires with a `struct tidy_gathered *` that it owns, or with the first
 * failure (first in time). Cancelling it cancels those that have not fired.
 *
 * @param deferreds    @p n_deferreds references, which move to the gathering;
 *                     NULLs among them have failed with -ENOMEM.
 * @param n_deferreds  May be 0: fires at once.
 * @param flags        enum tidy_gather_flags.
 * @return             One reference, owned.
 */
TIDY_API struct tidy_deferred *
tidy_deferred_gather_at(struct tidy_ledger *ledger,
                        struct tidy_deferred *const *deferreds,
                        size_t n_deferreds,
                        unsigned flags,
                        const char *file,
                        int line);
#define tidy_deferred_gather(ledger, deferreds, n_deferreds, flags)            \
    tidy_deferred_gather_at(                                                   \
        (ledger), (deferreds), (n_deferreds), (flags), TIDY_HERE)

/**
 * Call a function now and make a deferred of what it gives: it may set the
 * result, fail it, or return a deferred.
 *
 * @param fn   Called inside this call, with a result that is the value NULL.
 * @param arg  Borrowed until return.
 * @return     One reference, owned.
 */
TIDY_API struct tidy_deferred *
tidy_deferred_maybe_at(struct tidy_ledger *ledger,
                       tidy_deferred_cb fn,
                       void *arg,
                       const char *file,
                       int line);
#define tidy_deferred_maybe(ledger, fn, arg)                                   \
    tidy_deferred_maybe_at((ledger), (fn), (arg), TIDY_HERE)

TIDY_END_DECLS

#endif
