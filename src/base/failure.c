/* SPDX-License-Identifier: MIT */
/*
 * Failures: immutable, counted, one block of memory each with the sentence in
 * its tail.
 *
 * There is always one to be had: when memory is short, everybody gets the same
 * static one, which is constant and is not counted.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include <tidysock/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

struct tidy_failure {
    size_t n_refs;
    int code;
    int line;
    const char *file;     /* borrowed for ever */
    const char *sentence; /* the tail, or a text that lives for ever */
    char tail[];
};

static const struct tidy_failure out_of_memory = {
    .code = -ENOMEM,
    .line = __LINE__,
    .file = __FILE__,
    .sentence = "out of memory",
};

/* The shared one is handed out like all others, but never written. */
static struct tidy_failure *get_out_of_memory(void)
{
    return (struct tidy_failure *)(uintptr_t)&out_of_memory;
}

static struct tidy_failure *
new_failure(int code, const char *file, int line, size_t tail_size)
{
    struct tidy_failure *failure = tidy__alloc(sizeof(*failure) + tail_size);

    if (!failure)
        return NULL;
    failure->n_refs = 1;
    failure->code = code;
    failure->line = line;
    failure->file = file;
    failure->sentence = failure->tail;
    return failure;
}

TIDY_PRINTF(4, 0)
static struct tidy_failure *new_formatted(int code,
                                          const char *file,
                                          int line,
                                          const char *fmt,
                                          va_list args)
{
    struct tidy_failure *failure;
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    TIDY_REQUIRE(len >= 0, "tidy_failure_new: bad format \"%s\"", fmt);
    failure = new_failure(code, file, line, (size_t)len + 1);
    if (failure)
        vsnprintf(failure->tail, (size_t)len + 1, fmt, args);
    return failure;
}

struct tidy_failure *
tidy_failure_new_at(int code, const char *file, int line, const char *fmt, ...)
{
    struct tidy_failure *failure;
    va_list args;

    TIDY_REQUIRE(code < 0,
                 "tidy_failure_new: the code %d is not negative (at %s:%d)",
                 code,
                 file,
                 line);
    TIDY_REQUIRE(file, "tidy_failure_new: the file is NULL");
    if (!fmt) {
        failure = new_failure(code, file, line, 0);
        if (failure)
            failure->sentence = tidy_strerror(code);
    } else {
        va_start(args, fmt);
        failure = new_formatted(code, file, line, fmt, args);
        va_end(args);
    }
    return failure ? failure : get_out_of_memory();
}

struct tidy_failure *tidy_failure_ref(struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_failure_ref: the failure is NULL");
    if (failure != &out_of_memory)
        failure->n_refs++;
    return failure;
}

struct tidy_failure *tidy_failure_unref(struct tidy_failure *failure)
{
    if (!failure || failure == &out_of_memory)
        return NULL;
    if (--failure->n_refs == 0)
        tidy__dealloc(failure);
    return NULL;
}

int tidy_failure_code(const struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_failure_code: the failure is NULL");
    return failure->code;
}

const char *tidy_failure_text(const struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_failure_text: the failure is NULL");
    return failure->sentence;
}

const char *tidy_failure_file(const struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_failure_file: the failure is NULL");
    return failure->file;
}

int tidy_failure_line(const struct tidy_failure *failure)
{
    TIDY_REQUIRE(failure, "tidy_failure_line: the failure is NULL");
    return failure->line;
}
