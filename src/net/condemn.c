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
#include "base/world.h"
#include "net/loop.h"
#include "net/transport.h"

#include <unistd.h>
#include <utlist.h>

static struct tidy_loop *condemned_loops; /* through next_condemned */

static bool is_watched(const uv_loop_t *uv, int fd)
{
    return fd >= 0 && (unsigned)fd < uv->nwatchers && uv->watchers[fd];
}

struct closing {
    const uv_loop_t *uv;
    tidy__is_kept_fd_cb is_kept;
    void *arg;
};

/* Those that are watched are closed once, with the others that are. */
static void close_fd(const struct closing *closing, int fd)
{
    if (fd >= 0 && !is_watched(closing->uv, fd))
        close(fd);
}

static void close_watched(const struct closing *closing)
{
    unsigned fd;

    for (fd = 0; fd < closing->uv->nwatchers; fd++) {
        if (closing->uv->watchers[fd] &&
            !closing->is_kept((int)fd, closing->arg))
            close((int)fd);
    }
}

/* Those that are not watched at the moment, e.g. because reading is paused. */
static void close_transports(const struct closing *closing,
                             const struct tidy_loop *loop)
{
    const struct tidy__group *group;
    const struct tidy_transport *transport;

    DL_FOREACH(loop->groups, group) {
        DL_FOREACH(group->transports, transport) {
            if (transport->state < TIDY__TRANSPORT_CLOSING)
                close_fd(closing, transport->fd);
        }
    }
}

static void close_descriptors(const struct tidy_loop *loop,
                              tidy__is_kept_fd_cb is_kept,
                              void *arg)
{
    const uv_loop_t *uv = loop->uv;
    const struct closing closing = { .uv = uv, .is_kept = is_kept, .arg = arg };

    close_transports(&closing, loop);
    close_fd(&closing, uv->signal_pipefd[0]);
    close_fd(&closing, uv->signal_pipefd[1]);
    close_fd(&closing, uv->async_io_watcher.fd);
    close_fd(&closing, uv->async_wfd);
    close_fd(&closing, uv->emfile_fd);
    close_watched(&closing);
    close(uv->backend_fd);
}

void tidy__loop_condemn(struct tidy_loop *loop,
                        tidy__is_kept_fd_cb is_kept,
                        void *arg)
{
    if (loop->is_condemned)
        return;
    loop->is_condemned = true;
    loop->is_running = false;
    loop->is_polling = false;
    tidy__sigpipe_restore(&loop->sigpipe);
    loop->next_condemned = condemned_loops;
    condemned_loops = loop;
    if (!tidy__is_in_world()) /* it is about to end, with all that it has */
        close_descriptors(loop, is_kept, arg);
}

struct tidy_deferred *tidy__loop_refuse(struct tidy_loop *loop,
                                        const char *what,
                                        const char *file,
                                        int line)
{
    struct tidy_deferred *deferred =
        tidy_deferred_new_at(&loop->ledger, what, file, line);

    if (deferred)
        tidy_deferred_fail(
            deferred, tidy_failure_new_at(TIDY_ECONDEMNED, file, line, NULL));
    return deferred;
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
