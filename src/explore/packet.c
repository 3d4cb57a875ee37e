/* SPDX-License-Identifier: MIT */
/*
 * Packets of IPv4 and IPv6 with TCP in them: headers and their checksums, as in
 * RFC 791, 8200 and 9293. Nothing is between them and the wire: no Ethernet.
 */
#include "explore/packet.h"

#include <string.h>

#define IPV4_LEN 20
#define IPV6_LEN 40
#define TCP_LEN 20
#define WINDOW 65535

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* RFC 1071, before it is folded. */
static uint64_t sum(const unsigned char *data, size_t len)
{
    uint64_t total = 0;
    size_t idx;

    for (idx = 0; idx < len; idx++)
        total += idx % 2 ? data[idx] : (uint64_t)data[idx] << 8;
    return total;
}

static unsigned fold(uint64_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return ~(unsigned)total & 0xffff;
}

static bool is_v6(const struct packet *packet)
{
    return packet->from.u.any.sa_family == AF_INET6;
}

/* Returns its length. */
static size_t put_ipv4(const struct packet *packet, unsigned char *at)
{
    put16(at, 0x4500);
    put16(at + 2, (unsigned)(IPV4_LEN + TCP_LEN + packet->len));
    put16(at + 4, packet->idx);
    put16(at + 6, 0x4000); /* not to be divided */
    put16(at + 8, 64 << 8 | IPPROTO_TCP);
    put16(at + 10, 0);
    memcpy(at + 12, &packet->from.u.in.sin_addr, 4);
    memcpy(at + 16, &packet->to.u.in.sin_addr, 4);
    put16(at + 10, fold(sum(at, IPV4_LEN)));
    return IPV4_LEN;
}

static size_t put_ipv6(const struct packet *packet, unsigned char *at)
{
    put32(at, UINT32_C(0x60000000));
    put16(at + 4, (unsigned)(TCP_LEN + packet->len));
    put16(at + 6, IPPROTO_TCP << 8 | 64);
    memcpy(at + 8, &packet->from.u.in6.sin6_addr, 16);
    memcpy(at + 24, &packet->to.u.in6.sin6_addr, 16);
    return IPV6_LEN;
}

/* With the pseudo header: both hosts, the protocol, the length. */
static unsigned checksum(const struct packet *packet, const unsigned char *tcp)
{
    uint64_t total = IPPROTO_TCP + TCP_LEN + packet->len;

    if (is_v6(packet))
        total += sum(tcp - 32, 32);
    else
        total += sum(tcp - 8, 8);
    return fold(total + sum(tcp, TCP_LEN + packet->n_data));
}

size_t
tidy__packet_write(const struct packet *packet,
                   unsigned char bytes[PACKET_MAX_HEADERS + PACKET_MAX_DATA],
                   size_t *ret_len)
{
    size_t ip_len =
        is_v6(packet) ? put_ipv6(packet, bytes) : put_ipv4(packet, bytes);
    unsigned char *tcp = bytes + ip_len;

    /* The port is at the same place in both families. */
    memcpy(tcp, &packet->from.u.in.sin_port, 2);
    memcpy(tcp + 2, &packet->to.u.in.sin_port, 2);
    put32(tcp + 4, packet->seq);
    put32(tcp + 8, packet->flags & PACKET_ACK ? packet->ack : 0);
    put16(tcp + 12, TCP_LEN / 4 << 12 | packet->flags);
    put16(tcp + 14, packet->flags & PACKET_RST ? 0 : WINDOW);
    put32(tcp + 16, 0);
    if (packet->n_data > 0)
        memcpy(tcp + TCP_LEN, packet->data, packet->n_data);
    put16(tcp + 16, checksum(packet, tcp));
    *ret_len = ip_len + TCP_LEN + packet->len;
    return ip_len + TCP_LEN + packet->n_data;
}
