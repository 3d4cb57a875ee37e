/* SPDX-License-Identifier: MIT */
/*
 * What a failing run sent, as a capture file: the PCAP Next Generation format,
 * with an interface for each who sent or got something, and virtual time.
 *
 * A packet is written once, when and where it arrives; one that never does, when
 * and where it left. So the order is that in which the program saw things. What
 * acknowledges data alone is not written: in a world it takes no time. Sequence
 * numbers begin at a multiple of the actor's. Unix sockets and pipes become TCP
 * between addresses that are made up.
 */
#include "base/alloc.h"
#include "explore/packet.h"
#include "explore/pcapng.h"
#include "explore/story.h"
#include "explore/words.h"
#include "sim/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define COMMENT_MAX 4000
#define FIRST_MADE_UP_PORT 10000u

/* One end of a connection. */
struct end {
    uint32_t first_seq, next_seq, next_ack;
    size_t interface; /* SIZE_MAX: none */
    bool was_made_up; /* it has been said */
};

/* A segment of the run's. */
struct segment {
    size_t event;   /* in which it left */
    size_t written; /* the event at which it is written */
    bool has_arrived, is_lost;
    uint32_t seq, ack;
};

struct writer {
    FILE *out;
    const struct explore_failure_view *view;
    struct story *story;
    struct end *ends;         /* owned; of actor id 0, 1, ... */
    struct segment *segments; /* owned; of number 0, 1, ... */
    size_t n_segments;
    /* Owned: the departures that are said with an event, the first and then
     * the next of each, as indices of events and one more; 0: none. */
    size_t *first_said, *next_said;
    uint16_t n_packets;
    unsigned char bytes[PACKET_MAX_HEADERS + PACKET_MAX_DATA];
    char comment[COMMENT_MAX];
};

/* -------------------------------------------------------------------- comments */

static void add_comment(struct writer *writer, const char *text)
{
    size_t len = strlen(writer->comment);

    if (len > 0 && len + 1 < sizeof(writer->comment)) {
        writer->comment[len++] = '\n';
        writer->comment[len] = '\0';
    }
    tidy__pcapng_text(
        writer->comment + len, sizeof(writer->comment) - len, text);
}

static void put_section(struct writer *writer)
{
    const struct explore_failure_view *view = writer->view;

    add_comment(writer, tidy__explore_name(view));
    add_comment(writer, tidy_outcome_name(view->outcome));
    add_comment(writer, view->text);
    if (view->decides)
        add_comment(writer, view->decides);
    if (view->replay)
        add_comment(writer, view->replay);
    tidy__pcapng_section(writer->out, writer->comment);
    writer->comment[0] = '\0';
}

/* The comment goes with it. */
static void put_packet(struct writer *writer,
                       const struct packet *packet,
                       size_t interface,
                       uint64_t now_ns,
                       enum pcapng_direction direction)
{
    struct pcapng_packet block = {
        .interface = interface,
        .time_ns = SIM_REALTIME_NS + now_ns,
        .direction = direction,
        .bytes = writer->bytes,
        .comment = writer->comment,
    };

    block.n_bytes = tidy__packet_write(packet, writer->bytes, &block.len);
    tidy__pcapng_packet(writer->out, &block);
    writer->comment[0] = '\0';
}

/* -------------------------------------------------------------------- segments */

static bool is_internet(const struct sim_address *address)
{
    return address->len > 0 && (address->u.any.sa_family == AF_INET ||
                                address->u.any.sa_family == AF_INET6);
}

/* From 192.0.2.0/24, which is for examples (RFC 5737). */
static struct sim_address make_up(unsigned id)
{
    struct sim_address address = { .len = sizeof(address.u.in) };

    address.u.in.sin_family = AF_INET;
    address.u.in.sin_addr.s_addr = htonl(UINT32_C(0xc0000201));
    address.u.in.sin_port = htons((uint16_t)(FIRST_MADE_UP_PORT + id));
    return address;
}

