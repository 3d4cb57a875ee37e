/* SPDX-License-Identifier: MIT */
/*
 * Small bodies with a bug each, whose reports are tested. They use sockets and
 * epoll directly, so that what happens in them is always the same.
 */
#ifndef TIDY_TESTS_EXPLORE_BODIES_H
#define TIDY_TESTS_EXPLORE_BODIES_H

/* The client drops the connection as soon as it is made; then the listener is
 * closed, and it is waited for a server's end that may never come about. */
void body_drop(void *arg);

/* The server takes what it reads first for the whole request. */
void body_request(void *arg);

/* The same over a Unix socket, and it fails always: two of three bytes. */
void body_unix(void *arg);

/* The same over IPv6, with more than one packet can carry; and then it fails. */
void body_six(void *arg);

/* No descriptor is left for a connection, and accept is tried for ever. */
void body_spin(void *arg);

/* Seven clients, one of which is not answered. */
void body_many(void *arg);

/* It does not close what it has accepted. */
void body_left(void *arg);

/* The same with two. */
void body_two(void *arg);

/* It reads more from a pipe than will ever be there. */
void body_pipe(void *arg);

/* It does what no world can. */
void body_datagram(void *arg);

/* Its sockets have names that no page and no table expects. */
void body_hostile(void *arg);

/* It ends by a signal in a callback. */
void body_crash(void *arg);

#endif
