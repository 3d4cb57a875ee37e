/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CORE_ADDRESS_H
#define TIDY_CORE_ADDRESS_H

#include <tidysock/address.h>
#include <tidysock/endpoint.h>

/* Copy what the kernel gave; an unknown family leaves it zeroed. */
void tidy__address_from_sockaddr(struct tidy_address *address,
                                 const struct sockaddr *sa,
                                 socklen_t len);

/* 0 or -ENAMETOOLONG. An empty path is -EINVAL. */
int tidy__address_from_path(struct tidy_address *address, const char *path);

/*
 * The address of a numeric host, of "" (any address) or of "localhost"
 * (127.0.0.1, or ::1 if the kind is tcp6), without asking anybody.
 *
 * 0; -ERANGE: the port is not one; -EADDRNOTAVAIL: it is a name, to be looked
 * up, or a literal of the other family. An IPv6 literal works in a `tcp:`
 * description too, as in Twisted; scope ids (fe80::1%lo) are understood.
 */
int tidy__address_from_host(struct tidy_address *address,
                            enum tidy_endpoint_kind kind,
                            const char *host,
                            int64_t port);

/* Does it name one place, as opposed to all addresses of the machine? */
bool tidy__address_is_specific(const struct tidy_address *address);

#endif
