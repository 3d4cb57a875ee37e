/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SYMBOLS_H
#define TIDY_SIM_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The functions of an object file, from its tables of symbols: static ones, too,
 * which the dynamic linker does not know.
 */
struct sim_symbols;

/* 0; -ENOMEM; or -ENOEXEC: there are none to be had. */
int tidy__sim_symbols_new(const char *path, struct sim_symbols **ret_symbols);
/* Accepts NULL, returns NULL. */
struct sim_symbols *tidy__sim_symbols_free(struct sim_symbols *symbols);

/* A name, of some bytes and with no NUL behind, borrowed from the table. NULL: no
 * function is known there. is_library: it is, as far as names tell, of a library
 * that was linked into the program. */
const char *tidy__sim_symbols_find(const struct sim_symbols *symbols,
                                   uint64_t address,
                                   size_t *ret_len,
                                   bool *ret_is_library);

/* Is it a name that begins as those of libraries do which a program that is
 * tested may contain? */
bool tidy__sim_is_library_name(const char *name);

#endif
