# Installs the library of the build folder BUILD into a fresh prefix under WORK, then configures, builds and runs
# CONSUMER against that prefix alone, with the static and the shared library; and the EXAMPLES, of which one in C++ and one
# in C run. Then the program, if BUILD has one: it runs from its prefix, and its files are where others look for them.

file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGV}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component library)
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DWANTED_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK}/build)
foreach(consumer IN ITEMS consumer consumer_shared)
  run(${WORK}/build/${consumer})
  if(NOT output STREQUAL "syncline ${VERSION}\n")
    message(FATAL_ERROR "the ${consumer} printed: ${output}")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S ${EXAMPLES} -B ${WORK}/examples -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/examples --target example_hello_sync example_from_c)
run(${WORK}/examples/hello_sync)
run(${WORK}/examples/from_c)

if(EXISTS ${BUILD}/syncline)
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/program --component program)
  run(${WORK}/program/bin/syncline --version)
  if(NOT output STREQUAL "syncline ${VERSION}\n")
    message(FATAL_ERROR "the program printed: ${output}")
  endif()
  foreach(file IN ITEMS share/man/man1/syncline.1 share/bash-completion/completions/syncline
      share/zsh/site-functions/_syncline share/fish/vendor_completions.d/syncline.fish
      share/syncline/syncline.toml lib/systemd/system/syncline.service)
    file(SIZE ${WORK}/program/${file} size)
    if(size LESS 200)
      message(FATAL_ERROR "${file} has ${size} bytes")
    endif()
  endforeach()
  file(STRINGS ${WORK}/program/lib/systemd/system/syncline.service start REGEX "^ExecStart=")
  if(NOT start MATCHES "^ExecStart=${WORK}/program/bin/syncline ")
    message(FATAL_ERROR "the unit starts another program: ${start}")
  endif()
endif()
