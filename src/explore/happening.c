/* SPDX-License-Identifier: MIT */
/*
 * Two things that happened in two runs are the same if they are of one kind, by
 * the same actors, and as many of that kind were before.
 */
#include "explore/happening.h"

#include "base/alloc.h"
#include "explore/story.h"

#include <string.h>

/* What something may bring about before the next thing that counts. */
#define MAX_BETWEEN 4

struct happening {
    const struct sim_event *event; /* borrowed */
    bool is_arrival;               /* or a timer: not the program's doing */
    unsigned actor, peer;          /* by their keys */
    uint32_t nth;
};

struct explore_happenings {
    const struct sim_events *events; /* borrowed */
    struct explore_failure_view view;
    struct story *story; /* owned: for names */
    size_t n;
    struct happening items[];
};

static bool counts(const struct sim_event *event)
{
    switch (event->type) {
    case SIM_EVENT_SENT:
        return !event->is_held;
    case SIM_EVENT_ARRIVED:
    case SIM_EVENT_TIMER:
    case SIM_EVENT_READY:
        return true;
    case SIM_EVENT_CALL:
        return !tidy__story_is_dull(event);
    default:
        return false;
    }
}

static unsigned key_of(const struct sim_events *events, unsigned id)
{
    const struct sim_event_actor *actor = tidy__sim_events_actor(events, id);

    return actor ? actor->key : 0;
}

/* What was sent and arrives later is what arrives at once elsewhere. */
static bool is_same_kind(const struct happening *a, const struct happening *b)
{
    return a->is_arrival == b->is_arrival && a->actor == b->actor &&
           a->peer == b->peer &&
           (a->is_arrival || a->event->type == b->event->type) &&
           strcmp(a->event->name, b->event->name) == 0;
}

static void count(struct explore_happenings *happenings, struct happening *item)
{
    size_t idx;

    for (idx = happenings->n; idx > 0; idx--) {
        if (is_same_kind(&happenings->items[idx - 1], item)) {
            item->nth = happenings->items[idx - 1].nth + 1;
            return;
        }
    }
    item->nth = 1;
}

static void add(struct explore_happenings *happenings,
                const struct sim_event *event)
{
    struct happening *item = &happenings->items[happenings->n];

    *item = (struct happening){
        .event = event,
        .is_arrival = event->type == SIM_EVENT_SENT ||
                      event->type == SIM_EVENT_ARRIVED ||
                      event->type == SIM_EVENT_TIMER,
        .actor = key_of(happenings->events, event->actor),
        .peer = event->type == SIM_EVENT_CALL
                    ? 0
                    : key_of(happenings->events, event->peer),
    };
    count(happenings, item);
    happenings->n++;
}

struct explore_happenings *
tidy__explore_happenings_new(const struct tidy_world_report *report)
{
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *event = NULL;
    struct explore_happenings *happenings;

    if (!events)
        return NULL;
    happenings = tidy__zalloc(sizeof(*happenings) +
                              events->n_events * sizeof(*happenings->items));
    if (!happenings)
        return NULL;
    happenings->events = events;
    happenings->view = (struct explore_failure_view){
        .outcome = report->outcome, .text = report->text, .events = events
    };
    while ((event = tidy__sim_events_next(events, event))) {
        if (counts(event))
            add(happenings, event);
    }
    return happenings;
}

struct explore_happenings *
tidy__explore_happenings_free(struct explore_happenings *happenings)
{
    if (happenings)
        tidy__story_free(happenings->story);
    return tidy__dealloc(happenings);
}

/* ------------------------------------------------------------------- parting */

static bool is_same(const struct happening *a, const struct happening *b)
{
    return is_same_kind(a, b) && a->nth == b->nth;
}

/* Of a connection's or a listener's affairs, what an arrival there brings about. */
static bool follows_from(const struct happening *arrival,
                         const struct happening *item)
{
    return item->actor == arrival->peer || item->actor == arrival->actor ||
           (item->is_arrival && item->peer == arrival->actor);
}

static bool has_later(const struct explore_happenings *run,
                      size_t from,
                      const struct happening *item)
{
    for (; from < run->n; from++) {
        if (is_same(&run->items[from], item))
            return true;
    }
    return false;
}

/* In one run something arrives at a place, and then comes what is next in the
 * other, where it arrives later or never. Returns where; 0: no. */
static size_t find_next(const struct explore_happenings *early,
                        const struct explore_happenings *late,
                        size_t at)
{
    const struct happening *arrival, *next;
    size_t idx;

    if (at >= early->n || at >= late->n)
        return 0;
    arrival = &early->items[at];
    next = &late->items[at];
    if (!arrival->is_arrival || is_same(arrival, next))
        return 0;
    for (idx = at + 1; idx < early->n && idx <= at + MAX_BETWEEN; idx++) {
        if (is_same(&early->items[idx], next))
            return idx;
        if (!follows_from(arrival, &early->items[idx]))
            return 0;
    }
    return 0;
}

static size_t count_common(const struct explore_happenings *a,
                           const struct explore_happenings *b)
{
    size_t at = 0;

    while (at < a->n && at < b->n && is_same(&a->items[at], &b->items[at]))
        at++;
    return at;
}

bool tidy__explore_part(const struct explore_happenings *passes,
                        const struct explore_happenings *fails,
                        struct explore_parting *ret_parting)
{
    size_t at = count_common(passes, fails);

    ret_parting->at = at;
    if (find_next(passes, fails, at) > 0) {
        ret_parting->first = (struct explore_moment){ fails, at };
        ret_parting->second = (struct explore_moment){ passes, at };
        return true;
    }
    if (find_next(fails, passes, at) > 0) {
        ret_parting->first = (struct explore_moment){ fails, at };
        ret_parting->second = (struct explore_moment){ passes, at };
        return has_later(fails, at, &passes->items[at]);
    }
    return false;
}

/* --------------------------------------------------------------------- words */

static const char *name_of(const struct story *story, unsigned id)
{
    const struct story_actor *actor = tidy__story_actor(story, id);

    return actor && actor->name[0] ? actor->name : "the program";
}

static char *text_of_arrival(const struct story *story,
                             const struct sim_event *event)
{
    char text[STORY_TEXT_MAX];

    tidy__story_segment_text(event, text);
    if (event->peer == 0)
        return tidy__format(
            "%s of %s arrives", text, name_of(story, event->actor));
    return tidy__format("%s of %s reaches %s",
                        text,
                        name_of(story, event->actor),
                        name_of(story, event->peer));
}

static char *text_of(const struct story *story, const struct sim_event *event)
{
    char text[STORY_TEXT_MAX];

    switch (event->type) {
    case SIM_EVENT_SENT:
    case SIM_EVENT_ARRIVED:
        return text_of_arrival(story, event);
    case SIM_EVENT_TIMER:
        return tidy__format("%s fires", name_of(story, event->actor));
    case SIM_EVENT_READY:
        tidy__story_ready_text(event, text);
        return tidy__format("%s %s", name_of(story, event->actor), text);
    default:
        return tidy__format(
            "%s of %s returns", event->name, name_of(story, event->actor));
    }
}

char *tidy__explore_moment_text(struct explore_moment moment)
{
    struct explore_happenings *run =
        (struct explore_happenings *)(uintptr_t)moment.run;

    if (!run->story)
        run->story = tidy__story_new(&run->view);
    return run->story ? text_of(run->story, run->items[moment.idx].event)
                      : NULL;
}
