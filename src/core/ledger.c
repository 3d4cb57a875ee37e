/* SPDX-License-Identifier: MIT */
/*
 * The ledger: every live deferred of a loop is in one of its lists.
 *
 * Which one follows from the deferred's state alone, and tidy__ledger_place()
 * is called wherever that state changes. The quiet ones (hidden, or fired) are
 * listed for one reason: when the ledger goes before they do, they must not
 * point to it any more.
 */
#include "core/ledger.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "core/deferred.h"

#include <utlist.h>

void tidy__ledger_init(struct tidy_ledger *ledger)
{
    *ledger = (struct tidy_ledger){ 0 };
}

/* Take from the list of a ledger that goes, deferreds that stay. */
static void let_all_go(struct tidy_deferred **list)
{
    while (*list) {
        struct tidy_deferred *deferred = *list;

        tidy__ledger_remove(deferred);
        deferred->ledger = NULL;
    }
}

void tidy__ledger_deinit(struct tidy_ledger *ledger)
{
    struct tidy_failure *failure;
    const char *what, *file;
    int line;

    while ((failure = tidy__ledger_take_unhandled(ledger, &what, &file, &line)))
        tidy_failure_unref(failure);
    let_all_go(&ledger->pending);
    let_all_go(&ledger->quiet);
}

static void move_to(struct tidy_deferred *deferred, struct tidy_deferred **list)
{
    if (deferred->list == list)
        return;
    if (deferred->list)
        DL_DELETE(*deferred->list, deferred);
    deferred->list = list;
    if (list)
        DL_APPEND(*list, deferred);
}

/* Does somebody wait for it, whom it may keep waiting for ever? One that waits
 * for another deferred is not listed: the other one is. */
static bool is_pending(const struct tidy_deferred *deferred)
{
    bool is_orphan = deferred->is_waiting && !deferred->waits_for;

    return !deferred->is_hidden && (!deferred->has_fired || is_orphan);
}

void tidy__ledger_place(struct tidy_deferred *deferred)
{
    struct tidy_ledger *ledger = deferred->ledger;

    if (ledger)
        move_to(deferred,
                is_pending(deferred) ? &ledger->pending : &ledger->quiet);
}

void tidy__ledger_remove(struct tidy_deferred *deferred)
{
    move_to(deferred, NULL);
}

bool tidy__ledger_keep(struct tidy_deferred *deferred)
{
    struct tidy_failure *failure = deferred->result.failure;

    /* Nobody could have handled the failure of a hidden one; and a check that
     * failed has been recorded already, when it left its callback. */
    if (!deferred->ledger || !failure || deferred->is_hidden ||
        tidy_failure_code(failure) == TIDY_EASSERTION)
        return false;
    move_to(deferred, &deferred->ledger->unhandled);
    return true;
}

const struct tidy_deferred *
tidy__ledger_first_pending(const struct tidy_ledger *ledger)
{
    return ledger->pending;
}

const struct tidy_deferred *
tidy__ledger_next_pending(const struct tidy_deferred *deferred)
{
    return deferred->next;
}

struct tidy_failure *tidy__ledger_take_unhandled(struct tidy_ledger *ledger,
                                                 const char **ret_what,
                                                 const char **ret_file,
                                                 int *ret_line)
{
    struct tidy_deferred *deferred = ledger->unhandled;
    struct tidy_failure *failure;

    if (!deferred)
        return NULL;
    tidy__ledger_remove(deferred);
    failure = TIDY_STEAL(&deferred->result.failure);
    *ret_what = deferred->what;
    *ret_file = deferred->file;
    *ret_line = deferred->line;
    tidy__dealloc(deferred);
    return failure;
}

static bool is_forgotten(const struct tidy_deferred *deferred)
{
    const struct tidy_failure *failure = deferred->result.failure;

    return failure && !deferred->is_hidden &&
           tidy__deferred_is_done(deferred) &&
           tidy_failure_code(failure) != TIDY_EASSERTION;
}

struct tidy_failure *tidy__ledger_take_forgotten(struct tidy_ledger *ledger,
                                                 const char **ret_what)
{
    struct tidy_deferred *deferred;

    DL_FOREACH(ledger->quiet, deferred) {
        if (!is_forgotten(deferred))
            continue;
        *ret_what = deferred->what;
        return TIDY_STEAL(&deferred->result.failure);
    }
    return NULL;
}

struct tidy_deferred *tidy__deferred_new_hidden(struct tidy_ledger *ledger,
                                                const char *what)
{
    struct tidy_deferred *deferred =
        tidy_deferred_new_at(NULL, what, "(not shown)", 0);

    if (!deferred)
        return NULL;
    deferred->is_hidden = true;
    deferred->ledger = ledger;
    tidy__ledger_place(deferred);
    return deferred;
}

void tidy__deferred_show(struct tidy_deferred *deferred,
                         const char *file,
                         int line)
{
    if (!deferred || !deferred->is_hidden)
        return;
    deferred->is_hidden = false;
    deferred->file = file;
    deferred->line = line;
    tidy__ledger_place(deferred);
}

const char *tidy__deferred_file(const struct tidy_deferred *deferred)
{
    return deferred->file;
}

int tidy__deferred_line(const struct tidy_deferred *deferred)
{
    return deferred->line;
}

struct tidy_deferred *tidy__deferred_drop(struct tidy_deferred *deferred)
{
    tidy_deferred_cancel(deferred);
    if (deferred && tidy__deferred_is_done(deferred))
        tidy_result_set(tidy__deferred_result(deferred), NULL, NULL);
    return tidy_deferred_unref(deferred);
}
