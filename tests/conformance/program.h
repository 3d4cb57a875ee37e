/* SPDX-License-Identifier: MIT */
/*
 * Programs of system calls, made at random, executed twice: on the kernel and in
 * a world. They lie in memory that processes share, and hold no pointers.
 *
 * A program has slots for descriptors. A step names slots, not numbers; when a
 * slot is closed its number stays, so that later steps may hit what was opened
 * under the same number since, as in any program that has gone wrong.
 */
#ifndef TIDY_CONFORMANCE_PROGRAM_H
#define TIDY_CONFORMANCE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define N_SLOTS 20
#define N_STEPS_MAX 120
#define N_DETAILS_MAX 40
#define N_PATHS 4
#define NO_SLOT (-1)
/* The longest transfer. */
#define LEN_MAX 200000

/* What a step does: name. Its fields are explained where it is executed
 * (ops_*.c). */
#define OP_TABLE(X)                                                            \
    X(SOCKET, socket)                                                          \
    X(SOCKETPAIR, socketpair)                                                  \
    X(BIND, bind)                                                              \
    X(LISTEN, listen)                                                          \
    X(CONNECT, connect)                                                        \
    X(ACCEPT, accept)                                                          \
    X(SHUTDOWN, shutdown)                                                      \
    X(GETSOCKNAME, getsockname)                                                \
    X(GETPEERNAME, getpeername)                                                \
    X(SET_FLAG, set_flag)                                                      \
    X(SET_LINGER, set_linger)                                                  \
    X(GET_INT, get_int)                                                        \
    X(GET_LINGER, get_linger)                                                  \
    X(GET_STATE, get_state)                                                    \
    X(READ, read)                                                              \
    X(READV, readv)                                                            \
    X(RECV, recv)                                                              \
    X(RECVFROM, recvfrom)                                                      \
    X(RECVMSG, recvmsg)                                                        \
    X(WRITE, write)                                                            \
    X(WRITEV, writev)                                                          \
    X(SEND, send)                                                              \
    X(SENDTO, sendto)                                                          \
    X(SENDMSG, sendmsg)                                                        \
    X(WRITE_NUMBER, write_number)                                              \
    X(POLL, poll)                                                              \
    X(SELECT, select)                                                          \
    X(EPOLL_CREATE, epoll_create)                                              \
    X(EPOLL_CTL, epoll_ctl)                                                    \
    X(EPOLL_WAIT, epoll_wait)                                                  \
    X(CLOSE, close)                                                            \
    X(DUP, dup)                                                                \
    X(DUP2, dup2)                                                              \
    X(PIPE, pipe)                                                              \
    X(EVENTFD, eventfd)                                                        \
    X(TIMERFD, timerfd)                                                        \
    X(TIMERFD_SETTIME, timerfd_settime)                                        \
    X(TIMERFD_GETTIME, timerfd_gettime)                                        \
    X(COUNT_READABLE, count_readable)                                          \
    X(COUNT_UNSENT, count_unsent)                                              \
    X(SET_NONBLOCK, set_nonblock)                                              \
    X(GET_STATUS, get_status)                                                  \
    X(FSTAT, fstat)                                                            \
    X(UNLINK, unlink)                                                          \
    X(STAT, stat)                                                              \
    X(CHMOD, chmod)

enum op {
#define OP_ENUM(name, text) OP_##name,
    OP_TABLE(OP_ENUM)
#undef OP_ENUM
    N_OPS
};

enum domain {
    DOMAIN_IPV4,
    DOMAIN_IPV6,
    DOMAIN_UNIX,
    DOMAIN_NONE /* AF_UNSPEC: of an address only */
};

/* Hosts of IPv4 and IPv6; kinds of names of Unix sockets. */
enum host {
    HOST_LOOPBACK, /* 127.0.0.1, ::1; a path */
    HOST_ANY,      /* 0.0.0.0, ::; an abstract name */
    HOST_OTHER,    /* 127.0.0.2, ::ffff:127.0.0.1; a path in no directory */
    HOST_FOREIGN,  /* an address of another machine; the directory itself */
    N_HOSTS
};

/* An address to bind or connect to. */
struct where {
    uint8_t domain;
    uint8_t host;
    int8_t port_of; /* the slot whose local port it is; NO_SLOT: any */
    uint8_t path;   /* of a Unix socket */
    uint8_t cut;    /* its length is wrong by so much */
};

struct step {
    uint8_t op;
    int8_t slot;  /* of the call's descriptor, which it may create */
    int8_t slot2; /* the second one; NO_SLOT: none */
    uint32_t a, b;
    struct where where;
};

struct program {
    uint64_t seed;
    uint32_t n_steps;
    struct step steps[N_STEPS_MAX];
};

/* What a step gave. */
struct result {
    bool is_skipped; /* it could have blocked for ever */
    bool is_loose;   /* it depends on the sizes of buffers */
    int32_t value;
    int32_t error; /* an errno, if value is negative */
    uint32_t n_signals;
    uint64_t hash;  /* of the bytes that were read */
    uint32_t limit; /* of a loose value */
    uint32_t n_details;
    int32_t details[N_DETAILS_MAX]; /* addresses, options, events */
};

/* A detail that depends on the sizes of buffers. */
#define LOOSE_DETAIL INT32_MIN

struct results {
    uint32_t n_done; /* steps */
    bool is_spoilt;  /* bytes were read that nobody had written there */
    struct result steps[N_STEPS_MAX];
};

/* What the kernel can, and what programs make use of. */
struct machine {
    bool has_ipv6;
    /* Where acknowledgements are not held back, and nobody else is. */
    bool has_own_network;
    bool has_same_sizes; /* a Unix socket holds as much as a world's */
};

/* A program from a seed: the same from the same seed on such machines. */
void program_generate(struct program *program,
                      uint64_t seed,
                      const struct machine *machine);

/* A step as a line of C, more or less. */
void step_print(const struct step *step, FILE *out);
/* What it gave, in a few words. */
void result_print(const struct step *step,
                  const struct result *result,
                  FILE *out);

/* Is everything the same that must be? Counts what was compared. */
struct tally {
    uint64_t n_exact, n_loose, n_skipped;
};
bool result_agrees(const struct step *step,
                   const struct result *kernel,
                   const struct result *world,
                   struct tally *tally);
/* The first step that disagrees; n_steps: none. */
uint32_t results_compare(const struct program *program,
                         const struct results *kernel,
                         const struct results *world,
                         struct tally *tally);

#endif
