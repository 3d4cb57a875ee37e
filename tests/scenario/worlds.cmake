# SPDX-License-Identifier: MIT
#
# The scenarios once more, in worlds: the same sources, with the adapter's
# options for worlds put before their first line.
foreach(source IN LISTS scenario_sources)
    cmake_path(GET source STEM name)
    set(target world-${name})
    add_executable(${target} ${source})
    tidysock_own_target(${target})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/world)
    target_compile_options(${target} PRIVATE
        -include tidysock/adapters/cmocka_world.h)
    # Before the helpers, which know the simulator without its interposition.
    target_link_libraries(${target} PRIVATE
        tidysock::sim scenario-helpers tidysock_test_helpers)
endforeach()
