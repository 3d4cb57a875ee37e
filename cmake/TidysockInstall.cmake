# SPDX-License-Identifier: MIT
#
# Headers, libraries, the command, a .pc for each library, and the CMake package.
# Each library has an export file of its own: only the static one asks for libuv
# at its user's.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidysock)

install(DIRECTORY include/tidysock
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")

if(TIDYSOCK_SHARED)
    install(TARGETS tidysock EXPORT tidysock-shared-targets)
    install(EXPORT tidysock-shared-targets
        DESTINATION ${package_dir} NAMESPACE tidysock::)
    install(TARGETS tidysock_sim EXPORT tidysock-sim-targets)
    install(EXPORT tidysock-sim-targets
        DESTINATION ${package_dir} NAMESPACE tidysock::)
    install(TARGETS tidysock_command)
endif()
if(TIDYSOCK_STATIC)
    install(TARGETS tidysock_static EXPORT tidysock-static-targets)
    install(EXPORT tidysock-static-targets
        DESTINATION ${package_dir} NAMESPACE tidysock::)
endif()
install(FILES ${PROJECT_BINARY_DIR}/src/sim/libtidysock-sim.o
    DESTINATION ${CMAKE_INSTALL_LIBDIR})

configure_package_config_file(
    cmake/tidysock-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/tidysock-config.cmake
    INSTALL_DESTINATION ${package_dir}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/tidysock-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/tidysock-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/tidysock-config-version.cmake
    cmake/TidysockCmocka.cmake
    cmake/TidysockCmockaList.cmake
    DESTINATION ${package_dir})

# A .pc finds its prefix from where it lies, so that a tree below DESTDIR, or
# moved elsewhere, works.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR is_libdir_absolute)
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_INCLUDEDIR is_includedir_absolute)
if(is_libdir_absolute OR is_includedir_absolute)
    set(pc_prefix ${CMAKE_INSTALL_PREFIX})
    set(pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
    set(pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
    file(RELATIVE_PATH pc_prefix
        /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
    set(pc_prefix "\${pcfiledir}/${pc_prefix}")
    set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
foreach(name IN ITEMS tidysock tidysock-sim)
    configure_file(cmake/${name}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