/* Returns whether they are made up. */
static bool set_addresses(const struct writer *writer,
                          struct packet *packet,
                          unsigned from,
                          unsigned to)
{
    const struct sim_event_actor *sender =
        tidy__sim_events_actor(writer->view->events, from);

    if (sender && is_internet(&sender->local) && is_internet(&sender->peer) &&
        sender->local.u.any.sa_family == sender->peer.u.any.sa_family) {
        packet->from = sender->local;
        packet->to = sender->peer;
        return false;
    }
    packet->from = make_up(from);
    packet->to = make_up(to);
    return true;
}

static bool is(const struct sim_event *event, const char *name)
{
    return strcmp(event->name, name) == 0;
}

static unsigned flags_of(const struct sim_event *event)
{
    if (is(event, "SYN") || is(event, "connect"))
        return PACKET_SYN;
    if (is(event, "SYN-ACK"))
        return PACKET_SYN | PACKET_ACK;
    if (is(event, "FIN") || is(event, "end"))
        return PACKET_FIN | PACKET_ACK;
    if (is(event, "RST") || is(event, "reset"))
        return PACKET_RST | PACKET_ACK;
    return event->len > 0 ? PACKET_PSH | PACKET_ACK : PACKET_ACK;
}

static struct end *end_of(struct writer *writer, unsigned id)
{
    return &writer->ends[id <= writer->view->events->n_actors ? id : 0];
}

/* To whom it really goes: what a listener gets is for the connection to come. */
static unsigned receiver_of(const struct writer *writer,
                            const struct sim_event *event)
{
    const struct story_actor *from =
        tidy__story_actor(writer->story, event->actor);

    return from && from->other ? from->other : event->peer;
}

/* A connection that begins once more begins with other numbers. */
static void leave(struct writer *writer, size_t idx)
{
    const struct sim_event *event = &writer->view->events->events[idx];
    struct segment *segment = &writer->segments[event->segment];
    struct end *end = end_of(writer, event->actor);
    unsigned flags = flags_of(event);

    if ((flags & PACKET_SYN) && end->next_ack != 0 && !(flags & PACKET_ACK)) {
        end->first_seq += UINT32_C(0x1000000);
        end->next_seq = end->first_seq;
        end->next_ack = 0;
    }
    if (flags & PACKET_SYN)
        end->next_seq = end->first_seq;
    segment->seq = end->next_seq;
    segment->ack = end->next_ack;
    end->next_seq += (uint32_t)event->len;
    end->next_seq += (flags & (PACKET_SYN | PACKET_FIN)) != 0;
}

static void arrive(struct writer *writer, const struct segment *segment)
{
    const struct sim_event *event =
        &writer->view->events->events[segment->event];
    struct end *end = end_of(writer, receiver_of(writer, event));
    unsigned flags = flags_of(event);

    if (flags & PACKET_RST)
        return;
    end->next_ack = segment->seq + (uint32_t)event->len +
                    ((flags & (PACKET_SYN | PACKET_FIN)) != 0);
}

/* ------------------------------------------------------------- what is said */

static void say_departures(struct writer *writer, size_t written)
{
    char text[STORY_TEXT_MAX], line[STORY_TEXT_MAX + 64];
    size_t idx;

    for (idx = writer->first_said[written]; idx > 0;
         idx = writer->next_said[idx - 1]) {
        tidy__story_departure_text(writer->story, idx - 1, text);
        snprintf(line,
                 sizeof(line),
                 "departure %zu: %s [%s]",
                 tidy__story_departure(writer->story, idx - 1),
                 text,
                 writer->view->events->events[idx - 1].name);
        add_comment(writer, line);
    }
}

static void say_flight(struct writer *writer, const struct segment *segment)
{
    const struct sim_event *event =
        &writer->view->events->events[segment->event];
    char text[96], time[EXPLORE_TIME_MAX];

    if (segment->is_lost)
        add_comment(writer, "lost");
    else if (!segment->has_arrived)
        add_comment(writer, "still in flight at the end");
    else if (event->is_held) {
        snprintf(text,
                 sizeof(text),
                 "left at %s ms, in flight until now",
                 tidy__explore_time(event->now_ns, time));
        add_comment(writer, text);
    }
}

/* ---------------------------------------------------------------- what happens */

static void put_parts(struct writer *writer,
                      const struct sim_event *event,
                      struct packet *packet,
                      size_t interface,
                      uint64_t now_ns,
                      enum pcapng_direction direction)
{
    size_t done = 0, there;

