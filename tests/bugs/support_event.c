/* SPDX-License-Identifier: MIT */
#include "bugs/support_event.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- connections */

static void on_read(struct bufferevent *bev, void *arg)
{
    struct ev_conn *conn = arg;

    (void)bev;
    conn->side->ops->on_read(conn);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct ev_conn *conn = arg;

    (void)bev;
    if (conn->side->ops->on_written)
        conn->side->ops->on_written(conn);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct ev_conn *conn = arg;

    (void)bev;
    if (conn->side->ops->on_event)
        conn->side->ops->on_event(conn, what);
    else
        ev_conn_close(conn);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct ev_conn *conn = arg;

    (void)fd;
    (void)what;
    conn->side->ops->on_time(conn);
}

struct ev_conn *ev_conn_new(struct ev_side *side, evutil_socket_t fd)
{
    struct ev_conn *conn = &side->conns[side->n_conns++];

    side->n_open++;
    conn->side = side;
    conn->bev = bufferevent_socket_new(side->base, fd, BEV_OPT_CLOSE_ON_FREE);
    conn->timer = evtimer_new(side->base, on_time, conn);
    bufferevent_setcb(conn->bev, on_read, on_written, on_event, conn);
    bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
    return conn;
}

void ev_conn_close(struct ev_conn *conn)
{
    bufferevent_free(conn->bev);
    conn->bev = NULL;
    conn->side->n_open--;
}

void ev_conn_write(struct ev_conn *conn, const char *text)
{
    bufferevent_write(conn->bev, text, strlen(text));
}

void ev_conn_set_timer(struct ev_conn *conn, unsigned ms)
{
    const unsigned slow = bug_ms(ms);
    const struct timeval delay = { .tv_sec = slow / 1000,
                                   .tv_usec = slow % 1000 * 1000L };

    evtimer_add(conn->timer, &delay);
}

bool ev_conn_has_timer(const struct ev_conn *conn)
{
    return evtimer_pending(conn->timer, NULL);
}

bool ev_conn_take_line(struct ev_conn *conn, char line[64])
{
    char *text = evbuffer_readln(
        bufferevent_get_input(conn->bev), NULL, EVBUFFER_EOL_LF);

    if (!text)
        return false;
    snprintf(line, 64, "%s", text);
    free(text);
    return true;
}

/* -------------------------------------------------------------------- the loop */

static void on_connection(struct evconnlistener *listener,
                          evutil_socket_t fd,
                          struct sockaddr *address,
                          int len,
                          void *arg)
{
    struct ev_side *side = arg;
    struct ev_conn *conn = ev_conn_new(side, fd);

    (void)listener;
    (void)address;
    (void)len;
    if (side->ops->on_open)
        side->ops->on_open(conn);
}

static void on_clients(evutil_socket_t fd, short what, void *arg)
{
    struct ev_side *side = arg;

    (void)fd;
    (void)what;
    clients_turn(&side->clients);
}

/* Only by epoll: with poll, libevent asks for descriptors in an order that it
 * draws by the number of the process. */
static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    event_config_avoid_method(config, "poll");
    event_config_avoid_method(config, "select");
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static bool begin(struct ev_side *side, struct sockaddr_in *ret_address)
{
    int fd;

    if (!clients_begin(&side->clients))
        return false;
    fd = listen_anywhere(ret_address);
    if (fd < 0)
        return false;
    side->listener = evconnlistener_new(
        side->base, on_connection, side, LEV_OPT_CLOSE_ON_FREE, 0, fd);
    side->poll = event_new(
        side->base, side->clients.epfd, EV_READ | EV_PERSIST, on_clients, side);
    return event_add(side->poll, NULL) == 0;
}

static void end(struct ev_side *side)
{
    size_t idx;

    for (idx = 0; idx < side->n_conns; idx++)
        event_free(side->conns[idx].timer);
    if (side->poll)
        event_free(side->poll);
    if (side->listener)
        evconnlistener_free(side->listener);
    event_base_free(side->base);
    clients_end(&side->clients);
}

void ev_side_run(const struct ev_ops *ops,
                 bool is_repaired,
                 const struct step *const scripts[])
{
    struct ev_side side = { .ops = ops,
                            .is_repaired = is_repaired,
                            .clients.epfd = -1 };
    struct sockaddr_in address;
    void (*old)(int);

    side.base = make_base();
    if (!side.base)
        return;
    old = signal(SIGPIPE, SIG_IGN); /* which libevent leaves to the program */
    if (begin(&side, &address)) {
        clients_start(&side.clients, &address, scripts);
        if (ops->on_begin)
            ops->on_begin(&side);
        while (side.clients.n_open > 0 || side.n_open > 0)
            event_base_loop(side.base, EVLOOP_ONCE);
    }
    end(&side);
    signal(SIGPIPE, old);
}
