/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_MISUSE_H
#define TIDY_BASE_MISUSE_H

/* Write "tidysock: SENTENCE" to standard error and abort. The sentence names
 * the call and the cause: "tidy_deferred_fire: fired twice (created at ...)". */
_Noreturn void tidy__misuse(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* Misuse by the programmer ends the process; on in every build type. */
#define TIDY_REQUIRE(condition, ...)                                           \
    do {                                                                       \
        if (!(condition))                                                      \
            tidy__misuse(__VA_ARGS__);                                         \
    } while (0)

#endif
