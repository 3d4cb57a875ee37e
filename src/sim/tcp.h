/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_TCP_H
#define TIDY_SIM_TCP_H

#include "base/buffer.h"
#include "sim/progress.h"
#include "sim/socket.h"

/*
 * As in RFC 9293, and as Linux has it: what is in TIME-WAIT has left its socket,
 * which is CLOSE.
 */
enum sim_tcp_state {
    SIM_TCP_CLOSE,
    SIM_TCP_LISTEN,
    SIM_TCP_SYN_SENT,
    SIM_TCP_SYN_RECV,
    SIM_TCP_ESTABLISHED,
    SIM_TCP_FIN_WAIT1,
    SIM_TCP_FIN_WAIT2,
    SIM_TCP_CLOSING,
    SIM_TCP_CLOSE_WAIT,
    SIM_TCP_LAST_ACK,
};

/* How far connect() has come, whatever has become of the connection since:
 * <linux/net.h>'s socket_state. */
enum sim_tcp_phase {
    SIM_TCP_UNCONNECTED,
    SIM_TCP_CONNECTING, /* connect() has not told yet */
    SIM_TCP_CONNECTED,
    SIM_TCP_DISCONNECTING, /* shut down before connect() has told */
};

/* Types of segments. An acknowledgement takes no time, but for the handshake's
 * last. */
enum sim_tcp_segment {
    SIM_TCP_SYN,
    SIM_TCP_SYN_ACK,
    SIM_TCP_ACK,
    SIM_TCP_DATA,
    SIM_TCP_FIN,
    SIM_TCP_RST,
};

struct sim_tcp {
    struct sim_socket sock; /* first */
    enum sim_tcp_state state;
    enum sim_tcp_phase phase;
    struct sim_address local, peer; /* len 0: none */
    bool has_port;      /* it has the port of local; else, it had once */
    bool is_host_bound; /* by bind(); else it goes with the connection */
    bool is_port_bound; /* to this very port */

    /* The other end of the connection. The two are freed together, once neither
     * has a descriptor nor anything in flight. NULL: there is none (yet). */
    struct sim_tcp *other;
    struct sim_link out;        /* to the other end */
    struct tidy__buffer in;     /* received, not read */
    struct tidy__buffer unsent; /* there is no room at the other end */
    size_t n_in_flight;
    unsigned shut;    /* SIM_SHUT_* */
    bool has_fin;     /* received: reading ends with 0 for good */
    bool is_fin_due;  /* to be sent behind what is unsent */
    bool is_orphan;   /* no descriptor refers to it */
    bool is_full;     /* a write found no room: tell when there is */
    unsigned n_users; /* who may not find it freed under his hands */

    struct sim_timer syn_timer; /* sends SYN again */
    unsigned n_syns;
    bool is_unreached; /* none of them arrives */
    bool was_ipv4;     /* an IPv6 socket has tried to reach an IPv4 host */

    /* Listening. */
    size_t backlog, n_waiting;
    struct sim_tcp *waiting;                     /* DL: connections to accept */
    struct sim_tcp *waiting_prev, *waiting_next; /* in the listener's */
    struct sim_tcp *listener; /* that it is, or will be, in the list of */
    bool is_waiting;          /* it is in the list */
};

/* A port that one end of a connection keeps for a while, with no socket. */
struct sim_time_wait {
    struct sim_time_wait *prev, *next; /* in sim_world.time_waits */
    struct sim_address local, peer;
    bool is_reuse_addr, is_reuse_port, is_v6_only;
    uint64_t until_ns;
};

static inline struct sim_tcp *tidy__sim_tcp_of(const struct sim_file *file)
{
    return (struct sim_tcp *)(uintptr_t)file;
}

/* Two that can both be there after all that is to come (tcp_ports.c). */
int tidy__sim_tcp_bind(struct sim_socket *sock,
                       const struct sim_address *address);
/* 0, -EINVAL or -EAFNOSUPPORT. */
int tidy__sim_tcp_check_address(const struct sim_tcp *tcp,
                                const struct sim_address *address);
