/* SPDX-License-Identifier: MIT */
/*
 * The sides of the rows in rows.c, and what pairs of them share.
 */
#ifndef TIDYSOCK_BENCH_ROWS_H
#define TIDYSOCK_BENCH_ROWS_H

#include "bench.h"

#include <netinet/in.h>

/* Of a process with many connections, for all that is not a connection. */
#define BENCH_OTHER_DESCRIPTORS 100

/* plain_cycle.c, ours_cycle.c, ours_case.c */
void plain_cycle_tcp(struct bench_run *run);
void plain_cycle_tcp_loop(struct bench_run *run);
void plain_cycle_unix(struct bench_run *run);
void ours_cycle_tcp(struct bench_run *run);
void ours_cycle_unix(struct bench_run *run);
void ours_cycle_case(struct bench_run *run);
void ours_client_first(struct bench_run *run);
void ours_server_first(struct bench_run *run);

/* plain_conns.c, ours_conns.c */
void plain_conns(struct bench_run *run);
void ours_conns(struct bench_run *run);

/* plain_probe.c, ours_probe.c */
void plain_probe(struct bench_run *run);
void ours_probe(struct bench_run *run);

/* probe.c: a listening socket that nobody accepts from while a probe runs */
int probe_listen(struct sockaddr_in *ret_address);
void probe_in_batches(struct bench_run *run,
                      int listener_fd,
                      void (*probe)(void *arg),
                      void *arg);

#endif
