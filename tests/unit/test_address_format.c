/* SPDX-License-Identifier: MIT */
#include "core/address.h"
#include "support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char buf[TIDY_ADDRESS_MAX];

static const char *format(const struct tidy_address *address)
{
    const char *text = tidy_address_format(address, buf, sizeof(buf));

    assert_ptr_equal(text, buf);
    return text;
}

static struct tidy_address from_host(const char *host)
{
    struct tidy_address address;

    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, host, 65535), 0);
    return address;
}

/* A Unix address with these bytes after its family. */
static struct tidy_address unix_address(const void *bytes, size_t len)
{
    struct tidy_address address = { .len =
                                        sizeof(sa_family_t) + (socklen_t)len };

    address.u.un.sun_family = AF_UNIX;
    memcpy(address.u.un.sun_path, bytes, len);
    return address;
}

/* Hosts are numbers, and the port comes behind them. */
static void hosts_are_numbers(void **state)
{
    const struct tidy_address ipv4 = from_host("255.255.255.255"),
                              ipv6 = from_host("::1"),
                              scoped = from_host("fe80::1%4294967295");

    (void)state;
    assert_string_equal(format(&ipv4), "255.255.255.255:65535");
    assert_string_equal(format(&ipv6), "[::1]:65535");
    assert_string_equal(format(&scoped), "[fe80::1%4294967295]:65535");
}

/* A path is written as it is, up to its terminator. */
static void path_is_itself(void **state)
{
    const struct tidy_address address = unix_address("/run/x.sock\0zzz", 15);

    (void)state;
    assert_string_equal(format(&address), "/run/x.sock");
}

/* An abstract name begins with a NUL, and all its bytes count. */
static void abstract_name_has_an_at_sign(void **state)
{
    const struct tidy_address address = unix_address("\0a\0b", 4),
                              empty = unix_address("\0", 1);

    (void)state;
    assert_string_equal(format(&address), "@a\\x00b");
    assert_string_equal(format(&empty), "@");
}

/* What has no name says so. */
static void nameless_ones_say_so(void **state)
{
    const struct tidy_address unnamed = unix_address("", 0), none = { 0 };
    struct tidy_address unknown = { .len = 8 };

    (void)state;
    unknown.u.any.sa_family = AF_NETLINK;
    assert_string_equal(format(&unnamed), "(unnamed)");
    assert_string_equal(format(&none), "(none)");
    assert_string_equal(format(&unknown), "(unknown)");
}

/* Bytes that do not print are escaped, and there is room for all of them. */
static void unprintable_bytes_are_escaped(void **state)
{
    const struct tidy_address some = unix_address("a\n\x7f\xff", 5);
    char bytes[sizeof(some.u.un.sun_path)];
    struct tidy_address all;

    (void)state;
    assert_string_equal(format(&some), "a\\x0a\\x7f\\xff");
    memset(bytes, 0xff, sizeof(bytes));
    all = unix_address(bytes, sizeof(bytes));
    assert_int_equal(strlen(format(&all)), 4 * sizeof(bytes));
}

/* What does not fit is cut off, but an escape is never cut in two. */
static void long_text_is_cut_off(void **state)
{
    const struct tidy_address ipv4 = from_host("127.0.0.1"),
                              path = unix_address("ab\nc", 5);
    char small[8];

    (void)state;
    assert_string_equal(tidy_address_format(&ipv4, small, sizeof(small)),
                        "127.0.0");
    assert_string_equal(tidy_address_format(&ipv4, small, 1), "");
    assert_string_equal(tidy_address_format(&path, small, 7), "ab\\x0a");
    assert_string_equal(tidy_address_format(&path, small, 6), "ab");
}

static void format_into(void *arg)
{
    const struct tidy_address none = { 0 };

    tidy_address_format(&none, arg, 10);
}

/* There must be a buffer. */
static void null_aborts(void **state)
{
    (void)state;
    assert_dies(format_into,
                NULL,
                "tidy_address_format: the address or the buffer is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_numbers),
        cmocka_unit_test(path_is_itself),
        cmocka_unit_test(abstract_name_has_an_at_sign),
        cmocka_unit_test(nameless_ones_say_so),
        cmocka_unit_test(unprintable_bytes_are_escaped),
        cmocka_unit_test(long_text_is_cut_off),
        cmocka_unit_test(null_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
