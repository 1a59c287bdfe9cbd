// What the past of a long document costs, on disk: the bounds of state/object_replay.h, with figures.
//
//   SYNCLINE_HISTORY_EVENTS=1000000 build/release/tests/test_backend --gtest_filter='HistoryScale*'
//
// prints them for a million keystrokes; the test by itself takes fewer. Times are printed, not judged.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "merge/effect_codec.h"
#include "node/known_types.h"
#include "state/object_cache.h"
#include "syncline/crdt/doc.h"

namespace syncline::testing {
namespace {

constexpr std::size_t kBatch = 500;

std::size_t wanted_events() {
  const char* text = std::getenv("SYNCLINE_HISTORY_EVENTS");
  return text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
}

// Somebody who types, goes back now and then, and sometimes elsewhere.
class Writer {
 public:
  Writer() : doc_({.client_id = 77}), text_(doc_.text("content")) {
    doc_.on_update([this](const crdt::UpdateEvent& event) { last_ = to_bytes(event.update()); });
  }

  Bytes next() {
    const std::uint32_t length = text_.length();
    if (dice_() % 40 == 0) place_ = dice_() % (length + 1);
    place_ = std::min(place_, length);
    if (place_ > 0 && dice_() % 6 == 0) {
      EXPECT_TRUE(text_.erase(--place_, 1));
    } else {
      EXPECT_TRUE(text_.insert(place_++, std::string(1, 'a' + dice_() % 26)));
    }
    return last_;
  }

  Bytes insert(std::uint32_t place, std::string_view text) {
    EXPECT_TRUE(text_.insert(place, text));
    return last_;
  }
  Bytes erase(std::uint32_t place, std::uint32_t length) {
    EXPECT_TRUE(text_.erase(place, length));
    return last_;
  }
  std::uint32_t length() const { return text_.length(); }

 private:
  crdt::Doc doc_;
  crdt::Text text_;
  Bytes last_;
  std::mt19937 dice_{1};
  std::uint32_t place_ = 0;
};

// Writes as a workspace does: applied to the object in memory, appended, snapshots when they are due.
class Scribe {
 public:
  Scribe(log::LoopStore& store, TestLoop& loop, state::CacheLimits limits = {})
      : store_(store), loop_(loop), cache_({store, node::known_types()}, limits) {
    open();
  }

  void open() {
    resident_ = await<state::Resident*>(loop_, [&](auto done) {
                  cache_.acquire("w", "o", std::move(done));
                }).value();
  }

  void write(Bytes intent) {
    log::Event event;
    event.principal = "anna";
    event.actor = "0123456789abcdef";
    event.actor_seq = ++written_;
    event.object = "o";
    event.type = "doc";
    event.effect = merge::encode_effect(resident_->object().prepare(intent)->effect);
    event.intent = std::move(intent);
    auto sealed = chain_.seal(event, loop_.unix_ms());
    ASSERT_TRUE(sealed);
    ASSERT_TRUE(resident_->object().apply(event.intent));
    log_bytes += sealed->record.size();
    cache_.applied(*resident_, event.position, sealed->record.size());
    batch_.push_back(std::move(*sealed));
    if (batch_.size() == kBatch) flush();
  }

  // Lets go of the object, which must not fit into the budget. Gives what was written then.
  std::uint64_t evict() {
    flush();
    const std::uint64_t before = cache_.counters().snapshot_bytes;
    cache_.release(*std::exchange(resident_, nullptr));
    EXPECT_EQ(cache_.residents(), 0u);
    return cache_.counters().snapshot_bytes - before;
  }

  const merge::Object& object() const { return resident_->object(); }
  std::uint64_t snapshots() const { return cache_.counters().snapshots; }

  void flush() {
    if (batch_.empty()) return;
    const log::Position after = written_ - batch_.size();
    auto appended = await<log::Appended>(loop_, [&](auto done) {
      store_.events().append("w", {.events = std::exchange(batch_, {}), .after = after},
                             std::move(done));
    });
    ASSERT_TRUE(appended) << appended.error().message;
    cache_.durable(*resident_, written_);
    if (cache_.milestone_due(*resident_))
      cache_.store_milestone(
          "w", resident_->id(),
          cache_.take_up_milestone(*resident_,
                                   state::ObjectCache::make_milestone(resident_->object())));
  }

  std::string json() const { return resident_->object().to_json(); }

  std::uint64_t log_bytes = 0;

