/* SPDX-License-Identifier: MIT */
/*
 * Names of actors, for traces and reports: a short list, for few have one.
 */
#include "sim/actor.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define NAME_MAX_LEN 40

struct sim_actor {
    struct sim_actor *prev, *next; /* in sim_world.actors */
    unsigned idx;
    char name[NAME_MAX_LEN];
};

static struct sim_actor *find(const struct sim_world *world, unsigned actor)
{
    struct sim_actor *entry;

    DL_FOREACH(world->actors, entry) {
        if (entry->idx == actor)
            return entry;
    }
    return NULL;
}

/* Without memory it stays without a name. */
static void set_name(struct sim_world *world, unsigned actor, const char *name)
{
    struct sim_actor *entry = find(world, actor);

    if (!entry) {
        entry = tidy__zalloc(sizeof(*entry));
        if (!entry)
            return;
        entry->idx = actor;
        DL_APPEND(world->actors, entry);
    }
    snprintf(entry->name, sizeof(entry->name), "%s", name);
}

/* ------------------------------------------------------------------- numbers */

static const char *const class_names[] = {
    [SIM_ACTOR_WORLD] = "world",     [SIM_ACTOR_TCP] = "tcp",
    [SIM_ACTOR_UNIX] = "unix",       [SIM_ACTOR_PIPE] = "pipe",
    [SIM_ACTOR_EPOLL] = "epoll",     [SIM_ACTOR_EVENTFD] = "eventfd",
    [SIM_ACTOR_TIMERFD] = "timerfd", [SIM_ACTOR_NULL] = "null",
};

unsigned tidy__sim_actor_new(struct sim_world *world,
                             enum sim_actor_class class_)
{
    return (unsigned)class_ << SIM_ACTOR_NUMBER_BITS |
           ++world->n_actors[class_];
}

bool tidy__sim_has_actors(const struct sim_world *world)
{
    size_t idx;

    for (idx = 0; idx < SIM_N_ACTOR_CLASSES; idx++) {
        if (world->n_actors[idx] > 0)
            return true;
    }
    return false;
}

const char *tidy__sim_actor_key(unsigned actor, char text[SIM_ACTOR_TEXT_MAX])
{
    unsigned class_ = actor >> SIM_ACTOR_NUMBER_BITS;
    unsigned number = actor & ((1U << SIM_ACTOR_NUMBER_BITS) - 1);

    if (class_ == SIM_ACTOR_WORLD || class_ >= SIM_N_ACTOR_CLASSES)
        return strcpy(text, class_names[SIM_ACTOR_WORLD]);
    snprintf(text, SIM_ACTOR_TEXT_MAX, "%s#%u", class_names[class_], number);
    return text;
}

bool tidy__sim_actor_parse(const char *text, unsigned *ret_actor)
{
    size_t len = strcspn(text, "#"), class_;
    unsigned long number;
    char *end;

    if (strcmp(text, class_names[SIM_ACTOR_WORLD]) == 0) {
        *ret_actor = 0;
        return true;
    }
    for (class_ = 1; class_ < SIM_N_ACTOR_CLASSES; class_++) {
        if (strncmp(text, class_names[class_], len) == 0 &&
            class_names[class_][len] == '\0')
            break;
    }
    if (class_ == SIM_N_ACTOR_CLASSES || text[len] != '#' ||
        text[len + 1] < '1' || text[len + 1] > '9')
        return false;
    number = strtoul(text + len + 1, &end, 10);
    if (*end != '\0' || number >> SIM_ACTOR_NUMBER_BITS > 0)
        return false;
    *ret_actor = (unsigned)class_ << SIM_ACTOR_NUMBER_BITS | (unsigned)number;
    return true;
}

/* --------------------------------------------------------------------- names */

const char *tidy__sim_actor_name(const struct sim_world *world, unsigned actor)
{
    const struct sim_actor *entry = find(world, actor);

    return entry ? entry->name : NULL;
}

const char *tidy__sim_actor_text(const struct sim_world *world,
                                 unsigned actor,
                                 char text[SIM_ACTOR_TEXT_MAX])
{
    const char *name = tidy__sim_actor_name(world, actor);
    size_t len = strlen(tidy__sim_actor_key(actor, text));

    if (name)
        snprintf(text + len, SIM_ACTOR_TEXT_MAX - len, " (%s)", name);
    return text;
}

void tidy__sim_actor_descends(struct sim_world *world,
                              unsigned actor,
                              unsigned from)
{
    const char *name = tidy__sim_actor_name(world, from);

    if (name)
        set_name(world, actor, name);
}

void tidy__sim_actors_deinit(struct sim_world *world)
{
    struct sim_actor *entry, *next;

    DL_FOREACH_SAFE(world->actors, entry, next)
        tidy__dealloc(entry);
    world->actors = NULL;
}

void tidy_world_name(int fd, const char *name)
{
    struct sim_file *file;

    TIDY_REQUIRE(tidy__sim_world, "tidy_world_name: not inside a world");
    TIDY_REQUIRE(name, "tidy_world_name: the name is NULL");
    file = tidy__sim_fd_file(tidy__sim_world, fd);
    TIDY_REQUIRE(
        file, "tidy_world_name: descriptor %d is not one of the world's", fd);
    set_name(tidy__sim_world, file->id, name);
}
