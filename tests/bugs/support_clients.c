/* SPDX-License-Identifier: MIT */
#include "bugs/support_clients.h"

#include "bugs/bugs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What became of a step. */
enum progress {
    PROGRESS_DONE,
    PROGRESS_WAITS, /* it is going to be ready */
    PROGRESS_LOST   /* the client gives up */
};

void name_actor(int fd, const char *name)
{
    if (tidy_world_is_inside())
        tidy_world_name(fd, name);
}

static size_t number(const struct client *client)
{
    return (size_t)(client - client->clients->all) + 1;
}

static void advance(struct client *client);

static void end(struct client *client)
{
    struct client *next = client + 1;

    if (client->fd >= 0)
        close(client->fd);
    if (client->timer >= 0)
        close(client->timer);
    client->fd = client->timer = -1;
    client->step = NULL;
    client->clients->n_open--;
    if (next < client->clients->all + MAX_CLIENTS && next->step &&
        next->step->kind == STEP_AFTER)
        advance(next);
}

/* Once: a descriptor that nobody waits for is not in the epoll, where a reset
 * would be told again and again. */
static enum progress wait_once(struct client *client, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = client };

    if (epoll_ctl(client->clients->epfd, EPOLL_CTL_ADD, fd, &event) < 0)
        return PROGRESS_LOST;
    return PROGRESS_WAITS;
}

static enum progress wait_or_lose(struct client *client, uint32_t events)
{
    if (errno == EAGAIN || errno == EINTR)
        return wait_once(client, client->fd, events);
    return PROGRESS_LOST;
}

/* ---------------------------------------------------------------------- steps */

static enum progress begin_connect(struct client *client)
{
    const struct sockaddr_in *address = &client->clients->address;
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    char name[16];
    int rc;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return PROGRESS_LOST;
    snprintf(name, sizeof(name), "client %zu", number(client));
    name_actor(client->fd, name);
    rc =
        connect(client->fd, (const struct sockaddr *)address, sizeof(*address));
    if (rc < 0 && errno != EINPROGRESS)
        return PROGRESS_LOST;
    if (getsockname(client->fd, (struct sockaddr *)&own, &len) == 0)
        client->port = ntohs(own.sin_port);
    client->is_connecting = true;
    return wait_once(client, client->fd, EPOLLOUT);
}

static enum progress do_connect(struct client *client)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (!client->is_connecting)
        return begin_connect(client);
    client->is_connecting = false;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error)
        return PROGRESS_LOST;
    client->clients->n_connected++;
    return PROGRESS_DONE;
}

static enum progress do_after(struct client *client)
{
    return client[-1].step ? PROGRESS_WAITS : PROGRESS_DONE;
}

static enum progress do_pause(struct client *client)
{
    const unsigned ms = bug_ms(client->step->ms);
    const struct itimerspec when = {
        .it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }
    };

    if (client->timer >= 0) {
        close(client->timer);
        client->timer = -1;
        return PROGRESS_DONE;
    }
    client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (client->timer < 0 || timerfd_settime(client->timer, 0, &when, NULL) < 0)
        return PROGRESS_LOST;
    return wait_once(client, client->timer, EPOLLIN);
}

static enum progress do_send(struct client *client)
{
    const char *text = client->step->text;
    const size_t len = strlen(text);
    ssize_t n;

    while (client->n_done < len) {
        n = send(client->fd,
                 text + client->n_done,
                 len - client->n_done,
                 MSG_NOSIGNAL);
        if (n < 0)
            return wait_or_lose(client, EPOLLOUT);
        client->n_done += (size_t)n;
    }
    return PROGRESS_DONE;
}

static enum progress do_shut(struct client *client)
{
    return shutdown(client->fd, SHUT_WR) < 0 ? PROGRESS_LOST : PROGRESS_DONE;
}

static bool may_be_turned_away(const struct client *client)
{
    const struct clients *clients = client->clients;

    return clients->is_known && !clients->is_known(clients, client->port);
}

