# What `cmake --install` copies, in two components:
#
#   program  the server: binary, manual pages, completions for shells, a unit for systemd, an example of its settings
#   library  `libsyncline`: the rooms base, crdt and capi, in one static and one shared library, with the public headers
#            (include/syncline), a CMake package and a file for pkg-config, so that elsewhere
#
#              find_package(syncline REQUIRED)
#              target_link_libraries(app PRIVATE syncline::syncline)     # or syncline::shared
#
#            is all.
#
# The target `installable` builds all of it; `make run` does.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(objects)
foreach(room IN ITEMS base crdt capi)
  get_target_property(type syncline_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND objects $<TARGET_OBJECTS:syncline_${room}>)
  endif()
endforeach()

function(syncline_public_library name exported)
  add_library(syncline::${exported} ALIAS ${name})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  set_target_properties(${name} PROPERTIES OUTPUT_NAME syncline EXPORT_NAME ${exported} LINKER_LANGUAGE CXX)
  target_compile_features(${name} PUBLIC cxx_std_23)
  target_link_libraries(${name} PRIVATE fmt::fmt)
endfunction()

add_library(syncline_library STATIC ${objects})
syncline_public_library(syncline_library syncline)

# Signatures alone need OpenSSL, and nothing else in the library uses them (cmake/rooms.cmake): they are left out here, and
# the linker says if that is no longer so.
add_library(syncline_shared SHARED "$<FILTER:${objects},EXCLUDE,/ed25519\\.cpp>")
syncline_public_library(syncline_shared shared)
set_target_properties(syncline_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
if(SYNCLINE_SANITIZE)
  set_target_properties(syncline_shared PROPERTIES EXCLUDE_FROM_ALL ON)
else()
  target_link_options(syncline_shared PRIVATE -Wl,-z,defs)
endif()

add_custom_target(installable DEPENDS syncline_library syncline_shared)
if(TARGET syncline)
  add_dependencies(installable syncline)
endif()

install(TARGETS syncline_library syncline_shared EXPORT syncline
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/syncline DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library
  FILES_MATCHING PATTERN *.h)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/syncline)
install(EXPORT syncline NAMESPACE syncline:: DESTINATION ${package} FILE syncline-targets.cmake COMPONENT library)
file(WRITE ${PROJECT_BINARY_DIR}/package/syncline-config.cmake "include(CMakeFindDependencyMacro)
find_dependency(fmt)
include(\${CMAKE_CURRENT_LIST_DIR}/syncline-targets.cmake)
")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/syncline-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/syncline-config.cmake
  ${PROJECT_BINARY_DIR}/package/syncline-config-version.cmake DESTINATION ${package} COMPONENT library)

# The prefix of an installation is known when it is installed, so files that name it are made then.
set(installed "set(SOURCE ${PROJECT_SOURCE_DIR})
set(BUILD ${PROJECT_BINARY_DIR})
set(VERSION ${PROJECT_VERSION})
set(BINDIR ${CMAKE_INSTALL_BINDIR})
set(LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
set(DATADIR ${CMAKE_INSTALL_DATADIR})
")
install(CODE "${installed}" COMPONENT library)
install(SCRIPT cmake/install_library.cmake COMPONENT library)
if(TARGET syncline)
  install(TARGETS syncline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  file(GLOB manual CONFIGURE_DEPENDS docs/cli/*.1)
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES packaging/syncline.toml DESTINATION ${CMAKE_INSTALL_DATADIR}/syncline COMPONENT program)
  install(CODE "${installed}" COMPONENT program)
  install(SCRIPT cmake/install_program.cmake COMPONENT program)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