/* The port of its address, or a free one if it has none: 0 or -EADDRINUSE. */
int tidy__sim_tcp_get_port(struct sim_tcp *tcp);
/* Is there a connection between the very same addresses? */
bool tidy__sim_tcp_is_twin(const struct sim_tcp *tcp);
/* The connection is gone; what bind() gave stays. */
void tidy__sim_tcp_put_port(struct sim_tcp *tcp);
void tidy__sim_tcp_reset_host(struct sim_tcp *tcp);
/* Who listens where a client wants to connect to; NULL: nobody. */
struct sim_tcp *tidy__sim_tcp_find_listener(struct sim_world *world,
                                            const struct sim_address *address);
size_t tidy__sim_tcp_n_time_waits(const struct sim_world *world);
void tidy__sim_tcp_enter_time_wait(struct sim_tcp *tcp);
void tidy__sim_tcp_ports_deinit(struct sim_world *world);
bool tidy__sim_is_loopback(const struct sim_address *address);
uint16_t tidy__sim_port_of(const struct sim_address *address);

/* Connecting and accepting (tcp_open.c). */
int tidy__sim_tcp_listen(struct sim_socket *sock, int backlog);
int tidy__sim_tcp_accept(struct sim_socket *sock,
                         struct sim_socket **ret_child);
int tidy__sim_tcp_connect(struct sim_socket *sock,
                          const struct sim_address *address);
void tidy__sim_tcp_on_syn(struct sim_tcp *client);
void tidy__sim_tcp_on_syn_ack(struct sim_tcp *client);
void tidy__sim_tcp_on_ack(struct sim_tcp *server);
/* The connection is not one to accept any more. */
void tidy__sim_tcp_leave_backlog(struct sim_tcp *tcp);
/* It has been reset, and that may be why. */
void tidy__sim_tcp_reset_in_backlog(struct sim_tcp *tcp);
/* Who will see what is first on a connection's way to its other end. */
struct sim_file *tidy__sim_tcp_receiver(struct sim_link *link);
/* For the record: a listener gets what makes a connection, nobody else's is. */
void tidy__sim_tcp_ends(struct sim_link *link,
                        int type,
                        const struct sim_file **ret_from,
                        const struct sim_file **ret_to);

/* There is a connection no more: the socket is as new (tcp_disconnect()). */
void tidy__sim_tcp_disconnect(struct sim_tcp *tcp);

/* Data, and the end (tcp_close.c). */
void tidy__sim_tcp_deliver(struct sim_link *link,
                           int type,
                           const struct sim_io *io,
                           size_t offset,
                           size_t len);
int tidy__sim_tcp_shutdown(struct sim_socket *sock, unsigned how);
void tidy__sim_tcp_release(struct sim_file *file);
void tidy__sim_tcp_abort(struct sim_socket *sock);
void tidy__sim_tcp_destroy(struct sim_socket *sock);
/* Nothing is to be written behind what has been. */
void tidy__sim_tcp_send_fin(struct sim_tcp *tcp);
/* Nobody is in the backlog any more. */
void tidy__sim_tcp_stop_listening(struct sim_tcp *listener);
/* The connection is gone, as far as this end is concerned (tcp_done()). */
void tidy__sim_tcp_done(struct sim_tcp *tcp);
/* Tell the other end so, and be done. */
void tidy__sim_tcp_send_reset(struct sim_tcp *tcp);
/* A reset has arrived, or the network makes both ends believe so. */
void tidy__sim_tcp_take_reset(struct sim_tcp *tcp);
/* Send what has become possible to send: the other end has read. */
void tidy__sim_tcp_push(struct sim_tcp *tcp);
/* Bytes that the other end has room for. */
size_t tidy__sim_tcp_window(const struct sim_tcp *tcp);
/* Wake who found no room, if there is enough now. */
void tidy__sim_tcp_tell_room(struct sim_tcp *tcp);
/* Free it and its other end if nobody needs them. */
void tidy__sim_tcp_free_unused(struct sim_tcp *tcp);

#endif
