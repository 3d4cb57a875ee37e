/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Socket addresses of the kinds that we know: IPv4, IPv6, Unix.
 */
#ifndef TIDYSOCK_ADDRESS_H
#define TIDYSOCK_ADDRESS_H

#include <tidysock/common.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

TIDY_BEGIN_DECLS

/** An address as the kernel has it. Copy it freely; zeroed means "none". */
struct tidy_address {
    /** Bytes used in the union; 0: no address. */
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } u;
};

/** Room for any address that tidy_address_format() writes. */
#define TIDY_ADDRESS_MAX 512

/**
 * Write an address for people: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`,
 * `@abstract`, or `(unnamed)` for a Unix socket without a path. Bytes that do
 * not print appear as `\xHH`.
 *
 * @param buf   At least TIDY_ADDRESS_MAX bytes; always terminated.
 * @param size  Bytes in @p buf; what does not fit is cut off.
 * @return      @p buf.
 */
TIDY_API const char *
tidy_address_format(const struct tidy_address *address, char *buf, size_t size);

/** The port of an IPv4 or IPv6 address in host order; 0 for a Unix socket. */
TIDY_API uint16_t tidy_address_port(const struct tidy_address *address);

TIDY_END_DECLS

#endif
