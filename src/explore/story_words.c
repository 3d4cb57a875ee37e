/* SPDX-License-Identifier: MIT */
/*
 * Events in words, for somebody who knows sockets and has never seen this
 * library.
 */
#include "explore/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PREVIEW_MAX 12

static bool is(const struct sim_event *event, const char *name)
{
    return strcmp(event->name, name) == 0;
}

static bool begins(const struct sim_event *event, const char *prefix)
{
    return strncmp(event->name, prefix, strlen(prefix)) == 0;
}

static const char *name_of(const struct story *story, unsigned id)
{
    const struct story_actor *actor = tidy__story_actor(story, id);

    return actor ? actor->name : "the program";
}

/* ---------------------------------------------------------------------- calls */

bool tidy__story_waits(const struct sim_event *event)
{
    return is(event, "epoll_wait") || is(event, "poll") ||
           is(event, "select") || is(event, "clock_nanosleep");
}

/* What says nothing, as long as it succeeds. */
bool tidy__story_is_dull(const struct sim_event *event)
{
    static const char *const names[] = {
        "clock_gettime",
        "epoll_create1",
        "epoll_ctl",
        "eventfd",
        "fcntl",
        "fstat",
        "getpeername",
        "getsockname",
        "getsockopt",
        "ioctl",
        "open",
        "pipe2",
        "setsockopt",
        "timerfd_settime",
        "timerfd_create",
        "socket",
        "timerfd_gettime",
        "bind",
        "chmod",
        "stat",
        "socketpair",
    };
    size_t idx;

    if (tidy__story_waits(event))
        return true;
    for (idx = 0; idx < TIDY_COUNT(names); idx++) {
        if (is(event, names[idx]))
            return event->result >= 0 || is(event, "epoll_ctl") ||
                   is(event, "setsockopt") || is(event, "getpeername") ||
                   is(event, "stat");
    }
    return false;
}

/* "517, 1" -> 1 */
static long second_argument(const struct sim_event *event)
{
    const char *comma = strchr(event->args, ',');

    return comma ? strtol(comma + 1, NULL, 10) : -1;
}

static const char *shutdown_name(const struct sim_event *event)
{
    switch (second_argument(event)) {
    case SHUT_RD:
        return "reading";
    case SHUT_WR:
        return "writing";
    default:
        return "both ways";
    }
}

static void text_of_transfer(const struct sim_event *event,
                             char text[STORY_TEXT_MAX])
{
    bool is_read = begins(event, "read") || begins(event, "recv");

    if (event->result == 0 && is_read)
        snprintf(text, STORY_TEXT_MAX, "%s: end of stream", event->name);
    else
        snprintf(text,
                 STORY_TEXT_MAX,
                 "%s: %ld byte%s",
                 event->name,
                 event->result,
                 event->result == 1 ? "" : "s");
}

void tidy__story_call_text(const struct story *story,
                           const struct sim_event *event,
                           char text[STORY_TEXT_MAX])
{
    if (is(event, "connect") && tidy_error_name((int)event->result) &&
        event->result < 0)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "connect: %s",
                 tidy_error_name((int)event->result));
    else if (event->result < 0)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "%s: %s",
                 event->name,
                 tidy_error_name((int)event->result));
    else if (is(event, "accept"))
        snprintf(
            text, STORY_TEXT_MAX, "accept: %s", name_of(story, event->peer));
    else if (is(event, "shutdown"))
        snprintf(text, STORY_TEXT_MAX, "shutdown: %s", shutdown_name(event));
    else if (begins(event, "read") || begins(event, "recv") ||
             begins(event, "write") || begins(event, "send"))
        text_of_transfer(event, text);
    else
        snprintf(text, STORY_TEXT_MAX, "%s", event->name);
}

/* ------------------------------------------------------------------- segments */

/* The first bytes, as far as they are text. */
static void preview(const struct sim_event *event, char text[STORY_TEXT_MAX])
{
    const unsigned char *data = event->data;
    size_t n = event->n_data < PREVIEW_MAX ? event->n_data : PREVIEW_MAX, idx;
    size_t len = (size_t)snprintf(text, STORY_TEXT_MAX, "data \"");

    for (idx = 0; idx < n; idx++) {
        if (data[idx] == '\n')
            len += (size_t)snprintf(text + len, STORY_TEXT_MAX - len, "\\n");
        else if (data[idx] == '\r')
            len += (size_t)snprintf(text + len, STORY_TEXT_MAX - len, "\\r");
        else if (data[idx] < 0x20 || data[idx] > 0x7e)
            len += (size_t)snprintf(
                text + len, STORY_TEXT_MAX - len, "\\x%02x", data[idx]);
        else
            text[len++] = (char)data[idx];
    }
    snprintf(text + len,
             STORY_TEXT_MAX - len,
             "%s\" (%zu byte%s)",
             n < event->len ? ".." : "",
             event->len,
             event->len == 1 ? "" : "s");
}

