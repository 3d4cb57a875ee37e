/* SPDX-License-Identifier: MIT */
/*
 * Giving up a loop whose lists lead into memory that is no longer theirs.
 *
 * Nothing may walk the loop or run it again. Its table of watched descriptors
 * is sound, though: it belongs to the loop and only its entries, which are not
 * followed here, may not be. So every descriptor is closed, and all memory is
 * left where it is, reachable from the list of condemned loops: that list is
 * the mutable global of this file. It also tells an adopted loop of the user's
 * that was condemned when it is offered again.
 */
#include "net/loop.h"
#include "net/transport.h"

#include <unistd.h>
#include <utlist.h>

static struct tidy_loop *condemned_loops; /* through next_condemned */

static bool is_watched(const uv_loop_t *uv, int fd)
{
    return fd >= 0 && (unsigned)fd < uv->nwatchers && uv->watchers[fd];
}

static void close_fd(const uv_loop_t *uv, int fd)
{
    if (fd >= 0 && !is_watched(uv, fd))
        close(fd);
}

static void close_watched(uv_loop_t *uv)
{
    unsigned fd;

    for (fd = 0; fd < uv->nwatchers; fd++) {
        if (uv->watchers[fd])
            close((int)fd);
    }
}

/* Those that are not watched at the moment, e.g. because reading is paused. */
static void close_transports(const struct tidy_loop *loop)
{
    const struct tidy__group *group;
    const struct tidy_transport *transport;

    DL_FOREACH(loop->groups, group) {
        DL_FOREACH(group->transports, transport) {
            if (transport->state < TIDY__TRANSPORT_CLOSING)
                close_fd(loop->uv, transport->fd);
        }
    }
}

void tidy__loop_condemn(struct tidy_loop *loop)
{
    uv_loop_t *uv = loop->uv;

    if (loop->is_condemned)
        return;
    loop->is_condemned = true;
    loop->is_running = false;
    tidy__sigpipe_restore(&loop->sigpipe);
    loop->next_condemned = condemned_loops;
    condemned_loops = loop;
    close_transports(loop);
    close_fd(uv, uv->signal_pipefd[0]);
    close_fd(uv, uv->signal_pipefd[1]);
    close_fd(uv, uv->async_io_watcher.fd);
    close_fd(uv, uv->async_wfd);
    close_fd(uv, uv->emfile_fd);
    close_watched(uv);
    close(uv->backend_fd);
}

bool tidy__loop_is_condemned(const uv_loop_t *uv)
{
    const struct tidy_loop *loop;

    for (loop = condemned_loops; loop; loop = loop->next_condemned) {
        if (loop->uv == uv)
            return true;
    }
    return false;
}
