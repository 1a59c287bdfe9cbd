#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>

#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/actor_conformance.h"
#include "log/directory_conformance.h"
#include "log/event_log_conformance.h"
#include "log/file_conformance.h"
#include "log/waiting_conformance.h"

namespace syncline::testing {
namespace {

struct RocksDbFixture {
  TempDir dir;
  std::unique_ptr<backend::RocksDbStore> store = open_store(dir.path());

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store->open_loop(loop); }
  void restart() {
    store.reset();
    store = open_store(dir.path());
  }
  std::size_t chunks() const {
    const auto begin = std::filesystem::directory_iterator(dir.path() + "/files");
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
  }
};

// Every snapshot is a file of its own.
struct RocksDbApartFixture {
  TempDir dir;
  std::unique_ptr<backend::RocksDbStore> store = open_again();

  std::unique_ptr<backend::RocksDbStore> open_again() {
    auto options = store_options(dir.path());
    options.inline_snapshot_bytes = 0;
    return backend::RocksDbStore::open(options).value();
  }
  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store->open_loop(loop); }
  void restart() {
    store.reset();
    store = open_again();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(RocksDb, EventLogConformance, RocksDbFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(RocksDbApart, EventLogConformance, RocksDbApartFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(RocksDb, FileConformance, RocksDbFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(RocksDb, WaitingConformance, RocksDbFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(RocksDb, ActorConformance, RocksDbFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(RocksDb, DirectoryConformance, RocksDbFixture);

}  // namespace
}  // namespace syncline::testing
