/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_ALLOC_H
#define TIDY_BASE_ALLOC_H

#include <stddef.h>

/* All memory of the library comes from here; see tidy_set_allocator(). */
void *tidy__alloc(size_t size);
void *tidy__zalloc(size_t size);
void *tidy__realloc(void *ptr, size_t size);
char *tidy__strdup(const char *text);
/* Accepts NULL, returns NULL. */
void *tidy__dealloc(void *ptr);
/* The same for TIDY_CLEANUP: frees what a pointer variable points to. */
void tidy__deallocp(void *ptr_to_ptr);

/* asprintf(3) with our allocator: owned, NULL when memory is short. */
char *tidy__format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Run fn(&variable) when the variable goes out of scope. */
#define TIDY_CLEANUP(fn) __attribute__((cleanup(fn)))

/* The pointer's value, leaving NULL behind: ownership moves out. */
#define TIDY_STEAL(ptr)                                                        \
    __extension__({                                                            \
        __typeof__(*(ptr)) tidy__stolen = *(ptr);                              \
        *(ptr) = NULL;                                                         \
        tidy__stolen;                                                          \
    })

#endif
