# SPDX-License-Identifier: MIT
#
# What every target of ours shares: the language, warnings, dependencies.

find_package(PkgConfig REQUIRED)
# Global: with add_subdirectory the user's targets must see it, too.
pkg_check_modules(TIDYSOCK_LIBUV REQUIRED IMPORTED_TARGET GLOBAL libuv>=1.44)

find_path(TIDYSOCK_UTHASH_INCLUDE_DIR NAMES uthash.h)
mark_as_advanced(TIDYSOCK_UTHASH_INCLUDE_DIR)
if(NOT TIDYSOCK_UTHASH_INCLUDE_DIR)
    message(FATAL_ERROR "uthash.h not found; Debian has it in uthash-dev")
endif()

set(TIDYSOCK_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow
    -Wstrict-prototypes
    -Wmissing-prototypes
    -Wvla
    -Wcast-qual
    -Wwrite-strings
    -Wundef
    -Wformat=2
    -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_FLAGS MATCHES "-fsanitize")
    # Wrong about arrays that a sanitizer has instrumented, e.g. regexec()'s.
    list(APPEND TIDYSOCK_WARNINGS -Wno-stringop-overflow)
endif()

include(CheckCCompilerFlag)
check_c_compiler_flag(-fmacro-prefix-map=a=b TIDYSOCK_HAS_MACRO_PREFIX_MAP)

# GNU C11 with our warnings, which are errors: in our own builds only.
# Asserts stay on in every build type.
function(tidysock_own_target target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11
        C_STANDARD_REQUIRED ON
        C_EXTENSIONS ON)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE -UNDEBUG)
    if(TIDYSOCK_HAS_MACRO_PREFIX_MAP)
        # Reports name files as they are named in the source tree.
        target_compile_options(${target} PRIVATE
            "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
    endif()
    if(TIDYSOCK_DEVELOPER)
        target_compile_options(${target} PRIVATE ${TIDYSOCK_WARNINGS})
    endif()
    # gcc's guess is wrong for what lives across a guard (src/base/guard.h says
    # what may) and differs from one level of optimization to the next. It must
    # not break the build of a project that we are a part of.
    target_compile_options(${target} PRIVATE
        $<$<C_COMPILER_ID:GNU>:-Wno-clobbered>)
endfunction()

function(tidysock_find_cmocka)
    pkg_check_modules(TIDYSOCK_CMOCKA IMPORTED_TARGET GLOBAL cmocka>=1.1.5)
    if(NOT TIDYSOCK_CMOCKA_FOUND)
        message(FATAL_ERROR
            "The tests need cmocka (libcmocka-dev); TIDYSOCK_TESTS=OFF builds "
            "without them")
    endif()
endfunction()
