/* SPDX-License-Identifier: MIT */
/*
 * Clients that do what a script says, whatever loop the server has: they have an
 * epoll of their own, and that is a descriptor which the server's loop waits for
 * as for any other.
 *
 * A client whose connection cannot be made, or is reset, gives up, which is no
 * failure: that may happen to anybody. Bytes that are not those of the script,
 * and an end before all of them are there, are.
 */
#ifndef TIDY_TESTS_BUGS_SUPPORT_CLIENTS_H
#define TIDY_TESTS_BUGS_SUPPORT_CLIENTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CLIENTS 4

enum step_kind {
    STEP_CLOSE, /* the last */
    STEP_RESET, /* instead of it */
    STEP_AFTER, /* until the client before is over; at most the first step */
    STEP_CONNECT,
    STEP_PAUSE,
    STEP_SEND,
    STEP_SHUT,
    STEP_EXPECT,
    STEP_EXPECT_END
};

struct step {
    enum step_kind kind;
    const char *text;
    unsigned ms;
};

/* clang-format off */
#define CLOSE { .kind = STEP_CLOSE }
#define RESET { .kind = STEP_RESET }
#define AFTER { .kind = STEP_AFTER }
#define CONNECT { .kind = STEP_CONNECT }
#define PAUSE(ms_) { .kind = STEP_PAUSE, .ms = (ms_) }
#define SEND(text_) { .kind = STEP_SEND, .text = (text_) }
#define SHUT { .kind = STEP_SHUT }
#define EXPECT(text_) { .kind = STEP_EXPECT, .text = (text_) }
#define EXPECT_END { .kind = STEP_EXPECT_END }
/* clang-format on */

struct client {
    struct clients *clients;
    const struct step *step; /* which it is at; NULL: over */
    size_t n_done;           /* bytes of it */
    int fd, timer;           /* -1: none */
    uint16_t port;           /* its own; 0: not yet bound */
    bool has_begun, is_connecting;
};

struct clients {
    int epfd; /* becomes readable when one of them has something to do */
    struct sockaddr_in address;
    struct client all[MAX_CLIENTS];
    size_t n_open, n_connected; /* now; ever */
    /* Has the server got to know the client of that port? If not, it may have
     * turned it away without a word. NULL: it turns nobody away. */
    bool (*is_known)(const struct clients *clients, uint16_t port);
};

/* false: there is no descriptor for it. */
bool clients_begin(struct clients *clients);

/* @param scripts  One for each, then NULL; borrowed until they end. */
void clients_start(struct clients *clients,
                   const struct sockaddr_in *address,
                   const struct step *const scripts[]);

/* Do what one of them has to do; to be called when epfd is readable. */
void clients_turn(struct clients *clients);

void clients_end(struct clients *clients);

/* A listener at a free port; -1: not now. */
int listen_anywhere(struct sockaddr_in *ret_address);

/* Name what it refers to, for reports; outside of worlds: nothing. */
void name_actor(int fd, const char *name);

#endif
