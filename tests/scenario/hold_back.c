/* SPDX-License-Identifier: MIT */
/*
 * libuv calls accept4(2) through the PLT, so that a definition in the program
 * comes before the C library's. A listener that is told EAGAIN goes back to its
 * loop and is told of the connection again in the next turn.
 */
#include "scenario/hold_back.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <sys/socket.h> declares it with an argument of a type that no definition can
 * repeat. */
int accept4(int fd, void *address, void *len, int flags);

static bool is_held_back;

void hold_back_accepts(bool is_on)
{
    is_held_back = is_on;
}

int accept4(int fd, void *address, void *len, int flags)
{
    if (is_held_back) {
        errno = EAGAIN;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, address, len, flags);
}
