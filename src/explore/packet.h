/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_PACKET_H
#define TIDY_EXPLORE_PACKET_H

#include "sim/socket.h"

#include <stdint.h>

/* No packet carries more; what was sent at once may be several. */
#define PACKET_MAX_DATA 32768
#define PACKET_MAX_HEADERS 60

#define PACKET_FIN 0x01u
#define PACKET_SYN 0x02u
#define PACKET_RST 0x04u
#define PACKET_PSH 0x08u
#define PACKET_ACK 0x10u

/* A TCP segment, as it would be on a wire. */
struct packet {
    struct sim_address from, to; /* both of one family: AF_INET or AF_INET6 */
    uint32_t seq, ack;
    unsigned flags;
    uint16_t idx; /* of IPv4, counts the packets */
    const unsigned char *data;
    size_t len, n_data; /* of the data, and how much of it is there */
};

/* Write headers and data, as much as there is. Returns the bytes; those that
 * it would have with all of its data is *ret_len. */
size_t
tidy__packet_write(const struct packet *packet,
                   unsigned char bytes[PACKET_MAX_HEADERS + PACKET_MAX_DATA],
                   size_t *ret_len);

#endif
