/* SPDX-License-Identifier: MIT */
/*
 * What the plain libuv sides share.
 *
 * They are written as somebody who knows libuv well would write them: handles
 * embedded in one struct, no allocation a cycle, uv_try_write() for what fits
 * into the socket's buffer, one uv_run() for everything.
 *
 * One thing is borrowed from what the library does. A connection closed by both
 * ends leaves the end that closed first in TIME_WAIT for a minute, and after
 * some ten thousand cycles the kernel searches long for a free port. So the end
 * that closes second, having read the end of file, sets SO_LINGER {1, 0}: its
 * close makes the other end go too. The plain side is the faster for it, by 2 to
 * 6 % when no port is short, and does not slow down from round to round.
 */
#include "plain.h"

#include <arpa/inet.h>
#include <sys/socket.h>

void plain_linger_zero(uv_handle_t *handle)
{
    const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    uv_os_fd_t fd;

    if (uv_fileno(handle, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

uint16_t plain_listen_tcp(uv_loop_t *loop,
                          union plain_stream *listener,
                          int backlog,
                          uv_connection_cb on_connection,
                          struct sockaddr_in *ret_address)
{
    int len = sizeof(*ret_address);

    bench_check(uv_ip4_addr("127.0.0.1", 0, ret_address), "uv_ip4_addr");
    bench_check(uv_tcp_init(loop, &listener->tcp), "uv_tcp_init");
    bench_check(
        uv_tcp_bind(&listener->tcp, (const struct sockaddr *)ret_address, 0),
        "uv_tcp_bind");
    bench_check(uv_listen(&listener->stream, backlog, on_connection),
                "uv_listen");
    bench_check(uv_tcp_getsockname(
                    &listener->tcp, (struct sockaddr *)ret_address, &len),
                "uv_tcp_getsockname");
    return ntohs(ret_address->sin_port);
}

void plain_note(struct bench_run *run,
                const union plain_stream *client,
                uint16_t server_port)
{
    struct sockaddr_in address;
    int len = sizeof(address);

    if (!run->wants_connections)
        return;
    bench_check(
        uv_tcp_getsockname(&client->tcp, (struct sockaddr *)&address, &len),
        "uv_tcp_getsockname");
    bench_note_connection(run, ntohs(address.sin_port), server_port);
}
