/* SPDX-License-Identifier: MIT */
/*
 * Groups of transports. A group never touches the network: its fixture closes
 * the transports, and frees them here when nobody may use them any more.
 */
#include "net/group.h"

#include "base/misuse.h"
#include "net/loop.h"
#include "net/transport.h"

#include <utlist.h>

void tidy__group_init(struct tidy__group *group,
                      struct tidy_loop *loop,
                      const struct tidy__group_ops *ops)
{
    *group = (struct tidy__group){ .ops = ops };
    DL_APPEND(loop->groups, group);
}

struct tidy_transport *tidy__group_take_lost(struct tidy__group *group)
{
    struct tidy_transport *transport, *next, *lost = NULL;

    DL_FOREACH_SAFE(group->transports, transport, next) {
        if (transport->state != TIDY__TRANSPORT_LOST)
            continue;
        DL_DELETE(group->transports, transport);
        DL_APPEND(lost, transport);
    }
    return lost;
}

void tidy__transports_free(struct tidy_transport *transports)
{
    struct tidy_transport *transport, *next;

    DL_FOREACH_SAFE(transports, transport, next)
        tidy__transport_free_lost(transport);
}

void tidy__group_deinit(struct tidy__group *group, struct tidy_loop *loop)
{
    tidy__transports_free(tidy__group_take_lost(group));
    TIDY_REQUIRE(!group->transports, "tidy__group_deinit: still connected");
    DL_DELETE(loop->groups, group);
}
