/* SPDX-License-Identifier: MIT */
/*
 * Gathering: one deferred for many.
 *
 * One block of memory holds everything: the values, and for each deferred a
 * slot with the link that listens to it. It is owned by the links that have not
 * been passed yet, and by whoever holds the outcome's value, which points into
 * it. The deferreds themselves are not owned: whoever will fire them holds
 * them, and when all of those let go, the gathering goes too.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "core/deferred.h"

#include <errno.h>

struct slot {
    struct tidy__link link;
    struct gathering *gathering; /* one reference, owned */
    struct tidy_deferred *child; /* borrowed; NULL once the link is released */
    tidy_free_cb free_value;     /* for the value of the same idx */
};

struct gathering {
    struct tidy_gathered gathered;
    size_t n_refs;
    size_t n_missing;              /* results that have not come */
    unsigned flags;                /* enum tidy_gather_flags */
    struct tidy_deferred *outcome; /* one reference, owned; NULL: is over */
    struct tidy_failure *failure;  /* owned: the first one, or NULL */
    size_t n_slots;
    struct slot slots[]; /* and then the values */
};

static void unref(struct gathering *gathering)
{
    struct tidy_gathered *gathered = &gathering->gathered;

    if (--gathering->n_refs)
        return;
    for (size_t idx = 0; idx < gathered->n_values; idx++)
        tidy__value_free(gathered->values[idx],
                         gathering->slots[idx].free_value);
    tidy_failure_unref(gathering->failure);
    /* Nobody is left who could complete it. */
    tidy_deferred_set_canceller(gathering->outcome, NULL, NULL);
    tidy_deferred_unref(gathering->outcome);
    tidy__dealloc(gathering);
}

struct tidy_gathered *tidy_gathered_free(struct tidy_gathered *gathered)
{
    if (gathered)
        unref(tidy_container_of(gathered, struct gathering, gathered));
    return NULL;
}

static void free_gathered(void *value)
{
    tidy_gathered_free(value);
}

/* It is over: fire with the first failure, or with the values. */
static void finish(struct gathering *gathering)
{
    struct tidy_deferred *outcome = TIDY_STEAL(&gathering->outcome);

    if (gathering->failure) {
        tidy_deferred_fail(outcome, TIDY_STEAL(&gathering->failure));
    } else {
        gathering->n_refs++;
        tidy_deferred_fire(outcome, &gathering->gathered, free_gathered);
    }
    tidy_deferred_unref(outcome);
}

static void count_result(struct gathering *gathering)
{
    gathering->n_missing--;
    if (!gathering->outcome)
        return;
    if (!gathering->n_missing ||
        (gathering->failure && !(gathering->flags & TIDY_GATHER_WAIT_FOR_ALL)))
        finish(gathering);
}

/* The failure's reference moves here. */
static void note_failure(struct gathering *gathering,
                         struct tidy_failure *failure)
{
    if (gathering->outcome && !gathering->failure)
        gathering->failure = failure;
    else
        tidy_failure_unref(failure);
    count_result(gathering);
}

static struct tidy_deferred *on_value(struct tidy_result *result, void *arg)
{
    struct slot *slot = arg;
    struct gathering *gathering = slot->gathering;

    /* When it is over already, the value stays where it is. */
    if (gathering->outcome) {
        slot->free_value = result->free_value;
        gathering->gathered.values[slot - gathering->slots] =
            tidy_result_take(result);
    }
    count_result(gathering);
    return NULL;
}

static struct tidy_deferred *on_failure(struct tidy_result *result, void *arg)
{
    struct slot *slot = arg;

    note_failure(slot->gathering, TIDY_STEAL(&result->failure));
    return NULL;
}

static void release_slot(struct tidy__link *link)
{
    struct slot *slot = tidy_container_of(link, struct slot, link);

    slot->child = NULL;
    unref(slot->gathering);
}

static void cancel_children(struct tidy_deferred *outcome, void *arg)
{
    struct gathering *gathering = arg;

    (void)outcome;
    gathering->n_refs++;
    for (size_t idx = 0; idx < gathering->n_slots; idx++) {
        struct tidy_deferred *child = gathering->slots[idx].child;

        tidy_deferred_ref(child);
        tidy_deferred_cancel(child);
        tidy_deferred_unref(child);
    }
    unref(gathering);
}

static struct gathering *new_gathering(size_t n_slots, unsigned flags)
{
    struct gathering *gathering;

    gathering = tidy__zalloc(sizeof(*gathering) +
                             n_slots * (sizeof(struct slot) + sizeof(void *)));
    if (!gathering)
        return NULL;
    gathering->gathered.n_values = n_slots;
    gathering->gathered.values = (void **)(void *)&gathering->slots[n_slots];
    gathering->n_refs = 1;
    gathering->n_missing = n_slots;
    gathering->flags = flags;
    gathering->n_slots = n_slots;
    return gathering;
}

static void
listen_to(struct gathering *gathering, size_t idx, struct tidy_deferred *child)
{
    struct slot *slot = &gathering->slots[idx];

    if (!child) {
        note_failure(gathering, tidy_failure_new(-ENOMEM, NULL));
        return;
    }
    gathering->n_refs++;
    slot->gathering = gathering;
    slot->child = child;
    slot->link.callback = on_value;
    slot->link.errback = on_failure;
    slot->link.arg = slot;
    slot->link.release = release_slot;
    tidy__deferred_add_link(child, &slot->link);
    tidy_deferred_unref(child);
}

static struct tidy_deferred *start(struct gathering *gathering,
                                   struct tidy_deferred *const *deferreds,
                                   struct tidy_deferred *outcome)
{
    gathering->outcome = tidy_deferred_ref(outcome);
    tidy_deferred_set_canceller(outcome, cancel_children, gathering);
    for (size_t idx = 0; idx < gathering->n_slots; idx++)
        listen_to(gathering, idx, deferreds[idx]);
    if (!gathering->n_slots)
        finish(gathering);
    unref(gathering);
    return outcome;
}

struct tidy_deferred *
tidy_deferred_gather_at(struct tidy_ledger *ledger,
                        struct tidy_deferred *const *deferreds,
                        size_t n_deferreds,
                        unsigned flags,
                        const char *file,
                        int line)
{
    struct gathering *gathering;
    struct tidy_deferred *outcome;

    TIDY_REQUIRE(deferreds || !n_deferreds,
                 "tidy_deferred_gather: the deferreds are NULL");
    TIDY_REQUIRE(!(flags & ~(unsigned)TIDY_GATHER_WAIT_FOR_ALL),
                 "tidy_deferred_gather: unknown flags %#x",
                 flags);
    gathering = new_gathering(n_deferreds, flags);
    outcome = tidy_deferred_new_at(ledger, "gathered deferreds", file, line);
    if (gathering && outcome)
        return start(gathering, deferreds, outcome);
    tidy__dealloc(gathering);
    for (size_t idx = 0; idx < n_deferreds; idx++)
        tidy_deferred_unref(deferreds[idx]);
    return tidy_deferred_unref(outcome);
}
