/* SPDX-License-Identifier: MIT */
/*
 * Making programs: what a generator believes about each slot. It is mostly
 * right, which is enough: what it is wrong about gives errors, and these are
 * compared, too.
 */
#ifndef TIDY_CONFORMANCE_GENERATE_H
#define TIDY_CONFORMANCE_GENERATE_H

#include "conformance/program.h"

enum kind {
    KIND_NONE,
    KIND_NEW, /* a socket */
    KIND_LISTENER,
    KIND_STREAM, /* connected, or connecting */
    KIND_PIPE_READER,
    KIND_PIPE_WRITER,
    KIND_EVENTFD,
    KIND_TIMERFD,
    KIND_EPOLL,
    N_KINDS
};

#define KIND_BIT(kind) (1u << (kind))
#define KINDS_SOCKET                                                           \
    (KIND_BIT(KIND_NEW) | KIND_BIT(KIND_LISTENER) | KIND_BIT(KIND_STREAM))
#define KINDS_ANY (((1u << N_KINDS) - 1) & ~KIND_BIT(KIND_NONE))

struct belief {
    enum kind kind;
    enum domain domain;
    enum host host; /* that it listens on */
    uint8_t path;
    unsigned n_pending; /* of a listener */
};

struct generator {
    uint64_t state;
    struct program *program;
    struct belief slots[N_SLOTS];
    const struct machine *machine; /* borrowed */
    /* Each program has its own taste. */
    unsigned domains;  /* a bit for each */
    bool is_blocking;  /* some sockets are */
    bool is_large;     /* long transfers */
    bool is_careless;  /* wrong kinds of descriptors */
    bool is_reusing;   /* SO_REUSEADDR */
    bool likes_linger; /* SO_LINGER {1, 0} */
};

/* xorshift64* */
uint64_t generator_random(struct generator *generator);
static inline uint32_t pick(struct generator *generator, uint32_t n)
{
    return (uint32_t)((generator_random(generator) >> 16) % n);
}
static inline bool one_in(struct generator *generator, uint32_t n)
{
    return pick(generator, n) == 0;
}

/* A new step; NULL: the program is full. */
struct step *generator_step(struct generator *generator, enum op op);
/* A slot of one of these kinds, mostly; NO_SLOT: there is none. */
int generator_slot(struct generator *generator, unsigned kinds);
/* One that is free; NO_SLOT: none is. */
int generator_free_slot(struct generator *generator);

/* What programs are made of (generate_sockets.c, generate_calls.c). */
void generate_listener(struct generator *generator);
void generate_client(struct generator *generator);
void generate_accept(struct generator *generator);
void generate_pair(struct generator *generator);
void generate_stray(struct generator *generator);
void generate_shutdown(struct generator *generator);
void generate_option(struct generator *generator);
void generate_question(struct generator *generator);
void generate_write(struct generator *generator);
void generate_read(struct generator *generator);
void generate_close(struct generator *generator);
void generate_copy(struct generator *generator);
void generate_other_file(struct generator *generator);
void generate_number(struct generator *generator);
void generate_timer(struct generator *generator);
void generate_epoll(struct generator *generator);
void generate_poll(struct generator *generator);
void generate_path(struct generator *generator);

#endif
