/* SPDX-License-Identifier: MIT */
/*
 * A failure for other programs: an object a line. First what was run and how it
 * ended, then who took part, then every event, then a summary. Numbers that
 * need all of 64 bits are texts, in hexadecimal.
 */
#include "explore/story.h"
#include "explore/words.h"

#include <errno.h>
#include <string.h>

#define VERSION 1

/* ---------------------------------------------------------------------- values */

/* What is no UTF-8 becomes U+FFFD. */
static void put_text(FILE *out, const char *text)
{
    const char *at = text;
    size_t len;

    fputc('"', out);
    while (*at) {
        len = tidy__explore_character(at);
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", out);
        else if ((unsigned char)*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)(unsigned char)*at);
        else if (len > 0)
            fwrite(at, 1, len, out);
        else
            fputs("\\ufffd", out);
        at += len > 0 ? len : 1;
    }
    fputc('"', out);
}

static void put_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\"%s\":", name);
    put_text(out, text);
}

static void put_number(FILE *out, const char *name, unsigned long long number)
{
    fprintf(out, ",\"%s\":%llu", name, number);
}

static void put_hex(FILE *out, const char *name, uint64_t number)
{
    if (number > 0)
        fprintf(out, ",\"%s\":\"0x%016llx\"", name, (unsigned long long)number);
}

static void put_optional(FILE *out, const char *name, const char *text)
{
    if (text && *text)
        put_member(out, name, text);
}

static void put_data(FILE *out, const struct sim_event *event)
{
    const unsigned char *data = event->data;
    size_t idx;

    if (event->n_data == 0)
        return;
    fputs(",\"data\":\"", out);
    for (idx = 0; idx < event->n_data; idx++)
        fprintf(out, "%02x", data[idx]);
    fputc('"', out);
}

/* -------------------------------------------------------------------- the lines */

static void write_header(FILE *out, const struct explore_failure_view *view)
{
    bool is_first = true;
    int kind;

    fprintf(out, "{\"type\":\"failure\",\"version\":%d", VERSION);
    put_member(out, "name", tidy__explore_name(view));
    put_member(out, "outcome", tidy_outcome_name(view->outcome));
    put_member(out, "text", view->text);
    put_member(out, "profile", tidy_profile_name(view->profile));
    fputs(",\"kinds\":[", out);
    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (!(view->kinds & TIDY_CHOICE_BIT(kind)))
            continue;
        fprintf(out,
                "%s\"%s\"",
                is_first ? "" : ",",
                tidy_choice_name((enum tidy_choice)kind));
        is_first = false;
    }
    fputc(']', out);
    put_hex(out, "seed", view->seed);
    put_hex(out, "trace_hash", view->trace_hash);
    put_optional(out, "decides", view->decides);
    put_optional(out, "replay", view->replay);
    put_optional(out, "debug", view->debug);
    fputs("}\n", out);
}

static void write_actors(FILE *out, const struct story *story)
{
    static const char *const roles[] = { [STORY_OTHER] = "other",
                                         [STORY_LISTENER] = "listener",
                                         [STORY_CLIENT] = "client",
                                         [STORY_SERVER] = "server",
                                         [STORY_END] = "end" };
    char text[SIM_ADDRESS_TEXT_MAX];
    size_t idx;

    for (idx = 0; idx < story->n_actors; idx++) {
        const struct story_actor *actor = &story->actors[idx];
        const struct sim_event_actor *from = &story->view->events->actors[idx];

        fprintf(out, "{\"type\":\"actor\",\"id\":%u", actor->id);
        put_member(out, "kind", from->kind);
        put_member(out, "role", roles[actor->role]);
        put_member(out, "name", actor->name);
        put_optional(
            out,
            "local",
            tidy__explore_base(tidy__sim_address_text(&from->local, text)));
        if (actor->role == STORY_CLIENT || actor->role == STORY_SERVER)
            put_optional(
                out,
                "peer",
                tidy__explore_base(tidy__sim_address_text(&from->peer, text)));
        if (actor->listener)
            put_number(out, "listener", actor->listener);
        if (actor->other)
            put_number(out, "other_end", actor->other);
        fputs("}\n", out);
    }
}

