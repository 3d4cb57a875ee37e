/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Codes, their names and texts, and failures that travel.
 *
 * A code is 0 or negative: `-errno`, libuv's own codes passed through (on Unix
 * they are `-errno` too, but for a few below -3000), or one of TIDY_E*.
 */
#ifndef TIDYSOCK_ERROR_H
#define TIDYSOCK_ERROR_H

#include <tidysock/common.h>

TIDY_BEGIN_DECLS

/**
 * Our own codes: name, value, text. The one table behind the enum,
 * tidy_error_name() and tidy_strerror().
 */
/* clang-format off */
#define TIDY_ERROR_TABLE(X)                                                    \
    X(TIDY_ECLOSING, -5000, "the fixture is being cleaned up")                 \
    X(TIDY_EREFUSED, -5001, "the factory refused the connection")              \
    X(TIDY_ECANCELLED, -5002, "cancelled")                                     \
    X(TIDY_EDESCRIPTION, -5003, "malformed endpoint description")              \
    X(TIDY_EUNSUPPORTED, -5004, "unsupported kind of endpoint")                \
    X(TIDY_EUNSENT, -5005, "bytes stayed unsent")                              \
    X(TIDY_EDEADLINE, -5006, "the deadline passed")                            \
    X(TIDY_ESTUCK, -5007, "nothing is left on the loop that could end the wait") \
    X(TIDY_EREENTERED, -5008, "awaiting from inside a callback")               \
    X(TIDY_ELEFTOVER, -5009, "something was left behind")                      \
    X(TIDY_EASSERTION, -5010, "a check failed")                                \
    X(TIDY_ELOCKED, -5011, "the lock file is held by a running process")       \
    X(TIDY_ESTATE, -5012, "not possible in this state")                        \
    X(TIDY_EMISMATCH, -5013, "other bytes than expected")                      \
    X(TIDY_ECLOSED, -5014, "the connection was closed")                        \
    X(TIDY_ECONDEMNED, -5015, "the loop is condemned")                         \
    X(TIDY_ENOSTOP, -5016, "the server did not stop")
/* clang-format on */

/** Our own codes. */
enum tidy_error {
#define TIDY__ERROR_ENUM(name, value, text) name = (value),
    TIDY_ERROR_TABLE(TIDY__ERROR_ENUM)
#undef TIDY__ERROR_ENUM
};

/**
 * The name of a code, e.g. "ECONNREFUSED" or "TIDY_ECLOSING".
 *
 * @param code  Any code; 0 gives "OK".
 * @return      Borrowed for ever. An unknown code gives "UNKNOWN".
 */
TIDY_API const char *tidy_error_name(int code);

/**
 * A code in words, e.g. "Connection refused". Never translated.
 *
 * @param code  Any code; 0 gives "success".
 * @return      Borrowed for ever. An unknown code gives "unknown error".
 */
TIDY_API const char *tidy_strerror(int code);

/**
 * Why something failed: a code, a sentence, and the line where it was born.
 *
 * Failures are shared and immutable; tidy_failure_ref() and _unref() count.
 */
struct tidy_failure;

/**
 * Make a failure; usually through tidy_failure_new().
 *
 * @param code  Negative.
 * @param file  Borrowed for ever (a string literal), with @p line: its origin.
 * @param line  From 1.
 * @param fmt   A sentence without a full stop, printf-like; NULL means
 *              tidy_strerror(code).
 * @return      Owned: end it with tidy_failure_unref(). Never NULL: when memory
 *              is short it is a shared failure with code -ENOMEM.
 */
TIDY_API struct tidy_failure *
tidy_failure_new_at(int code, const char *file, int line, const char *fmt, ...)
    TIDY_PRINTF(4, 5);

/** tidy_failure_new_at() for the line it is written on: (code, fmt, ...). */
#define tidy_failure_new(code, ...)                                            \
    tidy_failure_new_at((code), TIDY_HERE, __VA_ARGS__)

/** Share a failure: returns @p failure, which now has one owner more. */
TIDY_API struct tidy_failure *tidy_failure_ref(struct tidy_failure *failure);

/** Give up a failure. Accepts NULL, returns NULL. */
TIDY_API struct tidy_failure *tidy_failure_unref(struct tidy_failure *failure);

/** The code; negative. */
TIDY_API int tidy_failure_code(const struct tidy_failure *failure);

/** The sentence; borrowed as long as the failure lives. */
TIDY_API const char *tidy_failure_text(const struct tidy_failure *failure);

/** The file in which it was born; borrowed for ever. */
TIDY_API const char *tidy_failure_file(const struct tidy_failure *failure);

/** The line in which it was born. */
TIDY_API int tidy_failure_line(const struct tidy_failure *failure);

/**
 * Where memory comes from. All three behave as malloc(3), realloc(3), free(3).
 */
struct tidy_allocator {
    void *(*malloc)(size_t size, void *arg);
    void *(*realloc)(void *ptr, size_t size, void *arg);
    void (*free)(void *ptr, void *arg);
    void *arg;
};

/**
 * Take memory from somewhere else, e.g. from an allocator that fails on
 * purpose. It is process-wide; call it while no object of this library exists.
 *
 * @param allocator  Copied. NULL returns to the C library's.
 */
TIDY_API void tidy_set_allocator(const struct tidy_allocator *allocator);

TIDY_END_DECLS

#endif
