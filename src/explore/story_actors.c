/* SPDX-License-Identifier: MIT */
/*
 * Who takes part: what each file was, what it is called, and whether the failure
 * has to do with it.
 *
 * A failure touches whoever a departure is about, who made the last call, and,
 * if the run ended because of what is open, all that is; and with each of them
 * the other end of the connection and the listener that it was for. A client's
 * number is its place among the clients; the other end has the same.
 */
#include "base/alloc.h"
#include "explore/story.h"
#include "explore/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* With so few, all are shown. */
#define MAX_SHOWN_ANYWAY 3

struct story_actor *tidy__story_actor(const struct story *story, unsigned id)
{
    return id >= 1 && id <= story->n_actors ? &story->actors[id - 1] : NULL;
}

size_t tidy__story_departure(const struct story *story, size_t event)
{
    return story->numbers[event];
}

static void number_departures(struct story *story)
{
    const struct explore_failure_view *view = story->view;
    size_t idx, number = 0;

    for (idx = 0; view->departures && idx < view->n_departures; idx++) {
        if (view->departures[idx] < view->events->n_events)
            story->numbers[view->departures[idx]] = idx + 1;
    }
    for (idx = 0; !view->departures && idx < view->events->n_events; idx++) {
        if (view->events->events[idx].type == SIM_EVENT_CHOICE &&
            view->events->events[idx].taken > 0)
            story->numbers[idx] = ++number;
    }
}

/* ------------------------------------------------------------- what they were */

static bool is(const struct sim_event *event, const char *name)
{
    return strcmp(event->name, name) == 0;
}

/* The first client of a listener's that has no other end yet: a Unix socket's,
 * which tells of none. */
static void pair_with_first(struct story *story, struct story_actor *server)
{
    size_t idx;

    for (idx = 0; idx < story->n_actors; idx++) {
        struct story_actor *client = &story->actors[idx];

        if (client->listener != server->listener || client->other != 0 ||
            client->role != STORY_CLIENT)
            continue;
        client->other = server->id;
        server->other = client->id;
        return;
    }
}

static void become(struct story_actor *actor, enum story_role role)
{
    if (actor->role == STORY_OTHER || actor->role == STORY_END)
        actor->role = role;
}

static void note_accept(struct story *story,
                        const struct sim_event *event,
                        struct story_actor *listener)
{
    struct story_actor *child = tidy__story_actor(story, event->peer);

    if (!child || event->result < 0)
        return;
    become(child, STORY_SERVER);
    child->is_accepted = true;
    child->listener = listener->id;
    if (child->other == 0)
        pair_with_first(story, child);
}

static bool opens(const struct sim_event *event)
{
    static const char *const names[] = {
        "socket", "socketpair", "accept",        "dup",           "pipe2",
        "open",   "eventfd",    "epoll_create1", "timerfd_create"
    };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(names); idx++) {
        if (is(event, names[idx]))
            return event->result >= 0;
    }
    return false;
}

static void note_descriptor(struct story *story, const struct sim_event *event)
{
    bool is_pair = is(event, "pipe2") || is(event, "socketpair");
    struct story_actor *actor = tidy__story_actor(
        story, is(event, "accept") ? event->peer : event->actor);
    struct story_actor *peer = tidy__story_actor(story, event->peer);

    if (actor) {
        actor->n_fds++;
        actor->fd = (int)event->result;
    }
    if (!is_pair || !actor || !peer)
        return;
    peer->n_fds++;
    actor->other = peer->id;
    peer->other = actor->id;
}

static void note_call(struct story *story, const struct sim_event *event)
{
    struct story_actor *actor = tidy__story_actor(story, event->actor);

    if (!actor)
        return;
    actor->is_used |= event->is_direct;
    if (opens(event))
        note_descriptor(story, event);
    if (is(event, "listen") && event->result == 0)
        become(actor, STORY_LISTENER);
    else if (is(event, "connect"))
        become(actor, STORY_CLIENT);
    else if (is(event, "accept"))
        note_accept(story, event, actor);
    else if (is(event, "close") && event->result == 0 && actor->n_fds > 0 &&
             --actor->n_fds == 0)
        actor->closed_ns = event->now_ns;
    if ((strncmp(event->name, "read", 4) == 0 ||
         strncmp(event->name, "recv", 4) == 0) &&
        event->result > 0)
        actor->n_read += (size_t)event->result;
}

static void note_arrival(struct story_actor *from,
                         struct story_actor *to,
                         const struct sim_event *event)
{
    if (is(event, "SYN-ACK"))
        to->is_connected = true;
    if (is(event, "connect"))
        from->is_connected = true;
    to->n_arrived += event->len;
}