void tidy__story_segment_text(const struct sim_event *event,
                              char text[STORY_TEXT_MAX])
{
    static const struct {
        const char *name, *text;
    } words[] = {
        { "SYN", "SYN (wants to connect)" },
        { "SYN-ACK", "SYN-ACK (connected)" },
        { "ACK", "ACK (now in the backlog)" },
        { "connect", "connects" },
        { "FIN", "FIN (end of stream)" },
        { "end", "end of stream" },
        { "RST", "RST (reset)" },
        { "reset", "reset" },
    };
    size_t idx;

    if (is(event, "data") && event->n_data > 0) {
        preview(event, text);
        return;
    }
    for (idx = 0; idx < TIDY_COUNT(words); idx++) {
        if (is(event, words[idx].name)) {
            snprintf(text, STORY_TEXT_MAX, "%s", words[idx].text);
            return;
        }
    }
    snprintf(text, STORY_TEXT_MAX, "%s (%zu bytes)", event->name, event->len);
}

/* "in+rdhup" */
void tidy__story_ready_text(const struct sim_event *event,
                            char text[STORY_TEXT_MAX])
{
    static const struct {
        const char *name, *text;
    } words[] = { { "in", "readable" },  { "out", "writable" },
                  { "err", "error" },    { "hup", "hung up" },
                  { "pri", "urgent" },   { "rdhup", "other end shut down" },
                  { "nval", "not open" } };
    const char *name = event->name;
    size_t len = (size_t)snprintf(text, STORY_TEXT_MAX, "is told:"), n, idx;

    for (;; name += n + 1) {
        n = strcspn(name, "+");
        for (idx = 0; idx < TIDY_COUNT(words); idx++) {
            if (strlen(words[idx].name) == n &&
                strncmp(name, words[idx].name, n) == 0)
                len += (size_t)snprintf(text + len,
                                        STORY_TEXT_MAX - len,
                                        "%s %s",
                                        name == event->name ? "" : ",",
                                        words[idx].text);
        }
        if (name[n] == '\0')
            return;
    }
}

/* ----------------------------------------------------------------- departures */

/* What the choice led to at once, in its own call: the next thing that is not a
 * calm choice. NULL: nothing. */
static const struct sim_event *find_effect(const struct story *story,
                                           size_t idx)
{
    const struct sim_events *events = story->view->events;
    const uint64_t step = events->events[idx].step;

    while (++idx < events->n_events && events->events[idx].step == step) {
        if (events->events[idx].type != SIM_EVENT_CHOICE)
            return &events->events[idx];
    }
    return NULL;
}

static void text_of_order(const struct story *story,
                          const struct sim_event *effect,
                          char text[STORY_TEXT_MAX])
{
    char what[40];

    if (!effect ||
        (effect->type != SIM_EVENT_SENT && effect->type != SIM_EVENT_ARRIVED)) {
        snprintf(text, STORY_TEXT_MAX, "things happen in another order");
        return;
    }
    if (effect->len > 0)
        snprintf(what,
                 sizeof(what),
                 "data (%zu byte%s)",
                 effect->len,
                 effect->len == 1 ? "" : "s");
    else
        snprintf(what, sizeof(what), "%.16s", effect->name);
    if (effect->type == SIM_EVENT_SENT)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "the network is slow: %s of %s stays in flight",
                 what,
                 name_of(story, effect->actor));
    else
        snprintf(text,
                 STORY_TEXT_MAX,
                 "%s of %s arrives just now, before anything else",
                 what,
                 name_of(story, effect->actor));
}

static void text_of_accept(const struct story *story,
                           const struct sim_event *choice,
                           const struct sim_event *effect,
                           char text[STORY_TEXT_MAX])
{
    if (effect && effect->type == SIM_EVENT_SENT && effect->is_held)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "%s is connected, but its listener does not know yet",
                 name_of(story, choice->actor));
    else
        snprintf(text,
                 STORY_TEXT_MAX,
                 "a connection that was reset before accept gives "
                 "ECONNABORTED");
}

static void text_of_timer(const struct sim_event *choice,
                          char text[STORY_TEXT_MAX])
{
    if (choice->actor == 0 && choice->n > 2)
        snprintf(
            text, STORY_TEXT_MAX, "another timer of those due fires first");
    else if (choice->actor != 0)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "what is ready is told only when the time limit is up");
    else
        snprintf(text,
                 STORY_TEXT_MAX,
                 "the time limit passes before what is under way");
}

