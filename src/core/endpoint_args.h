/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CORE_ENDPOINT_ARGS_H
#define TIDY_CORE_ENDPOINT_ARGS_H

#include <stddef.h>
#include <stdint.h>

/* One argument of a description. */
struct tidy__endpoint_arg {
    const char *name;  /* NULL: positional */
    const char *value; /* in tidy__endpoint_args.storage, as name is */
};

/* A description, split at `:` and unescaped. The kind is the first positional
 * argument. */
struct tidy__endpoint_args {
    char *storage;                  /* owned */
    struct tidy__endpoint_arg *all; /* owned, in the order written */
    size_t n_all;
};

/* 0; -ENOMEM; -EINVAL: it ends in a backslash that escapes nothing. Deinit in
 * any case. */
int tidy__endpoint_args_init(struct tidy__endpoint_args *args,
                             const char *text);
void tidy__endpoint_args_deinit(struct tidy__endpoint_args *args);

size_t tidy__endpoint_args_n_positional(const struct tidy__endpoint_args *args);
/* The value; NULL if there are not so many. */
const char *
tidy__endpoint_args_positional(const struct tidy__endpoint_args *args,
                               size_t idx);
/* The last one's value, as in Twisted; NULL if there is none. */
const char *tidy__endpoint_args_named(const struct tidy__endpoint_args *args,
                                      const char *name);

/*
 * Python's int(text, base) for bases up to 10, without non-ASCII digits: white
 * space around it, a sign, single underscores between digits, `0o` before octal
 * digits. 0; -EINVAL: not a number; -ERANGE: a number that does not fit.
 */
int tidy__endpoint_int(const char *text, int base, int64_t *ret_number);

#endif
