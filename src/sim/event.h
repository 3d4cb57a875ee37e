/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_EVENT_H
#define TIDY_SIM_EVENT_H

#include "sim/socket.h"
#include <tidysock/sim.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happened, for reports: option has_events. */
enum sim_event_type {
    SIM_EVENT_CALL,    /* a call returns */
    SIM_EVENT_SENT,    /* something leaves one end; if it is not held it is at
                        * the other end, too */
    SIM_EVENT_ARRIVED, /* something that was held is at the other end */
    SIM_EVENT_LOST,    /* something that was held never will be */
    SIM_EVENT_READY,   /* a wait tells that a descriptor is ready */
    SIM_EVENT_CHOICE,  /* the schedule was asked */
    SIM_EVENT_TIMER,   /* a timer fires */
    SIM_EVENT_END,     /* the run is over: always the last */
    SIM_N_EVENT_TYPES
};

/*
 * One event. Zero where it does not apply; texts are never NULL.
 *
 * Events of one step happened during one call, whose own event is their last, if
 * it returned: its causes and what it caused come before it.
 */
struct sim_event {
    enum sim_event_type type;
    uint64_t now_ns; /* since the world began */
    uint64_t step;   /* calls are counted, from 1 */
    /* A file's id. Of a call: whose descriptor it is given, or what it makes; of
     * a segment: the sender; of a choice: who is concerned (0: the world). */
    unsigned actor;
    /* Of a segment: who gets it, a listener for what precedes accept. Of accept:
     * the new connection. Of a pair: the second. */
    unsigned peer;
    int fd;           /* of a call or what is ready; -1: none */
    long result;      /* of a call: as the kernel's, -errno */
    const char *name; /* "read"; "SYN", "data"; "in+hup"; an outcome's */
    const char *args; /* of a call; of the end: the text of the outcome */
    uint64_t segment; /* its number, from 1; pairs departure and arrival */
    bool is_held;     /* it was sent, and stays in flight */
    size_t len;       /* bytes of the segment */
    const void *data; /* the first n_data of them */
    size_t n_data;
    enum tidy_choice kind; /* of the choice */
    size_t n, taken;       /* alternatives, and which: more than 0 departs */
    size_t idx;            /* in the list of choices */
    /* Of a call and the end: functions of the program's that led there,
     * innermost first, ending with NULL. */
    const char *const *callers;
};

/* One who takes part: an open file. Numbers are in order of creation. */
struct sim_event_actor {
    unsigned id;   /* counted in events, from 1 */
    unsigned key;  /* by which the world and its schedules know it (actor.h) */
    char kind[24]; /* "tcp socket", "epoll" */
    char name[40]; /* as it was given; "": none */
    unsigned parent;                /* the listener that it came from; 0 */
    int fd;                         /* its first number; -1: none yet */
    struct sim_address local, peer; /* len 0: never had one */
};

/* All of a run. */
struct sim_events {
    size_t n_events, n_actors;
    size_t n_dropped; /* events that there was no room for */
    const struct sim_event *events;
    const struct sim_event_actor *actors; /* of id 1, 2, ... */
};

const char *tidy__sim_event_type_name(enum sim_event_type type);

/* The events of a run that was asked for them; NULL: it was not, or none came
 * about. Borrowed from the report. */
const struct sim_events *
tidy__sim_report_events(const struct tidy_world_report *report);

/* In the order in which they happened, from NULL on; NULL: no more. */
const struct sim_event *tidy__sim_events_next(const struct sim_events *events,
                                              const struct sim_event *event);

/* NULL: none of that number, or it was not kept. */
const struct sim_event_actor *
tidy__sim_events_actor(const struct sim_events *events, unsigned id);

/* "127.0.0.1:80", "[::1]:80", "/run/x", "@abstract"; "" if it has none. */
#define SIM_ADDRESS_TEXT_MAX 128
const char *tidy__sim_address_text(const struct sim_address *address,
                                   char text[SIM_ADDRESS_TEXT_MAX]);

/* What a run's record says, with names for its addresses, and how the run ended.
 * Owned; NULL: out of memory. */
struct sim_record;
struct sim_events *tidy__sim_events_new(const struct sim_record *record,
                                        enum tidy_outcome outcome,
                                        const char *text);
struct sim_events *tidy__sim_events_free(struct sim_events *events);

#endif
