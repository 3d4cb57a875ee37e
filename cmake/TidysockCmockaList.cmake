# SPDX-License-Identifier: MIT
#
# Included by ctest, once for each tidysock_discover_tests(), with the variables
# that that function has written: registers the tests of one program.

# A test that fails with a message: a program without tests is not a success.
function(_tidysock_add_complaint text)
    set(script "${_tidysock_base}_complaint.cmake")
    file(WRITE "${script}"
        "message([==[${text}]==])\nmessage(FATAL_ERROR \"no tests\")\n")
    add_test("${_tidysock_prefix}list" "${_tidysock_cmake}" -P "${script}")
endfunction()

function(_tidysock_list_tests)
    set(cache "${_tidysock_base}_names.txt")
    if(NOT EXISTS "${_tidysock_program}")
        _tidysock_add_complaint("${_tidysock_target} has not been built")
        return()
    endif()
    # True also if they are of one age, or if there is no cache yet.
    if("${_tidysock_program}" IS_NEWER_THAN "${cache}")
        execute_process(
            COMMAND ${_tidysock_launcher} "${_tidysock_program}"
                ${_tidysock_arguments} --list
            WORKING_DIRECTORY "${_tidysock_directory}"
            TIMEOUT 60
            OUTPUT_VARIABLE output
            ERROR_VARIABLE error
            RESULT_VARIABLE result)
        if(NOT result EQUAL 0)
            _tidysock_add_complaint(
                "${_tidysock_program} --list failed (${result}):\n${error}")
            return()
        endif()
        file(WRITE "${cache}" "${output}")
    endif()

    # Names hold brackets, e.g. test_echo[tcp], which CMake's lists take for
    # something of their own: go line by line.
    file(READ "${cache}" rest)
    set(n_tests 0)
    while(NOT rest STREQUAL "")
        string(FIND "${rest}" "\n" end)
        if(end EQUAL -1)
            set(name "${rest}")
            set(rest "")
        else()
            string(SUBSTRING "${rest}" 0 ${end} name)
            math(EXPR end "${end} + 1")
            string(SUBSTRING "${rest}" ${end} -1 rest)
        endif()
        if(name STREQUAL "")
            continue()
        endif()
        math(EXPR n_tests "${n_tests} + 1")
        _tidysock_add_test("${name}")
    endwhile()
    if(n_tests EQUAL 0)
        _tidysock_add_complaint("${_tidysock_program} --list names no test")
    endif()
endfunction()

function(_tidysock_add_test name)
    set(timeout "${_tidysock_timeout}")
    if(timeout STREQUAL "")
        set(timeout 60)
        if("$ENV{TIDYSOCK_TIMEOUT_MULTIPLIER}" MATCHES "^[1-9][0-9]*$")
            math(EXPR timeout "60 * $ENV{TIDYSOCK_TIMEOUT_MULTIPLIER}")
        endif()
    endif()
    set(test "${_tidysock_prefix}${name}")
    add_test("${test}"
        ${_tidysock_launcher} "${_tidysock_program}" ${_tidysock_arguments}
            --exact "${name}")
    set_tests_properties("${test}" PROPERTIES
        TIMEOUT "${timeout}"
        WORKING_DIRECTORY "${_tidysock_directory}"
        SKIP_RETURN_CODE 77
        ${_tidysock_properties})
endfunction()

_tidysock_list_tests()
