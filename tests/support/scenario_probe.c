/* SPDX-License-Identifier: MIT */
/*
 * The protocol of both sides: it counts, and checks the order in which it is
 * called.
 */
#include "support/scenario.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct probe *probe_of(struct tidy_protocol *self)
{
    return tidy_container_of(self, struct probe, base);
}

/* So that its end can be looked up when nothing of it is left. */
static void note_ports(const struct tidy_transport *transport)
{
    uint16_t near = tidy_address_port(tidy_transport_local(transport));

    scenario.server_port_of[near] =
        tidy_address_port(tidy_transport_peer(transport));
}

static void on_made(struct tidy_protocol *self)
{
    struct probe *probe = probe_of(self);

    assert_false(probe->is_made);
    assert_false(probe->is_lost);
    probe->is_made = true;
    probe->side->n_made++;
    if (probe->side->on_made)
        probe->side->on_made(probe);
}

static void
check_pattern(const struct probe *probe, const void *data, size_t len)
{
    if (!probe->side->has_patterns)
        return;
    assert_true(probe->n_bytes + len <= PATTERN_SIZE);
    assert_memory_equal(data, scenario_pattern() + probe->n_bytes, len);
}

static void on_data(struct tidy_protocol *self, const void *data, size_t len)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    assert_false(probe->has_eof);
    assert_true(len > 0);
    check_pattern(probe, data, len);
    probe->n_bytes += len;
    probe->side->n_bytes += len;
    if (probe->side->on_data)
        probe->side->on_data(probe, data, len);
}

static void on_eof(struct tidy_protocol *self)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    assert_false(probe->has_eof);
    probe->has_eof = true;
    probe->side->n_eofs++;
    if (probe->side->on_eof)
        probe->side->on_eof(probe);
}

/* A lost connection stays valid, and every call on it does nothing. */
static void check_inert(struct tidy_transport *transport)
{
    assert_true(tidy_transport_is_lost(transport));
    assert_int_equal(tidy_transport_write(transport, "x", 1), -ENOTCONN);
    assert_int_equal(tidy_transport_lose_connection(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_abort(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_half_close(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_pause_reading(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_resume_reading(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_unsent(transport), 0);
}

static void on_lost(struct tidy_protocol *self, int reason)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    probe->is_lost = true;
    probe->side->n_lost++;
    probe->side->reason = reason;
    check_inert(self->transport);
    if (probe->side->on_lost)
        probe->side->on_lost(probe);
}

static const struct tidy_protocol_ops closing_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .connection_lost = on_lost,
};

static const struct tidy_protocol_ops half_open_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .read_connection_lost = on_eof,
    .connection_lost = on_lost,
};

static int build(void *arg,
                 const struct tidy_address *peer,
                 struct tidy_protocol *protocol)
{
    struct probe *probe = probe_of(protocol);
    struct side *side = arg;

    (void)peer;
    probe->side = side;
    side->n_built++;
    if (side == &scenario.clients)
        note_ports(protocol->transport);
    if (side->on_build)
        side->on_build(probe);
    if (side->is_refusing)
        return -EPERM;
    side->newest = probe;
    return 0;
}

struct tidy_factory scenario_factory(struct side *side)
{
    struct tidy_factory factory =
        tidy_factory_of(side->is_half_open ? &half_open_ops : &closing_ops,
                        sizeof(struct probe));

    factory.build_protocol = build;
    factory.arg = side;
    return factory;
}

/* ------------------------------------------------------- what hooks mostly do */

void probe_lose_connection(struct probe *probe)
{
    assert_int_equal(tidy_transport_lose_connection(probe->base.transport), 0);
}

void probe_abort(struct probe *probe)
{
    assert_int_equal(tidy_transport_abort(probe->base.transport), 0);
}

void probe_pause(struct probe *probe)
{
    assert_int_equal(tidy_transport_pause_reading(probe->base.transport), 0);
}

void probe_clean_up(struct probe *probe)
{
    (void)probe;
    scenario_clean_up_soon();
}

/* The connection may be on its way out. */
void probe_echo(struct probe *probe, const void *data, size_t len)
{
    int result = tidy_transport_write(probe->base.transport, data, len);

    assert_true(result == 0 || result == -EPIPE);
}

void probe_write(struct probe *probe, const char *text)
{
    assert_int_equal(
        tidy_transport_write(probe->base.transport, text, strlen(text)), 0);
}

void probe_write_pattern(struct probe *probe, size_t n_bytes)
{
    assert_int_equal(tidy_transport_write(
                         probe->base.transport, scenario_pattern(), n_bytes),
                     0);
}

const unsigned char *scenario_pattern(void)
{
    static unsigned char pattern[PATTERN_SIZE];
    uint32_t state = 1;
    size_t idx;

    if (pattern[0])
        return pattern;
    for (idx = 0; idx < PATTERN_SIZE; idx++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        pattern[idx] = (unsigned char)(state >> 24);
    }
    pattern[0] = 1;
    return pattern;
}
