/* SPDX-License-Identifier: MIT */
/*
 * An echo server and its clients as a program.
 */
#include "sim/echo.h"

#include <stdio.h>

int main(void)
{
    int n_echoed = echo_run();

    printf("%d bytes echoed\n", n_echoed);
    return n_echoed == ECHO_N_CLIENTS * ECHO_LEN ? 0 : 1;
}
