/* SPDX-License-Identifier: MIT */
/**
 * @file
 * All of libtidysock. Begin with tidysock/case.h.
 */
#ifndef TIDYSOCK_TIDYSOCK_H
#define TIDYSOCK_TIDYSOCK_H

#include <tidysock/activation.h>
#include <tidysock/address.h>
#include <tidysock/case.h>
#include <tidysock/client.h>
#include <tidysock/common.h>
#include <tidysock/deferred.h>
#include <tidysock/endpoint.h>
#include <tidysock/error.h>
#include <tidysock/listener.h>
#include <tidysock/loop.h>
#include <tidysock/protocol.h>
#include <tidysock/server.h>
#include <tidysock/transport.h>

#endif
