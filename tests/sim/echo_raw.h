/* SPDX-License-Identifier: MIT */
/*
 * What waits for the raw echo server: poll, select or epoll.
 */
#ifndef TIDY_TESTS_SIM_ECHO_RAW_H
#define TIDY_TESTS_SIM_ECHO_RAW_H

#include "sim/echo.h"

#include <stdbool.h>
#include <stddef.h>

#define MAX_ENDS (1 + 2 * ECHO_N_CLIENTS)

struct end {
    int fd; /* -1: closed */
    bool is_listener, is_client;
    bool is_ready; /* for whatever it does next */
    bool wants_out;
    size_t n_read;
};

void wait_begin(void);
void wait_add(struct end *end);
/* It wants another thing than before. */
void wait_change(struct end *end);
/* Wait, and set is_ready. */
void wait_turn(struct end *ends, size_t n_ends);
void wait_end(void);

#endif
