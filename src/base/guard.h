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
    jmp_buf env;
};

/* Run a statement that calls the user. What the statement assigns must be
 * volatile, or not be used if the callback was left. */
#define TIDY__GUARDED(...)                                                     \
    do {                                                                       \
        struct tidy__guard tidy__guard;                                        \
                                                                               \
        tidy__guard_enter(&tidy__guard);                                       \
        if (!_setjmp(tidy__guard.env)) {                                       \
            __VA_ARGS__;                                                       \
        }                                                                      \
        tidy__guard_exit(&tidy__guard);                                        \
    } while (0)

void tidy__guard_enter(struct tidy__guard *guard);
void tidy__guard_exit(struct tidy__guard *guard);

/* Is a callback of the user's running under a guard? */
bool tidy__guard_is_active(void);

/* End the innermost guarded callback. Misuse when none is active. */
_Noreturn void tidy__guard_leave(void);

/* Forget all guards: the stack on which they lay has been left by a jump of
 * somebody else's. */
void tidy__guard_reset(void);

#endif