 private:
  log::LoopStore& store_;
  TestLoop& loop_;
  state::ObjectCache cache_;
  state::Resident* resident_ = nullptr;
  TestChain chain_{log::Head{}};
  std::vector<log::EncodedEvent> batch_;
  std::uint64_t written_ = 0;
};

TEST(HistoryScale, EveryMomentIsNear) {
  const std::size_t events = wanted_events() / kBatch * kBatch;
  const TempDir dir;
  TestLoop loop;
  auto store = open_store(dir.path());
  const auto raw = store->open_loop(loop);
  BlockingLog log(*raw, loop);
  Scribe scribe(*raw, loop);
  Writer writer;
  for (std::size_t i = 0; i < events; ++i) scribe.write(writer.next());
  // A thread of low priority writes the large ones.
  for (int i = 0; i < 10'000 && store->counters().queued_snapshots > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_EQ(store->counters().queued_snapshots, 0u);

  std::uint64_t snapshot_bytes = 0;
  std::size_t snapshots = 0;
  for (log::Position at = log::kNow; at > 0;) {
    const auto found = log.load_snapshot("w", "o", at).value();
    if (!found) break;
    ++snapshots;
    snapshot_bytes += found->bytes.size();
    at = found->position - 1;
  }
  EXPECT_LT(snapshot_bytes, 2 * scribe.log_bytes);
  EXPECT_GT(snapshots, 3u);

  std::mt19937 dice(9);
  std::uint32_t longest = 0;
  double slowest_ms = 0;
  double slowest_cpu_ms = 0;
  for (int i = 0; i < 60; ++i) {
    const log::Position at = i == 0 ? events : 1 + dice() % events;
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    const auto replayed = await<state::ReplayedObject>(loop, [&](auto done) {
      state::replay_object({*raw, node::known_types()}, "w", "o", at, std::move(done));
    });
    slowest_cpu_ms = std::max(slowest_cpu_ms, 1e3 * double(std::clock() - cpu) / CLOCKS_PER_SEC);
    slowest_ms =
        std::max(slowest_ms,
                 std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
                     .count());
    ASSERT_TRUE(replayed) << replayed.error().message;
    ASSERT_EQ(replayed->position, at);
    longest = std::max(longest, replayed->replayed_events);
    // A batch may end before the milestone that was due within it is written.
    const std::uint64_t bound =
        std::max<std::uint64_t>(state::kMilestoneMinBytes, replayed->snapshot_bytes) +
        (kBatch + 1) * 200;
    ASSERT_LE(replayed->bytes_since_milestone, bound);
    if (i == 0) {
      EXPECT_EQ(replayed->object->to_json(), scribe.json());
    }
  }
  fmt::print(
      "{} events, log {} bytes, {} snapshots of {} bytes in all ({:.2f} of the log); longest "
      "replay "
      "{} events; slowest of 60 opens {:.1f} ms, {:.1f} ms of CPU\n",
      events, scribe.log_bytes, snapshots, snapshot_bytes,
      double(snapshot_bytes) / double(scribe.log_bytes), longest, slowest_ms, slowest_cpu_ms);
}

// What is written when a large document is evicted that was edited a little since its milestone.
TEST(HistoryScale, AnEvictionWritesWhatChanged) {
  const TempDir dir;
  TestLoop loop;
  auto store = open_store(dir.path());
  const auto raw = store->open_loop(loop);
  Scribe scribe(*raw, loop, {.budget_bytes = 1});
  Writer writer;
  std::mt19937 dice(5);
  const std::uint32_t wanted = wanted_events() > 20'000 ? 8'000'000 : 300'000;
  std::string page;
  while (page.size() < 1000) page += "A sentence of some length, as people write them. ";
  for (std::uint64_t before = 0; writer.length() < wanted || scribe.snapshots() == before;) {
    if (writer.length() < wanted) before = scribe.snapshots();
    scribe.write(writer.insert(dice() % (writer.length() + 1), page));
    scribe.write(writer.erase(dice() % (writer.length() - 40), 1 + dice() % 40));
    scribe.flush();
  }
  constexpr int kEvictions = 10;
  std::uint64_t whole = 0;
  std::uint64_t written = 0;
  double cpu_ms = 0;
  for (int round = 0; round < kEvictions; ++round) {
    for (std::uint32_t i = 0; i < 40; ++i) scribe.write(writer.insert(1000 + i, "x"));
    scribe.flush();
    whole += scribe.object().snapshot().size();
    const std::string json = scribe.json();
    const std::clock_t cpu = std::clock();
    written += scribe.evict();
    cpu_ms += 1e3 * double(std::clock() - cpu) / CLOCKS_PER_SEC;
    scribe.open();
    ASSERT_EQ(scribe.json(), json);
  }
  fmt::print(
      "evicted {} times after 40 keystrokes: {} bytes written, whole states are {}; {:.2f} ms "
      "each\n",
      kEvictions, written, whole, cpu_ms / kEvictions);
  EXPECT_LT(written, whole / 50);
}

}  // namespace
}  // namespace syncline::testing
