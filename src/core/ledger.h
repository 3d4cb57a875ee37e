/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CORE_LEDGER_H
#define TIDY_CORE_LEDGER_H

#include <tidysock/deferred.h>

/*
 * The book of the deferreds of one loop: those that are pending, in the order
 * in which they were made, and the failures that nobody handled, in the order
 * in which they were dropped. Nothing is allocated to make an entry: both lists
 * are made of the deferreds themselves.
 */
struct tidy_ledger {
    struct tidy_deferred *pending;   /* utlist DL, borrowed */
    struct tidy_deferred *unhandled; /* utlist DL, owned: last reference gone */
    struct tidy_deferred *quiet;     /* utlist DL, borrowed: all others alive */
};

void tidy__ledger_init(struct tidy_ledger *ledger);
/* Live deferreds live on, unlisted; unhandled failures are dropped. */
void tidy__ledger_deinit(struct tidy_ledger *ledger);

/* Walk the pending: first, then next until NULL. Borrowed. */
const struct tidy_deferred *
tidy__ledger_first_pending(const struct tidy_ledger *ledger);
const struct tidy_deferred *
tidy__ledger_next_pending(const struct tidy_deferred *deferred);

/* The oldest unhandled failure, owned, with what was waited for in *ret_what
 * and the deferred's origin; NULL when there is none left. */
struct tidy_failure *tidy__ledger_take_unhandled(struct tidy_ledger *ledger,
                                                 const char **ret_what,
                                                 const char **ret_file,
                                                 int *ret_line);

/* The same for one that somebody still holds and has never looked at; its
 * failure is taken from it. */
struct tidy_failure *tidy__ledger_take_forgotten(struct tidy_ledger *ledger,
                                                 const char **ret_what);

/* Where a deferred was made. */
const char *tidy__deferred_file(const struct tidy_deferred *deferred);
int tidy__deferred_line(const struct tidy_deferred *deferred);

/* A deferred that is not listed as pending until tidy__deferred_show(); made
 * ahead of time so that giving it out cannot fail. */
struct tidy_deferred *tidy__deferred_new_hidden(struct tidy_ledger *ledger,
                                                const char *what);
void tidy__deferred_show(struct tidy_deferred *deferred,
                         const char *file,
                         int line);

/* Nobody wants it any more: cancel it, and have its failure count as handled.
 * Ends the reference. Accepts NULL, returns NULL. */
struct tidy_deferred *tidy__deferred_drop(struct tidy_deferred *deferred);

/* For an await, which is the end of a chain: true when the deferred has fired
 * and its callbacks have run, none of them waiting for another deferred. */
bool tidy__deferred_is_done(const struct tidy_deferred *deferred);
/* Only when done: the chain's result, which the caller may take from. */
struct tidy_result *tidy__deferred_result(struct tidy_deferred *deferred);

#endif
