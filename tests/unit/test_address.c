/* SPDX-License-Identifier: MIT */
#include "core/address.h"
#include "support/death.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct tidy_address
from_host(enum tidy_endpoint_kind kind, const char *host, int64_t port)
{
    struct tidy_address address;

    assert_int_equal(tidy__address_from_host(&address, kind, host, port), 0);
    return address;
}

static void assert_host(enum tidy_endpoint_kind kind,
                        const char *host,
                        const char *expected)
{
    const struct tidy_address address = from_host(kind, host, 80);
    char text[TIDY_ADDRESS_MAX];

    assert_string_equal(tidy_address_format(&address, text, sizeof(text)),
                        expected);
    assert_int_equal(tidy_address_port(&address), 80);
}

/* Numeric hosts are addresses; an IPv6 one is understood in tcp, too. */
static void numeric_hosts_are_addresses(void **state)
{
    (void)state;
    assert_host(TIDY_ENDPOINT_TCP, "127.0.0.1", "127.0.0.1:80");
    assert_host(TIDY_ENDPOINT_TCP, "::1", "[::1]:80");
    assert_host(TIDY_ENDPOINT_TCP6, "::1", "[::1]:80");
    assert_host(TIDY_ENDPOINT_TCP6, "2001:DB8::0:1", "[2001:db8::1]:80");
}

/* No host is any address, of the kind's family. */
static void no_host_is_any_address(void **state)
{
    (void)state;
    assert_host(TIDY_ENDPOINT_TCP, "", "0.0.0.0:80");
    assert_host(TIDY_ENDPOINT_TCP6, "", "[::]:80");
}

/* localhost is not looked up, but known. */
static void localhost_is_known(void **state)
{
    (void)state;
    assert_host(TIDY_ENDPOINT_TCP, "localhost", "127.0.0.1:80");
    assert_host(TIDY_ENDPOINT_TCP, "LocalHost", "127.0.0.1:80");
    assert_host(TIDY_ENDPOINT_TCP6, "localhost", "[::1]:80");
}

/* A scope may be a number or the name of an interface. */
static void scopes_are_understood(void **state)
{
    char text[32];

    (void)state;
    assert_host(TIDY_ENDPOINT_TCP6, "fe80::1%9", "[fe80::1%9]:80");
    assert_host(TIDY_ENDPOINT_TCP6, "fe80::1%07", "[fe80::1%7]:80");
    if (!if_nametoindex("lo"))
        skip();
    snprintf(text, sizeof(text), "[fe80::1%%%u]:80", if_nametoindex("lo"));
    assert_host(TIDY_ENDPOINT_TCP, "fe80::1%lo", text);
}

/* What has to be looked up, and what is of the other family, is neither. */
static void names_are_not_addresses(void **state)
{
    static const char *const names[] = {
        "example.com",
        "127.1",
        "127.0.0.1 ",
        "::g",
        "1:2:3",
        "127.0.0.1%lo",
        "fe80::1%",
        "fe80::1%0",
        "fe80::1%1x",
        "fe80::1%nosuch",
        "fe80::1%99999999999",
    };
    char long_name[300];
    struct tidy_address address;

    (void)state;
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    for (size_t idx = 0; idx < TIDY_COUNT(names); idx++)
        assert_int_equal(tidy__address_from_host(
                             &address, TIDY_ENDPOINT_TCP, names[idx], 80),
                         -EADDRNOTAVAIL);
    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, long_name, 80),
        -EADDRNOTAVAIL);
    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP6, "127.0.0.1", 80),
        -EADDRNOTAVAIL);
}

/* Ports go from 0 to 65535. */
static void ports_have_a_range(void **state)
{
    const struct tidy_address first = from_host(TIDY_ENDPOINT_TCP, "::1", 0),
                              last = from_host(
                                  TIDY_ENDPOINT_TCP, "::1", UINT16_MAX);
    struct tidy_address address;

    (void)state;
    assert_int_equal(tidy_address_port(&first), 0);
    assert_int_equal(tidy_address_port(&last), UINT16_MAX);
    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, "", -1), -ERANGE);
    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, "", 65536),
        -ERANGE);
    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, "", INT64_MAX),
        -ERANGE);
}

