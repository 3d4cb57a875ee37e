#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_consumers.sh KIND WORK: a program outside the tree is built against the
# library as KIND says, and run. KIND "install" goes first and does what a user
# does, `make install`, with another prefix below another root.
set -eu

kind=$1
work=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
root=$work/root
prefix=$root/opt/tidysock
cc=${CC:-cc}
mkdir -p "$work"

# This build's own settings are not the user's.
unset CFLAGS LDFLAGS MAKEFLAGS DESTDIR

die()
{
    echo "FAILED: $1" >&2
    exit 1
}

skip()
{
    echo "skipped: $1"
    exit 77
}

# A copy of the consumers, so that nothing is written into the source tree.
enter_copy()
{
    rm -rf "$work/$1"
    cp -r "$source/tests/api/consumers" "$work/$1"
    cd "$work/$1"
}

find_libdir()
{
    pc=$(find "$prefix" -name tidysock.pc)
    libdir=$(dirname "$(dirname "$pc")")
}

use_installed()
{
    find_libdir
    export PKG_CONFIG_PATH="$libdir/pkgconfig"
    export LD_LIBRARY_PATH="$libdir"
}

# needs PROGRAM LIBRARY: is it linked dynamically with it?
needs()
{
    objdump -p "$1" | grep -q "NEEDED.* $2\.so"
}

# Every header, both libraries, and nothing that leads back to our tree.
check_installed()
{
    find_libdir
    for file in libtidysock.a libtidysock.so libtidysock.so.0 \
        pkgconfig/tidysock.pc cmake/tidysock/tidysock-config.cmake \
        libtidysock-sim.o libtidysock-sim.so libtidysock-sim.so.0 \
        pkgconfig/tidysock-sim.pc \
        cmake/tidysock/tidysock-config-version.cmake \
        cmake/tidysock/TidysockCmocka.cmake; do
        [ -e "$libdir/$file" ] || die "not installed: $file"
    done
    objdump -p "$libdir/libtidysock.so" |
        grep -q 'SONAME.* libtidysock\.so\.0$' || die 'wrong soname'
    objdump -p "$libdir/libtidysock-sim.so" |
        grep -q 'SONAME.* libtidysock-sim\.so\.0$' || die 'wrong soname'
    needs "$libdir/libtidysock.so" libuv || die 'libuv is not linked'
    ! objdump -p "$libdir/libtidysock-sim.so" | grep NEEDED |
        grep -v -e ' libc\.so' -e ' ld-linux' ||
        die 'libtidysock-sim needs more than the C library'
    python3 "$source/tests/api/test_exports.py" nm "$libdir/libtidysock.so" \
        "$libdir/libtidysock-sim.so" "$libdir/libtidysock-sim.o"
    ! command -v scdoc >/dev/null ||
        [ -s "$prefix/share/man/man1/tidysock-world.1" ] ||
        die 'not installed: the manual'
    "$prefix/bin/tidysock" --version | grep -q '^tidysock [0-9]' ||
        die 'the command does not run where it is installed'
    (cd "$source/include" && find tidysock -name '*.h' | LC_ALL=C sort) \
        >"$work/headers"
    (cd "$prefix/include" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) |
        diff "$work/headers" - || die 'other headers than ours'
    if grep -rlF "$source" "$prefix/include" "$libdir/pkgconfig" \
        "$libdir/cmake"; then
        die 'the files above name the source directory'
    fi
}

case $kind in
install)
    rm -rf "$root"
    make -C "$source" --no-print-directory install JOBS=2 \
        INSTALL_BUILD="$work/build" DESTDIR="$root" PREFIX=/opt/tidysock
    check_installed
    ;;
pkgconfig_shared)
    use_installed
    enter_copy $kind
    # shellcheck disable=SC2046 # flags are words
    $cc -std=c11 -o program program.c $(pkg-config --cflags --libs tidysock)
    needs program libtidysock || die 'the shared library is not used'
    ! needs program libuv || die 'the user is linked with libuv'
    ./program
    ;;
