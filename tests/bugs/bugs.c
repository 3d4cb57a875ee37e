/* SPDX-License-Identifier: MIT */
#include "bugs/bugs.h"

/* Without a library, with libuv, with libevent. */
#define EPOLL_BUGS(X)                                                          \
    X(short_write)                                                             \
    X(cut_message)                                                             \
    X(eagain_is_error)                                                         \
    X(edge_not_drained)                                                        \
    X(edge_accepts_once)                                                       \
    X(dead_on_accept)                                                          \
    X(abort_ends_accept)                                                       \
    X(emfile_spins)                                                            \
    X(connect_unchecked)                                                       \
    X(sigpipe)
#define LIBUV_BUGS(X)                                                          \
    X(half_close)                                                              \
    X(double_close)                                                            \
    X(timer_after_close)                                                       \
    X(reply_after_reset)                                                       \
    X(backlog_forgotten)                                                       \
    X(shutdown_lost)                                                           \
    X(freed_in_flight)                                                         \
    X(late_answer)

#define LIBEVENT_BUGS(X)                                                       \
    X(joined_messages)                                                         \
    X(error_ignored)                                                           \
    X(pipelined_behind_close)                                                  \
    X(end_drops_input)

#define DECLARE(name) extern const struct bug bug_##name;
EPOLL_BUGS(DECLARE)
LIBUV_BUGS(DECLARE)
#ifdef HAS_LIBEVENT
LIBEVENT_BUGS(DECLARE)
#endif
#undef DECLARE

#define ENTRY(name) &bug_##name,
const struct bug *const bugs[] = { EPOLL_BUGS(ENTRY) LIBUV_BUGS(ENTRY)
#ifdef HAS_LIBEVENT
                                       LIBEVENT_BUGS(ENTRY)
#endif
                                           NULL };
#undef ENTRY
