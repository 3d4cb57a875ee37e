/* SPDX-License-Identifier: MIT */
/*
 * Names of actors, for traces and reports: a short list, for few have one.
 */
#include "sim/actor.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/file.h"

#include <stdio.h>
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

    snprintf(text,
             SIM_ACTOR_TEXT_MAX,
             "#%u%s%s%s",
             actor,
             name ? " (" : "",
             name ? name : "",
             name ? ")" : "");
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
