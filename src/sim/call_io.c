/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing, and blocking in it.
 *
 * Files never block: where they say -EAGAIN, a blocking call tries again
 * whenever something has happened. A read ends with the first bytes, unless it
 * waits for all (MSG_WAITALL); a write ends when all is written. An error after
 * some bytes is not told; the next call finds it.
 *
 * By choice a socket gives or takes only a part. Then the rest is there, or
 * there is room for it, an instant later: the file is woken, for edge
 * triggering would miss it else. Pipes are not cut: what they pass on is fixed
 * by what was written, and programs rely on it.
 */
#include "sim/calls.h"
#include "sim/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MAX_LEN ((size_t)INT_MAX / 4096 * 4096) /* MAX_RW_COUNT */
#define N_PARTS 8

/* One call. */
struct transfer {
    const char *call;
    int fd;
    struct sim_file *file; /* borrowed */
    bool is_write, may_block, has_until;
    uint64_t until_ns;           /* when a blocking call gives up */
    struct iovec parts[N_PARTS]; /* what comes next of it, if it is not all */
    struct sim_io io;            /* what comes next */
    const struct sim_io *all;    /* borrowed: what the caller gave */
    size_t n_done;               /* bytes of it */
    ssize_t result;              /* of the last attempt */
};

/* ------------------------------------------------------------------ beginning */

/* Of the names of calls only those of recv(2) and send(2) have these letters
 * there; this is asked too often to compare more of them. */
static bool is_socket_call(const char *call)
{
    return call[0] == 's' || call[2] == 'c';
}

/* import_iovec() */
static int make_io(const char *call,
                   const struct iovec *iov,
                   size_t n_iov,
                   int flags,
                   struct sim_io *ret_io)
{
    size_t idx, len = 0;

    if (n_iov > IOV_MAX)
        return is_socket_call(call) ? -EMSGSIZE : -EINVAL;
    for (idx = 0; idx < n_iov; idx++) {
        if ((ssize_t)iov[idx].iov_len < 0)
            return -EINVAL;
        len +=
            iov[idx].iov_len < MAX_LEN - len ? iov[idx].iov_len : MAX_LEN - len;
    }
    *ret_io = (struct sim_io){
        .iov = iov, .n_iov = n_iov, .len = len, .flags = flags
    };
    return 0;
}

/* The file, if that is possible with it at all. */
static int find_file(const struct sim_world *world,
                     const char *call,
                     int fd,
                     bool is_write,
                     struct sim_file **ret_file)
{
    struct sim_file *file = tidy__sim_fd_file(world, fd);

    if (!file)
        return -EBADF;
    if (!file->ops->is_socket && is_socket_call(call))
        return -ENOTSOCK;
    if ((file->status & O_ACCMODE) == (is_write ? O_RDONLY : O_WRONLY))
        return -EBADF;
    if (is_write ? !file->ops->write : !file->ops->read)
        return -EINVAL;
    *ret_file = file;
    return 0;
}

/* Is a file not even asked when nothing is to be read or written? */
static bool is_left_alone(const struct transfer *transfer)
{
    const char *call = transfer->call;

    return strcmp(call, "readv") == 0 || strcmp(call, "writev") == 0 ||
           (transfer->file->ops->is_socket && strcmp(call, "read") == 0);
}

static void refuse_flags(struct sim_world *world, int flags)
{
    if (flags & MSG_OOB)
        tidy__sim_unmodelled(world, "MSG_OOB");
    if (flags & MSG_ERRQUEUE)
        tidy__sim_unmodelled(world, "MSG_ERRQUEUE");
    if (flags & MSG_TRUNC)
        tidy__sim_unmodelled(world, "MSG_TRUNC");
    if (flags & MSG_ZEROCOPY)
        tidy__sim_unmodelled(world, "MSG_ZEROCOPY");
    if (flags & MSG_FASTOPEN)
        tidy__sim_unmodelled(world, "MSG_FASTOPEN");
}

