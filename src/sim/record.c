/* SPDX-License-Identifier: MIT */
/*
 * The record of a run: its events, written into the memory that is shared with
 * who asked for it.
 *
 * It is of fixed size. What there is no room for is counted; the last place is
 * kept for the end of the run. Texts and payload that do not fit are missing.
 * Actors are noted when they are made, and again whenever something happens to
 * them, as their addresses come with time.
 */
#include "sim/record.h"

#include "sim/actor.h"

#include <stdio.h>
#include <string.h>

void tidy__sim_record_begin(struct sim_record *record)
{
    record->n_segments = 0;
    record->n_events = record->n_dropped = 0;
    record->n_payload = record->n_stacks = record->n_modules = 0;
    record->n_actors = 0;
    record->text[0] = '\0';
    record->n_text = 1;
    memset(record->fd_actors, 0, sizeof(record->fd_actors));
    memset(record->stack_slots, 0, sizeof(record->stack_slots));
    tidy__sim_record_modules(record);
}

static uint32_t keep_text(struct sim_record *record, const char *text)
{
    size_t offset = record->n_text, size = strlen(text) + 1;

    if (size == 1 || size > sizeof(record->text) - offset)
        return 0;
    memcpy(record->text + offset, text, size);
    record->n_text += size;
    return (uint32_t)offset;
}

static struct sim_record_event *place(struct sim_record *record,
                                      enum sim_event_type type)
{
    size_t capacity = SIM_MAX_EVENTS - (type != SIM_EVENT_END);

    if (record->n_events >= capacity) {
        record->n_dropped++;
        return NULL;
    }
    return &record->events[record->n_events++];
}

/* NULL: there is no room. */
static struct sim_record_event *add(struct sim_world *world,
                                    enum sim_event_type type)
{
    struct sim_record_event *event = place(world->record, type);

    if (event)
        *event = (struct sim_record_event){ .type = type,
                                            .now_ns = world->now_ns,
                                            .step = world->n_steps,
                                            .fd = -1 };
    return event;
}

/* --------------------------------------------------------------------- actors */

static struct sim_event_actor *find(struct sim_record *record, unsigned number)
{
    return number >= 1 && number <= record->n_actors
               ? &record->actors[number - 1]
               : NULL;
}

/* The number of one of the world's actors, old or new; 0: it is the world itself,
 * or there is no room for more. */
static unsigned number_of(struct sim_record *record, unsigned key)
{
    unsigned number;

    for (number = record->n_actors; number > 0; number--) {
        if (record->actors[number - 1].key == key)
            return number;
    }
    if (key == 0 || record->n_actors == SIM_MAX_ACTORS)
        return 0;
    number = ++record->n_actors;
    record->actors[number - 1] =
        (struct sim_event_actor){ .id = number, .key = key, .fd = -1 };
    return number;
}

/* An address that it had once stays. */
static void note_address(const struct sim_socket *sock,
                         enum sim_socket_name which,
                         struct sim_address *noted)
{
    struct sim_address address = { 0 };

    if (sock->ops->name(sock, which, &address) == 0 &&
        address.len > sizeof(sa_family_t))
        *noted = address;
}

static void note(const struct sim_file *file)
{
    struct sim_record *record = file->world->record;
    struct sim_event_actor *actor = find(record, number_of(record, file->id));
    const char *name = tidy__sim_actor_name(file->world, file->id);
    struct sim_socket *sock;

    if (!actor)
        return;
    snprintf(actor->kind, sizeof(actor->kind), "%s", file->ops->kind);
    snprintf(actor->name, sizeof(actor->name), "%s", name ? name : "");
    sock = tidy__sim_socket_of((struct sim_file *)(uintptr_t)file);
    if (!sock)
        return;
    note_address(sock, SIM_NAME_LOCAL, &actor->local);
    note_address(sock, SIM_NAME_ACCEPTED, &actor->peer);
}

void tidy__sim_record_fd(struct sim_record *record,
                         int fd,
                         const struct sim_file *file)
{
    struct sim_event_actor *actor;

    record->fd_actors[fd - SIM_FD_MIN] = number_of(record, file->id);
    note(file);
    actor = find(record, number_of(record, file->id));
    if (actor && actor->fd < 0)
        actor->fd = fd;
}

static unsigned actor_of(const struct sim_world *world, long fd)
{
    if (fd < SIM_FD_MIN || fd > SIM_FD_MAX)
        return 0;
    return world->record->fd_actors[fd - SIM_FD_MIN];
}

/* ---------------------------------------------------------------------- calls */

static bool gives_descriptor(const char *name)
{
    static const char *const names[] = {
        "accept", "dup",   "dup2",   "dup3",       "epoll_create1",  "eventfd",
        "open",   "pipe2", "socket", "socketpair", "timerfd_create",
    };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(names); idx++) {
        if (strcmp(name, names[idx]) == 0)
            return true;
    }
    return false;
}

static void note_child(const struct sim_record_event *event,
                       struct sim_record *record)
{
    struct sim_event_actor *child = find(record, event->peer);

    if (child && child->id != event->actor)
        child->parent = event->actor;
}

void tidy__sim_record_call(struct sim_world *world,
                           int fd,
                           long result,
                           const char *name,
                           const char *args)
{
    struct sim_record_event *event = add(world, SIM_EVENT_CALL);
    const struct sim_file *file = tidy__sim_fd_file(world, fd);

    if (file)
        note(file);
    if (!event)
        return;
    event->fd = fd;
    event->actor = actor_of(world, fd);
    event->result = result;
    event->name = keep_text(world->record, name);
    event->args = keep_text(world->record, args);
    event->stack = tidy__sim_record_stack(world->record);
    if (!gives_descriptor(name))
        return;
    if (fd < 0)
        event->actor = actor_of(world, result);
    else
        event->peer = actor_of(world, result);
    if (strcmp(name, "accept") == 0)
        note_child(event, world->record);
}

