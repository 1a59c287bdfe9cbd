// How much is read to know that the newest events of an object are those that the log holds.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "backend/store/database.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "store/reads.h"

namespace syncline::testing {
namespace {

namespace db = backend::store;
using syncline::store::Cursor;
using syncline::store::Family;
using syncline::store::Tables;

struct Counts {
  std::size_t records = 0;       // events that were looked at
  std::size_t copied_bytes = 0;  // of events
};

// Counts what is read of the events.
class CountingCursor final : public Cursor {
 public:
  CountingCursor(std::unique_ptr<Cursor> cursor, std::size_t& records)
      : cursor_(std::move(cursor)), records_(records) {}
  void seek(std::string_view key) override { cursor_->seek(key); }
  void seek_for_prev(std::string_view key) override { cursor_->seek_for_prev(key); }
  void next() override { cursor_->next(); }
  bool valid() const override { return cursor_->valid(); }
  std::string_view key() const override { return cursor_->key(); }
  std::string_view value() const override {
    if (const auto key = std::string(cursor_->key()); key != seen_) {
      seen_ = key;
      ++records_;
    }
    return cursor_->value();
  }
  Result<void> status() const override { return cursor_->status(); }

 private:
  std::unique_ptr<Cursor> cursor_;
  std::size_t& records_;
  mutable std::string seen_;
};

class CountingTables final : public Tables {
 public:
  CountingTables(const Tables& tables, Counts& counts) : tables_(tables), counts_(counts) {}
  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    auto value = tables_.get(family, key);
    if (family == Family::kEvents && value && *value) {
      ++counts_.records;
      counts_.copied_bytes += (*value)->size();
    }
    return value;
  }
  std::unique_ptr<Cursor> cursor(Family family, std::string_view end) const override {
    auto cursor = tables_.cursor(family, end);
    if (family != Family::kEvents) return cursor;
    return std::make_unique<CountingCursor>(std::move(cursor), counts_.records);
  }

 private:
  const Tables& tables_;
  Counts& counts_;
};

class LeafCheckCost : public ::testing::Test {
 protected:
  // Event after event, of the objects in turn.
  void fill(int count, const std::vector<std::pair<std::string, std::size_t>>& objects) {
    auto opened = open_store(dir_.path());
    ASSERT_TRUE(opened);
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    for (int i = 0; i < count; ++i) {
      const auto& [object, bytes] = objects[static_cast<std::size_t>(i) % objects.size()];
      ASSERT_TRUE(log.add("w", sample_event(object, std::to_string(i), bytes)));
    }
  }

  // Reads the events of an object.
  Counts read(const std::string& object, std::size_t events,
              std::size_t limit = log::ReadLimits{}.max_events) {
    Counts counts;
    const auto database = db::open_database(db::rocksdb_dir(dir_.path()),
                                            store_options(dir_.path()), db::OpenMode::kReadWrite);
    EXPECT_TRUE(database);
    const CountingTables tables(*database, counts);
    const auto read =
        syncline::store::read_object_events(tables, "w", object, 0, {.max_events = limit});
    EXPECT_TRUE(read);
    EXPECT_EQ(read ? read->size() : 0, events);
    return counts;
  }

  TempDir dir_;
  TestLoop loop_;
};

TEST_F(LeafCheckCost, EventsThatFollowEachOtherAreReadOnce) {
  fill(100, {{"a", 100}});
  const Counts counts = read("a", 100);
  EXPECT_EQ(counts.records, 100u);
  EXPECT_EQ(counts.copied_bytes, 0u);
}

TEST_F(LeafCheckCost, OfWhatFollowsAPageIsReadOne) {
  fill(100, {{"a", 100}});
  EXPECT_LE(read("a", 10, 10).records, 12u);
}

TEST_F(LeafCheckCost, NeighboursAreNotCopied) {
  fill(40, {{"small", 100}, {"large", 100'000}});
  const Counts counts = read("small", 20);
  EXPECT_EQ(counts.records, 40u);
  EXPECT_EQ(counts.copied_bytes, 0u);
}

}  // namespace
}  // namespace syncline::testing
