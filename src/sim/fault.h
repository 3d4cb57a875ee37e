/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_FAULT_H
#define TIDY_SIM_FAULT_H

/*
 * Faults that can be planted in the model, to see that the comparison with the
 * real kernel catches them (tests/conformance). Only the build that is made for
 * it has them; everywhere else SIM_FAULT() is the constant false, and nothing
 * of them is compiled.
 */

/* Name, and what is then wrong. */
/* clang-format off */
#define SIM_FAULT_TABLE(X)                                                     \
    X(UNREAD_FIN, "tcp: close with unread input sends FIN, not RST")           \
    X(RESET_EPIPE, "tcp: the first write after a reset gives EPIPE")           \
    X(RESET_FLUSH, "tcp: a reset drops what had been received")                \
    X(NO_TIME_WAIT, "tcp: no port is kept in TIME_WAIT")                       \
    X(SHORT_BACKLOG, "tcp: one connection less fits in the backlog")           \
    X(HALF_CLOSE, "tcp: a half-close ends reading, too")                       \
    X(BACKLOG_FIN, "tcp: a closed listener ends its backlog by FIN")           \
    X(UNIX_REFUSES, "unix: a full backlog gives ECONNREFUSED")                 \
    X(UNIX_LATE_EPIPE, "unix: a write to a closed end succeeds")               \
    X(UNIX_NO_RESET, "unix: unread input at close is no reset")                \
    X(EDGE_LEVEL, "epoll: an edge is told again and again")                    \
    X(EDGE_LOST, "epoll: more input is no edge if there was some")             \
    X(ONE_SHOT, "epoll: one-shot watches stay enabled")                        \
    X(LEVEL_ORDER, "epoll: level-triggered watches are told in reverse")       \
    X(DUP_WATCH, "epoll: a watch ends with its number, not its file")          \
    X(PIPE_NO_MERGE, "pipe: each write begins a page")                         \
    X(PIPE_NO_EPIPE, "pipe: a write that nobody can read succeeds")            \
    X(PIPE_NO_HUP, "pipe: no EPOLLHUP when the writer is gone")                \
    X(NO_REUSE, "descriptors: the lowest one is not reused")                   \
    X(POLL_HUP, "poll: half a close is POLLHUP")                               \
    X(POLL_ERR, "poll: errors are told only if they are asked for")            \
    X(KEPT_ERROR, "sockets: an error that was told is told again")
/* clang-format on */

#ifdef TIDY_SIM_HAS_FAULTS

enum sim_fault {
    SIM_FAULT_NONE,
#define SIM_FAULT_ENUM(name, text) SIM_FAULT_##name,
    SIM_FAULT_TABLE(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
    SIM_N_FAULTS
};

/* The one that the model has now. */
extern enum sim_fault tidy__sim_planted;

#define SIM_FAULT(name) (tidy__sim_planted == SIM_FAULT_##name)

#else

#define SIM_FAULT(name) false

#endif

#endif
