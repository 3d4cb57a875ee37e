/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_GROUP_H
#define TIDY_NET_GROUP_H

#include <stddef.h>

struct tidy_failure;
struct tidy_loop;
struct tidy_transport;
struct tidy__group;

/* Told after the user's own callback has returned. */
struct tidy__group_ops {
    /* A connect into this group failed; told before its deferred fails. */
    void (*failed)(struct tidy__group *group, struct tidy_failure *failure);
    void (*made)(struct tidy__group *group, struct tidy_transport *transport);
    void (*lost)(struct tidy__group *group, struct tidy_transport *transport);
    /* A connection that the factory refused is gone. */
    void (*refused)(struct tidy__group *group);
    /* The loop goes, and all transports are lost: end the group, too. NULL:
     * another group's owner ends this one. */
    void (*loop_ended)(struct tidy__group *group);
};

/*
 * Transports that belong together: observed by the same fixture, and freed at
 * the same moment. Lost ones stay until then, so that a user's pointer to one
 * stays valid.
 */
struct tidy__group {
    struct tidy__group *prev, *next; /* in tidy_loop.groups */
    const struct tidy__group_ops *ops;
    struct tidy_transport *transports; /* DL, owned, in order of connecting */
    size_t n_open;                     /* not lost yet, also refused ones */
};

void tidy__group_init(struct tidy__group *group,
                      struct tidy_loop *loop,
                      const struct tidy__group_ops *ops);
/* All its transports must be lost; they are freed. */
void tidy__group_deinit(struct tidy__group *group, struct tidy_loop *loop);
/* Take the lost ones out; then free them, now or when their last user is told. */
struct tidy_transport *tidy__group_take_lost(struct tidy__group *group);
void tidy__transports_free(struct tidy_transport *transports);

#endif
