/* SPDX-License-Identifier: MIT */
/*
 * The story of a failure: of the events of the run those that have to do with it,
 * in the order in which a person would tell them.
 *
 * A call comes before what it sent, although it returned after; a call that
 * waits comes after what it waited for. The three segments of a handshake that
 * nothing disturbs are one thing: it connects.
 */
#include "explore/story.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many events further on it is looked for what becomes of one. */
#define MAX_AHEAD 500

/* --------------------------------------------------------------------- callers */

static size_t n_callers(const struct sim_event *event)
{
    size_t n = 0;

    while (event->callers && event->callers[n])
        n++;
    return n;
}

static size_t
n_common(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    size_t n = 0;

    while (n < n_a && n < n_b && strcmp(a[n_a - 1 - n], b[n_b - 1 - n]) == 0)
        n++;
    return n;
}

/* Those who are behind every call say nothing. */
static void find_common(struct story *story)
{
    const struct sim_events *events = story->view->events;
    const struct sim_event *event = NULL, *first = NULL;

    while ((event = tidy__sim_events_next(events, event)) != NULL) {
        size_t n = n_callers(event), common;

        if (event->type != SIM_EVENT_CALL || n == 0)
            continue;
        if (!first) {
            first = event;
            story->n_by = n;
        }
        common = n_common(first->callers, n_callers(first), event->callers, n);
        if (common < story->n_by)
            story->n_by = common;
    }
}

static void set_by(const struct story *story,
                   const struct sim_event *event,
                   char by[STORY_TEXT_MAX])
{
    size_t n = n_callers(event), len = 0, idx;

    by[0] = '\0';
    for (idx = 0; idx + story->n_by < n && idx < 3; idx++)
        len += (size_t)snprintf(by + len,
                                len < STORY_TEXT_MAX ? STORY_TEXT_MAX - len : 0,
                                "%s%s",
                                idx > 0 ? " < " : "",
                                event->callers[idx]);
}

/* ----------------------------------------------------------------------- rows */

static size_t column_of(const struct story *story, unsigned id)
{
    const struct story_actor *actor = tidy__story_actor(story, id);

    return actor ? actor->column : STORY_NOBODY;
}

static struct story_row *
add_row(struct story *story, enum story_row_type type, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    struct story_row *row = &story->rows[story->n_rows++];

    *row = (struct story_row){ .type = type,
                               .now_ns = event->now_ns,
                               .until_ns = event->now_ns,
                               .event = idx,
                               .from = column_of(story, event->actor),
                               .to = column_of(story, event->peer),
                               .pair = STORY_NOBODY };
    return row;
}

static bool is_shown(const struct story *story, unsigned id)
{
    return column_of(story, id) != STORY_NOBODY;
}

/* Of the calls that are nobody's, those that fail; and no listener's accept of
 * somebody who is not shown. */
static bool shows_call(const struct story *story, const struct sim_event *event)
{
    if (tidy__story_is_dull(event))
        return false;
    if (event->actor == 0)
        return event->result < 0;
    return is_shown(story, event->actor) &&
           (strcmp(event->name, "accept") != 0 || event->result < 0 ||
            is_shown(story, event->peer));
}

static void add_call(struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    struct story_row *row;

    if (!shows_call(story, event))
        return;
    row = add_row(story, STORY_CALL, idx);
    row->to = STORY_NOBODY;
    row->is_bad = event->result < 0 && event->result != -EAGAIN &&
                  event->result != -EINPROGRESS;
    tidy__story_call_text(story, event, row->text);
    set_by(story, event, row->by);
}

static bool is_reset(const struct sim_event *event)
{
    return strcmp(event->name, "RST") == 0 || strcmp(event->name, "reset") == 0;
}

/* The next event that is no calm choice, if it was sent at once under this
 * name; else 0. */
static size_t next_sent(const struct story *story, size_t idx, const char *name)
{
    const struct sim_events *events = story->view->events;

    while (++idx < events->n_events &&
           events->events[idx].type == SIM_EVENT_CHOICE &&
           events->events[idx].taken == 0)
        ;
    return idx < events->n_events &&
                   events->events[idx].type == SIM_EVENT_SENT &&
                   !events->events[idx].is_held &&
                   strcmp(events->events[idx].name, name) == 0
               ? idx
               : 0;
}

/* Where an undisturbed handshake that begins here ends; 0: none does. */
static size_t handshake_end(const struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    size_t answer;

    if (event->is_held || strcmp(event->name, "SYN") != 0)
        return 0;
    answer = next_sent(story, idx, "SYN-ACK");
    return answer > 0 ? next_sent(story, answer, "ACK") : 0;
}

/* Returns the last event that it is about. */
static size_t add_sent(struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    size_t last = handshake_end(story, idx);
    struct story_row *row;

    if (!is_shown(story, event->actor))
        return last > 0 ? last : idx;
    row = add_row(story, event->is_held ? STORY_LEAVES : STORY_MESSAGE, idx);
    row->is_bad = is_reset(event);
    if (last > 0)
        snprintf(row->text, sizeof(row->text), "connects");
    else
        tidy__story_segment_text(event, row->text);
    return last > 0 ? last : idx;
}

