/* SPDX-License-Identifier: MIT */
/*
 * Unix stream sockets.
 *
 * Nothing is ever in flight: what is written is in the other end's queue, and
 * connect() puts its new other end in the backlog. How much fits in a queue
 * depends on the pieces in which it was written, as in Linux, whose
 * unix_stream_sendmsg(), unix_poll() and unix_release_sock() this follows.
 */
#include "base/alloc.h"
#include "sim/fault.h"
#include "sim/path.h"
#include "sim/record.h"
#include "sim/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <utlist.h>

#define SNDBUF 212992
#define PAGE 4096
#define MAX_HEAD 3776 /* above that the rest is in pages of its own */
#define MAX_PIECE (MAX_HEAD + 32768)
#define OVERHEAD 320
#define PIECE_SIZE 256 /* of what describes it */

enum unix_state {
    UNIX_NEW,
    UNIX_LISTENING,
    UNIX_CONNECTED
};

/* What was written at once; its memory counts for its writer until it is read. */
struct piece {
    struct piece *prev, *next; /* in sim_unix.pieces */
    size_t len, n_read, cost;
    unsigned char data[];
};

struct sim_unix {
    struct sim_socket sock; /* first */
    enum unix_state state;
    struct sim_address local; /* len 0: no name */
    struct sim_path *path;    /* borrowed; NULL: not bound, or unlinked */
    struct sim_unix *other;   /* NULL: none, or closed */
    struct sim_address peer;  /* its name, once it is closed */
    struct piece *pieces;     /* DL, owned: to be read */
    size_t n_bytes;           /* in them */
    size_t n_written; /* what the other end has not read, with overhead */
    unsigned shut;
    size_t backlog, n_waiting;
    struct sim_unix *waiting; /* DL: to be accepted, owned */
    struct sim_unix *waiting_prev, *waiting_next; /* in the listener's */
};

static struct sim_unix *unix_of(const struct sim_file *file)
{
    return (struct sim_unix *)(uintptr_t)file;
}

void tidy__sim_unix_lose_path(struct sim_socket *sock)
{
    unix_of(&sock->file)->path = NULL;
}

/* ------------------------------------------------------------------- reading */

/* unix_writable(); a socket holds a byte of its own. */
static bool is_writable(const struct sim_unix *un)
{
    return un->state != UNIX_LISTENING && (un->n_written + 1) * 4 <= SNDBUF;
}

