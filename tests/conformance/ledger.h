/* SPDX-License-Identifier: MIT */
/*
 * Who has written what to whom: for each TCP socket of a program how many bytes
 * it has written and read, and which one is its other end.
 *
 * As long as little is under way, what is readable, and when the end is seen,
 * is determined. When more is under way than fits a receive window, it depends
 * on the sizes of buffers, until everything has been read: then the connection
 * is "big".
 */
#ifndef TIDY_CONFORMANCE_LEDGER_H
#define TIDY_CONFORMANCE_LEDGER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define N_OBJECTS_MAX 128
#define N_FDS 64

struct endpoint_name {
    struct in6_addr host;
    in_port_t port;
};

enum object_kind {
    OBJECT_TCP,
    OBJECT_EPOLL,
    OBJECT_OTHER
};

/* An open file description. */
struct object {
    enum object_kind kind;
    bool is_named; /* local and peer are known */
    struct endpoint_name local, peer;
    uint64_t n_written, n_read;
    bool is_big, was_big;
};

struct ledger {
    int base_fd;
    struct object objects[N_OBJECTS_MAX];
    size_t n_objects;
    int16_t by_fd[N_FDS]; /* an index; -1: none */
    bool had_big;         /* any of them was */
};

void ledger_init(struct ledger *ledger, int base_fd);
/* A descriptor was opened, copied or closed. */
void ledger_open(struct ledger *ledger, int fd, enum object_kind kind);
void ledger_copy(struct ledger *ledger, int fd, int new_fd);
void ledger_close(struct ledger *ledger, int fd);

/* NULL: not open, or too many. */
struct object *ledger_find(struct ledger *ledger, int fd);
/* Which object it is, from 0. */
size_t ledger_index(const struct ledger *ledger, const struct object *object);
/* Its other end; NULL: not known. */
struct object *ledger_peer(struct ledger *ledger, int fd);

/* Bytes that it has written and the other end has not read. */
uint64_t ledger_under_way(struct ledger *ledger, int fd);
void ledger_wrote(struct ledger *ledger, int fd, size_t len);
void ledger_read(struct ledger *ledger, int fd, size_t len);

bool ledger_is_tcp(struct ledger *ledger, int fd);

/* Do its answers depend on the sizes of buffers, or did they ever? */
bool ledger_was_big(struct ledger *ledger, int fd);

#endif
