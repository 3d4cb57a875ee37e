# SPDX-License-Identifier: MIT
#
# The two commands of the README and some more. Each does all the set-up that it
# needs (tools/setup); the build itself is CMake's, see CMakePresets.json.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
INSTALL_BUILD ?= build/install

# What the user's shell says about a build in progress is not for ours.
unexport MAKEFLAGS MAKELEVEL MFLAGS

.PHONY: help demo check conformance bench tsan valgrind coverage fuzz tidy \
        install clean

help:
	@echo 'make demo       watch fixtures being torn down in every awkward order'
	@echo 'make check      build with sanitizers and run all tests; then, without,'
	@echo '                each scenario in a thousand orders of events'
	@echo 'make conformance  hold worlds against the real kernel for a minute'
	@echo 'make bench      compare with plain libuv; writes build/bench/results.json'
	@echo 'make tsan       all tests under the thread sanitizer'
	@echo 'make valgrind   all tests under valgrind'
	@echo 'make coverage   all tests, and which lines they ran'
	@echo 'make fuzz       each fuzzer for a minute'
	@echo 'make tidy       the warnings of clang and clang-tidy'
	@echo 'make install    [DESTDIR=..] [PREFIX=$(PREFIX)]'
	@echo 'make clean      remove build/'

demo:
	@tools/setup demo
	@echo 'building build/demo ...'
	@cmake --preset demo --log-level=WARNING >/dev/null
	@cmake --build --preset demo -- -j$(JOBS) --quiet
	@tools/demo build/demo

check:
	@tools/setup check
	cmake --preset dev
	cmake --build --preset dev -- -j$(JOBS)
	ctest --preset dev -j$(JOBS)
	cmake --preset worlds --log-level=WARNING
	cmake --build --preset worlds -- -j$(JOBS)
	ctest --preset worlds -j$(JOBS)

conformance:
	@tools/setup check
	cmake --preset dev --log-level=WARNING >/dev/null
	cmake --build --preset dev --target conformance -- -j$(JOBS) --quiet
	build/dev/tests/conformance/conformance --seconds 60

tsan valgrind coverage fuzz:
	@tools/setup $@
	cmake --preset $@
	cmake --build --preset $@ -- -j$(JOBS)
	ctest --preset $@ -j$(JOBS)
	@if [ $@ = coverage ]; then tools/coverage build/coverage; fi

tidy:
	@tools/setup tidy
	cmake --preset tidy
	cmake --build --preset tidy -- -j$(JOBS)

bench:
	@tools/setup bench
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target tidysock-bench -- -j$(JOBS)
	@bench/run build/release

install:
	@tools/setup build
	cmake -S . -B $(INSTALL_BUILD) -G Ninja --log-level=WARNING \
	    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=$(PREFIX) \
	    -DTIDYSOCK_TESTS=OFF
	cmake --build $(INSTALL_BUILD) -- -j$(JOBS) --quiet
	DESTDIR='$(DESTDIR)' cmake --install $(INSTALL_BUILD)

clean:
	rm -rf build