/* A path fits if a terminator fits behind it. */
static void path_must_fit(void **state)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    struct tidy_address address;

    (void)state;
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(tidy__address_from_path(&address, path), -ENAMETOOLONG);
    path[sizeof(path) - 2] = '\0';
    assert_int_equal(tidy__address_from_path(&address, path), 0);
    assert_string_equal(address.u.un.sun_path, path);
    assert_int_equal(address.len, sizeof(address.u.un));
    assert_int_equal(address.u.un.sun_family, AF_UNIX);
    assert_int_equal(tidy_address_port(&address), 0);
    assert_int_equal(tidy__address_from_path(&address, ""), -EINVAL);
}

/* What the kernel gave is copied, whatever surrounds it. */
static void kernels_addresses_are_copied(void **state)
{
    const struct tidy_address tcp = from_host(TIDY_ENDPOINT_TCP, "::1", 80);
    struct sockaddr_storage storage = { 0 };
    struct tidy_address address;

    (void)state;
    memcpy(&storage, &tcp.u, tcp.len);
    tidy__address_from_sockaddr(
        &address, (struct sockaddr *)&storage, sizeof(storage));
    assert_int_equal(address.len, sizeof(struct sockaddr_in6));
    assert_memory_equal(&address.u, &tcp.u, tcp.len);
}

/* A Unix address may be as short as its family, or longer than the struct. */
static void unix_addresses_have_any_length(void **state)
{
    struct sockaddr_storage storage = { .ss_family = AF_UNIX };
    struct tidy_address address;

    (void)state;
    tidy__address_from_sockaddr(
        &address, (struct sockaddr *)&storage, sizeof(sa_family_t));
    assert_int_equal(address.len, sizeof(sa_family_t));
    memset((char *)&storage + sizeof(sa_family_t), 'p', 108);
    tidy__address_from_sockaddr(
        &address, (struct sockaddr *)&storage, sizeof(struct sockaddr_un) + 1);
    assert_int_equal(address.len, sizeof(struct sockaddr_un));
}

/* What we do not know, or what is cut off, is no address. */
static void unknown_families_are_none(void **state)
{
    struct sockaddr_storage storage = { .ss_family = AF_NETLINK };
    struct tidy_address address = from_host(TIDY_ENDPOINT_TCP, "", 80);

    (void)state;
    tidy__address_from_sockaddr(
        &address, (struct sockaddr *)&storage, sizeof(storage));
    assert_int_equal(address.len, 0);
    storage.ss_family = AF_INET;
    tidy__address_from_sockaddr(&address, (struct sockaddr *)&storage, 15);
    assert_int_equal(address.len, 0);
    tidy__address_from_sockaddr(&address, (struct sockaddr *)&storage, 1);
    assert_int_equal(address.len, 0);
    tidy__address_from_sockaddr(&address, (struct sockaddr *)&storage, 16);
    assert_int_equal(address.len, 16);
    tidy__address_from_sockaddr(&address, NULL, 0);
    assert_int_equal(address.len, 0);
    assert_int_equal(tidy_address_port(&address), 0);
}

/* Specific is what names one place, be it a host or a path. */
static void any_address_is_not_specific(void **state)
{
    const struct tidy_address addresses[] = {
        from_host(TIDY_ENDPOINT_TCP, "127.0.0.1", 80),
        from_host(TIDY_ENDPOINT_TCP6, "::1", 80),
        from_host(TIDY_ENDPOINT_TCP, "0.0.0.0", 80),
        from_host(TIDY_ENDPOINT_TCP6, "::", 80),
        { 0 },
    };
    struct tidy_address path;

    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(addresses); idx++)
        assert_int_equal(tidy__address_is_specific(&addresses[idx]), idx < 2);
    assert_int_equal(tidy__address_from_path(&path, "/x"), 0);
    assert_true(tidy__address_is_specific(&path));
}

static void ask_for_port(void *arg)
{
    tidy_address_port(arg);
}

/* NULL is not an address. */
static void null_aborts(void **state)
{
    (void)state;
    assert_dies(ask_for_port, NULL, "tidy_address_port: the address is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_hosts_are_addresses),
        cmocka_unit_test(no_host_is_any_address),
        cmocka_unit_test(localhost_is_known),
        cmocka_unit_test(scopes_are_understood),
        cmocka_unit_test(names_are_not_addresses),
        cmocka_unit_test(ports_have_a_range),
        cmocka_unit_test(path_must_fit),
        cmocka_unit_test(kernels_addresses_are_copied),
        cmocka_unit_test(unix_addresses_have_any_length),
        cmocka_unit_test(unknown_families_are_none),
        cmocka_unit_test(any_address_is_not_specific),
        cmocka_unit_test(null_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
