/* SPDX-License-Identifier: MIT */
/*
 * Steps: reading and writing.
 *
 * What a TCP socket writes is a stream of its own, so that its other end can
 * check what it reads, however much that is; other files' bytes are compared by
 * their hash.
 */
#include "conformance/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Above it how much a connection takes depends on the sizes of buffers. */
#define MAX_SURE_TCP (500 * 1024)
#define N_IOV 3

static unsigned char buffer[LEN_MAX];

static uint64_t hash_of(const unsigned char *data, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    size_t idx;

    for (idx = 0; idx < len; idx++)
        hash = (hash ^ data[idx]) * UINT64_C(1099511628211);
    return hash;
}

/* A long buffer in parts, the last of which may be empty. */
static int split(void *data, size_t len, struct iovec iov[N_IOV])
{
    unsigned char *from = data;

    iov[0] = (struct iovec){ .iov_base = from, .iov_len = len / 3 };
    iov[1] = (struct iovec){ .iov_base = from + len / 3, .iov_len = 0 };
    iov[2] =
        (struct iovec){ .iov_base = from + len / 3, .iov_len = len - len / 3 };
    return N_IOV;
}

/* ------------------------------------------------------------------- reading */

/* Of a TCP socket it must be what the other end wrote, whose name is known. */
static void check_stream(struct run *run, int fd, size_t len)
{
    struct object *object = ledger_find(&run->ledger, fd);
    struct object *peer = ledger_peer(&run->ledger, fd);
    const unsigned char *expected;

    if (!peer || len == 0)
        return;
    expected = stream_at(ledger_index(&run->ledger, peer), object->n_read);
    run->is_spoilt |= memcmp(buffer, expected, len) != 0;
}

typedef ssize_t (*transfer_cb)(struct run *run,
                               const struct step *step,
                               struct result *result,
                               int fd);

/* a: length; b: MSG_* */
static void read_with(struct run *run,
                      const struct step *step,
                      struct result *result,
                      transfer_cb transfer)
{
    int fd = run_fd(run, step->slot);
    size_t len;

    if (run_may_hang(fd, POLLIN)) {
        result->is_skipped = true;
        return;
    }
    result->is_loose = ledger_was_big(&run->ledger, fd);
    keep(result, transfer(run, step, result, fd));
    if (result->value <= 0)
        return;
    len = (size_t)result->value;
    result->hash = hash_of(buffer, len);
    check_stream(run, fd, len);
    if (!(step->b & MSG_PEEK))
        ledger_read(&run->ledger, fd, len);
}

static ssize_t
do_read(struct run *run, const struct step *step, struct result *result, int fd)
{
    (void)run;
    (void)result;
    return read(fd, buffer, step->a);
}

void op_read(struct run *run, const struct step *step, struct result *result)
{
    read_with(run, step, result, do_read);
}

static ssize_t do_readv(struct run *run,
                        const struct step *step,
                        struct result *result,
                        int fd)
{
    struct iovec iov[N_IOV];

    (void)run;
    (void)result;
    return readv(fd, iov, split(buffer, step->a, iov));
}

void op_readv(struct run *run, const struct step *step, struct result *result)
{
    read_with(run, step, result, do_readv);
}

static ssize_t
do_recv(struct run *run, const struct step *step, struct result *result, int fd)
{
    (void)run;
    (void)result;
    return recv(fd, buffer, step->a, (int)step->b);
}

void op_recv(struct run *run, const struct step *step, struct result *result)
{
    read_with(run, step, result, do_recv);
}

static ssize_t do_recvfrom(struct run *run,
                           const struct step *step,
                           struct result *result,
                           int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    ssize_t value = recvfrom(
        fd, buffer, step->a, (int)step->b, (struct sockaddr *)&address, &len);
    int error = errno;

    if (value >= 0)
        detail_address(run, result, &address, len);
    errno = error;
    return value;
}

void op_recvfrom(struct run *run,
                 const struct step *step,
                 struct result *result)
{
    read_with(run, step, result, do_recvfrom);
}