    do {
        packet->len = event->len - done < PACKET_MAX_DATA ? event->len - done
                                                          : PACKET_MAX_DATA;
        there = event->n_data > done ? event->n_data - done : 0;
        packet->n_data = there < packet->len ? there : packet->len;
        packet->data = (const unsigned char *)event->data + done;
        packet->idx = writer->n_packets++;
        put_packet(writer, packet, interface, now_ns, direction);
        packet->seq += (uint32_t)packet->len;
        done += packet->len;
    } while (done < event->len);
}

/* Where it arrives, or where it left. */
static void write_segment(struct writer *writer, size_t idx)
{
    const struct sim_event *now = &writer->view->events->events[idx];
    const struct segment *segment = &writer->segments[now->segment];
    const struct sim_event *event =
        &writer->view->events->events[segment->event];
    unsigned to = receiver_of(writer, event);
    bool is_in = segment->has_arrived && now->peer != 0;
    struct packet packet = { .seq = segment->seq,
                             .ack = segment->ack,
                             .flags = flags_of(event) };
    struct end *sender = end_of(writer, event->actor);
    size_t interface =
        is_in ? end_of(writer, now->peer)->interface : sender->interface;

    if (set_addresses(writer, &packet, event->actor, to) &&
        !sender->was_made_up) {
        add_comment(writer,
                    "no TCP in the program: a Unix socket or a pipe; "
                    "addresses and headers are made up");
        sender->was_made_up = true;
    }
    say_departures(writer, idx);
    say_flight(writer, segment);
    put_parts(writer,
              event,
              &packet,
              interface == SIZE_MAX ? sender->interface : interface,
              now->now_ns,
              is_in ? PCAPNG_INBOUND : PCAPNG_OUTBOUND);
}

/* What a Unix socket's connect has no event for: the answer, and its own. */
static void answer_connect(struct writer *writer, const struct sim_event *event)
{
    unsigned other = receiver_of(writer, event);
    struct end *client = end_of(writer, event->actor);
    struct end *server = end_of(writer, other);
    struct packet packet = { .seq = server->first_seq,
                             .ack = client->next_seq,
                             .flags = PACKET_SYN | PACKET_ACK };

    if (other == event->peer || server->interface == SIZE_MAX)
        return;
    set_addresses(writer, &packet, other, event->actor);
    packet.idx = writer->n_packets++;
    put_packet(
        writer, &packet, client->interface, event->now_ns, PCAPNG_INBOUND);
    server->next_seq = server->first_seq + 1;
    client->next_ack = server->next_seq;
    server->next_ack = client->next_seq;
    packet = (struct packet){ .seq = client->next_seq,
                              .ack = client->next_ack,
                              .flags = PACKET_ACK };
    set_addresses(writer, &packet, event->actor, other);
    packet.idx = writer->n_packets++;
    put_packet(
        writer, &packet, server->interface, event->now_ns, PCAPNG_INBOUND);
}

static void write_events(struct writer *writer)
{
    const struct sim_events *events = writer->view->events;
    size_t idx;

    for (idx = 0; idx < events->n_events; idx++) {
        const struct sim_event *event = &events->events[idx];

        if (event->segment == 0)
            continue;
        if (event->type == SIM_EVENT_SENT)
            leave(writer, idx);
        if (writer->segments[event->segment].written == idx)
            write_segment(writer, idx);
        if (event->type == SIM_EVENT_ARRIVED ||
            (event->type == SIM_EVENT_SENT && !event->is_held))
            arrive(writer, &writer->segments[event->segment]);
        if (event->type == SIM_EVENT_SENT && is(event, "connect"))
            answer_connect(writer, event);
    }
}

/* ------------------------------------------------------------------- the plan */

static void plan_segments(struct writer *writer)
{
    const struct sim_events *events = writer->view->events;
    size_t idx;

    for (idx = 0; idx < events->n_events; idx++) {
        const struct sim_event *event = &events->events[idx];
        struct segment *segment = &writer->segments[event->segment];

        if (event->segment == 0)
            continue;
        if (event->type == SIM_EVENT_SENT)
            *segment = (struct segment){ .event = idx,
                                         .written = idx,
                                         .has_arrived = !event->is_held };
        segment->is_lost |= event->type == SIM_EVENT_LOST;
        if (event->type == SIM_EVENT_ARRIVED) {
            segment->has_arrived = true;
            segment->written = idx;
        }
    }
}