void tidy__sim_record_pair(struct sim_world *world, int fd)
{
    struct sim_record *record = world->record;

    if (record->n_events > 0 && record->n_dropped == 0)
        record->events[record->n_events - 1].peer = actor_of(world, fd);
}

void tidy__sim_record_choice(struct sim_world *world,
                             enum tidy_choice kind,
                             unsigned actor,
                             size_t n,
                             size_t taken)
{
    struct sim_record_event *event = add(world, SIM_EVENT_CHOICE);

    if (!event)
        return;
    event->kind = kind;
    event->actor = number_of(world->record, actor);
    event->n = n;
    event->taken = taken;
    event->idx = world->taken.n - 1;
    event->name = keep_text(world->record, tidy_choice_name(kind));
}

/* ------------------------------------------------------------------- segments */

/* As much of the data as there is room for. */
static void keep_data(struct sim_record *record,
                      struct sim_record_event *event,
                      const struct sim_io *io,
                      size_t offset)
{
    size_t room = sizeof(record->payload) - record->n_payload;

    event->n_data = event->len < room ? event->len : room;
    event->data = (uint32_t)record->n_payload;
    if (event->n_data > 0)
        tidy__sim_io_get(
            io, offset, record->payload + record->n_payload, event->n_data);
    record->n_payload += event->n_data;
}

static void set_ends(struct sim_record_event *event,
                     const struct sim_file *from,
                     const struct sim_file *to)
{
    if (from)
        note(from);
    if (to)
        note(to);
    if (event) {
        event->actor = from ? number_of(from->world->record, from->id) : 0;
        event->peer = to ? number_of(to->world->record, to->id) : 0;
    }
}

uint64_t tidy__sim_record_sent(struct sim_world *world,
                               struct sim_link *link,
                               int type,
                               bool is_held,
                               const struct sim_io *io,
                               size_t offset,
                               size_t len)
{
    struct sim_record *record = world->record;
    struct sim_record_event *event = add(world, SIM_EVENT_SENT);
    const struct sim_file *from, *to;

    record->n_segments++;
    link->ends(link, type, &from, &to);
    set_ends(event, from, to);
    if (!event)
        return record->n_segments;
    event->segment = record->n_segments;
    event->is_held = is_held;
    event->name = keep_text(record, link->type_names[type]);
    event->len = len;
    keep_data(record, event, io, offset);
    return record->n_segments;
}

static void add_later(struct sim_world *world,
                      enum sim_event_type type,
                      struct sim_link *link,
                      const struct sim_segment *segment)
{
    struct sim_record_event *event = add(world, type);
    const struct sim_file *from, *to;

    link->ends(link, segment->type, &from, &to);
    set_ends(event, from, to);
    if (!event)
        return;
    event->segment = segment->number;
    event->name = keep_text(world->record, link->type_names[segment->type]);
    event->len = segment->len;
}

void tidy__sim_record_arrived(struct sim_world *world,
                              struct sim_link *link,
                              const struct sim_segment *segment)
{
    add_later(world, SIM_EVENT_ARRIVED, link, segment);
}

void tidy__sim_record_lost(struct sim_world *world,
                           struct sim_link *link,
                           const struct sim_segment *segment)
{
    add_later(world, SIM_EVENT_LOST, link, segment);
}

void tidy__sim_record_transfer(const struct sim_file *from,
                               const struct sim_file *to,
                               const char *name,
                               const struct sim_io *io,
                               size_t offset,
                               size_t len)
{
    struct sim_world *world = from->world;
    struct sim_record_event *event = add(world, SIM_EVENT_SENT);

    set_ends(event, from, to);
    world->record->n_segments++;
    if (!event)
        return;
    event->segment = world->record->n_segments;
    event->name = keep_text(world->record, name);
    event->len = len;
    keep_data(world->record, event, io, offset);
}

/* --------------------------------------------------------------------- others */

void tidy__sim_record_ready(struct sim_world *world, int fd, const char *what)
{
    struct sim_record_event *event = add(world, SIM_EVENT_READY);

    if (!event)
        return;
    event->fd = fd;
    event->actor = actor_of(world, fd);
    event->name = keep_text(world->record, what);
}

void tidy__sim_record_timer(const struct sim_file *file)
{
    struct sim_record_event *event = add(file->world, SIM_EVENT_TIMER);

    if (!event)
        return;
    event->actor = number_of(file->world->record, file->id);
    event->name = keep_text(file->world->record, file->ops->kind);
}

/* Has the run ended in a call of the body's? Else the body has returned, or the
 * schedule is not one of it. */
static bool is_in_body(enum tidy_outcome outcome)
{
    return outcome != TIDY_OUTCOME_PASSED && outcome != TIDY_OUTCOME_LEFTOVER &&
           outcome != TIDY_OUTCOME_ASTRAY;
}

void tidy__sim_record_end(struct sim_world *world,
                          enum tidy_outcome outcome,
                          const char *text)
{
    struct sim_record_event *event = add(world, SIM_EVENT_END);

    if (!event)
        return;
    event->name = keep_text(world->record, tidy_outcome_name(outcome));
    event->args = keep_text(world->record, text);
    if (is_in_body(outcome))
        event->stack = tidy__sim_record_stack(world->record);
}
