# Installs the program and `libsyncline`: the rooms base, crdt and capi in one static library, its public headers
# (include/syncline), and a CMake package, so that elsewhere
#
#   find_package(syncline REQUIRED)
#   target_link_libraries(app PRIVATE syncline::syncline)
#
# is all.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(objects)
foreach(room IN ITEMS base crdt capi)
  get_target_property(type syncline_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND objects $<TARGET_OBJECTS:syncline_${room}>)
  endif()
endforeach()
add_library(syncline_library STATIC ${objects})
add_library(syncline::syncline ALIAS syncline_library)
target_include_directories(syncline_library PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
set_target_properties(syncline_library PROPERTIES OUTPUT_NAME syncline EXPORT_NAME syncline LINKER_LANGUAGE CXX)
target_compile_features(syncline_library PUBLIC cxx_std_23)
target_link_libraries(syncline_library PRIVATE fmt::fmt)

install(TARGETS syncline_library EXPORT syncline COMPONENT library
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
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

if(TARGET syncline)
  install(TARGETS syncline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
