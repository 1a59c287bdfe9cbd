# Part of `cmake --install` (cmake/install.cmake): completions, which the program writes itself, and the unit.

function(completion shell file)
  execute_process(COMMAND ${BUILD}/syncline completions ${shell}
    OUTPUT_FILE ${BUILD}/package/${shell}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(MAKE_DIRECTORY ${BUILD}/package/bash ${BUILD}/package/zsh ${BUILD}/package/fish)
completion(bash syncline)
completion(zsh _syncline)
completion(fish syncline.fish)
set(data ${CMAKE_INSTALL_PREFIX}/${DATADIR})
file(INSTALL ${BUILD}/package/bash/syncline DESTINATION ${data}/bash-completion/completions)
file(INSTALL ${BUILD}/package/zsh/_syncline DESTINATION ${data}/zsh/site-functions)
file(INSTALL ${BUILD}/package/fish/syncline.fish DESTINATION ${data}/fish/vendor_completions.d)

set(PROGRAM ${CMAKE_INSTALL_PREFIX}/${BINDIR}/syncline)
configure_file(${SOURCE}/packaging/systemd/syncline.service.in ${BUILD}/package/syncline.service @ONLY)
file(INSTALL ${BUILD}/package/syncline.service DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
