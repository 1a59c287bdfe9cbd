# cmake -DDIST=<folder, or empty> -DEXTRA=<file> -DOUT=<folder> -P embed_files.cmake
#
# Writes OUT/bodies.S, which pulls in every file of DIST, and EXTRA, byte for byte (.incbin: a megabyte costs
# milliseconds, where a C array costs seconds), and OUT/table.cpp, which describes them.

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "${type_js}")
set(type_json "application/json")
set(type_map "application/json")
set(type_webmanifest "application/manifest+json")
set(type_svg "image/svg+xml")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_wasm "application/wasm")
set(type_woff2 "font/woff2")
set(type_txt "text/plain; charset=utf-8")

set(files)
if(DIST)
  file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
endif()
cmake_path(GET EXTRA FILENAME extra)
list(APPEND files ${extra})
list(SORT files COMPARE STRING)

set(bodies "        .section .rodata\n")
set(symbols "")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  set(source ${DIST}/${file})
  if(file STREQUAL extra)
    set(source ${EXTRA})
  endif()
  file(SHA256 ${source} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  cmake_path(GET file EXTENSION LAST_ONLY extension)
  string(REGEX REPLACE "^\\." "" extension "${extension}")
  set(type "application/octet-stream")
  if(DEFINED type_${extension})
    set(type "${type_${extension}}")
  endif()
  set(symbol syncline_web_asset_${index})
  # The hash is there so that this file changes, and is assembled again, when the content does.
  string(APPEND bodies "        .balign 16\n        .globl ${symbol}, ${symbol}_end\n"
    "${symbol}:  // ${hash}\n        .incbin \"${source}\"\n${symbol}_end:\n        .byte 0\n")
  string(APPEND symbols "extern const std::uint8_t ${symbol}[];\nextern const std::uint8_t ${symbol}_end[];\n")
  string(APPEND rows "      http::Asset{\"/${file}\", \"${type}\", \"\\\"${hash}\\\"\", ByteView(${symbol}, ${symbol}_end)},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND bodies "        .section .note.GNU-stack,\"\",%progbits\n")

file(WRITE ${OUT}/bodies.S "${bodies}")
file(WRITE ${OUT}/table.cpp "// Written by cmake/embed_files.cmake.
#include <array>
#include <cstdint>

#include \"backend/web/assets.h\"

extern \"C\" {
${symbols}}

namespace syncline::backend {

std::span<const http::Asset> web_assets() {
  static const std::array<http::Asset, ${index}> table{{
${rows}  }};
  return table;
}

}  // namespace syncline::backend
")
