/* SPDX-License-Identifier: MIT */
/*
 * TCP in the world of world_probe.h, over 127.0.0.1. All calls return what the
 * world does: a descriptor, 0, or -errno. Sockets are non-blocking.
 */
#ifndef TIDY_TESTS_TCP_PROBE_H
#define TIDY_TESTS_TCP_PROBE_H

#include "support/world_probe.h"

int tcp_socket(void);
/* A listener on a port that is free. */
int tcp_listen(int backlog);
/* 0 or -EINPROGRESS, or why not. */
int tcp_connect(int fd, int listener);
int tcp_accept(int listener);

/* A new socket that connects, and must not fail at once. */
int tcp_client(int listener);
/* A client and what is accepted. */
void tcp_pair(int listener, int ret_fds[2]);

/* Close it by a reset. */
void tcp_reset(int fd);

/* Let a call block for so long, so that what is in flight arrives. */
void tcp_settle(uint64_t duration_ns);

#endif
