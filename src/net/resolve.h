/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_RESOLVE_H
#define TIDY_NET_RESOLVE_H

#include "net/loop.h"
#include <tidysock/address.h>

/* How many addresses of a name are tried, at the most. */
#define TIDY__MAX_RESOLVED 8

/* Looking up a host name; embedded in who asks. */
struct tidy__resolve {
    struct tidy_loop *loop;
    uv_getaddrinfo_t req;
    bool is_busy;
    void (*cb)(struct tidy__resolve *resolve);
    void *arg; /* cb's */
    /* What came of it, for cb: 0 and some addresses, or a code. */
    int status;
    struct tidy_address addresses[TIDY__MAX_RESOLVED];
    size_t n_addresses;
};

/* Ask getaddrinfo(3) in libuv's threads. cb always comes, from the loop, unless
 * this returns a code. */
int tidy__resolve_start(struct tidy__resolve *resolve,
                        struct tidy_loop *loop,
                        int family,
                        const char *host,
                        uint16_t port,
                        void (*cb)(struct tidy__resolve *resolve),
                        void *arg);

/* Do not wait for the answer; cb still comes. */
void tidy__resolve_cancel(struct tidy__resolve *resolve);

#endif
