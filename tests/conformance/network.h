/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CONFORMANCE_NETWORK_H
#define TIDY_CONFORMANCE_NETWORK_H

/*
 * Leave the machine's network for one of the process's own, with nothing but a
 * loopback interface, over which all is acknowledged at once. Needs no rights
 * where user namespaces are allowed; what cannot be done is left as it is.
 */
void network_leave(void);

#endif