static void note_sent(struct story *story, const struct sim_event *event)
{
    struct story_actor *from = tidy__story_actor(story, event->actor);
    struct story_actor *to = tidy__story_actor(story, event->peer);

    if (!from || !to)
        return;
    if (is(event, "SYN") || is(event, "connect")) {
        become(from, STORY_CLIENT);
        from->listener = to->id;
    } else if (is(event, "SYN-ACK")) {
        become(from, STORY_SERVER);
        from->listener = to->listener;
        from->other = to->id;
        to->other = from->id;
    } else if (!is(event, "ACK")) {
        from->has_data |= event->len > 0;
        to->has_data |= event->len > 0;
    }
    if (!event->is_held)
        note_arrival(from, to, event);
}

static void note_events(struct story *story)
{
    const struct sim_events *events = story->view->events;
    const struct sim_event *event = NULL;

    while ((event = tidy__sim_events_next(events, event)) != NULL) {
        struct story_actor *from = tidy__story_actor(story, event->actor);
        struct story_actor *to = tidy__story_actor(story, event->peer);

        if (event->type == SIM_EVENT_CALL)
            note_call(story, event);
        else if (event->type == SIM_EVENT_SENT)
            note_sent(story, event);
        else if (event->type == SIM_EVENT_ARRIVED && from && to)
            note_arrival(from, to, event);
        if (event->type == SIM_EVENT_SENT && event->is_held)
            story->n_in_flight++;
        if (event->type == SIM_EVENT_ARRIVED || event->type == SIM_EVENT_LOST)
            story->n_in_flight--;
    }
}

/* ------------------------------------------------------------- whom it touches */

static void touch(struct story *story, unsigned id)
{
    struct story_actor *actor = tidy__story_actor(story, id), *with;

    if (!actor)
        return;
    actor->is_touched = true;
    with = tidy__story_actor(story, actor->other);
    if (with)
        with->is_touched = true;
    with = tidy__story_actor(story, actor->listener);
    if (with)
        with->is_touched = true;
}

/* Who is concerned by a choice, and by what came of it. */
static void touch_departure(struct story *story, size_t idx)
{
    const struct sim_events *events = story->view->events;
    const struct sim_event *choice = &events->events[idx];

    touch(story, choice->actor);
    while (++idx < events->n_events &&
           events->events[idx].step == choice->step &&
           (events->events[idx].type != SIM_EVENT_CHOICE ||
            events->events[idx].taken == 0)) {
        touch(story, events->events[idx].actor);
        touch(story, events->events[idx].peer);
    }
}

/* The last call that is of a connection, and all of the call in which the run
 * ended. */
static void touch_end(struct story *story)
{
    const struct sim_events *events = story->view->events;
    const struct sim_event *end = &events->events[events->n_events - 1];
    size_t idx = events->n_events - 1;

    while (idx-- > 0) {
        const struct sim_event *event = &events->events[idx];
        const struct story_actor *actor =
            tidy__story_actor(story, event->actor);

        if (event->step == end->step)
            touch(story, event->actor);
        if (event->type == SIM_EVENT_CALL && actor &&
            actor->role != STORY_OTHER && !tidy__story_is_dull(event)) {
            touch(story, event->actor);
            touch(story, event->peer);
            return;
        }
    }
}

static bool ended_by_what_is_open(enum tidy_outcome outcome)
{
    return outcome == TIDY_OUTCOME_DEADLOCK || outcome == TIDY_OUTCOME_LEFTOVER;
}

static void touch_all(struct story *story)
{
    const struct sim_events *events = story->view->events;
    size_t idx;

    for (idx = 0; idx < events->n_events; idx++) {
        if (tidy__story_departure(story, idx) > 0)
            touch_departure(story, idx);
    }
    touch_end(story);
    for (idx = 0; idx < story->n_actors; idx++) {
        if (ended_by_what_is_open(story->view->outcome) &&
            story->actors[idx].n_fds > 0)
            touch(story, story->actors[idx].id);
    }
}

/* --------------------------------------------------------------------- names */

static void set_about(struct story_actor *actor,
                      const struct sim_event_actor *from)
{
    char local[SIM_ADDRESS_TEXT_MAX], peer[SIM_ADDRESS_TEXT_MAX];
    bool has_peer = actor->role == STORY_CLIENT || actor->role == STORY_SERVER;
    const char *own = tidy__sim_address_text(&from->local, local);
    const char *others = tidy__sim_address_text(&from->peer, peer);

    own = tidy__explore_base(own);
    others = tidy__explore_base(others);
    snprintf(actor->about,
             sizeof(actor->about),
             "%s%s%s",
             own,
             !has_peer || !*others ? ""
             : *own                ? " -> "
                                   : "-> ",
             has_peer ? others : "");
}

/* A connection has its listener's name, if nobody gave it another. */
static bool is_own_name(const struct story *story,
                        const struct story_actor *actor,
                        const char *name)
{
    const struct sim_event_actor *listener =
        tidy__sim_events_actor(story->view->events, actor->listener);

    return name[0] && (actor->role != STORY_SERVER || !listener ||
                       strcmp(listener->name, name) != 0);
}