static ssize_t do_recvmsg(struct run *run,
                          const struct step *step,
                          struct result *result,
                          int fd)
{
    struct sockaddr_storage address = { 0 };
    struct iovec iov[N_IOV];
    struct msghdr msg = { .msg_name = &address,
                          .msg_namelen = sizeof(address),
                          .msg_iov = iov };
    ssize_t value;
    int error;

    msg.msg_iovlen = (size_t)split(buffer, step->a, iov);
    value = recvmsg(fd, &msg, (int)step->b);
    error = errno;
    if (value >= 0) {
        detail_address(run, result, &address, msg.msg_namelen);
        detail(result, msg.msg_flags);
        detail(result, (int)msg.msg_controllen);
    }
    errno = error;
    return value;
}

void op_recvmsg(struct run *run, const struct step *step, struct result *result)
{
    read_with(run, step, result, do_recvmsg);
}

/* ------------------------------------------------------------------- writing */

/* Is it certain how much of it is taken? */
static bool is_unsure(struct run *run, int fd, size_t len)
{
    return ledger_is_tcp(&run->ledger, fd) &&
           ledger_under_way(&run->ledger, fd) + len > MAX_SURE_TCP;
}

/* a: length; b: MSG_* */
static void write_with(struct run *run,
                       const struct step *step,
                       struct result *result,
                       transfer_cb transfer)
{
    int fd = run_fd(run, step->slot);
    struct object *object = ledger_find(&run->ledger, fd);

    if (run_may_hang(fd, POLLOUT)) {
        result->is_skipped = true;
        return;
    }
    if (object)
        memcpy(buffer,
               stream_at(ledger_index(&run->ledger, object), object->n_written),
               step->a);
    result->is_loose = ledger_was_big(&run->ledger, fd);
    if (is_unsure(run, fd, step->a)) {
        result->is_loose = true;
        result->limit = step->a;
    }
    keep(result, transfer(run, step, result, fd));
    if (result->value > 0)
        ledger_wrote(&run->ledger, fd, (size_t)result->value);
}

static ssize_t do_write(struct run *run,
                        const struct step *step,
                        struct result *result,
                        int fd)
{
    (void)run;
    (void)result;
    return write(fd, buffer, step->a);
}

void op_write(struct run *run, const struct step *step, struct result *result)
{
    write_with(run, step, result, do_write);
}

static ssize_t do_writev(struct run *run,
                         const struct step *step,
                         struct result *result,
                         int fd)
{
    struct iovec iov[N_IOV];

    (void)run;
    (void)result;
    return writev(fd, iov, split(buffer, step->a, iov));
}

void op_writev(struct run *run, const struct step *step, struct result *result)
{
    write_with(run, step, result, do_writev);
}

static ssize_t
do_send(struct run *run, const struct step *step, struct result *result, int fd)
{
    (void)run;
    (void)result;
    return send(fd, buffer, step->a, (int)step->b);
}

void op_send(struct run *run, const struct step *step, struct result *result)
{
    write_with(run, step, result, do_send);
}

/* where: a destination, which a stream does not need */
static ssize_t do_sendto(struct run *run,
                         const struct step *step,
                         struct result *result,
                         int fd)
{
    struct sockaddr_storage address;
    socklen_t len = run_address(run, &step->where, &address);

    (void)result;
    return sendto(
        fd, buffer, step->a, (int)step->b, (struct sockaddr *)&address, len);
}

void op_sendto(struct run *run, const struct step *step, struct result *result)
{
    write_with(run, step, result, do_sendto);
}

static ssize_t do_sendmsg(struct run *run,
                          const struct step *step,
                          struct result *result,
                          int fd)
{
    struct iovec iov[N_IOV];
    struct msghdr msg = { .msg_iov = iov };

    (void)run;
    (void)result;
    msg.msg_iovlen = (size_t)split(buffer, step->a, iov);
    return sendmsg(fd, &msg, (int)step->b);
}

void op_sendmsg(struct run *run, const struct step *step, struct result *result)
{
    write_with(run, step, result, do_sendmsg);
}

/* Eight bytes, as an eventfd wants them. a, b: their low and high half */
void op_write_number(struct run *run,
                     const struct step *step,
                     struct result *result)
{
    const uint64_t number = step->a | (uint64_t)step->b << 32;
    int fd = run_fd(run, step->slot);

    if (run_may_hang(fd, POLLOUT) || ledger_is_tcp(&run->ledger, fd)) {
        result->is_skipped = true;
        return;
    }
    keep(result, write(fd, &number, sizeof(number)));
}
