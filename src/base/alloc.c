/* SPDX-License-Identifier: MIT */
/*
 * Memory.
 *
 * Every block of the library passes through the five functions here, so that a
 * test can count them and let any of them fail. The allocator is a mutable
 * global, one of the few that the library has: an allocator per object would
 * have to be handed to every function, and tests set it once, before they make
 * anything.
 */
#include "base/alloc.h"

#include "base/misuse.h"
#include <tidysock/error.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *libc_malloc(size_t size, void *arg)
{
    (void)arg;
    return malloc(size);
}

static void *libc_realloc(void *ptr, size_t size, void *arg)
{
    (void)arg;
    return realloc(ptr, size);
}

static void libc_free(void *ptr, void *arg)
{
    (void)arg;
    free(ptr);
}

static const struct tidy_allocator libc_allocator = {
    .malloc = libc_malloc,
    .realloc = libc_realloc,
    .free = libc_free,
};

static struct tidy_allocator allocator = {
    .malloc = libc_malloc,
    .realloc = libc_realloc,
    .free = libc_free,
};

void tidy_set_allocator(const struct tidy_allocator *new_allocator)
{
    if (!new_allocator)
        new_allocator = &libc_allocator;
    TIDY_REQUIRE(new_allocator->malloc && new_allocator->realloc &&
                     new_allocator->free,
                 "tidy_set_allocator: a function of the allocator is NULL");
    allocator = *new_allocator;
}

/* NULL means that memory is short, so a block of 0 bytes is not asked for. */
static size_t at_least_one(size_t size)
{
    return size ? size : 1;
}

void *tidy__alloc(size_t size)
{
    return allocator.malloc(at_least_one(size), allocator.arg);
}

void *tidy__zalloc(size_t size)
{
    void *ptr = tidy__alloc(size);

    if (ptr)
        memset(ptr, 0, size);
    return ptr;
}

void *tidy__realloc(void *ptr, size_t size)
{
    return allocator.realloc(ptr, at_least_one(size), allocator.arg);
}

char *tidy__strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = tidy__alloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void *tidy__dealloc(void *ptr)
{
    if (ptr)
        allocator.free(ptr, allocator.arg);
    return NULL;
}

void tidy__deallocp(void *ptr_to_ptr)
{
    void *ptr;

    /* The variable may be of any pointer type, so it is not read as void *. */
    memcpy(&ptr, ptr_to_ptr, sizeof(ptr));
    tidy__dealloc(ptr);
}

char *tidy__format(const char *fmt, ...)
{
    va_list args, again;
    char *text = NULL;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    if (len >= 0)
        text = tidy__alloc((size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
