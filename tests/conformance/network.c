/* SPDX-License-Identifier: MIT */
/*
 * A network of one's own: nobody else takes its ports, and its routes may be
 * told what the machine's may not. The kernel holds back an acknowledgement for
 * up to 40 ms, so that what is seen of the other end depends on the time; a route
 * with "quickack" does not (ip-route(8)).
 */
#include "conformance/network.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A route that is replaced. */
struct request {
    struct nlmsghdr header;
    struct rtmsg route;
    char attributes[128];
};

static struct rtattr *
add(struct request *request, unsigned short type, const void *data, size_t len)
{
    size_t offset = NLMSG_ALIGN(request->header.nlmsg_len);
    struct rtattr *attribute =
        (struct rtattr *)(void *)((char *)request + offset);

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(len);
    if (len > 0)
        memcpy(RTA_DATA(attribute), data, len);
    request->header.nlmsg_len = (uint32_t)(offset + RTA_LENGTH(len));
    return attribute;
}

static void hurry(int fd, int family, const char *host, unsigned char n_bits)
{
    struct request request = {
        .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                    .nlmsg_type = RTM_NEWROUTE,
                    .nlmsg_flags =
                        NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE },
        .route = { .rtm_family = (unsigned char)family,
                   .rtm_dst_len = n_bits,
                   .rtm_table = RT_TABLE_LOCAL,
                   .rtm_protocol = RTPROT_KERNEL,
                   .rtm_scope =
                       family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
                   .rtm_type = RTN_LOCAL },
    };
    const uint32_t interface = if_nametoindex("lo"), on = 1;
    size_t len = family == AF_INET ? 4 : 16;
    unsigned char address[16];
    struct rtattr *metrics;

    inet_pton(family, host, address);
    add(&request, RTA_DST, address, len);
    add(&request, RTA_OIF, &interface, sizeof(interface));
    if (family == AF_INET) {
        inet_pton(family, "127.0.0.1", address);
        add(&request, RTA_PREFSRC, address, len);
    }
    metrics = add(&request, RTA_METRICS, NULL, 0);
    add(&request, RTAX_QUICKACK, &on, sizeof(on));
    metrics->rta_len =
        (unsigned short)((char *)&request + request.header.nlmsg_len -
                         (char *)metrics);
    send(fd, &request, request.header.nlmsg_len, 0);
    if (family == AF_INET)
        return;
    /* It has come behind the other one, which now goes. */
    request.header.nlmsg_type = RTM_DELROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.header.nlmsg_len = (uint32_t)((char *)metrics - (char *)&request);
    send(fd, &request, request.header.nlmsg_len, 0);
}

static void hurry_all(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return;
    hurry(fd, AF_INET, "127.0.0.0", 8);
    hurry(fd, AF_INET, "127.0.0.1", 32);
    hurry(fd, AF_INET6, "::1", 128);
    close(fd);
}

bool network_leave(void)
{
    struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
    int fd;

    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return false;
    strcpy(request.ifr_name, "lo");
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        _exit(1);
    close(fd);
    hurry_all();
    return true;
}
