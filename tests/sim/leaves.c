/* SPDX-License-Identifier: MIT */
/* A program that leaves a socket open. Its argument is its exit code. */
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    socket(AF_UNIX, SOCK_STREAM, 0);
    return argc > 1 ? atoi(argv[1]) : 0;
}
