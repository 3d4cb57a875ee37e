/* SPDX-License-Identifier: MIT */
/*
 * The clean-up of the Python helper that this library grew from, in both forms
 * in which it was published, over our own transports. It is here as the thing
 * that fails; nobody should copy from it.
 *
 * The helper observes the user's protocols: whatever they do in connection_lost,
 * it then fires the deferred of that end, but only if clean-up has begun. What
 * the two forms differ in is the server's deferred:
 *
 *   first form   made when listening starts; clean-up always waits for it
 *   second form  made when a server protocol is built; clean-up waits for it if
 *                there is one
 */
#ifndef TIDY_TESTS_LEGACY_CLEAN_UP_H
#define TIDY_TESTS_LEGACY_CLEAN_UP_H

#include <tidysock/tidysock.h>

enum legacy_form {
    LEGACY_FIRST_FORM = 1,
    LEGACY_SECOND_FORM,
};

/* One end: the user's protocol, and its loss. */
struct legacy_end {
    const struct tidy_protocol_ops *user_ops; /* borrowed */
    struct tidy_protocol_ops ops;  /* the user's, with our connection_lost */
    struct tidy_deferred *is_lost; /* a reference, or NULL: of the newest */
};

struct legacy_helper {
    enum legacy_form form;
    struct tidy_loop *loop;         /* borrowed */
    struct tidy_endpoint *endpoint; /* owned: where the server is found */
    struct tidy_listener *listener; /* borrowed from the loop; NULL: not yet */
    struct tidy_protocol *client;   /* borrowed from the loop; the newest */
    int plain_client;               /* owned until clean-up, or -1 */
    bool is_disconnecting;          /* clean-up has begun */
    struct legacy_end server_end, client_end;
};

void legacy_init(struct legacy_helper *helper,
                 struct tidy_loop *loop,
                 enum legacy_form form);

/* When the loop has no connection of the helper's any more. */
void legacy_deinit(struct legacy_helper *helper);

/*
 * Listen at a server description, with protocols that are no larger than struct
 * tidy_protocol.
 *
 * path is the one in the description, or NULL for TCP on 127.0.0.1. ops are
 * borrowed until legacy_deinit().
 */
struct tidy_deferred *legacy_listen(struct legacy_helper *helper,
                                    const char *description,
                                    const char *path,
                                    const struct tidy_protocol_ops *ops);

/* Connect a client, which becomes the one that clean-up knows of. */
struct tidy_deferred *legacy_connect(struct legacy_helper *helper,
                                     const struct tidy_protocol_ops *ops);

/* Connect a plain, blocking socket instead: a client that is not libuv's. It is
 * connected when this returns, whatever the server's loop does. 0 or -errno. */
int legacy_connect_plain(struct legacy_helper *helper);

/* Stop listening, close the client, wait for both ends to be lost. */
struct tidy_deferred *legacy_clean_up(struct legacy_helper *helper);

#endif
