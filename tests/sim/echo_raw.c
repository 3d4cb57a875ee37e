/* SPDX-License-Identifier: MIT */
/*
 * Without a library: what is ready is used until it would block, so that it
 * works with level and with edge triggering.
 */
#include "sim/echo_raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    struct end ends[MAX_ENDS];
    size_t n_ends;
    int n_open, n_echoed;
} echo;

static struct end *begin(int fd, bool is_client)
{
    struct end *end = &echo.ends[echo.n_ends++];

    *end = (struct end){ .fd = fd, .is_client = is_client };
    end->wants_out = is_client; /* to be connected */
    echo.n_open++;
    return end;
}

static void finish(struct end *end)
{
    close(end->fd);
    end->fd = -1;
    echo.n_open--;
}

static void accept_all(struct end *listener)
{
    int fd;

    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        wait_add(begin(fd, false));
}

static void use_connected(struct end *end)
{
    socklen_t len = sizeof(int);
    int error = 0;

    getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0 || write(end->fd, ECHO_TEXT, ECHO_LEN) != ECHO_LEN) {
        finish(end);
        return;
    }
    end->wants_out = false;
    wait_change(end);
}

/* True: there may be more. */
static bool read_some(struct end *end)
{
    /* No compiler knows the length, and so fortifies the call. */
    static volatile size_t room = ECHO_LEN;
    char text[ECHO_LEN];
    ssize_t len = read(end->fd, text, room);

    if (len < 0 && errno == EAGAIN)
        return false;
    if (len <= 0) {
        finish(end);
        return false;
    }
    end->n_read += (size_t)len;
    if (!end->is_client)
        return write(end->fd, text, (size_t)len) == len;
    echo.n_echoed += (int)len;
    if (end->n_read == ECHO_LEN)
        finish(end);
    return end->fd >= 0;
}

static void use(struct end *end)
{
    end->is_ready = false;
    if (end->is_listener)
        accept_all(end);
    else if (end->wants_out)
        use_connected(end);
    else
        while (read_some(end))
            ;
}

static void start_listening(struct sockaddr_in *address)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct end *end = begin(fd, false);

    *address = (struct sockaddr_in){ .sin_family = AF_INET };
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)address, sizeof(*address)) < 0 ||
        listen(fd, 8) < 0)
        abort();
    getsockname(fd, (struct sockaddr *)address, &len);
    end->is_listener = true;
    wait_add(end);
}

static void start_connecting(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct end *end = begin(fd, true);

    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno != EINPROGRESS)
        finish(end);
    else
        wait_add(end);
}

int echo_run(void)
{
    struct sockaddr_in address;
    size_t idx;

    memset(&echo, 0, sizeof(echo));
    wait_begin();
    start_listening(&address);
    for (idx = 0; idx < ECHO_N_CLIENTS; idx++)
        start_connecting(&address);
    while (echo.n_open > 1) {
        wait_turn(echo.ends, echo.n_ends);
        for (idx = 0; idx < echo.n_ends; idx++) {
            if (echo.ends[idx].fd >= 0 && echo.ends[idx].is_ready)
                use(&echo.ends[idx]);
        }
    }
    finish(&echo.ends[0]);
    wait_end();
    return echo.n_echoed;
}
