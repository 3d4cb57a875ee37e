/* SPDX-License-Identifier: MIT */
/*
 * Names of functions from ELF files, sound and damaged.
 */
#include "sim/symbols.h"
#include "support/oom.h"
#include <tidysock/common.h>

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SELF "/proc/self/exe"

static __attribute__((noinline)) int a_static_function(int number)
{
    return number * 3;
}

static uint64_t base_of_program(void)
{
    return _r_debug.r_map->l_addr;
}

static void static_functions_have_names(void **state)
{
    struct sim_symbols *symbols = NULL;
    uint64_t address = (uint64_t)(uintptr_t)a_static_function + 1;
    const char *name;
    size_t len = 0;
    bool is_library = true;

    (void)state;
    assert_int_equal(tidy__sim_symbols_new(SELF, &symbols), 0);
    name = tidy__sim_symbols_find(
        symbols, address - base_of_program(), &len, &is_library);
    assert_non_null(name);
    assert_int_equal(len, strlen("a_static_function"));
    assert_memory_equal(name, "a_static_function", len);
    assert_null(tidy__sim_symbols_find(symbols, 1, &len, &is_library));
    tidy__sim_symbols_free(symbols);
    assert_int_equal(a_static_function(1), 3);
}

/* A library that was linked into the program is told by its names. */
static void libraries_are_told(void **state)
{
    struct sim_symbols *symbols = NULL;
    uint64_t address = (uint64_t)(uintptr_t)tidy__sim_symbols_new + 1;
    size_t len;
    bool is_library = false;

    (void)state;
    assert_int_equal(tidy__sim_symbols_new(SELF, &symbols), 0);
    assert_non_null(tidy__sim_symbols_find(
        symbols, address - base_of_program(), &len, &is_library));
    assert_true(is_library);
    tidy__sim_symbols_free(symbols);
}

static void what_is_no_elf_file_has_none(void **state)
{
    struct sim_symbols *symbols = NULL;

    (void)state;
    assert_int_equal(tidy__sim_symbols_new("/", &symbols), -ENOEXEC);
    assert_int_equal(tidy__sim_symbols_new("/dev/null", &symbols), -ENOEXEC);
    assert_int_equal(tidy__sim_symbols_new("", &symbols), -ENOEXEC);
    assert_int_equal(tidy__sim_symbols_new("/proc/self/status", &symbols),
                     -ENOEXEC);
    assert_null(symbols);
    assert_null(tidy__sim_symbols_free(NULL));
}

/* ---------------------------------------------------------------- damaged files */

static char *read_self(size_t *ret_len)
{
    char *data = NULL, bytes[4096];
    FILE *out = open_memstream(&data, ret_len), *in = fopen(SELF, "rb");
    size_t n;

    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        fwrite(bytes, 1, n, out);
    fclose(in);
    fclose(out);
    return data;
}

/* It may say what it likes, but nothing is read that is not there. */
static void try(const char *data, size_t len)
{
    char path[] = "/tmp/tidysock-symbols-XXXXXX";
    struct sim_symbols *symbols = NULL;
    int fd = mkstemp(path);
    uint64_t address;
    size_t n;
    bool is_library;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
    tidy__sim_symbols_new(path, &symbols);
    for (address = 0; symbols && address < 0x200000; address += 0x1000)
        tidy__sim_symbols_find(symbols, address, &n, &is_library);
    tidy__sim_symbols_free(symbols);
    unlink(path);
}

static void damaged_files_are_no_trouble(void **state)
{
    size_t len, idx;
    char *data = read_self(&len), *copy = malloc(len);
    Elf64_Ehdr ehdr;

    (void)state;
    memcpy(&ehdr, data, sizeof(ehdr));
    for (idx = 0; idx < 8; idx++)
        try(data, len * idx / 8 + idx);
    /* A byte of the table of sections after the other. */
    for (idx = 0; idx < (size_t)ehdr.e_shnum * sizeof(Elf64_Shdr); idx += 29) {
        memcpy(copy, data, len);
        copy[ehdr.e_shoff + idx] ^= (char)0xff;
        try(copy, len);
    }
    for (idx = 0; idx < sizeof(ehdr); idx++) {
        memcpy(copy, data, len);
        copy[idx] ^= (char)0x81;
        try(copy, len);
    }
    free(copy);
    free(data);
}

static void try_once(void *arg)
{
    struct sim_symbols *symbols = NULL;
    int result = tidy__sim_symbols_new(SELF, &symbols);

    (void)arg;
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 0);
    tidy__sim_symbols_free(symbols);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(try_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_functions_have_names),
        cmocka_unit_test(libraries_are_told),
        cmocka_unit_test(what_is_no_elf_file_has_none),
        cmocka_unit_test(damaged_files_are_no_trouble),
        oom_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
