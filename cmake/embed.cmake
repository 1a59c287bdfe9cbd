# web/ -> npm -> web/dist -> syncline_web_assets, a library that holds the table of src/backend/web/assets.h;
# with it docs/openapi.json.
#
# With SYNCLINE_WEB off, or no npm, or no web/, there is no page and the rest builds as ever.

set(web ${PROJECT_SOURCE_DIR}/web)
set(out ${PROJECT_BINARY_DIR}/web_assets)
find_program(SYNCLINE_NPM npm)
if(SYNCLINE_WEB AND NOT SYNCLINE_NPM)
  message(WARNING "npm is missing: the binary will have no web page (scripts/install-deps.sh installs it)")
endif()

set(dist)
set(dist_stamp)
file(GLOB page CONFIGURE_DEPENDS ${web}/index.html)
if(SYNCLINE_WEB AND SYNCLINE_NPM AND page)
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  file(GLOB web_config CONFIGURE_DEPENDS ${web}/*.html ${web}/*.json ${web}/*.js ${web}/*.ts ${web}/*.mjs)
  set(dist ${web}/dist)
  set(dist_stamp ${PROJECT_BINARY_DIR}/web.stamp)
  add_custom_command(
    OUTPUT ${dist_stamp}
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-web.sh
    COMMAND ${CMAKE_COMMAND} -E touch ${dist_stamp}
    DEPENDS ${PROJECT_SOURCE_DIR}/scripts/build-web.sh ${web_sources} ${web_config}
    COMMENT "Building the web page"
    VERBATIM)
endif()

add_custom_command(
  OUTPUT ${out}/table.cpp ${out}/bodies.S
  COMMAND ${CMAKE_COMMAND} -DDIST=${dist} -DEXTRA=${PROJECT_SOURCE_DIR}/docs/openapi.json -DOUT=${out} -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
  DEPENDS ${dist_stamp} ${PROJECT_SOURCE_DIR}/docs/openapi.json ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
  COMMENT "Embedding the web page and the description of the API"
  VERBATIM)
add_library(syncline_web_assets STATIC ${out}/table.cpp ${out}/bodies.S)
add_library(syncline::web_assets ALIAS syncline_web_assets)
target_include_directories(syncline_web_assets PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
