# Libraries from the system; scripts/install-deps.sh installs their packages.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED)
find_package(RocksDB REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
# The extensions of cmark-gfm come without a description of their own.
pkg_check_modules(CMARK REQUIRED IMPORTED_TARGET libcmark-gfm)
pkg_check_modules(GUMBO REQUIRED IMPORTED_TARGET gumbo)
# The stores of other servers, which an import reads.
find_package(leveldb REQUIRED CONFIG)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

if(SYNCLINE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