static enum progress do_expect(struct client *client)
{
    const char *text = client->step->text;
    const size_t len = strlen(text);
    char bytes[256];
    ssize_t n;

    while (client->n_done < len) {
        n = read(client->fd, bytes, len - client->n_done);
        if (n < 0)
            return wait_or_lose(client, EPOLLIN);
        if (n == 0 && may_be_turned_away(client))
            return PROGRESS_LOST;
        if (n == 0)
            bug_fail("client %zu: an end where \"%s\" was to come",
                     number(client),
                     text + client->n_done);
        if (memcmp(bytes, text + client->n_done, (size_t)n) != 0)
            bug_fail("client %zu: \"%.*s\" where \"%s\" was to come",
                     number(client),
                     (int)n,
                     bytes,
                     text + client->n_done);
        client->n_done += (size_t)n;
    }
    return PROGRESS_DONE;
}

static enum progress do_expect_end(struct client *client)
{
    char bytes[16];
    ssize_t n = read(client->fd, bytes, sizeof(bytes));

    if (n < 0)
        return wait_or_lose(client, EPOLLIN);
    if (n > 0)
        bug_fail("client %zu: \"%.*s\" where the end was to come",
                 number(client),
                 (int)n,
                 bytes);
    return PROGRESS_DONE;
}

static enum progress do_reset(struct client *client)
{
    const struct linger linger = { 1, 0 };

    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    return PROGRESS_LOST;
}

static enum progress do_close(struct client *client)
{
    (void)client;
    return PROGRESS_LOST;
}

/* ----------------------------------------------------------------- the scripts */

static void advance(struct client *client)
{
    static enum progress (*const steps[])(struct client *) = {
        [STEP_CLOSE] = do_close,
        [STEP_RESET] = do_reset,
        [STEP_AFTER] = do_after,
        [STEP_CONNECT] = do_connect,
        [STEP_PAUSE] = do_pause,
        [STEP_SEND] = do_send,
        [STEP_SHUT] = do_shut,
        [STEP_EXPECT] = do_expect,
        [STEP_EXPECT_END] = do_expect_end,
    };
    enum progress progress;

    client->has_begun = true;
    while ((progress = steps[client->step->kind](client)) == PROGRESS_DONE) {
        client->step++;
        client->n_done = 0;
    }
    if (progress == PROGRESS_LOST)
        end(client);
}

bool clients_begin(struct clients *clients)
{
    clients->epfd = epoll_create1(EPOLL_CLOEXEC);
    return clients->epfd >= 0;
}

void clients_start(struct clients *clients,
                   const struct sockaddr_in *address,
                   const struct step *const scripts[])
{
    size_t n, idx;

    clients->address = *address;
    for (n = 0; scripts[n]; n++)
        clients->all[n] = (struct client){
            .clients = clients, .step = scripts[n], .fd = -1, .timer = -1
        };
    clients->n_open = n;
    for (idx = 0; idx < n; idx++)
        if (!clients->all[idx].has_begun)
            advance(&clients->all[idx]);
}

void clients_turn(struct clients *clients)
{
    struct epoll_event event;
    struct client *client;

    if (epoll_wait(clients->epfd, &event, 1, 0) <= 0)
        return;
    client = event.data.ptr;
    epoll_ctl(clients->epfd,
              EPOLL_CTL_DEL,
              client->timer >= 0 ? client->timer : client->fd,
              NULL);
    advance(client);
}

void clients_end(struct clients *clients)
{
    size_t idx = MAX_CLIENTS;

    while (idx-- > 0)
        if (clients->all[idx].step)
            end(&clients->all[idx]);
    if (clients->epfd >= 0)
        close(clients->epfd);
    clients->epfd = -1;
}

int listen_anywhere(struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        close(fd);
        return -1;
    }
    name_actor(fd, "listener");
    *ret_address = address;
    return fd;
}
