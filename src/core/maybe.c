/* SPDX-License-Identifier: MIT */
/*
 * Whatever a function gives, as a deferred: a chain that has fired with NULL and
 * has that function for its first link. So a value, a failure, another deferred
 * and a check that fails are treated as they are in any chain.
 */
#include "base/misuse.h"
#include "core/deferred.h"

static void keep_link(struct tidy__link *link)
{
    (void)link;
}

struct tidy_deferred *tidy_deferred_maybe_at(struct tidy_ledger *ledger,
                                             tidy_deferred_cb fn,
                                             void *arg,
                                             const char *file,
                                             int line)
{
    /* The one link is passed before we return. */
    struct tidy__link link = {
        .callback = fn,
        .arg = arg,
        .release = keep_link,
    };
    struct tidy_deferred *deferred;

    TIDY_REQUIRE(fn, "tidy_deferred_maybe: the function is NULL");
    deferred = tidy_deferred_new_at(ledger, "maybe", file, line);
    if (!deferred)
        return NULL;
    tidy__deferred_settle(deferred);
    tidy__deferred_add_link(deferred, &link);
    return deferred;
}
