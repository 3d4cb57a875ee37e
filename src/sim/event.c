/* SPDX-License-Identifier: MIT */
/*
 * Events, as reports read them: what the record of a run has, copied out of the
 * memory that the next run will write to.
 */
#include "sim/event.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/callers.h"
#include "sim/record.h"
#include "sim/report.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A run's events with all that they point to. */
struct kept {
    struct sim_events events; /* first */
    struct sim_event *list;   /* owned, as all of these */
    struct sim_event_actor *actors;
    char *text, *end_text;
    unsigned char *payload;
    struct sim_callers *callers;
};

const char *tidy__sim_event_type_name(enum sim_event_type type)
{
    static const char *const names[] = {
        [SIM_EVENT_CALL] = "call",       [SIM_EVENT_SENT] = "sent",
        [SIM_EVENT_ARRIVED] = "arrived", [SIM_EVENT_LOST] = "lost",
        [SIM_EVENT_READY] = "ready",     [SIM_EVENT_CHOICE] = "choice",
        [SIM_EVENT_TIMER] = "timer",     [SIM_EVENT_END] = "end",
    };

    return (size_t)type < TIDY_COUNT(names) ? names[type] : "?";
}

/* ------------------------------------------------------------------- copying */

static void *copy(const void *data, size_t size)
{
    void *to = tidy__alloc(size ? size : 1);

    if (to && size > 0)
        memcpy(to, data, size);
    return to;
}

static void set_event(struct sim_event *event,
                      const struct sim_record_event *from,
                      const struct kept *kept)
{
    *event = (struct sim_event){
        .type = from->type,
        .now_ns = from->now_ns,
        .step = from->step,
        .actor = from->actor,
        .peer = from->peer,
        .fd = from->fd,
        .result = from->result,
        .name = kept->text + from->name,
        .args = kept->text + from->args,
        .segment = from->segment,
        .is_held = from->is_held,
        .len = from->len,
        .data = kept->payload + from->data,
        .n_data = from->n_data,
        .kind = (enum tidy_choice)from->kind,
        .n = from->n,
        .taken = from->taken,
        .idx = from->idx,
        .callers = tidy__sim_callers_of(kept->callers, from->stack),
        .is_direct = tidy__sim_callers_are_direct(kept->callers, from->stack),
    };
}

/* What arrives has the sender that it had when it was sent, also if that one has
 * been connected elsewhere since. */
static void pair_up(struct sim_event *list, size_t n)
{
    size_t idx, from;

    for (idx = 0; idx < n; idx++) {
        if (list[idx].type != SIM_EVENT_ARRIVED &&
            list[idx].type != SIM_EVENT_LOST)
            continue;
        for (from = idx; from > 0; from--) {
            if (list[from - 1].type == SIM_EVENT_SENT &&
                list[from - 1].segment == list[idx].segment)
                break;
        }
        if (from > 0)
            list[idx].actor = list[from - 1].actor;
    }
}

/* A run that was cut short has not told. */
static void set_end(struct kept *kept,
                    const struct sim_record *record,
                    enum tidy_outcome outcome)
{
    size_t n = record->n_events;
    struct sim_event *end;

    if (n > 0 && kept->list[n - 1].type == SIM_EVENT_END)
        n--;
    else
        kept->list[n] = (struct sim_event){
            .type = SIM_EVENT_END,
            .now_ns = n > 0 ? kept->list[n - 1].now_ns : 0,
            .step = n > 0 ? kept->list[n - 1].step : 0,
            .fd = -1,
            .callers = tidy__sim_callers_of(kept->callers, 0),
        };
    end = &kept->list[n];
    end->name = tidy_outcome_name(outcome);
    end->args = kept->end_text;
    kept->events.n_events = n + 1;
}

struct sim_events *tidy__sim_events_new(const struct sim_record *record,
                                        enum tidy_outcome outcome,
                                        const char *text)
{
    struct kept *kept = tidy__zalloc(sizeof(*kept));
    size_t idx;

    if (!kept)
        return NULL;
    kept->list = tidy__alloc((record->n_events + 1) * sizeof(*kept->list));
    kept->actors =
        copy(record->actors, record->n_actors * sizeof(*kept->actors));
    kept->text = copy(record->text, record->n_text);
    kept->payload = copy(record->payload, record->n_payload);
    kept->end_text = tidy__strdup(text);
    kept->callers = tidy__sim_callers_new(record);
    if (!kept->list || !kept->actors || !kept->text || !kept->payload ||
        !kept->end_text || !kept->callers)
        return tidy__sim_events_free(&kept->events);
    for (idx = 0; idx < record->n_events; idx++)
        set_event(&kept->list[idx], &record->events[idx], kept);
    pair_up(kept->list, record->n_events);
    set_end(kept, record, outcome);
    kept->events.n_actors = record->n_actors;
    kept->events.n_dropped = record->n_dropped;
    kept->events.events = kept->list;
    kept->events.actors = kept->actors;
    return &kept->events;
}

struct sim_events *tidy__sim_events_free(struct sim_events *events)
{
    struct kept *kept;

    if (!events)
        return NULL;
    kept = tidy_container_of(events, struct kept, events);
    tidy__dealloc(kept->list);
    tidy__dealloc(kept->actors);
    tidy__dealloc(kept->text);
    tidy__dealloc(kept->payload);
    tidy__dealloc(kept->end_text);
    tidy__sim_callers_free(kept->callers);
    return tidy__dealloc(kept);
}

/* ------------------------------------------------------------------- reading */

const struct sim_events *
tidy__sim_report_events(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy__sim_report_events: the report is NULL");
    return report->events;
}

const struct sim_event *tidy__sim_events_next(const struct sim_events *events,
                                              const struct sim_event *event)
{
    size_t idx = event ? (size_t)(event - events->events) + 1 : 0;

    return idx < events->n_events ? &events->events[idx] : NULL;
}

const struct sim_event_actor *
tidy__sim_events_actor(const struct sim_events *events, unsigned id)
{
    return id >= 1 && id <= events->n_actors ? &events->actors[id - 1] : NULL;
}

static void unix_text(const struct sim_address *address,
                      char text[SIM_ADDRESS_TEXT_MAX])
{
    size_t len = address->len > offsetof(struct sockaddr_un, sun_path)
                     ? address->len - offsetof(struct sockaddr_un, sun_path)
                     : 0;
    const char *path = address->u.un.sun_path;

    if (len > sizeof(address->u.un.sun_path))
        len = sizeof(address->u.un.sun_path);
    if (len > 0 && path[0] == '\0')
        snprintf(text, SIM_ADDRESS_TEXT_MAX, "@%.*s", (int)len - 1, path + 1);
    else
        snprintf(text, SIM_ADDRESS_TEXT_MAX, "%.*s", (int)len, path);
}

const char *tidy__sim_address_text(const struct sim_address *address,
                                   char text[SIM_ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";

    text[0] = '\0';
    if (address->len == 0)
        return text;
    if (address->u.any.sa_family == AF_UNIX) {
        unix_text(address, text);
    } else if (address->u.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address->u.in6.sin6_addr, host, sizeof(host));
        snprintf(text,
                 SIM_ADDRESS_TEXT_MAX,
                 "[%s]:%u",
                 host,
                 (unsigned)ntohs(address->u.in6.sin6_port));
    } else {
        inet_ntop(AF_INET, &address->u.in.sin_addr, host, sizeof(host));
        snprintf(text,
                 SIM_ADDRESS_TEXT_MAX,
                 "%s:%u",
                 host,
                 (unsigned)ntohs(address->u.in.sin_port));
    }
    return text;
}
