/* SPDX-License-Identifier: MIT */
/*
 * Guards: where a callback of the user's comes back to when a check fails in
 * it. They form a list from the innermost outwards; each lies in the stack
 * frame of the code that calls the user.
 *
 * The head of the list is a variable of the thread, an exception to "no mutable
 * globals": the framework's failing check that must find the innermost guard is
 * handed nothing of ours, and a jump never crosses threads.
 */
#include "base/guard.h"

#include "base/misuse.h"

#include <stddef.h>

static _Thread_local struct tidy__guard *innermost;

void tidy__guard_enter(struct tidy__guard *guard, bool is_body)
{
    guard->is_body = is_body;
    guard->outer = innermost;
    innermost = guard;
}

void tidy__guard_exit(struct tidy__guard *guard)
{
    innermost = guard->outer;
}

bool tidy__guard_is_active(void)
{
    return innermost && !innermost->is_body;
}

bool tidy__guard_can_leave(void)
{
    return innermost;
}

void tidy__guard_leave(void)
{
    TIDY_REQUIRE(innermost, "tidy__guard_leave: no callback is running");
    _longjmp(innermost->env, 1);
}

void tidy__guard_reset(void)
{
    innermost = NULL;
}