static void put_call(FILE *out, const struct sim_event *event)
{
    size_t idx;

    if (event->fd >= 0)
        put_number(out, "fd", (unsigned)event->fd);
    put_member(out, "call", event->name);
    put_member(out, "args", tidy__explore_base(event->args));
    fprintf(out, ",\"result\":%ld", event->result);
    if (event->result < 0)
        put_member(out, "error", tidy_error_name((int)event->result));
    fputs(",\"callers\":[", out);
    for (idx = 0; event->callers && event->callers[idx]; idx++) {
        fputs(idx > 0 ? "," : "", out);
        put_text(out, event->callers[idx]);
    }
    fputc(']', out);
}

static void put_choice(FILE *out, const struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    size_t number = tidy__story_departure(story, idx);
    char text[STORY_TEXT_MAX];

    put_member(out, "kind", event->name);
    put_number(out, "index", event->idx);
    put_number(out, "n", event->n);
    put_number(out, "taken", event->taken);
    if (number == 0)
        return;
    put_number(out, "departure", number);
    tidy__story_departure_text(story, idx, text);
    put_member(out, "meaning", text);
}

static void put_segment(FILE *out, const struct sim_event *event)
{
    if (event->peer)
        put_number(out, "to", event->peer);
    put_number(out, "segment", event->segment);
    put_member(out, "what", event->name);
    put_number(out, "len", event->len);
    if (event->type == SIM_EVENT_SENT)
        fprintf(out, ",\"held\":%s", event->is_held ? "true" : "false");
    put_data(out, event);
}

static void write_event(FILE *out, const struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];

    fprintf(out,
            "{\"type\":\"%s\",\"time_ns\":%llu,\"step\":%llu",
            tidy__sim_event_type_name(event->type),
            (unsigned long long)event->now_ns,
            (unsigned long long)event->step);
    if (event->actor)
        put_number(out, "actor", event->actor);
    if (event->type == SIM_EVENT_CALL)
        put_call(out, event);
    else if (event->type == SIM_EVENT_CHOICE)
        put_choice(out, story, idx);
    else if (event->type == SIM_EVENT_READY)
        put_member(out, "events", event->name);
    else if (event->type == SIM_EVENT_END)
        put_member(out, "outcome", event->name);
    else if (event->type != SIM_EVENT_TIMER)
        put_segment(out, event);
    fputs("}\n", out);
}

static void write_summary(FILE *out, const struct story *story)
{
    const struct explore_failure_view *view = story->view;
    size_t idx, n_departures = 0, n_events = 0;

    if (view->events)
        n_events = view->events->n_events;
    for (idx = 0; idx < n_events; idx++)
        n_departures += tidy__story_departure(story, idx) > 0;
    fputs("{\"type\":\"summary\"", out);
    put_number(out, "events", n_events);
    put_number(out, "dropped", view->events ? view->events->n_dropped : 0);
    put_number(out, "departures", n_departures);
    put_number(out, "in_flight", story->n_in_flight);
    if (view->n_schedules > 0)
        put_number(out, "schedules", view->n_schedules);
    if (view->n_found > 0) {
        put_number(out, "departures_found", view->n_found);
        put_number(out, "departures_shrunk", view->n_shrunk);
    }
    fputs("}\n", out);
}

int tidy__explore_report_json(FILE *out,
                              const struct explore_failure_view *view)
{
    struct story *story = tidy__story_new(view);
    size_t idx;

    if (!story)
        return -ENOMEM;
    write_header(out, view);
    write_actors(out, story);
    for (idx = 0; view->events && idx < view->events->n_events; idx++)
        write_event(out, story, idx);
    write_summary(out, story);
    tidy__story_free(story);
    return tidy__explore_finish(out);
}
