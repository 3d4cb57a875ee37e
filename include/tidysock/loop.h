/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Our part of a libuv loop: gathered writes, calls at a later time, waiting.
 *
 * A test gets one from its case (tidy_case_loop()). Everything that this
 * library opens belongs to a struct tidy_loop, which itself only adds a few
 * handles to a plain uv_loop_t: your own libuv code runs on the same loop.
 */
#ifndef TIDYSOCK_LOOP_H
#define TIDYSOCK_LOOP_H

#include <tidysock/common.h>
#include <tidysock/deferred.h>

TIDY_BEGIN_DECLS

struct tidy_loop;

/**
 * Add our part to a libuv loop. While it is there SIGPIPE is ignored, unless the
 * program handles it: writing to a peer that has gone is an error, no more.
 *
 * @param uv        Borrowed until tidy_loop_free(). The process that made it is
 *                  the only one that may use it.
 * @param ret_loop  Receives it, owned: tidy_loop_free().
 * @retval 0         Made.
 * @retval negative  -ENOMEM, or what libuv said.
 */
TIDY_API int tidy_loop_new(struct uv_loop_s *uv, struct tidy_loop **ret_loop);

/**
 * Take our part out again. Every connection still open is aborted, and the
 * loop runs until our handles are closed; yours are not touched, but their
 * callbacks may run. Servers that are still on it are freed. What callbacks ask
 * for meanwhile never begins: no call is made later, and the deferred of a
 * connect or a listen never fires. Not from a callback. Accepts NULL, returns
 * NULL.
 */
TIDY_API struct tidy_loop *tidy_loop_free(struct tidy_loop *loop);

/** The libuv loop underneath. */
TIDY_API struct uv_loop_s *tidy_loop_uv(const struct tidy_loop *loop);

/** The book of this loop's deferreds. */
TIDY_API struct tidy_ledger *tidy_loop_ledger(const struct tidy_loop *loop);

/** The loop's time in nanoseconds, as of the start of this turn. */
TIDY_API uint64_t tidy_loop_now_ns(const struct tidy_loop *loop);

/**
 * Run one turn of the loop: everything that is ready, without blocking.
 * From a callback it does nothing and returns TIDY_EREENTERED.
 */
TIDY_API int tidy_loop_turn(struct tidy_loop *loop);

/**
 * Run the loop until a deferred has fired.
 *
 * @param deferred     Its reference moves here; the chain ends here.
 * @param limit_ns     Give up after this long; UINT64_MAX: never.
 * @param ret_value    If not NULL, receives the value, owned if the deferred
 *                     owned it. If NULL, the value is freed.
 * @param ret_failure  If not NULL, receives on error the failure, owned.
 * @retval 0                 It fired with a value.
 * @retval TIDY_EDEADLINE    The time was up; the deferred is still pending.
 * @retval TIDY_ESTUCK       Nothing is left on the loop that could fire it:
 *                           said at once, without waiting for the limit.
 * @retval TIDY_EREENTERED   Called from a callback; nothing was run.
 * @retval TIDY_EASSERTION   A check failed in a callback meanwhile.
 * @retval negative          Else: the failure's code.
 */
TIDY_API int tidy_loop_await(struct tidy_loop *loop,
                             struct tidy_deferred *deferred,
                             uint64_t limit_ns,
                             void **ret_value,
                             struct tidy_failure **ret_failure);

/** A callback that will run at a later time. */
struct tidy_call;

/** What tidy_call_later() calls. */
typedef void (*tidy_call_cb)(void *arg);

/**
 * Run a callback once, after a delay.
 *
 * Two calls due at the same instant run in the order in which they were made.
 *
 * @param delay_ns  From tidy_loop_now_ns(), rounded up to the loop's
 *                  milliseconds; 0 means the next turn.
 * @param cb        Called from the loop, never from inside this function.
 * @param arg       Borrowed until @p cb returns or the call is cancelled.
 * @param ret_call  Receives the call, borrowed until it has run or was
 *                  cancelled: tidy_call_cancel(). NULL: not wanted.
 * @retval 0           Scheduled.
 * @retval -ENOMEM     Out of memory; nothing was scheduled.
 * @retval -ESHUTDOWN  The loop is being freed.
 */
TIDY_API int tidy_call_later_at(struct tidy_loop *loop,
                                uint64_t delay_ns,
                                tidy_call_cb cb,
                                void *arg,
                                struct tidy_call **ret_call,
                                const char *file,
                                int line);
#define tidy_call_later(loop, delay_ns, cb, arg, ret_call)                     \
    tidy_call_later_at((loop), (delay_ns), (cb), (arg), (ret_call), TIDY_HERE)

/** Do not run it. Accepts NULL, returns NULL. Not after it has run. */
TIDY_API struct tidy_call *tidy_call_cancel(struct tidy_call *call);

/**
 * Cancel a deferred with -ETIMEDOUT unless it fires within a time.
 *
 * @param deferred  Borrowed; a reference is kept until it fires.
 * @param limit_ns  Rounded up to milliseconds.
 * @retval 0           Armed (or the deferred has fired already).
 * @retval -ENOMEM     Out of memory; there is no limit now.
 * @retval -ESHUTDOWN  The loop is being freed; there is no limit now.
 */
TIDY_API int tidy_deferred_timeout_at(struct tidy_deferred *deferred,
                                      struct tidy_loop *loop,
                                      uint64_t limit_ns,
                                      const char *file,
                                      int line);
#define tidy_deferred_timeout(deferred, loop, limit_ns)                        \
    tidy_deferred_timeout_at((deferred), (loop), (limit_ns), TIDY_HERE)

TIDY_END_DECLS

#endif
