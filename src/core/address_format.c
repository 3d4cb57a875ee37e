/* SPDX-License-Identifier: MIT */
/*
 * Addresses for people. Written into the caller's memory, because reports are
 * also made when there is little else to be had; so this is not a user of
 * base/text.h, which writes to streams.
 */
#include "base/misuse.h"
#include "core/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PATH_START offsetof(struct sockaddr_un, sun_path)

/* Where the next character goes. Invariant: len < size, and a NUL is there. */
struct writer {
    char *buf;
    size_t size, len;
};

/* Add as much of the text as fits. */
static void add(struct writer *writer, const char *text)
{
    size_t room = writer->size - writer->len - 1, len = strlen(text);

    if (len > room)
        len = room;
    memcpy(writer->buf + writer->len, text, len);
    writer->len += len;
    writer->buf[writer->len] = '\0';
}

/* Add a byte, in full or not at all. */
static void add_byte(struct writer *writer, unsigned char byte)
{
    char text[8];

    if (byte >= 0x20 && byte < 0x7f)
        snprintf(text, sizeof(text), "%c", byte);
    else
        snprintf(text, sizeof(text), "\\x%02x", byte);
    if (strlen(text) < writer->size - writer->len)
        add(writer, text);
    else
        /* What comes behind a gap must not be written either. */
        writer->size = writer->len + 1;
}

static void format_ipv4(struct writer *writer, const struct sockaddr_in *in)
{
    char host[INET_ADDRSTRLEN], port[8];

    inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
    snprintf(port, sizeof(port), ":%u", ntohs(in->sin_port));
    add(writer, host);
    add(writer, port);
}

static void format_ipv6(struct writer *writer, const struct sockaddr_in6 *in6)
{
    char host[INET6_ADDRSTRLEN], scope[16] = "", port[16];

    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
    /* By number: names of interfaces differ from machine to machine no less,
     * and asking for one opens a socket. */
    if (in6->sin6_scope_id)
        snprintf(scope, sizeof(scope), "%%%u", in6->sin6_scope_id);
    snprintf(port, sizeof(port), "]:%u", ntohs(in6->sin6_port));
    add(writer, "[");
    add(writer, host);
    add(writer, scope);
    add(writer, port);
}

static void format_unix(struct writer *writer,
                        const struct tidy_address *address)
{
    const char *path = address->u.un.sun_path;
    size_t len = address->len > PATH_START ? address->len - PATH_START : 0;

    if (!len) {
        add(writer, "(unnamed)");
        return;
    }
    /* All bytes of an abstract name count; a path ends at its NUL. */
    if (*path)
        len = strnlen(path, len);
    for (size_t idx = 0; idx < len; idx++) {
        if (!idx && !*path)
            add(writer, "@");
        else
            add_byte(writer, (unsigned char)path[idx]);
    }
}

const char *
tidy_address_format(const struct tidy_address *address, char *buf, size_t size)
{
    struct writer writer = { .buf = buf, .size = size };

    TIDY_REQUIRE(address && buf && size,
                 "tidy_address_format: the address or the buffer is missing");
    *buf = '\0';
    if (!address->len)
        add(&writer, "(none)");
    else if (address->u.any.sa_family == AF_INET)
        format_ipv4(&writer, &address->u.in);
    else if (address->u.any.sa_family == AF_INET6)
        format_ipv6(&writer, &address->u.in6);
    else if (address->u.any.sa_family == AF_UNIX)
        format_unix(&writer, address);
    else
        add(&writer, "(unknown)");
    return buf;
}
