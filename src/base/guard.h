/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_GUARD_H
#define TIDY_BASE_GUARD_H

#include <setjmp.h>
#include <stdbool.h>

/*
 * A guard is the setjmp point under which a callback of the user's runs. A
 * check that fails in the callback must not jump across libuv's frames or ours:
 * it calls tidy__guard_leave(), which ends just that callback, and the code
 * that called it goes on as if it had returned.
 */
struct tidy__guard {
    struct tidy__guard *outer; /* borrowed: it is further up the stack */
    bool is_body;              /* of a test's body: no callback of the loop's */
    jmp_buf env;
};

/* Run a statement that calls the user. What the statement assigns must be
 * volatile, or not be used if the callback was left. */
#define TIDY__GUARDED(...) TIDY__UNDER_GUARD(false, __VA_ARGS__)

/* The same for a body (set-up, clean-up, ...), which may run the loop: a failing
 * check ends it, but nothing in it counts as being inside a callback. */
#define TIDY__GUARDED_BODY(...) TIDY__UNDER_GUARD(true, __VA_ARGS__)

#define TIDY__UNDER_GUARD(is_body_, ...)                                       \
    do {                                                                       \
        struct tidy__guard tidy__guard;                                        \
                                                                               \
        tidy__guard_enter(&tidy__guard, (is_body_));                           \
        if (!_setjmp(tidy__guard.env)) {                                       \
            __VA_ARGS__;                                                       \
        }                                                                      \
        tidy__guard_exit(&tidy__guard);                                        \
    } while (0)

void tidy__guard_enter(struct tidy__guard *guard, bool is_body);
void tidy__guard_exit(struct tidy__guard *guard);

/* Is a callback of the user's running under a guard, and no body inside it? */
bool tidy__guard_is_active(void);

/* Is there a callback or a body that tidy__guard_leave() would end? */
bool tidy__guard_can_leave(void);

/* End the innermost guarded callback or body. Misuse when there is none. */
_Noreturn void tidy__guard_leave(void);

/* Forget all guards: the stack on which they lay has been left by a jump of
 * somebody else's. */
void tidy__guard_reset(void);

#endif