static int begin(struct transfer *transfer,
                 struct sim_world *world,
                 const struct iovec *iov,
                 size_t n_iov,
                 int flags)
{
    int result = find_file(world,
                           transfer->call,
                           transfer->fd,
                           transfer->is_write,
                           &transfer->file);

    if (result == 0)
        result = make_io(transfer->call, iov, n_iov, flags, &transfer->io);
    if (result < 0)
        return result;
    if (flags)
        refuse_flags(world, flags);
    tidy__sim_arrive_at(transfer->file);
    transfer->may_block =
        !(transfer->file->status & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
    return 0;
}

/* --------------------------------------------------------------------- cutting */

static bool may_cut(const struct transfer *transfer, enum tidy_choice kind)
{
    const struct sim_file *file = transfer->file;

    return (file->world->options.kinds & TIDY_CHOICE_BIT(kind)) &&
           file->ops->is_socket;
}

/* All of it, a byte, half, all but one: those that differ; and one more, which
 * is nothing. */
static size_t choose_part(const struct transfer *transfer,
                          enum tidy_choice kind,
                          size_t len,
                          bool or_nothing)
{
    size_t n_parts = len < 4 ? len : 4;
    size_t choice = tidy__choose(
        transfer->file->world, kind, transfer->file->id, n_parts + or_nothing);

    if (choice == n_parts)
        return 0;
    return choice == 0                  ? len
           : choice == 1                ? 1
           : choice == 2 && n_parts > 3 ? len / 2
                                        : len - 1;
}

/* Of what can be read now. */
static bool cut_read(struct transfer *transfer)
{
    struct sim_io *io = &transfer->io;
    int n_there;
    size_t len, part;

    if (!may_cut(transfer, TIDY_CHOICE_READ_CUT) || (io->flags & MSG_WAITALL))
        return false;
    n_there = transfer->file->ops->n_readable(transfer->file);
    len = n_there > 0 && (size_t)n_there < io->len ? (size_t)n_there : io->len;
    if (n_there < 2 || len < 2)
        return false;
    part = choose_part(transfer, TIDY_CHOICE_READ_CUT, len, false);
    if (part == len)
        return false;
    io->len = part;
    return true;
}

/* A write that may block takes all in the end. */
static bool cut_write(struct transfer *transfer)
{
    const uint32_t state = EPOLLOUT | EPOLLERR | EPOLLHUP;
    struct sim_io *io = &transfer->io;
    size_t part;

    if (!may_cut(transfer, TIDY_CHOICE_WRITE_CUT) || transfer->may_block ||
        io->len == 0 ||
        (transfer->file->ops->poll(transfer->file) & state) != EPOLLOUT)
        return false;
    part = choose_part(transfer, TIDY_CHOICE_WRITE_CUT, io->len, true);
    if (part == io->len)
        return false;
    io->len = part;
    return true;
}

/* -------------------------------------------------------------------- blocking */

static ssize_t attempt(struct transfer *transfer)
{
    struct sim_file *file = transfer->file;

    return transfer->is_write ? file->ops->write(file, &transfer->io)
                              : file->ops->read(file, &transfer->io);
}

/* Sockets say when to try, so that an attempt that cannot succeed offers no
 * choice; for the others their poll() and a write may not agree. */
static bool is_over(void *arg)
{
    const uint32_t ending = EPOLLERR | EPOLLHUP | EPOLLRDHUP;
    struct transfer *transfer = arg;
    struct sim_file *file = transfer->file;

    if (file->ops->is_socket &&
        !(file->ops->poll(file) &
          ((transfer->is_write ? EPOLLOUT : EPOLLIN) | ending)))
        return false;
    transfer->result = attempt(transfer);
    return transfer->result != -EAGAIN;
}

/* The patience is the whole call's. */
static uint64_t until_ns(struct transfer *transfer)
{
    const struct sim_file *file = transfer->file;
    uint64_t patience_ns;

    if (transfer->has_until)
        return transfer->until_ns;
    patience_ns = file->ops->patience_ns
                      ? file->ops->patience_ns(file, transfer->is_write)
                      : SIM_NEVER;
    transfer->has_until = true;
    transfer->until_ns = patience_ns < SIM_NEVER - file->world->now_ns
                             ? file->world->now_ns + patience_ns
                             : SIM_NEVER;
    return transfer->until_ns;
}

static ssize_t attempt_blocking(struct transfer *transfer)
{
    struct sim_world *world = transfer->file->world;

    transfer->result = attempt(transfer);
    if (transfer->result != -EAGAIN || !transfer->may_block)
        return transfer->result;
    if (tidy__choose_fault(world, TIDY_CHOICE_EINTR_FAULT, transfer->file->id))
        return -EINTR;
    if (tidy__sim_wait(world,
                       transfer->call,
                       transfer->fd,
                       is_over,
                       transfer,
                       until_ns(transfer)) < 0)
        return -EAGAIN;
    return transfer->result;
}

/* ------------------------------------------------------------ more than one step */

/* What is left behind the bytes that are done; not all of it, if it is in many
 * pieces. False: nothing. */
static bool go_on(struct transfer *transfer)
{
    const struct sim_io *all = transfer->all;
    size_t offset = transfer->n_done, n = 0, len = 0, idx;

    for (idx = 0; idx < all->n_iov && n < N_PARTS; idx++) {
        const struct iovec *iov = &all->iov[idx];

        if (iov->iov_len <= offset) {
            offset -= iov->iov_len;
            continue;
        }
        transfer->parts[n].iov_base = (char *)iov->iov_base + offset;
        transfer->parts[n].iov_len = iov->iov_len - offset;
        len += transfer->parts[n++].iov_len;
        offset = 0;
    }
    if (len > all->len - transfer->n_done)
        len = all->len - transfer->n_done;
    transfer->io.iov = transfer->parts;
    transfer->io.n_iov = n;
    transfer->io.len = len;
    return len > 0;
}

/* Would another read only find the end, or take the error from the next call? */
static bool is_at_end(struct transfer *transfer)
{
    struct sim_file *file = transfer->file;

    return !transfer->is_write && file->ops->n_readable(file) == 0 &&
           (file->ops->poll(file) & (EPOLLERR | EPOLLHUP | EPOLLRDHUP));
}

static ssize_t do_all(struct transfer *transfer)
{
    const struct sim_io all = transfer->io;
    ssize_t result;

    transfer->all = &all;
    do {
        result = attempt_blocking(transfer);
        if (result <= 0)
            break;
        transfer->n_done += (size_t)result;
    } while (transfer->may_block && go_on(transfer) && !is_at_end(transfer));
    return transfer->n_done > 0 ? (ssize_t)transfer->n_done : result;
}

/* Peeking begins at the beginning each time. */
static bool has_all(void *arg)
{
    struct transfer *transfer = arg;
    int n_there = transfer->file->ops->n_readable(transfer->file);

    return n_there < 0 || (size_t)n_there >= transfer->io.len ||
           (transfer->file->ops->poll(transfer->file) &
            (EPOLLERR | EPOLLHUP | EPOLLRDHUP));
}

static ssize_t peek_all(struct transfer *transfer)
{
    if (transfer->may_block && !has_all(transfer) &&
        tidy__choose_fault(
            transfer->file->world, TIDY_CHOICE_EINTR_FAULT, transfer->file->id))
        return -EINTR;
    if (transfer->may_block)
        tidy__sim_wait(transfer->file->world,
                       transfer->call,
                       transfer->fd,
                       has_all,
                       transfer,
                       until_ns(transfer));
    return attempt(transfer);
}

/* ------------------------------------------------------------------- the calls */

static ssize_t read_some(struct transfer *transfer)
{
    bool is_cut;
    ssize_t result;

    if (transfer->io.len == 0 && is_left_alone(transfer))
        return 0;
    if (transfer->io.flags & MSG_WAITALL)
        return transfer->io.flags & MSG_PEEK ? peek_all(transfer)
                                             : do_all(transfer);
    is_cut = cut_read(transfer);
    result = attempt_blocking(transfer);
    if (is_cut)
        tidy__sim_file_wake(transfer->file, EPOLLIN | EPOLLRDNORM);
    return result;
}

static ssize_t write_some(struct transfer *transfer)
{
    bool is_cut;
    ssize_t result;

    if (transfer->io.len == 0 && is_left_alone(transfer))
        return 0;
    is_cut = cut_write(transfer);
    result = is_cut && transfer->io.len == 0 ? -EAGAIN : do_all(transfer);
    if (is_cut)
        tidy__sim_file_wake(transfer->file, EPOLLOUT | EPOLLWRNORM);
    return result;
}

ssize_t tidy__sim_readv(struct sim_world *world,
                        const char *call,
                        int fd,
                        const struct iovec *iov,
                        size_t n_iov,
                        int flags)
{
    struct transfer transfer;
    ssize_t result;

    transfer.call = call;
    transfer.fd = fd;
    transfer.is_write = transfer.has_until = false;
    transfer.n_done = 0;
    tidy__sim_call(world);
    result = begin(&transfer, world, iov, n_iov, flags);
    if (result == 0)
        result = read_some(&transfer);
    SIM_CALL(world, fd, result, call, "%d", fd);
    return result;
}

static void record_write(struct sim_world *world,
                         const struct transfer *transfer,
                         ssize_t result)
{
    char args[16];

    snprintf(args, sizeof(args), "%d", transfer->fd);
    tidy__sim_record_call(world, transfer->fd, result, transfer->call, args);
}

/* With a digest of what was written, so that two runs that write other bytes have
 * two traces. */
static void trace_write(struct sim_world *world,
                        const struct transfer *transfer,
                        const struct sim_io *given,
                        ssize_t result)
{
    if (result > 0)
        SIM_TRACE(world,
                  "%s(%d) = %zd [%08x]",
                  transfer->call,
                  transfer->fd,
                  result,
                  (unsigned)tidy__sim_io_digest(given, (size_t)result));
    if (result > 0 && world->record)
        record_write(world, transfer, result);
    if (result <= 0)
        SIM_CALL(
            world, transfer->fd, result, transfer->call, "%d", transfer->fd);
}

ssize_t tidy__sim_writev(struct sim_world *world,
                         const char *call,
                         int fd,
                         const struct iovec *iov,
                         size_t n_iov,
                         int flags)
{
    struct transfer transfer;
    ssize_t result;

    transfer.call = call;
    transfer.fd = fd;
    transfer.is_write = true;
    transfer.has_until = false;
    transfer.n_done = 0;
    tidy__sim_call(world);
    result = begin(&transfer, world, iov, n_iov, flags);
    if (result == 0)
        result = write_some(&transfer);
    if (world->trace.is_on)
        trace_write(world,
                    &transfer,
                    &(struct sim_io){ .iov = iov, .n_iov = n_iov },
                    result);
    if (result == -EPIPE && !(flags & MSG_NOSIGNAL))
        raise(SIGPIPE);
    return result;
}
