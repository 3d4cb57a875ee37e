/* SPDX-License-Identifier: MIT */
/*
 * Plain sockets of this thread, as clients and as a listener.
 */
#include "base/world.h"
#include "support/scenario.h"
#include <tidysock/sim.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void own_foreign(int fd)
{
    assert_true(fd >= 0);
    assert_true(scenario.n_foreign < N_FOREIGN_MAX);
    scenario.foreign[scenario.n_foreign++] = fd;
    scenario.has_foreign = true;
}

int scenario_foreign(const struct tidy_address *address)
{
    int fd;

    if (!address)
        address = tidy_server_address(scenario.server);
    assert_non_null(address);
    fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    own_foreign(fd);
    assert_int_equal(connect(fd, &address->u.any, address->len), 0);
    return fd;
}

void scenario_foreign_close(int fd)
{
    size_t idx;

    for (idx = 0; idx < scenario.n_foreign; idx++) {
        if (scenario.foreign[idx] == fd)
            scenario.foreign[idx] = -1;
    }
    close(fd);
}

void scenario_foreign_reset(int fd)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    scenario_foreign_close(fd);
}

size_t scenario_foreign_read_all(int fd, int *ret_error)
{
    static char buf[65536];
    size_t n_bytes = 0;
    ssize_t n_read;

    while ((n_read = read(fd, buf, sizeof(buf))) > 0)
        n_bytes += (size_t)n_read;
    *ret_error = n_read < 0 ? -errno : 0;
    return n_bytes;
}

static int listen_for_one(struct tidy_address *address)
{
    int fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    own_foreign(fd);
    assert_int_equal(bind(fd, &address->u.any, address->len), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, &address->u.any, &address->len), 0);
    return fd;
}

void scenario_full_listener(struct tidy_address *ret_address)
{
    struct tidy_address address = { .len = sizeof(address.u.in) };

    if (tidy_case_transport(scenario.t) == TIDY_TCP) {
        address.u.in.sin_family = AF_INET;
        address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        address.len = sizeof(address.u.un);
        address.u.un.sun_family = AF_UNIX;
        snprintf(address.u.un.sun_path,
                 sizeof(address.u.un.sun_path),
                 "%s/full",
                 tidy_case_temp_dir(scenario.t));
    }
    listen_for_one(&address);
    /* The backlog of none has room for one, which is there by now. */
    scenario_foreign(&address);
    if (tidy__is_in_world())
        tidy_world_advance(TIDY_S(1));
    *ret_address = address;
}

struct tidy_deferred *scenario_foreign_close_all(void *arg)
{
    (void)arg;
    while (scenario.n_foreign > 0) {
        int fd = scenario.foreign[--scenario.n_foreign];

        if (fd >= 0)
            close(fd);
    }
    return NULL;
}
