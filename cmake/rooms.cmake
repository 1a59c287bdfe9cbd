# The rooms of src/, bottom up: the one place where their order and their dependencies are written.
# A room may include the rooms it depends on, directly or through them, and no others;
# tests/house/check_includes.py reads this file and holds the sources to it.
#
# One call a room, on one line or several; THREADS marks rooms whose tests also run under ThreadSanitizer, SLOW_TESTS
# those whose tests compute for seconds, APART names sources that are compiled by themselves in every build.

# Signatures alone need OpenSSL, which users of `libsyncline` do not have to link.
syncline_room(base LIBS OpenSSL::Crypto fmt::fmt APART ed25519.cpp)
syncline_room(http DEPENDS base)
syncline_room(observe DEPENDS base)
syncline_room(diff DEPENDS base)
syncline_room(crdt SLOW_TESTS DEPENDS base)
syncline_room(capi DEPENDS crdt)
# Tokens are JSON, which `crdt` reads.
syncline_room(jose DEPENDS crdt LIBS OpenSSL::Crypto)
syncline_room(forms DEPENDS crdt diff LIBS PkgConfig::CMARK cmark-gfm-extensions PkgConfig::GUMBO)
syncline_room(merge SLOW_TESTS DEPENDS forms diff)
syncline_room(streams DEPENDS merge)
syncline_room(log DEPENDS base)
syncline_room(store DEPENDS log)
syncline_room(state DEPENDS merge log)
syncline_room(cedar DEPENDS base)
syncline_room(identity DEPENDS log jose LIBS PkgConfig::UTF8PROC)
syncline_room(limits DEPENDS identity)
syncline_room(policy DEPENDS merge limits cedar)
syncline_room(workspace SLOW_TESTS DEPENDS state policy observe TESTS_USE store)
syncline_room(protocol DEPENDS streams log)
syncline_room(migrate DEPENDS protocol)
syncline_room(session DEPENDS workspace protocol TESTS_USE store)
# Webhooks: the log, told to receivers elsewhere.
syncline_room(hooks DEPENDS session TESTS_USE store)
syncline_room(node DEPENDS hooks http TESTS_USE store)
syncline_room(api DEPENDS node TESTS_USE store)
syncline_room(sim SLOW_TESTS DEPENDS api store)
syncline_room(backend THREADS DEPENDS api store
  LIBS Boost::headers OpenSSL::SSL RocksDB::rocksdb-shared spdlog::spdlog PkgConfig::ZSTD PkgConfig::SODIUM
       leveldb::leveldb PkgConfig::SQLITE Threads::Threads syncline::web_assets)
# `make soak` runs its tests under ThreadSanitizer: the threads of a server are those of `backend`.
syncline_room(cli DEPENDS sim backend migrate LIBS CLI11::CLI11 nlohmann_json::nlohmann_json fmt::fmt)
