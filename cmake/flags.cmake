# Compiler and linker flags of everything in this tree, as one interface target (`syncline_flags`) for what is
# per target and as directory options for what must be the same everywhere (sanitizers, linker).

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(syncline_flags INTERFACE)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wpedantic>
                    # What a designated initialiser leaves out has its default: that is why it is used.
                    $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
if(SYNCLINE_WERROR)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of these in correct code once it has inlined the standard library or added a sanitizer.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
  foreach(warning IN ITEMS maybe-uninitialized array-bounds stringop-overflow stringop-overread nonnull
                           null-dereference dangling-pointer)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-error=${warning}>)
  endforeach()
else()
  # std::stable_sort of libstdc++ 12 uses what clang 19 calls deprecated; g++ still reports our own uses.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>)
endif()

if(SYNCLINE_SLOW_CHECKS)
  target_compile_definitions(syncline_flags INTERFACE SYNCLINE_SLOW_CHECKS=1)
endif()

if(SYNCLINE_MUTATIONS)
  target_compile_definitions(syncline_flags INTERFACE SYNCLINE_MUTATIONS=1)
endif()

# Sanitizers reach every object, so that no report is missed at a seam. Fuzzers are built of the same objects as
# the tests: the counters of coverage cost little, a second build of everything would cost much.
if(SYNCLINE_SANITIZE)
  add_compile_options(-fsanitize=${SYNCLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SYNCLINE_SANITIZE})
endif()
if(SYNCLINE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR NOT SYNCLINE_SANITIZE)
    message(FATAL_ERROR "SYNCLINE_FUZZ needs clang and sanitizers: use the preset `asan`")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(SYNCLINE_MOLD mold)
if(SYNCLINE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(SYNCLINE_CCACHE ccache)
if(SYNCLINE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SYNCLINE_CCACHE})
endif()
