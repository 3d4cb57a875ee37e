/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_EPOLL_H
#define TIDY_SIM_EPOLL_H

#include "sim/file.h"

struct sim_epoll {
    struct sim_file file;    /* first */
    struct sim_watch *items; /* DL, owned: in the order in which they came */
    struct sim_watch *ready; /* DL: woken, in that order; poll() has the say */
    bool is_waited_for;      /* somebody sleeps on it */
};

/* NULL: it is another kind of file. */
struct sim_epoll *tidy__sim_epoll_of(struct sim_file *file);

/* What a watch is interested in and its file is ready for. */
uint32_t tidy__sim_watch_poll(const struct sim_watch *watch);

/* Is one really ready? Those before it in the list, which are not, leave it. */
bool tidy__sim_epoll_is_ready(struct sim_epoll *epoll);

/* Of a file: its watches are woken, or end. */
void tidy__sim_watches_wake(struct sim_file *file, uint32_t key);
void tidy__sim_watches_drop(struct sim_file *file);

#endif
