# SPDX-License-Identifier: MIT
#[=[
tidysock_discover_tests(<target>
    [PREFIX <text>]              # before every name; default: "<target>."
    [TIMEOUT <seconds>]          # for each test; default 60
    [WORKING_DIRECTORY <dir>]    # default: the current binary directory
    [LAUNCHER <command> ...]     # runs the program, e.g. valgrind
    [ARGUMENTS <option> ...]     # for the program, e.g. --seeds 1000
    [PROPERTIES <name> <value> ...])

Registers each test of a program with ctest by itself: one process and one time
limit each, so that a test that hangs or crashes takes no other with it.

The program's main function is tidy_cmocka_run() of
<tidysock/adapters/cmocka.h>. When ctest runs, `program --list` is asked for the
names, one per line, and the answer is kept until the program changes. A test is
run by `program --exact NAME`. Both have the ARGUMENTS before them. A program that has not been built, cannot list
its tests or has none appears as one test that fails and says so.

The environment's TIDYSOCK_TIMEOUT_MULTIPLIER, a whole number, scales the
default TIMEOUT as it scales the deadlines inside the program.

It may be called again for the same program, with another PREFIX.
#]=]

function(tidysock_discover_tests target)
    cmake_parse_arguments(PARSE_ARGV 1 arg
        "" "PREFIX;TIMEOUT;WORKING_DIRECTORY" "LAUNCHER;ARGUMENTS;PROPERTIES")
    if(DEFINED arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR
            "tidysock_discover_tests: unknown: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT TARGET ${target})
        message(FATAL_ERROR
            "tidysock_discover_tests: ${target} is not a target")
    endif()
    if(NOT DEFINED arg_PREFIX)
        set(arg_PREFIX "${target}.")
    endif()
    if(NOT DEFINED arg_WORKING_DIRECTORY)
        set(arg_WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    endif()

    # Of this file, whichever directory included it.
    set(list_script
        "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/TidysockCmockaList.cmake")
    # One program may be registered several times, with other arguments each.
    get_target_property(n_times ${target} TIDYSOCK_N_DISCOVERED)
    if(NOT n_times)
        set(n_times "")
    endif()
    set(base "${CMAKE_CURRENT_BINARY_DIR}/${target}_tidysock${n_times}")
    math(EXPR n_times "0${n_times} + 1")
    set_target_properties(${target} PROPERTIES TIDYSOCK_N_DISCOVERED ${n_times})
    set(include "${base}_include.cmake")
    # Read by ctest, which has no configuration in its own scripts but one.
    string(CONCAT content
        "set(_tidysock_program [==[$<TARGET_FILE:${target}>]==])\n"
        "set(_tidysock_target [==[${target}]==])\n"
        "set(_tidysock_prefix [==[${arg_PREFIX}]==])\n"
        "set(_tidysock_timeout [==[${arg_TIMEOUT}]==])\n"
        "set(_tidysock_directory [==[${arg_WORKING_DIRECTORY}]==])\n"
        "set(_tidysock_launcher [==[${arg_LAUNCHER}]==])\n"
        "set(_tidysock_arguments [==[${arg_ARGUMENTS}]==])\n"
        "set(_tidysock_properties [==[${arg_PROPERTIES}]==])\n"
        "set(_tidysock_cmake [==[${CMAKE_COMMAND}]==])\n"
        "set(_tidysock_base [==[${base}-$<CONFIG>]==])\n"
        "include([==[${list_script}]==])\n")
    file(GENERATE OUTPUT "${base}_include-$<CONFIG>.cmake" CONTENT "${content}")

    get_property(is_multi GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(is_multi)
        set(config "\${CTEST_CONFIGURATION_TYPE}")
    else()
        set(config "${CMAKE_BUILD_TYPE}")
    endif()
    file(WRITE "${include}"
        "include(\"${base}_include-${config}.cmake\" OPTIONAL)\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include}")
endfunction()
