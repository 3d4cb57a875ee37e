/* SPDX-License-Identifier: MIT */
/*
 * An echo server and its clients, in one thread: one implementation a program.
 * Nothing in them knows of worlds.
 */
#ifndef TIDY_TESTS_SIM_ECHO_H
#define TIDY_TESTS_SIM_ECHO_H

#define ECHO_N_CLIENTS 2
#define ECHO_TEXT "0123456789abcdef"
#define ECHO_LEN 16

/* Listens on 127.0.0.1, connects ECHO_N_CLIENTS to it, each of which sends
 * ECHO_TEXT and closes when it is back; ends when all are gone. Returns the
 * bytes that came back. */
int echo_run(void);

#endif