/* The packet of what a departure led to, or the next one, or the last. */
static size_t find_packet(const struct writer *writer, size_t departure)
{
    const struct sim_events *events = writer->view->events;
    size_t idx, last = SIZE_MAX;

    for (idx = 0; idx < events->n_events; idx++) {
        const struct sim_event *event = &events->events[idx];

        if (event->segment == 0)
            continue;
        if (idx > departure && event->type == SIM_EVENT_SENT)
            return writer->segments[event->segment].written;
        if (writer->segments[event->segment].written != idx)
            continue;
        if (idx > departure)
            return idx;
        last = idx;
    }
    return last;
}

/* From the last on, so that the first comes first. */
static void plan_departures(struct writer *writer)
{
    size_t idx = writer->view->events->n_events, packet;

    while (idx-- > 0) {
        if (tidy__story_departure(writer->story, idx) == 0)
            continue;
        packet = find_packet(writer, idx);
        if (packet == SIZE_MAX)
            continue;
        writer->next_said[idx] = writer->first_said[packet];
        writer->first_said[packet] = idx + 1;
    }
}

static void give_interface(struct writer *writer, unsigned id, size_t *n)
{
    struct end *end = end_of(writer, id);
    const struct story_actor *actor = tidy__story_actor(writer->story, id);

    if (!actor || end->interface != SIZE_MAX)
        return;
    end->interface = (*n)++;
    tidy__pcapng_interface(writer->out, actor->name, actor->about);
}

/* In the order in which they were made. */
static void write_interfaces(struct writer *writer)
{
    const struct sim_events *events = writer->view->events;
    size_t n = 0, idx;
    unsigned id;

    for (id = 1; id <= events->n_actors; id++) {
        for (idx = 0; idx < events->n_events; idx++) {
            const struct sim_event *event = &events->events[idx];

            if (event->segment > 0 && (event->actor == id || event->peer == id))
                break;
        }
        if (idx < events->n_events)
            give_interface(writer, id, &n);
    }
}

static int init(struct writer *writer)
{
    const struct sim_events *events = writer->view->events;
    size_t idx;

    for (idx = 0; idx < events->n_events; idx++) {
        if (events->events[idx].segment > writer->n_segments)
            writer->n_segments = events->events[idx].segment;
    }
    writer->ends = tidy__zalloc((events->n_actors + 1) * sizeof(struct end));
    writer->segments =
        tidy__zalloc((writer->n_segments + 1) * sizeof(struct segment));
    writer->first_said = tidy__zalloc(events->n_events * sizeof(size_t));
    writer->next_said = tidy__zalloc(events->n_events * sizeof(size_t));
    if (!writer->ends || !writer->segments || !writer->first_said ||
        !writer->next_said)
        return -ENOMEM;
    for (idx = 0; idx <= events->n_actors; idx++) {
        writer->ends[idx].interface = SIZE_MAX;
        writer->ends[idx].first_seq = (uint32_t)idx * 10000;
        writer->ends[idx].next_seq = writer->ends[idx].first_seq;
    }
    plan_segments(writer);
    plan_departures(writer);
    return 0;
}

static int write_file(struct writer *writer)
{
    int result = writer->view->events ? init(writer) : 0;

    if (result < 0)
        return result;
    put_section(writer);
    if (writer->view->events) {
        write_interfaces(writer);
        write_events(writer);
    }
    return tidy__explore_finish(writer->out);
}

int tidy__explore_report_pcapng(FILE *out,
                                const struct explore_failure_view *view)
{
    struct writer *writer = tidy__zalloc(sizeof(*writer));
    int result = -ENOMEM;

    if (writer) {
        writer->out = out;
        writer->view = view;
        writer->story = tidy__story_new(view);
    }
    if (writer && writer->story)
        result = write_file(writer);
    if (writer) {
        tidy__story_free(writer->story);
        tidy__dealloc(writer->ends);
        tidy__dealloc(writer->segments);
        tidy__dealloc(writer->first_said);
        tidy__dealloc(writer->next_said);
    }
    tidy__dealloc(writer);
    return result;
}
