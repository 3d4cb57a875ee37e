# SPDX-License-Identifier: MIT
#
# The scenarios once more, in worlds: the same sources, with the adapter's
# options for worlds put before their first line. Those of which no test can be
# run in a world are left out.
add_custom_target(tidysock-worlds)
math(EXPR world_timeout "10 * ${test_timeout}")
foreach(source IN LISTS scenario_sources)
    cmake_path(GET source STEM name)
    string(REGEX REPLACE "^test_" "" name ${name})
    if(name MATCHES "^(clean_up_many|failing_steps_paths|foreign_process)$")
        continue()
    endif()
    set(target world-${name})
    add_executable(${target} ${source})
    tidysock_own_target(${target})
    add_dependencies(tidysock-worlds ${target})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/world)
    target_compile_options(${target} PRIVATE
        -include tidysock/adapters/cmocka_explore.h)
    # Before the helpers, which know the simulator without its interposition.
    target_link_libraries(${target} PRIVATE
        tidysock::sim scenario-helpers tidysock_test_helpers)
    tidysock_discover_tests(${target}
        PREFIX world.${name}.
        TIMEOUT ${world_timeout}
        LAUNCHER ${TIDYSOCK_TEST_LAUNCHER}
        ARGUMENTS --seeds ${TIDYSOCK_WORLD_SEEDS} --profile both
        PROPERTIES ENVIRONMENT ${test_environment})

    # And explored: what allows for faults, in every schedule of so many departures
    # and one fault; the others without faults, where there is time for it.
    set(words "departures=${TIDYSOCK_EXPLORE_DEPARTURES} jobs=1")
    if(name STREQUAL endings)
        string(APPEND words " faults=1 kinds=all complete=1")
    elseif(name MATCHES "^(clean_up|clean_up_callbacks|ops|story)$" AND
            TIDYSOCK_EXPLORE_DEPARTURES GREATER 1)
        string(APPEND words " strategy=depth schedules=20000 seconds=5")
    else()
        continue()
    endif()
    tidysock_discover_tests(${target}
        PREFIX explored.${name}.
        TIMEOUT ${world_timeout}
        LAUNCHER ${TIDYSOCK_TEST_LAUNCHER}
        ARGUMENTS --profile both "--explore=${words}"
        PROPERTIES ENVIRONMENT ${test_environment})
endforeach()