static void
text_of_ready(const struct story *story, size_t idx, char text[STORY_TEXT_MAX])
{
    const struct sim_event *choice = &story->view->events->events[idx];
    const struct sim_event *effect = find_effect(story, idx);

    if (effect && effect->type == SIM_EVENT_READY && idx > 0 &&
        choice[-1].type == SIM_EVENT_CHOICE &&
        choice[-1].step == choice->step && choice[-1].taken == 0)
        snprintf(text,
                 STORY_TEXT_MAX,
                 "of those that are ready, %s is told first",
                 name_of(story, effect->actor));
    else
        snprintf(text,
                 STORY_TEXT_MAX,
                 "of %zu that are ready, others are told, or fewer",
                 choice->n);
}

/* The kinds that are the same wherever they come. */
static const char *sentence_of(const struct sim_event *choice)
{
    switch (choice->kind) {
    case TIDY_CHOICE_READ_CUT:
        return "%s is given only a part of what has arrived";
    case TIDY_CHOICE_WRITE_CUT:
        return choice->taken == choice->n - 1
                   ? "%s has no room for what it writes (EAGAIN)"
                   : "%s has room only for a part of what it writes";
    case TIDY_CHOICE_REUSE:
        return "%s does not get the number of a closed descriptor";
    case TIDY_CHOICE_WAKE:
        return "a socket is said to be readable that is not (asked by %s)";
    case TIDY_CHOICE_EINTR_FAULT:
        return "a signal interrupts the call of %s (EINTR)";
    case TIDY_CHOICE_EMFILE_FAULT:
        return "no descriptor is left for %s (EMFILE)";
    case TIDY_CHOICE_ENOBUFS_FAULT:
        return "no memory is left for a socket (ENOBUFS)";
    case TIDY_CHOICE_ABORT_FAULT:
        return "accept of %s gives ECONNABORTED";
    case TIDY_CHOICE_REFUSE_FAULT:
        return "the connect of %s is refused";
    case TIDY_CHOICE_UNREACHED_FAULT:
        return choice->taken == 1
                   ? "the SYN of %s is lost, and will be sent again"
                   : "every SYN of %s is lost: it times out";
    case TIDY_CHOICE_RESET_FAULT:
        return "the network resets the connection of %s";
    default:
        return "%s departs from calm";
    }
}

/* The sentences are of this file. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void tidy__story_departure_text(const struct story *story,
                                size_t event,
                                char text[STORY_TEXT_MAX])
{
    const struct sim_event *choice = &story->view->events->events[event];
    const struct sim_event *effect = find_effect(story, event);

    switch (choice->kind) {
    case TIDY_CHOICE_ORDER:
        text_of_order(story, effect, text);
        break;
    case TIDY_CHOICE_ACCEPT:
        text_of_accept(story, choice, effect, text);
        break;
    case TIDY_CHOICE_TIMER:
        text_of_timer(choice, text);
        break;
    case TIDY_CHOICE_READY:
        text_of_ready(story, event, text);
        break;
    default:
        snprintf(text,
                 STORY_TEXT_MAX,
                 sentence_of(choice),
                 name_of(story, choice->actor));
    }
}

/* ------------------------------------------------------------------- the end */

void tidy__story_state_text(const struct story_actor *actor,
                            char text[STORY_TEXT_MAX])
{
    size_t n_unread = actor->n_arrived - actor->n_read;
    int len = snprintf(text,
                       STORY_TEXT_MAX,
                       "%s",
                       actor->role == STORY_SERVER && !actor->is_accepted
                           ? "never accepted"
                       : actor->n_fds > 0 ? "still open"
                                          : "closed");

    if (actor->n_fds == 0 && actor->closed_ns > 0)
        len += snprintf(text + len,
                        STORY_TEXT_MAX - (size_t)len,
                        " at %llu.%03llu ms",
                        (unsigned long long)(actor->closed_ns / 1000000),
                        (unsigned long long)(actor->closed_ns / 1000 % 1000));
    if (actor->role == STORY_CLIENT && !actor->is_connected)
        len += snprintf(
            text + len, STORY_TEXT_MAX - (size_t)len, ", never connected");
    if (actor->n_arrived > actor->n_read)
        snprintf(text + len,
                 STORY_TEXT_MAX - (size_t)len,
                 ", %zu byte%s unread",
                 n_unread,
                 n_unread == 1 ? "" : "s");
}
