/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_ENDPOINT_NAME_H
#define TIDY_NET_ENDPOINT_NAME_H

#include <tidysock/address.h>
#include <tidysock/endpoint.h>

/* How messages name where something listens or connects: an address as soon as
 * there is one, before that what the endpoint says. Owned; NULL: no memory. */
char *tidy__endpoint_name(const struct tidy_endpoint *endpoint);

/* The name, or else the address written into buf, which has TIDY_ADDRESS_MAX
 * bytes. Borrowed from either. */
const char *tidy__name_or_address(const char *name,
                                  const struct tidy_address *address,
                                  char *buf);

/* What went wrong at an endpoint, in words. Borrowed for ever. */
const char *tidy__endpoint_cause(int code);

#endif