/* sock_wfree() and unix_write_space() */
static void drop_piece(struct sim_unix *un, struct piece *piece)
{
    struct sim_unix *other = un->other;

    DL_DELETE(un->pieces, piece);
    if (other) {
        other->n_written -= piece->cost;
        if (is_writable(other))
            tidy__sim_file_wake(&other->sock.file,
                                EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
    }
    tidy__dealloc(piece);
}

static size_t take(struct sim_unix *un, const struct sim_io *io)
{
    struct piece *piece, *next;
    size_t n_taken = 0;

    DL_FOREACH_SAFE(un->pieces, piece, next) {
        size_t n = piece->len - piece->n_read;

        n = n < io->len - n_taken ? n : io->len - n_taken;
        tidy__sim_io_put(io, n_taken, piece->data + piece->n_read, n);
        n_taken += n;
        if (io->flags & MSG_PEEK)
            continue;
        piece->n_read += n;
        un->n_bytes -= n;
        if (piece->n_read < piece->len)
            break;
        drop_piece(un, piece);
    }
    return n_taken;
}

static ssize_t unix_read(struct sim_file *file, const struct sim_io *io)
{
    struct sim_unix *un = unix_of(file);
    size_t n_taken;

    if (un->state != UNIX_CONNECTED)
        return -EINVAL;
    if (un->pieces) {
        n_taken = take(un, io);
        if (n_taken < io->len && (io->flags & MSG_WAITALL) &&
            !(io->flags & MSG_PEEK))
            tidy__sim_socket_take_error(&un->sock); /* and it is lost */
        return (ssize_t)n_taken;
    }
    if (un->sock.error)
        return tidy__sim_socket_take_error(&un->sock);
    return un->shut & SIM_SHUT_IN ? 0 : -EAGAIN;
}

static int unix_n_readable(struct sim_file *file)
{
    const struct sim_unix *un = unix_of(file);

    return un->state == UNIX_LISTENING ? -EINVAL : (int)un->n_bytes;
}

/* ------------------------------------------------------------------- writing */

static size_t in_pages(size_t len)
{
    return (len + PAGE - 1) / PAGE * PAGE;
}

/* sock_alloc_send_pskb(), kmalloc() and skb->truesize */
static size_t cost_of(size_t len)
{
    size_t n_paged = len > MAX_HEAD ? in_pages(len - MAX_HEAD) : 0;
    size_t head, size = 512;

    n_paged = n_paged < len ? n_paged : len;
    head = len - n_paged + OVERHEAD;
    while (size < head)
        size *= 2;
    return size + PIECE_SIZE + in_pages(n_paged);
}

static void
tell(const struct sim_unix *from, const struct sim_unix *to, const char *what)
{
    if (from->sock.file.world->record)
        tidy__sim_record_transfer(
            &from->sock.file, &to->sock.file, what, NULL, 0, 0);
}

static int send_piece(struct sim_unix *un,
                      const struct sim_io *io,
                      size_t offset,
                      size_t len)
{
    struct piece *piece = tidy__alloc(sizeof(*piece) + len);

    if (!piece)
        return -ENOBUFS;
    piece->len = len;
    piece->n_read = 0;
    piece->cost = cost_of(len);
    tidy__sim_io_get(io, offset, piece->data, len);
    un->n_written += piece->cost;
    un->other->n_bytes += len;
    DL_APPEND(un->other->pieces, piece);
    if (un->sock.file.world->record)
        tidy__sim_record_transfer(
            &un->sock.file, &un->other->sock.file, "data", io, offset, len);
    tidy__sim_file_wake(&un->other->sock.file, SIM_READABLE_KEY);
    return 0;
}

static ssize_t unix_write(struct sim_file *file, const struct sim_io *io)
{
    struct sim_unix *un = unix_of(file);
    size_t n_sent = 0;
    int result = 0;

    if (un->state != UNIX_CONNECTED)
        return -ENOTCONN;
    if (un->shut & SIM_SHUT_OUT)
        return SIM_FAULT(UNIX_LATE_EPIPE) && !un->other ? (ssize_t)io->len
                                                        : -EPIPE;
    while (n_sent < io->len && result == 0) {
        size_t n = io->len - n_sent;

        if (un->sock.error)
            result = tidy__sim_socket_take_error(&un->sock);
        else if (un->n_written >= SNDBUF)
            result = -EAGAIN;
        else if (!un->other || (un->other->shut & SIM_SHUT_IN))
            result = -EPIPE;
        else
            result = send_piece(un, io, n_sent, n < MAX_PIECE ? n : MAX_PIECE);
        if (result == 0)
            n_sent += n < MAX_PIECE ? n : MAX_PIECE;
    }
    return n_sent > 0 ? (ssize_t)n_sent : result;
}

static int unix_n_unsent(struct sim_file *file)
{
    return (int)unix_of(file)->n_written;
}

static uint32_t unix_poll(struct sim_file *file)
{
    const struct sim_unix *un = unix_of(file);
    uint32_t mask = un->sock.error ? EPOLLERR : 0;

    if (un->shut == SIM_SHUT_BOTH)
        mask |= EPOLLHUP;
    if (un->shut & SIM_SHUT_IN)
        mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
    if (un->pieces || un->waiting)
        mask |= EPOLLIN | EPOLLRDNORM;
    if (un->state == UNIX_NEW)
        mask |= EPOLLHUP;
    if (is_writable(un))
        mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
    return mask;
}

/* ------------------------------------------------------------------ beginning */

static void become_pair(struct sim_unix *a, struct sim_unix *b)
{
    a->other = b;
    b->other = a;
    a->state = b->state = UNIX_CONNECTED;
}

/* unix_validate_addr() */
static bool is_valid(const struct sim_address *address)
{
    return address->len > offsetof(struct sockaddr_un, sun_path) &&
           address->len <= sizeof(address->u.un) &&
           address->u.any.sa_family == AF_UNIX;
}

static int unix_bind(struct sim_socket *sock, const struct sim_address *address)
{
    struct sim_unix *un = unix_of(&sock->file);
    int result;

    if (address->len == offsetof(struct sockaddr_un, sun_path) &&
        address->u.any.sa_family == AF_UNIX)
        tidy__sim_unmodelled(sock->file.world,
                             "bind of a Unix socket without a name");
    if (!is_valid(address) || (un->local.len && !address->u.un.sun_path[0]))
        return -EINVAL;
    result = tidy__sim_path_check(sock->file.world, address);
    if (result == 0 && un->local.len)
        result = -EINVAL;
    if (result == 0)
        result = tidy__sim_path_bind(sock, address, &un->path);
    if (result < 0)
        return result;
    un->local = *address;
    if (address->u.un.sun_path[0]) /* the kernel counts the NUL */
        un->local.len =
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                        strnlen(address->u.un.sun_path,
                                sizeof(address->u.un.sun_path) - 1) +
                        1);
    return 0;
}

