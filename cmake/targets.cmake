# How a folder becomes targets. Files are globbed, so adding one needs no edit here.

# syncline_room(<name> [THREADS] [SLOW_TESTS] [DEPENDS room...] [LIBS target...] [APART source...] [TESTS_USE room...])
#
# src/<name>/**/*.cpp -> static library syncline_<name>, alias syncline::<name>; an interface library while
# the folder holds no .cpp. tests/<name>/**/*.cpp -> executable test_<name>, every test of it known to ctest.
# TESTS_USE: rooms that the tests need beside the room itself, such as a store to run it over.
function(syncline_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "THREADS;SLOW_TESTS" "" "DEPENDS;LIBS;APART;TESTS_USE")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
  list(TRANSFORM ROOM_DEPENDS PREPEND syncline::)

  if(sources)
    add_library(syncline_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(syncline_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(syncline::${name} ALIAS syncline_${name})
  target_include_directories(syncline_${name} ${scope} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(syncline_${name} ${scope} ${ROOM_DEPENDS} ${ROOM_LIBS} syncline_flags)
  if(sources AND name IN_LIST SYNCLINE_COLD_ROOMS)
    target_compile_options(syncline_${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O0>)
  endif()
  # What a room keeps apart from its other sources stays so where several are compiled as one (preset `unity`).
  list(TRANSFORM ROOM_APART PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  set_source_files_properties(${ROOM_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

  set_property(GLOBAL APPEND PROPERTY SYNCLINE_ROOMS ${name})
  set(label unit)
  if(ROOM_THREADS)
    set(label threads)
  endif()
  # Most tests cost more to compile than to run. The longest start first, so that no core waits for the last one. Those
  # labelled `threads` often wait, so they leave their core to others. (A unit of COST is about a second; suites that
  # are not of a room have costs of their own.)
  set(cost 0)
  if(ROOM_SLOW_TESTS)
    set(cost 3)
  elseif(ROOM_THREADS)
    set(cost 1)
  endif()
  list(TRANSFORM ROOM_TESTS_USE PREPEND syncline::)
  syncline_unit_tests(${name} ${label} ${cost} ${ROOM_TESTS_USE})
  if(TARGET test_${name})
    target_compile_options(test_${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${SYNCLINE_TEST_FLAGS}>")
  endif()
endfunction()

add_custom_target(unit_tests)    # the tests of all rooms
add_custom_target(thread_tests)  # those labelled `threads`

# The tests of one room, linked with what follows the cost. Label `unit`, or `threads` for those that ThreadSanitizer
# should see as well. `cost` as ctest's COST. With SYNCLINE_UNIT_TESTS_APART, a whole build leaves them out, and the
# target `unit_tests` builds them.
function(syncline_unit_tests name label cost)
  if(NOT SYNCLINE_TESTS)
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  if(SYNCLINE_UNIT_TESTS_APART)
    set_target_properties(test_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${name} PRIVATE SYNCLINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test_${name} PRIVATE syncline::${name} ${ARGN} GTest::gtest_main GTest::gmock)
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_dependencies(unit_tests test_${name})
  if(label STREQUAL "threads")
    add_dependencies(thread_tests test_${name})
  endif()
  gtest_discover_tests(test_${name}
    TEST_PREFIX ${name}.
    # So are named the bodies of child processes that tests start themselves.
    TEST_FILTER -*.DISABLED_*
    DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    PROPERTIES TIMEOUT ${SYNCLINE_TEST_TIMEOUT} LABELS ${label} COST ${cost})
endfunction()

# syncline_programs(<folder> <pattern> [LIBS target...]): every matching file is a program of its own, linked
# with all rooms (static libraries: only what it uses ends up in it). Sets SYNCLINE_PROGRAMS in the caller.
function(syncline_programs folder pattern)
  cmake_parse_arguments(PARSE_ARGV 2 PROGRAM "" "" "LIBS")
  get_property(rooms GLOBAL PROPERTY SYNCLINE_ROOMS)
  list(TRANSFORM rooms PREPEND syncline::)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/${pattern})
  set(programs)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM program)
    add_executable(${program} ${source})
    target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${program} PRIVATE ${rooms} ${PROGRAM_LIBS})
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    list(APPEND programs ${program})
  endforeach()
  set(SYNCLINE_PROGRAMS ${programs} PARENT_SCOPE)
endfunction()