pkgconfig_static)
    # A prefix that has the archive only, which the linker must take then.
    rm -rf "$work/root_static"
    cp -r "$root" "$work/root_static"
    prefix=$work/root_static/opt/tidysock
    use_installed
    rm "$libdir"/libtidysock.so*
    enter_copy $kind
    # shellcheck disable=SC2046
    $cc -std=c11 -o program program.c \
        $(pkg-config --static --cflags --libs tidysock)
    ! needs program libtidysock || die 'the archive is not used'
    ./program
    ;;
pkgconfig_sim)
    use_installed
    enter_copy $kind
    # shellcheck disable=SC2046
    $cc -std=gnu11 -o with_shared with_sim.c \
        $(pkg-config --cflags --libs tidysock-sim)
    # shellcheck disable=SC2046
    $cc -std=gnu11 -o with_object with_sim.c $(pkg-config --cflags tidysock-sim) \
        "$(pkg-config --variable=object tidysock-sim)"
    needs with_shared libtidysock-sim || die 'the shared library is not used'
    ! needs with_object libtidysock-sim || die 'the object file is not used'
    ./with_shared
    ./with_object
    ;;
pkgconfig_worlds)
    use_installed
    enter_copy $kind
    for program in with_worlds with_cmocka; do
        libraries='tidysock cmocka'
        [ $program = with_cmocka ] || libraries="tidysock-sim $libraries"
        # shellcheck disable=SC2046,SC2086
        $cc -std=gnu11 -o $program $program.c \
            $(pkg-config --cflags --libs $libraries)
        needs $program libtidysock || die 'the shared library is not used'
        ./$program
    done
    ./with_worlds --seeds 100 --profile both
    ! ./with_cmocka --world || die 'there are worlds without a simulator'
    # The library in a program that knows nothing of worlds knows it all the same.
    "$prefix/bin/tidysock" world -- ./with_cmocka
    "$prefix/bin/tidysock" world --seed 3 -- ./with_worlds
    ;;
find_package)
    use_installed
    unset PKG_CONFIG_PATH
    enter_copy $kind
    cmake -S package -B build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        --warn-uninitialized -Werror=dev
    cmake --build build
    needs build/with_shared libtidysock || die 'the shared library is not used'
    ! needs build/with_static libtidysock || die 'the archive is not used'
    needs build/with_sim libtidysock-sim || die 'the shared library is not used'
    ! needs build/with_sim_object libtidysock-sim ||
        die 'the object file is not used'
    cd build
    ctest --output-on-failure --no-tests=error | tee log
    for test in shared static sim sim_object 'with_cmocka.test_nothing\[tcp\]' \
        'with_cmocka.test_nothing\[unix\]'; do
        grep -q "Test *#[0-9]*: $test .*Passed" log || die "no test: $test"
    done
    ;;
fetch_content)
    enter_copy $kind
    cmake -S subproject -B build -G Ninja -DTIDYSOCK_SOURCE="$source" \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    ! grep -q -e -Werror build/compile_commands.json ||
        die "our warnings are errors in a user's build"
    cmake --build build
    cd build
    ctest --output-on-failure --no-tests=error
    # The user's own `install` must not carry our files away.
    DESTDIR=$work/$kind/root cmake --install .
    [ ! -e "$work/$kind/root" ] || die "the user's install has our files"
    ;;
meson)
    command -v meson >/dev/null || skip 'no meson'
    use_installed
    enter_copy $kind
    cp program.c meson/
    meson setup build meson
    meson test -C build
    needs build/with_shared libtidysock || die 'the shared library is not used'
    ;;
meson_subproject)
    command -v meson >/dev/null || skip 'no meson'
    enter_copy $kind
    cp program.c meson_subproject/
    mkdir meson_subproject/subprojects
    ln -s "$source" meson_subproject/subprojects/tidysock
    meson setup build meson_subproject
    meson test -C build
    ;;
*)
    echo "unknown kind: $kind"
    exit 2
    ;;
esac
