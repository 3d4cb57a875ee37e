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
endforeach()
