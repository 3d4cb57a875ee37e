/* SPDX-License-Identifier: MIT */
/*
 * Host names, looked up by getaddrinfo(3) in libuv's thread pool. Only names
 * that are neither numeric nor `localhost` ever come here.
 */
#include "net/resolve.h"

#include "core/address.h"

#include <stdio.h>
#include <string.h>

static void take_addresses(struct tidy__resolve *resolve,
                           const struct addrinfo *first)
{
    const struct addrinfo *info;

    for (info = first; info; info = info->ai_next) {
        if (resolve->n_addresses == TIDY__MAX_RESOLVED)
            return;
        tidy__address_from_sockaddr(&resolve->addresses[resolve->n_addresses++],
                                    info->ai_addr,
                                    info->ai_addrlen);
    }
}

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *first)
{
    struct tidy__resolve *resolve = req->data;

    resolve->is_busy = false;
    tidy__loop_handle_closed(resolve->loop);
    resolve->status = status;
    if (status == 0)
        take_addresses(resolve, first);
    uv_freeaddrinfo(first);
    TIDY__INSIDE(resolve->loop, resolve->cb(resolve));
}

int tidy__resolve_start(struct tidy__resolve *resolve,
                        struct tidy_loop *loop,
                        int family,
                        const char *host,
                        uint16_t port,
                        void (*cb)(struct tidy__resolve *resolve),
                        void *arg)
{
    const struct addrinfo hints = { .ai_family = family,
                                    .ai_socktype = SOCK_STREAM };
    char service[8];
    int result;

    *resolve = (struct tidy__resolve){ .loop = loop, .cb = cb, .arg = arg };
    resolve->req.data = resolve;
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    result = uv_getaddrinfo(
        loop->uv, &resolve->req, on_resolved, host, service, &hints);
    if (result < 0)
        return result;
    resolve->is_busy = true;
    tidy__loop_handle_opened(loop);
    return 0;
}

void tidy__resolve_cancel(struct tidy__resolve *resolve)
{
    if (resolve->is_busy)
        uv_cancel((uv_req_t *)&resolve->req);
}
