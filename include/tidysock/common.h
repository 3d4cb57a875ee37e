/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What every other header needs: visibility, units, container_of.
 *
 * Rules that hold for the whole API, so that no function repeats them:
 *
 * - **Pointers** are *owned* (you end them) or *borrowed* (until the moment
 *   that the documentation names). Functions that end something accept NULL
 *   and return NULL, so `p = tidy_thing_free(p);` leaves nothing dangling.
 * - **Results**: an `int` is 0, a count, or a negative code (error.h). A
 *   `ret_x` parameter comes last and is written only on success.
 * - **Durations** are `uint64_t` nanoseconds; TIDY_MS() and TIDY_S() make them.
 * - **Misuse** (NULL where an object is needed, a number out of range, firing
 *   twice, use after the end) aborts the process with a sentence on standard
 *   error that names the call and the cause. **Wrong state** (connect before
 *   listen, await in a callback) is an error or a failed deferred.
 * - **Threads**: one loop, one thread. Nothing here takes a lock.
 * - **Origins**: functions that create something remember the line that called
 *   them. They are macros around a function ending in `_at` which takes the
 *   file and the line last, for wrappers of your own.
 * - **Growth**: a struct that you fill in and that begins with `size` may leave
 *   it 0, which means "as this release knows it".
 */
#ifndef TIDYSOCK_COMMON_H
#define TIDYSOCK_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The release that these headers belong to. */
#define TIDY_VERSION "0.1.0"

#ifdef __cplusplus
#define TIDY_BEGIN_DECLS extern "C" {
#define TIDY_END_DECLS }
#else
#define TIDY_BEGIN_DECLS
#define TIDY_END_DECLS
#endif

/** Marks a symbol as part of the library's interface. */
#define TIDY_API __attribute__((visibility("default")))

/** The compiler checks a printf-like function's format against its arguments. */
#define TIDY_PRINTF(fmt_idx, args_idx)                                         \
    __attribute__((format(printf, fmt_idx, args_idx)))

/** The result must be looked at. */
#define TIDY_MUST_USE __attribute__((warn_unused_result))

/** Microseconds, milliseconds and seconds, in nanoseconds. */
#define TIDY_US(n) (UINT64_C(1000) * (uint64_t)(n))
#define TIDY_MS(n) (UINT64_C(1000000) * (uint64_t)(n))
#define TIDY_S(n) (UINT64_C(1000000000) * (uint64_t)(n))

/** The number of elements of an array (not of a pointer). */
#define TIDY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** From a pointer to a member back to the struct around it. */
#define tidy_container_of(ptr, type, member)                                   \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/** The place where this is written, for the functions ending in `_at`. */
#define TIDY_HERE __FILE__, __LINE__

/** libuv's loop; include <uv.h> to use it. */
struct uv_loop_s;

#endif
