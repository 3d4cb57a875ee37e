/* SPDX-License-Identifier: MIT */
/*
 * Executing programs, through the C library's names.
 */
#ifndef TIDY_CONFORMANCE_RUN_H
#define TIDY_CONFORMANCE_RUN_H

#include "conformance/ledger.h"
#include "conformance/program.h"

#include <sys/socket.h>

#define N_PORTS_MAX 128

/* Where and how programs run. */
struct setting {
    const char *dir; /* for the paths of Unix sockets; borrowed */
    bool is_kernel;
    unsigned pause_us;      /* after each step: for what comes by and by */
    bool has_same_sizes;    /* of what a Unix socket holds, on both */
    in_port_t nobodys_port; /* which nobody has; host order */
};

struct run {
    const struct setting *setting;
    struct ledger ledger;
    int base_fd;
    int fds[N_SLOTS];            /* the last number; -1: none yet */
    in_port_t ports[N_SLOTS];    /* the last local port */
    in_port_t seen[N_PORTS_MAX]; /* ports, in the order in which they came up */
    size_t n_seen;
    bool is_spoilt; /* bytes were read that nobody had written */
};

void run_init(void);
void run_program(const struct setting *setting,
                 const struct program *program,
                 struct results *results);

/* One step; each is in ops_*.c. */
typedef void (*op_cb)(struct run *run,
                      const struct step *step,
                      struct result *result);
#define OP_DECLARE(name, text)                                                 \
    void op_##text(                                                            \
        struct run *run, const struct step *step, struct result *result);
OP_TABLE(OP_DECLARE)
#undef OP_DECLARE

/* The number in a slot. */
int run_fd(const struct run *run, int slot);
/* Keep what a call returned, and errno. */
void keep(struct result *result, long value);
/* The same for a new descriptor, whose number is told from the first one. */
void keep_fd(struct run *run, int slot, struct result *result, int fd);
/* A descriptor has come into a slot. */
void run_put(struct run *run, int slot, int fd, enum object_kind kind);
void detail(struct result *result, int value);
/* An address that a call gave: family, host, port. */
void detail_address(struct run *run,
                    struct result *result,
                    const struct sockaddr_storage *address,
                    socklen_t len);
/* Which address is meant; returns its length. */
socklen_t run_address(const struct run *run,
                      const struct where *where,
                      struct sockaddr_storage *address);
void run_path(const struct run *run, unsigned path, char *text, size_t size);
/* The local port of a slot may have become known. */
void run_learn_port(struct run *run, int slot);
/* Could a call on the descriptor block for ever? */
bool run_may_hang(int fd, short events);

/* Bytes of the stream that an object writes, from a position on. */
const unsigned char *stream_at(size_t object_idx, uint64_t position);

#endif
