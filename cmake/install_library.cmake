# Part of `cmake --install` (cmake/install.cmake): what pkg-config reads.

file(CONFIGURE OUTPUT ${BUILD}/package/syncline.pc @ONLY CONTENT [=[
prefix=@CMAKE_INSTALL_PREFIX@
includedir=${prefix}/@INCLUDEDIR@
libdir=${prefix}/@LIBDIR@

Name: libsyncline
Description: Yjs-compatible documents in C++23, with a C API
Version: @VERSION@
Requires.private: fmt
Libs: -L${libdir} -lsyncline
Cflags: -I${includedir}
]=])
file(INSTALL ${BUILD}/package/syncline.pc DESTINATION ${CMAKE_INSTALL_PREFIX}/${LIBDIR}/pkgconfig)