static int unix_listen(struct sim_socket *sock, int backlog)
{
    struct sim_unix *un = unix_of(&sock->file);

    if (!un->local.len || un->state == UNIX_CONNECTED)
        return -EINVAL;
    un->state = UNIX_LISTENING;
    un->backlog = (size_t)backlog;
    return 0;
}

static int unix_accept(struct sim_socket *sock, struct sim_socket **ret_child)
{
    struct sim_unix *un = unix_of(&sock->file);
    struct sim_unix *child = un->waiting;

    if (!child) /* who would wait is told that it is in vain */
        return (un->shut & SIM_SHUT_IN) && !(sock->file.status & O_NONBLOCK)
                   ? -EINVAL
                   : -EAGAIN;
    DL_DELETE2(un->waiting, child, waiting_prev, waiting_next);
    un->n_waiting--;
    *ret_child = &child->sock;
    return 0;
}

/* 0, or why nobody can be connected to there. */
static int find_listener(struct sim_world *world,
                         const struct sim_address *address,
                         struct sim_unix **ret_listener)
{
    struct sim_socket *found;
    int result = tidy__sim_path_find(world, address, &found);

    if (result < 0)
        return result;
    *ret_listener = unix_of(&found->file);
    if ((*ret_listener)->state != UNIX_LISTENING ||
        ((*ret_listener)->shut & SIM_SHUT_IN))
        return -ECONNREFUSED;
    if ((*ret_listener)->n_waiting > (*ret_listener)->backlog)
        return SIM_FAULT(UNIX_REFUSES) ? -ECONNREFUSED : -EAGAIN;
    return 0;
}

static int unix_connect(struct sim_socket *sock,
                        const struct sim_address *address)
{
    struct sim_unix *un = unix_of(&sock->file), *listener, *child;
    struct sim_world *world = sock->file.world;
    struct sim_socket *child_sock;
    int result;

    if (!is_valid(address))
        return -EINVAL;
    result = find_listener(world, address, &listener);
    if (result == 0 && un->state != UNIX_NEW)
        result = un->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;
    if (result == 0 &&
        tidy__choose_fault(world, TIDY_CHOICE_REFUSE_FAULT, sock->file.id))
        result = -ECONNREFUSED;
    if (result < 0)
        return result;
    child_sock = tidy__sim_unix_new(world, 0);
    if (!child_sock)
        return -ENOBUFS;
    child = unix_of(&child_sock->file);
    child->local = listener->local;
    become_pair(un, child);
    tell(un, listener, "connect");
    DL_APPEND2(listener->waiting, child, waiting_prev, waiting_next);
    listener->n_waiting++;
    tidy__sim_file_wake(&listener->sock.file, SIM_READABLE_KEY);
    return 0;
}

/* --------------------------------------------------------------------- ending */

static int unix_shutdown(struct sim_socket *sock, unsigned how)
{
    struct sim_unix *un = unix_of(&sock->file), *other = un->other;

    un->shut |= how;
    tidy__sim_file_wake(&sock->file, 0);
    if (!other)
        return 0;
    if (how & SIM_SHUT_IN)
        other->shut |= SIM_SHUT_OUT;
    if (how & SIM_SHUT_OUT) {
        tell(un, other, "end");
        other->shut |= SIM_SHUT_IN;
    }
    tidy__sim_file_wake(&other->sock.file, 0);
    return 0;
}

static void free_unix(struct sim_unix *un)
{
    struct piece *piece, *next;

    DL_FOREACH_SAFE(un->pieces, piece, next)
        tidy__dealloc(piece);
    tidy__sim_socket_free(&un->sock);
}

/* The other end learns of it; a reset, if something was not read. */
static void leave_other(struct sim_unix *un, bool is_reset)
{
    struct sim_unix *other = un->other;

    if (!other)
        return;
    is_reset |= un->pieces && !SIM_FAULT(UNIX_NO_RESET);
    tell(un, other, is_reset ? "reset" : "end");
    un->other = NULL;
    other->other = NULL;
    other->peer = un->local;
    other->n_written = 0;
    other->shut = SIM_SHUT_BOTH;
    if (is_reset)
        other->sock.error = ECONNRESET;
    tidy__sim_file_wake(&other->sock.file, 0);
}

