/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CORE_DEFERRED_H
#define TIDY_CORE_DEFERRED_H

#include "core/ledger.h"
#include <tidysock/deferred.h>

/* What a chain carries. At most one of value and failure is not NULL. */
struct tidy_result {
    void *value;                  /* owned if free_value is not NULL */
    tidy_free_cb free_value;      /* NULL: nothing to free */
    struct tidy_failure *failure; /* one reference, owned; NULL: a value */
};

/* End what the result carries; it is the value NULL afterwards. */
void tidy__result_clear(struct tidy_result *result);
/* Clear the first, and move to it what the second carries. */
void tidy__result_move(struct tidy_result *to, struct tidy_result *from);
/* Call the user's function, if there is one, under a guard. */
void tidy__value_free(void *value, tidy_free_cb free_value);

/*
 * A link of a chain. Either it has callbacks; then release() is called exactly
 * once: when the chain has passed the link, or has been dropped before that. Or
 * it has a waiter: another deferred, to which the result moves.
 */
struct tidy__link {
    struct tidy__link *prev, *next; /* in tidy_deferred.links */
    tidy_deferred_cb callback, errback;
    void *arg;
    void (*release)(struct tidy__link *link);
    struct tidy_deferred *waiter; /* one reference, owned; NULL: callbacks */
};

/*
 * The states of a deferred:
 *
 *     fresh --fire--> fired, and then by turns: running (links are called),
 *                     waiting (for another deferred), done (no link is left)
 *
 * A waiting one is owned by the one that it waits for, not the other way round:
 * so when that one is dropped without having been fired, nothing is left
 * hanging in a circle. The waiting one is an orphan then, and pending again.
 */
struct tidy_deferred {
    struct tidy_deferred *prev, *next; /* in *list */
    struct tidy_deferred **list;       /* of the ledger; NULL: in none */
    struct tidy_ledger *ledger;        /* borrowed until its deinit, or NULL */
    const char *what, *file;           /* borrowed for ever */
    int line;
    bool has_fired;
    bool is_running;
    bool is_waiting;
    bool is_hidden;    /* made ahead of time; nobody has been given it yet */
    bool ignores_next; /* was cancelled: whoever fires it does not know yet */
    size_t n_refs;
    struct tidy_result result;       /* of use when fired and not waiting */
    struct tidy__link *links;        /* utlist DL, owned */
    struct tidy__link continuation;  /* while waiting, in waits_for->links */
    struct tidy_deferred *waits_for; /* borrowed; NULL while an orphan */
    struct tidy_deferred *below;     /* on the stack of a run or of an end */
    tidy_cancel_cb cancel;           /* NULL once fired */
    void *cancel_arg;
};

/* Add a link; runs it, and cannot fail, if the deferred is done. */
void tidy__deferred_add_link(struct tidy_deferred *deferred,
                             struct tidy__link *link);
/* Fire a fresh one whose result has been set already. */
void tidy__deferred_settle(struct tidy_deferred *deferred);
/* Run the links that can run. */
void tidy__deferred_run(struct tidy_deferred *deferred);

/* Put a deferred into that list of its ledger where its state belongs. */
void tidy__ledger_place(struct tidy_deferred *deferred);
/* Take it out of the ledger. */
void tidy__ledger_remove(struct tidy_deferred *deferred);
/* The last reference is gone. True: it carries a failure that must not get
 * lost, and belongs to the ledger from here on. */
bool tidy__ledger_keep(struct tidy_deferred *deferred);

#endif
