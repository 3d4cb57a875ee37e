/* SPDX-License-Identifier: MIT */
/*
 * A stream of the test's own in the world of world_probe.h, in the place of a
 * socket: bytes that are there, room for more, an end, an error.
 */
#ifndef TIDY_TESTS_STREAM_PROBE_H
#define TIDY_TESTS_STREAM_PROBE_H

#include "support/world_probe.h"

struct stream_probe {
    struct sim_file file; /* first */
    char in[64], out[64];
    size_t n_in, n_out, n_room;
    bool has_end;
    int error;            /* an errno, which is told once; 0: none */
    uint64_t patience_ns; /* SIM_NEVER: it blocks for ever */
    unsigned n_attempts;  /* reads and writes so far */
    int flags;            /* of the last one */
};

/* It is there between set-up and teardown, blocking, with room for 16 bytes. */
extern struct stream_probe stream;
extern int stream_fd;

int stream_set_up(void **state);

#define stream_unit_test(fn)                                                   \
    cmocka_unit_test_setup_teardown(fn, stream_set_up, world_tear_down)

void stream_be_nonblocking(void);
/* Bytes arrive: a text, or so many x. */
void stream_put_in(const char *text);
void stream_arrive(int n);
/* send(2) */
ssize_t stream_send(const char *text, int flags);

#endif