static void drop_waiting(struct sim_unix *un)
{
    struct sim_unix *child;

    while ((child = un->waiting) != NULL) {
        DL_DELETE2(un->waiting, child, waiting_prev, waiting_next);
        leave_other(child, true);
        free_unix(child);
    }
}

static void unix_release(struct sim_file *file)
{
    struct sim_unix *un = unix_of(file);

    tidy__sim_path_closed(un->path);
    un->path = NULL;
    drop_waiting(un);
    leave_other(un, false);
    free_unix(un);
}

static void unix_abort(struct sim_socket *sock)
{
    struct sim_unix *un = unix_of(&sock->file);

    leave_other(un, true);
    free_unix(un);
}

/* Those that are waiting to be accepted are in the world's list, too. */
static void unix_destroy(struct sim_socket *sock)
{
    struct sim_unix *un = unix_of(&sock->file);

    if (un->other)
        un->other->other = NULL;
    free_unix(un);
}

/* ---------------------------------------------------------------------- names */

static int unix_name(const struct sim_socket *sock,
                     enum sim_socket_name name,
                     struct sim_address *ret_address)
{
    const struct sim_unix *un = unix_of(&sock->file);

    if (name != SIM_NAME_LOCAL && un->state != UNIX_CONNECTED)
        return -ENOTCONN;
    *ret_address = name == SIM_NAME_LOCAL ? un->local
                   : un->other            ? un->other->local
                                          : un->peer;
    if (!ret_address->len) {
        ret_address->u.any.sa_family = AF_UNIX;
        ret_address->len = sizeof(sa_family_t);
    }
    return 0;
}

static bool unix_is_listening(const struct sim_socket *sock)
{
    return unix_of(&sock->file)->state == UNIX_LISTENING;
}

static void describe_name(const struct sim_address *address, FILE *out)
{
    const char *path = address->u.un.sun_path;

    if (!address->len)
        fputs("unnamed", out);
    else
        fprintf(out, "%s%s", path[0] ? "" : "@", path[0] ? path : path + 1);
}

static void unix_describe(struct sim_file *file, FILE *out)
{
    const struct sim_unix *un = unix_of(file);

    describe_name(un->local.len ? &un->local : &un->peer, out);
    fputs(un->state == UNIX_LISTENING                ? "  listening"
          : un->state == UNIX_CONNECTED && un->other ? "  connected"
          : un->state == UNIX_CONNECTED ? "  closed by the other end"
                                        : "  new",
          out);
    if (un->n_bytes > 0)
        fprintf(out, ", %zu bytes unread", un->n_bytes);
    if (un->n_waiting > 0)
        fprintf(out, ", %zu in the backlog", un->n_waiting);
}

static const struct sim_socket_ops unix_ops = {
    .file = { .kind = "unix socket",
              .actors = SIM_ACTOR_UNIX,
              .is_socket = true,
              .patience_ns = tidy__sim_socket_patience_ns,
              .read = unix_read,
              .write = unix_write,
              .poll = unix_poll,
              .n_readable = unix_n_readable,
              .n_unsent = unix_n_unsent,
              .release = unix_release,
              .describe = unix_describe },
    .bind = unix_bind,
    .listen = unix_listen,
    .accept = unix_accept,
    .connect = unix_connect,
    .shutdown = unix_shutdown,
    .name = unix_name,
    .is_listening = unix_is_listening,
    .abort = unix_abort,
    .destroy = unix_destroy,
};

struct sim_socket *tidy__sim_unix_new(struct sim_world *world, int status)
{
    struct sim_unix *un = tidy__zalloc(sizeof(*un));

    if (!un)
        return NULL;
    tidy__sim_socket_init(&un->sock, world, &unix_ops, AF_UNIX, status);
    return &un->sock;
}

int tidy__sim_unix_pair(struct sim_world *world,
                        int status,
                        struct sim_socket *ret_pair[2])
{
    struct sim_socket *a = tidy__sim_unix_new(world, status);
    struct sim_socket *b = a ? tidy__sim_unix_new(world, status) : NULL;

    if (!b) {
        if (a)
            unix_destroy(a);
        return -ENOBUFS;
    }
    become_pair(unix_of(&a->file), unix_of(&b->file));
    ret_pair[0] = a;
    ret_pair[1] = b;
    return 0;
}
