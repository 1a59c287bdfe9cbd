# `syncline_portable`: the same program, of the same objects, that needs no library but glibc (2.36 or later). Everything
# else is in it, as static libraries of Debian: for the tarball, the image and the npm package. The Debian package has the other
# program, which gets security updates of its libraries from Debian.

if(NOT TARGET syncline OR SYNCLINE_SANITIZE)
  return()
endif()

# find_library(<variable> lib<name>.a): each is listed with its package in packaging/portable/libraries.txt, which says whose
# licences go along.
file(STRINGS packaging/portable/libraries.txt lines REGEX "^[a-z]")
set(archives)
foreach(line IN LISTS lines)
  string(REGEX REPLACE " .*" "" name "${line}")
  find_library(SYNCLINE_STATIC_${name} lib${name}.a)
  if(NOT SYNCLINE_STATIC_${name})
    message(STATUS "lib${name}.a is missing: there is no target syncline_portable")
    return()
  endif()
  list(APPEND archives ${SYNCLINE_STATIC_${name}})
endforeach()

get_property(rooms GLOBAL PROPERTY SYNCLINE_ROOMS)
set(room_archives)
add_executable(syncline_portable EXCLUDE_FROM_ALL src/cli/main.cpp packaging/portable/fmt.cpp)
foreach(room IN LISTS rooms)
  get_target_property(type syncline_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    add_dependencies(syncline_portable syncline_${room})
    list(APPEND room_archives $<TARGET_FILE:syncline_${room}>)
  endif()
endforeach()
target_include_directories(syncline_portable PRIVATE src include)
# Files, not targets: targets would bring their shared libraries along.
target_link_libraries(syncline_portable PRIVATE -Wl,--start-group ${room_archives} $<TARGET_FILE:syncline_web_assets>
  ${archives} -Wl,--end-group -static-libstdc++ -static-libgcc -pthread -ldl -lm)
add_dependencies(syncline_portable syncline_web_assets)
set_target_properties(syncline_portable PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/portable OUTPUT_NAME syncline)
add_custom_command(TARGET syncline_portable POST_BUILD
  COMMAND ${CMAKE_STRIP} --strip-debug --strip-unneeded $<TARGET_FILE:syncline_portable> VERBATIM)