static size_t find_leaving(const struct story *story, uint64_t segment)
{
    size_t idx = story->n_rows;

    while (idx-- > 0) {
        if (story->rows[idx].type == STORY_LEAVES &&
            story->view->events->events[story->rows[idx].event].segment ==
                segment)
            return idx;
    }
    return STORY_NOBODY;
}

/* Something that was in flight has arrived, or is lost. */
static void add_arrival(struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    size_t pair = find_leaving(story, event->segment);
    struct story_row *row;

    if (!is_shown(story, event->actor))
        return;
    row = add_row(
        story, event->type == SIM_EVENT_LOST ? STORY_LOST : STORY_ARRIVES, idx);
    row->pair = pair;
    row->is_bad = event->type == SIM_EVENT_LOST || is_reset(event);
    if (pair != STORY_NOBODY)
        memcpy(row->text, story->rows[pair].text, sizeof(row->text));
    else
        tidy__story_segment_text(event, row->text);
}

/* To be ready for a call that is not shown says nothing. */
static bool shows_ready(const struct story *story, size_t idx)
{
    const struct sim_event *ready = &story->view->events->events[idx];
    const struct sim_event *event = ready;
    size_t n = 0;

    if (!is_shown(story, ready->actor))
        return false;
    while ((event = tidy__sim_events_next(story->view->events, event)) !=
               NULL &&
           n++ < MAX_AHEAD) {
        if (event->type == SIM_EVENT_CALL && event->actor == ready->actor)
            return tidy__story_is_dull(event) || shows_call(story, event);
    }
    return true;
}

static void add_other(struct story *story, size_t idx)
{
    const struct sim_event *event = &story->view->events->events[idx];
    size_t number = tidy__story_departure(story, idx);
    struct story_row *row;

    if (event->type == SIM_EVENT_CHOICE && number > 0) {
        row = add_row(story, STORY_DEPARTURE, idx);
        row->number = number;
        row->to = STORY_NOBODY;
        tidy__story_departure_text(story, idx, row->text);
    } else if (event->type == SIM_EVENT_READY && shows_ready(story, idx)) {
        row = add_row(story, STORY_READY, idx);
        tidy__story_ready_text(event, row->text);
    } else if (event->type == SIM_EVENT_TIMER) {
        row = add_row(story, STORY_TIMER, idx);
        snprintf(row->text, sizeof(row->text), "a timer fires");
    }
}

static size_t add_event(struct story *story, size_t idx)
{
    switch (story->view->events->events[idx].type) {
    case SIM_EVENT_SENT:
        return add_sent(story, idx);
    case SIM_EVENT_ARRIVED:
    case SIM_EVENT_LOST:
        add_arrival(story, idx);
        return idx;
    default:
        add_other(story, idx);
        return idx;
    }
}

/* The first event that the call has caused: what is sent, and the choice before
 * that; or the call itself. */
static size_t
find_first_effect(const struct story *story, size_t begin, size_t call)
{
    const struct sim_event *events = story->view->events->events;
    size_t idx;

    for (idx = begin; idx < call; idx++) {
        if (events[idx].type != SIM_EVENT_SENT)
            continue;
        if (events[idx].now_ns != events[call].now_ns)
            return call;
        while (idx > begin && events[idx - 1].type == SIM_EVENT_CHOICE)
            idx--;
        return idx;
    }
    return call;
}

/* All that happened during one call: [begin, end). */
static void add_step(struct story *story, size_t begin, size_t end)
{
    const struct sim_event *events = story->view->events->events;
    bool has_call = events[end - 1].type == SIM_EVENT_CALL;
    size_t call = has_call ? end - 1 : end, effect = call, idx;

    if (has_call && !tidy__story_waits(&events[call]))
        effect = find_first_effect(story, begin, call);
    for (idx = begin; idx < effect; idx++)
        idx = add_event(story, idx);
    if (has_call)
        add_call(story, call);
    for (idx = effect; idx < call; idx++)
        idx = add_event(story, idx);
}

static void add_steps(struct story *story)
{
    const struct sim_events *events = story->view->events;
    size_t begin = 0, end;

    while (begin < events->n_events) {
        end = begin + 1;
        while (end < events->n_events &&
               events->events[end - 1].type != SIM_EVENT_CALL &&
               events->events[end].step == events->events[begin].step)
            end++;
        add_step(story, begin, end);
        begin = end;
    }
}

struct story *tidy__story_new(const struct explore_failure_view *view)
{
    struct story *story = tidy__zalloc(sizeof(*story));

    if (!story)
        return NULL;
    story->view = view;
    if (!view->events)
        return story;
    story->rows =
        tidy__alloc((view->events->n_events + 1) * sizeof(*story->rows));
    if (!story->rows || tidy__story_cast(story) < 0)
        return tidy__story_free(story);
    find_common(story);
    add_steps(story);
    set_by(story,
           &view->events->events[view->events->n_events - 1],
           story->end_by);
    tidy__story_fold(story);
    return story;
}

struct story *tidy__story_free(struct story *story)
{
    if (!story)
        return NULL;
    tidy__dealloc(story->actors);
    tidy__dealloc(story->columns);
    tidy__dealloc(story->rows);
    tidy__dealloc(story->numbers);
    return tidy__dealloc(story);
}
