/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_PCAPNG_H
#define TIDY_EXPLORE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The blocks of a capture file: the PCAP Next Generation format, 1.0, little
 * endian, with packets of raw IP. */

enum pcapng_direction {
    PCAPNG_INBOUND = 1,
    PCAPNG_OUTBOUND = 2
};

struct pcapng_packet {
    size_t interface; /* in the order in which they were written, from 0 */
    uint64_t time_ns; /* since 1970 */
    enum pcapng_direction direction;
    const unsigned char *bytes;
    size_t n_bytes, len; /* that are there; that it had */
    const char *comment; /* "": none */
};

/* Text of others' as an option may have it: UTF-8, with lines. Returns its
 * length; what does not fit is left out. */
size_t tidy__pcapng_text(char *text, size_t size, const char *from);

/* The beginning. The comment is as tidy__pcapng_text() makes it. */
void tidy__pcapng_section(FILE *out, const char *comment);
/* Time counts in nanoseconds. */
void tidy__pcapng_interface(FILE *out, const char *name, const char *about);
void tidy__pcapng_packet(FILE *out, const struct pcapng_packet *packet);

#endif
