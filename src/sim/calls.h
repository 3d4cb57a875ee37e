/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a world. Each does what the man page of its name says,
 * for descriptors of the world, and returns what the kernel would: a count or 0,
 * or -errno. The C library's names are in the interposition (interpose_*.c).
 */
#ifndef TIDY_SIM_CALLS_H
#define TIDY_SIM_CALLS_H

#include "sim/world.h"

#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

/* ------------------------------------------------------ any file (call_file.c) */

/* Is the number one of the world's, open or not? Then the world answers. */
static inline bool tidy__sim_is_fd(int fd)
{
    return fd >= SIM_FD_MIN && fd <= SIM_FD_MAX;
}

/* flags: MSG_*; 0 for read(2) and write(2). */
ssize_t tidy__sim_readv(struct sim_world *world,
                        const char *call,
                        int fd,
                        const struct iovec *iov,
                        size_t n_iov,
                        int flags);
/* Raises SIGPIPE as write(2) does, unless MSG_NOSIGNAL. */
ssize_t tidy__sim_writev(struct sim_world *world,
                         const char *call,
                         int fd,
                         const struct iovec *iov,
                         size_t n_iov,
                         int flags);
int tidy__sim_close(struct sim_world *world, int fd);
int tidy__sim_dup(struct sim_world *world, int fd);
/* new_fd must be one of the world's; flags as dup3's. same_ok: as dup2. */
int tidy__sim_dup3(struct sim_world *world,
                   int fd,
                   int new_fd,
                   int flags,
                   bool is_dup2);
int tidy__sim_fcntl(struct sim_world *world, int fd, int cmd, long arg);
int tidy__sim_ioctl(struct sim_world *world,
                    int fd,
                    unsigned long request,
                    void *arg);
int tidy__sim_fstat(struct sim_world *world, int fd, struct stat *st);

/* ------------------------------------------------------ sockets (call_socket.c) */

int tidy__sim_socket(struct sim_world *world,
                     int domain,
                     int type,
                     int protocol);
int tidy__sim_socketpair(struct sim_world *world,
                         int domain,
                         int type,
                         int protocol,
                         int fds[2]);
int tidy__sim_bind(struct sim_world *world,
                   int fd,
                   const struct sockaddr *address,
                   socklen_t len);
int tidy__sim_listen(struct sim_world *world, int fd, int backlog);
int tidy__sim_accept4(struct sim_world *world,
                      int fd,
                      struct sockaddr *address,
                      socklen_t *len,
                      int flags);
int tidy__sim_connect(struct sim_world *world,
                      int fd,
                      const struct sockaddr *address,
                      socklen_t len);
int tidy__sim_shutdown(struct sim_world *world, int fd, int how);
int tidy__sim_getsockname(struct sim_world *world,
                          int fd,
                          struct sockaddr *address,
                          socklen_t *len);
int tidy__sim_getpeername(struct sim_world *world,
                          int fd,
                          struct sockaddr *address,
                          socklen_t *len);
int tidy__sim_getsockopt(struct sim_world *world,
                         int fd,
                         int level,
                         int name,
                         void *value,
                         socklen_t *len);
int tidy__sim_setsockopt(struct sim_world *world,
                         int fd,
                         int level,
                         int name,
                         const void *value,
                         socklen_t len);
ssize_t tidy__sim_sendmsg(struct sim_world *world,
                          const char *call,
                          int fd,
                          const struct msghdr *msg,
                          int flags);
ssize_t tidy__sim_recvmsg(struct sim_world *world,
                          const char *call,
                          int fd,
                          struct msghdr *msg,
                          int flags);

/* ------------------------------------------- files without a name (their own .c) */

int tidy__sim_open_null(struct sim_world *world, int flags);
int tidy__sim_pipe2(struct sim_world *world, int fds[2], int flags);
int tidy__sim_eventfd(struct sim_world *world, unsigned initial, int flags);
int tidy__sim_timerfd_create(struct sim_world *world, int clock, int flags);
int tidy__sim_timerfd_settime(struct sim_world *world,
                              int fd,
                              int flags,
                              const struct itimerspec *value,
                              struct itimerspec *old);
int tidy__sim_timerfd_gettime(struct sim_world *world,
                              int fd,
                              struct itimerspec *value);

/* -------------------------------------------------- waiting (epoll.c, poll.c) */

int tidy__sim_epoll_create1(struct sim_world *world, int flags);
int tidy__sim_epoll_ctl(struct sim_world *world,
                        int epfd,
                        int op,
                        int fd,
                        const struct epoll_event *event);
/* timeout_ns: SIM_NEVER to wait for ever, 0 not to wait. */
int tidy__sim_epoll_wait(struct sim_world *world,
                         int epfd,
                         struct epoll_event *events,
                         int n_max,
                         uint64_t timeout_ns);
int tidy__sim_poll(struct sim_world *world,
                   struct pollfd *fds,
                   nfds_t n_fds,
                   uint64_t timeout_ns);
int tidy__sim_select(struct sim_world *world,
                     int n_fds,
                     fd_set *in,
                     fd_set *out,
                     fd_set *except,
                     uint64_t timeout_ns);

/* ----------------------------------------------------------- paths (path.c) */

/* Is a simulated Unix socket bound to this path, relative to a directory
 * (AT_FDCWD)? Else the real file system answers. */
bool tidy__sim_is_path(struct sim_world *world, int dir_fd, const char *path);
int tidy__sim_unlink(struct sim_world *world, const char *path);
int tidy__sim_stat_path(struct sim_world *world,
                        const char *path,
                        struct stat *st);
int tidy__sim_access(struct sim_world *world, const char *path, int mode);
int tidy__sim_chmod(struct sim_world *world, const char *path, mode_t mode);

/* ----------------------------------------------- clocks, sleep, chance (clock.c) */

int tidy__sim_clock_gettime(struct sim_world *world,
                            clockid_t clock,
                            struct timespec *ts);
/* flags: TIMER_ABSTIME or 0. */
int tidy__sim_clock_nanosleep(struct sim_world *world,
                              clockid_t clock,
                              int flags,
                              const struct timespec *ts);
void tidy__sim_random_bytes(struct sim_world *world, void *data, size_t len);

#endif
