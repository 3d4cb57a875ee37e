/* SPDX-License-Identifier: MIT */
#include "sim/echo.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static struct {
    struct event_base *base;
    struct evconnlistener *listener;
    int n_open, n_echoed;
} echo;

static void end(struct bufferevent *event)
{
    bufferevent_free(event);
    if (--echo.n_open > 0)
        return;
    evconnlistener_free(echo.listener);
}

static struct bufferevent *begin(evutil_socket_t fd,
                                 bufferevent_data_cb on_read,
                                 bufferevent_event_cb on_event)
{
    struct bufferevent *event =
        bufferevent_socket_new(echo.base, fd, BEV_OPT_CLOSE_ON_FREE);

    bufferevent_setcb(event, on_read, NULL, on_event, NULL);
    bufferevent_enable(event, EV_READ | EV_WRITE);
    echo.n_open++;
    return event;
}

static void on_server_read(struct bufferevent *event, void *arg)
{
    (void)arg;
    bufferevent_write_buffer(event, bufferevent_get_input(event));
}

static void on_server_event(struct bufferevent *event, short what, void *arg)
{
    (void)what;
    (void)arg;
    end(event);
}

static void on_connection(struct evconnlistener *listener,
                          evutil_socket_t fd,
                          struct sockaddr *address,
                          int len,
                          void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    (void)arg;
    begin(fd, on_server_read, on_server_event);
}

static void on_client_read(struct bufferevent *event, void *arg)
{
    if (evbuffer_get_length(bufferevent_get_input(event)) < ECHO_LEN)
        return;
    (void)arg;
    echo.n_echoed += ECHO_LEN;
    end(event);
}

static void on_client_event(struct bufferevent *event, short what, void *arg)
{
    (void)arg;
    if (what & BEV_EVENT_CONNECTED)
        bufferevent_write(event, ECHO_TEXT, ECHO_LEN);
    else
        end(event);
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

int echo_run(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    int idx;

    memset(&echo, 0, sizeof(echo));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    echo.base = make_base();
    if (!echo.base)
        return -1;
    echo.listener = evconnlistener_new_bind(echo.base,
                                            on_connection,
                                            NULL,
                                            LEV_OPT_CLOSE_ON_FREE,
                                            8,
                                            (struct sockaddr *)&address,
                                            sizeof(address));
    if (!echo.listener) {
        event_base_free(echo.base);
        return -1;
    }
    getsockname(evconnlistener_get_fd(echo.listener),
                (struct sockaddr *)&address,
                &len);
    for (idx = 0; idx < ECHO_N_CLIENTS; idx++)
        bufferevent_socket_connect(begin(-1, on_client_read, on_client_event),
                                   (struct sockaddr *)&address,
                                   (int)len);
    event_base_dispatch(echo.base);
    event_base_free(echo.base);
    return echo.n_echoed;
}
