/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CONFORMANCE_NETWORK_H
#define TIDY_CONFORMANCE_NETWORK_H

#include <stdbool.h>

/*
 * Leave the machine's network for one of the process's own, with nothing but a
 * loopback interface, over which all is acknowledged at once. Needs no rights
 * where user namespaces are allowed; false: it is not allowed here.
 */
bool network_leave(void);

#endif
