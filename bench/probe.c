/* SPDX-License-Identifier: MIT */
/*
 * Somebody to probe: a listening socket of the same process.
 *
 * The kernel completes connections by itself and keeps them in the backlog, so
 * the time of a probe is the prober's alone. Between batches, outside the timed
 * part, the backlog is emptied, the way that leaves nothing in TIME_WAIT.
 */
#include "rows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Well within any backlog. */
#define BATCH 100

int probe_listen(struct sockaddr_in *ret_address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(*ret_address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 4 * BATCH) < 0 ||
        getsockname(fd, (struct sockaddr *)ret_address, &len) < 0)
        bench_fail("cannot listen: %s", strerror(errno));
    return fd;
}

static void empty_backlog(int listener_fd)
{
    const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    int fd;

    while ((fd = accept(listener_fd, NULL, NULL)) >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        close(fd);
    }
}

void probe_in_batches(struct bench_run *run,
                      int listener_fd,
                      void (*probe)(void *arg),
                      void *arg)
{
    size_t n_left = run->n;

    while (n_left) {
        size_t n_batch = n_left < BATCH ? n_left : BATCH;

        bench_start(run);
        for (size_t i = 0; i < n_batch; i++)
            probe(arg);
        bench_stop(run);
        empty_backlog(listener_fd);
        n_left -= n_batch;
    }
}
