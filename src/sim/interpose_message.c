/* SPDX-License-Identifier: MIT */
/*
 * send(2) and recv(2), in all their forms: each is one of sendmsg(2) or
 * recvmsg(2).
 */
#include "sim/seam.h"

_Noreturn void __chk_fail(void);

static void
set_buffer(struct msghdr *msg, struct iovec *iov, const void *data, size_t len)
{
    iov->iov_base = (void *)(uintptr_t)data;
    iov->iov_len = len;
    msg->msg_iov = iov;
    msg->msg_iovlen = 1;
}

/* --------------------------------------------------------------------- sending */

SEAM(ssize_t, send, (int fd, const void *data, size_t len, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("send", fd);
    struct msghdr msg = { .msg_name = NULL };
    struct iovec iov;

    if (!world)
        return REAL(send)(fd, data, len, flags);
    set_buffer(&msg, &iov, data, len);
    return tidy__seam_result(tidy__sim_sendmsg(world, "send", fd, &msg, flags));
}
SEAM_ALIAS(send, __send)

SEAM(ssize_t,
     sendto,
     (int fd,
      const void *data,
      size_t len,
      int flags,
      const struct sockaddr *address,
      socklen_t address_len))
{
    struct sim_world *world = tidy__seam_socket_world("sendto", fd);
    struct msghdr msg = { .msg_name = NULL };
    struct iovec iov;

    if (!world)
        return __extension__ REAL(sendto)(
            fd, data, len, flags, address, address_len);
    set_buffer(&msg, &iov, data, len);
    if (address) {
        msg.msg_name = (void *)(uintptr_t)address;
        msg.msg_namelen = address_len;
    }
    return tidy__seam_result(
        tidy__sim_sendmsg(world, "sendto", fd, &msg, flags));
}

SEAM(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("sendmsg", fd);

    if (!world)
        return REAL(sendmsg)(fd, msg, flags);
    return tidy__seam_result(
        tidy__sim_sendmsg(world, "sendmsg", fd, msg, flags));
}

/* As the kernel: an error counts only if it is the first message's. */
SEAM(int, sendmmsg, (int fd, struct mmsghdr *msgs, unsigned n_msgs, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("sendmmsg", fd);
    ssize_t result = 0;
    unsigned n;

    if (!world)
        return REAL(sendmmsg)(fd, msgs, n_msgs, flags);
    for (n = 0; n < n_msgs; n++) {
        result =
            tidy__sim_sendmsg(world, "sendmmsg", fd, &msgs[n].msg_hdr, flags);
        if (result < 0)
            break;
        msgs[n].msg_len = (unsigned)result;
    }
    return (int)tidy__seam_result(n > 0 ? (ssize_t)n : result);
}

/* ------------------------------------------------------------------- receiving */

SEAM(ssize_t, recv, (int fd, void *data, size_t len, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("recv", fd);
    struct msghdr msg = { .msg_name = NULL };
    struct iovec iov;

    if (!world)
        return REAL(recv)(fd, data, len, flags);
    set_buffer(&msg, &iov, data, len);
    return tidy__seam_result(tidy__sim_recvmsg(world, "recv", fd, &msg, flags));
}

SEAM(ssize_t,
     __recv_chk,
     (int fd, void *data, size_t len, size_t size, int flags))
{
    if (len > size)
        __chk_fail();
    return recv(fd, data, len, flags);
}

SEAM(ssize_t,
     recvfrom,
     (int fd,
      void *data,
      size_t len,
      int flags,
      struct sockaddr *address,
      socklen_t *address_len))
{
    struct sim_world *world = tidy__seam_socket_world("recvfrom", fd);
    struct msghdr msg = { .msg_name = address };
    struct iovec iov;
    ssize_t result;

    if (!world)
        return __extension__ REAL(recvfrom)(
            fd, data, len, flags, address, address_len);
    set_buffer(&msg, &iov, data, len);
    msg.msg_namelen = address && address_len ? *address_len : 0;
    result = tidy__sim_recvmsg(world, "recvfrom", fd, &msg, flags);
    if (result >= 0 && address && address_len)
        *address_len = msg.msg_namelen;
    return tidy__seam_result(result);
}

SEAM(ssize_t,
     __recvfrom_chk,
     (int fd,
      void *data,
      size_t len,
      size_t size,
      int flags,
      struct sockaddr *address,
      socklen_t *address_len))
{
    if (len > size)
        __chk_fail();
    return recvfrom(fd, data, len, flags, address, address_len);
}

SEAM(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("recvmsg", fd);

    if (!world)
        return REAL(recvmsg)(fd, msg, flags);
    return tidy__seam_result(
        tidy__sim_recvmsg(world, "recvmsg", fd, msg, flags));
}

/* Errors are as in sendmmsg(). */
SEAM(int,
     recvmmsg,
     (int fd,
      struct mmsghdr *msgs,
      unsigned n_msgs,
      int flags,
      struct timespec *timeout))
{
    struct sim_world *world = tidy__seam_socket_world("recvmmsg", fd);
    ssize_t result = 0;
    unsigned n;

    if (!world)
        return REAL(recvmmsg)(fd, msgs, n_msgs, flags, timeout);
    if (timeout)
        tidy__seam_refuse(world, "recvmmsg with a time limit", fd);
    for (n = 0; n < n_msgs; n++) {
        int once = n > 0 && (flags & MSG_WAITFORONE) ? MSG_DONTWAIT : 0;

        result = tidy__sim_recvmsg(world,
                                   "recvmmsg",
                                   fd,
                                   &msgs[n].msg_hdr,
                                   (flags & ~MSG_WAITFORONE) | once);
        if (result < 0)
            break;
        msgs[n].msg_len = (unsigned)result;
    }
    return (int)tidy__seam_result(n > 0 ? (ssize_t)n : result);
}