/* Of one role; of those that have none, of one kind. */
static bool is_alike(const struct story *story,
                     const struct story_actor *a,
                     const struct story_actor *b)
{
    const struct sim_events *events = story->view->events;

    return a->role == b->role &&
           (a->role != STORY_OTHER ||
            strcmp(tidy__sim_events_actor(events, a->id)->kind,
                   tidy__sim_events_actor(events, b->id)->kind) == 0);
}

static size_t count_before(const struct story *story,
                           const struct story_actor *actor)
{
    size_t n = 1;
    const struct story_actor *other;

    for (other = story->actors; other < actor; other++)
        n += is_alike(story, other, actor);
    return n;
}

/* Listeners have a number only if there are several. */
static bool is_alone(const struct story *story, const struct story_actor *actor)
{
    size_t n = 0, idx;

    for (idx = 0; idx < story->n_actors; idx++)
        n += story->actors[idx].role == actor->role;
    return n == 1 && actor->role == STORY_LISTENER;
}

static void set_name(const struct story *story, struct story_actor *actor)
{
    static const char *const names[] = { [STORY_LISTENER] = "listener",
                                         [STORY_CLIENT] = "client",
                                         [STORY_SERVER] = "server",
                                         [STORY_END] = "end" };
    const struct sim_event_actor *from =
        tidy__sim_events_actor(story->view->events, actor->id);
    const struct story_actor *with = actor;

    set_about(actor, from);
    if (is_own_name(story, actor, from->name) || is_alone(story, actor)) {
        snprintf(actor->name,
                 sizeof(actor->name),
                 "%s",
                 from->name[0] ? from->name : names[actor->role]);
        return;
    }
    if (actor->role == STORY_SERVER && actor->other)
        with = tidy__story_actor(story, actor->other);
    snprintf(actor->name,
             sizeof(actor->name),
             "%s %zu",
             actor->role == STORY_OTHER ? from->kind : names[actor->role],
             count_before(story, with));
}

/* ------------------------------------------------------------------- the cast */

/* A pipe has no role; it is shown if the program itself used it, for an event
 * loop's own pipes say nothing. */
static void init_actor(struct story_actor *actor,
                       const struct sim_event_actor *from)
{
    *actor = (struct story_actor){ .id = from->id,
                                   .fd = from->fd,
                                   .column = STORY_NOBODY };
    if (strstr(from->kind, "socket"))
        actor->role = STORY_END;
}

static bool is_shown(const struct story_actor *actor)
{
    if (actor->role == STORY_OTHER && !(actor->has_data && actor->is_used))
        return false;
    return actor->is_touched;
}

static void add_column(struct story *story, struct story_actor *actor)
{
    if (!actor || actor->column != STORY_NOBODY || !is_shown(actor))
        return;
    actor->column = story->n_columns;
    story->columns[story->n_columns++] = actor;
}

static void choose_columns(struct story *story)
{
    size_t idx, n_sockets = 0;

    for (idx = 0; idx < story->n_actors; idx++)
        n_sockets += story->actors[idx].role != STORY_OTHER;
    for (idx = 0; idx < story->n_actors; idx++)
        story->actors[idx].is_touched |= n_sockets <= MAX_SHOWN_ANYWAY;
    for (idx = 0; idx < story->n_actors; idx++) {
        if (story->actors[idx].role == STORY_LISTENER)
            add_column(story, &story->actors[idx]);
    }
    for (idx = 0; idx < story->n_actors; idx++) {
        if (story->actors[idx].role == STORY_SERVER)
            add_column(story,
                       tidy__story_actor(story, story->actors[idx].other));
        add_column(story, &story->actors[idx]);
        add_column(story, tidy__story_actor(story, story->actors[idx].other));
    }
    for (idx = 0; idx < story->n_actors; idx++)
        story->n_left_out += story->actors[idx].role != STORY_OTHER &&
                             story->actors[idx].column == STORY_NOBODY;
}

int tidy__story_cast(struct story *story)
{
    const struct sim_events *events = story->view->events;
    size_t idx;

    story->n_actors = events->n_actors;
    story->actors =
        tidy__zalloc((events->n_actors + 1) * sizeof(*story->actors));
    story->columns =
        tidy__zalloc((events->n_actors + 1) * sizeof(struct story_actor *));
    story->numbers = tidy__zalloc((events->n_events + 1) * sizeof(size_t));
    if (!story->actors || !story->columns || !story->numbers)
        return -ENOMEM;
    number_departures(story);
    for (idx = 0; idx < story->n_actors; idx++)
        init_actor(&story->actors[idx], &events->actors[idx]);
    note_events(story);
    touch_all(story);
    for (idx = 0; idx < story->n_actors; idx++)
        set_name(story, &story->actors[idx]);
    choose_columns(story);
    return 0;
}
