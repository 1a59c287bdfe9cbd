// What an answer costs is bounded by what it answers, however much is stored.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "one_workspace.h"
#include "state/author_index.h"
#include "state/author_reading.h"
#include "state/blame.h"
#include "state/workspace_replay.h"

namespace syncline::state {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

ObjectPage states_after(TestWorld& world, const std::string& after) {
  return ask<ObjectPage>(world,
                         [&](auto done) {
                           replay_workspace(world.sources, "w", "", after, 100, log::kNow,
                                            std::move(done));
                         })
      .value();
}

TEST(AnswerBounds, APageOfStatesEndsBeforeItIsLarge) {
  TestWorld world;
  for (int i = 0; i < 6; ++i)
    submit(world, "o" + std::to_string(i), Typist(1).type(std::string(3 * kMiB / 2, 'x')));
  std::vector<std::string> seen;
  std::size_t pages = 0;
  std::string after;
  do {
    const ObjectPage page = states_after(world, after);
    std::size_t bytes = 0;
    for (const ObjectAt& object : page.objects) {
      seen.push_back(object.id);
      bytes += object.json.size();
    }
    EXPECT_LE(bytes, 6 * kMiB) << "4 MiB, and the object with which they were full";
    after = page.next;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"o0", "o1", "o2", "o3", "o4", "o5"}));
  EXPECT_EQ(pages, 2u);
}

// As JSON, a byte takes 14 times its room.
TEST(AnswerBounds, AStateThatWouldBeTooLargeAsJsonIsNotShownInAPage) {
  TestWorld world;
  Typist typist(1);
  Bytes update;
  typist.doc().on_update(
      [&](const crdt::UpdateEvent& event) { update = to_bytes(event.update()); });
  ASSERT_TRUE(typist.doc().map("m").set("binary", Bytes(3 * kMiB / 2, std::uint8_t{200})));
  submit(world, "binary", update);
  submit(world, "text", Typist(2).type("small"));
  const ObjectPage page = states_after(world, "");
  ASSERT_EQ(page.unreadable.size(), 1u);
  EXPECT_EQ(page.unreadable[0].id, "binary");
  EXPECT_EQ(page.unreadable[0].error.code, ErrorCode::kTooLarge);
  ASSERT_EQ(page.objects.size(), 1u);
  EXPECT_EQ(page.objects[0].id, "text");
}

// Counts what is read.
class CountingLog final : public log::EventLog {
 public:
  explicit CountingLog(log::EventLog& log) : log_(log) {}

  void append(std::string workspace, log::Append append, log::Done<log::Appended> done) override {
    log_.append(std::move(workspace), std::move(append), std::move(done));
  }
  log::Durability durability() const override { return log_.durability(); }
  void head(std::string workspace, log::Done<log::Head> done) override {
    log_.head(std::move(workspace), std::move(done));
  }
  void read(std::string workspace, log::Position after, log::ReadLimits limits,
            log::Done<std::vector<log::Event>> done) override {
    log_.read(std::move(workspace), after, limits, counted(std::move(done)));
  }
  void read_object(std::string workspace, std::string object, log::Position after,
                   log::ReadLimits limits, log::Done<std::vector<log::Event>> done) override {
    if (std::exchange(fails_next, false)) {
      done = [done = std::move(done)](Result<std::vector<log::Event>>) mutable {
        done(fail(ErrorCode::kUnavailable, "the disk"));
      };
    }
    log_.read_object(std::move(workspace), std::move(object), after, limits,
                     counted(std::move(done)));
  }
  void measure_next(std::string workspace, std::string object, log::Position after,
                    log::Done<std::uint64_t> done) override {
    log_.measure_next(std::move(workspace), std::move(object), after, std::move(done));
  }
  void ingested(std::string workspace, std::string region, log::Done<log::Position> done) override {
    log_.ingested(std::move(workspace), std::move(region), std::move(done));
  }

  std::size_t events_read = 0;
  bool fails_next = false;  // the next read of an object's events

 private:
  log::Done<std::vector<log::Event>> counted(log::Done<std::vector<log::Event>> done) {
    return [this, done = std::move(done)](Result<std::vector<log::Event>> events) mutable {
      if (events) events_read += events->size();
      done(std::move(events));
    };
  }

  log::EventLog& log_;
};

// A store whose events are counted.
class CountingStore final : public log::LoopStore {
 public:
  explicit CountingStore(log::LoopStore& store) : store_(store), counted(store.events()) {}

  log::EventLog& events() override { return counted; }
  log::Catalog& catalog() override { return store_.catalog(); }
  log::SnapshotStore& snapshots() override { return store_.snapshots(); }
  log::Attestations& attestations() override { return store_.attestations(); }
  log::PinStore& pins() override { return store_.pins(); }
  log::RetentionStore& retention() override { return store_.retention(); }
  log::WaitingStore& waiting() override { return store_.waiting(); }
  log::ActorStore& actors() override { return store_.actors(); }
  log::RulesStore& rules() override { return store_.rules(); }
  log::DirectoryStore& directory() override { return store_.directory(); }
  log::FileStore& files() override { return store_.files(); }

 private:
  log::LoopStore& store_;

 public:
  CountingLog counted;
};

TEST(AnswerBounds, ABlameReadsOnlyWhatIsNewHoweverLongTheHistory) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  Visit visit(world, "o");
  Typist typist(1);
  for (int i = 0; i < 1000; ++i) visit.submit(typist.type("x"));
  CountingStore counting(*world.log);
  AuthorIndexes indexes;
  ReplaySources sources(counting, world.sources.types);
  sources.authors = &indexes;
  const auto blame = [&] {
    counting.counted.events_read = 0;
    const auto told = ask<Blame>(
        world, [&](auto done) { blame_object(sources, "w", "o", log::kNow, std::move(done)); });
    EXPECT_EQ(told->texts.at(0).runs.size(), told->position) << "each event is one run";
    return counting.counted.events_read;
  };
  EXPECT_GE(blame(), 1000u);
  EXPECT_LE(blame(), 100u) << "those since the last snapshot";
  for (int i = 0; i < 5; ++i) visit.submit(typist.type("y"));
  EXPECT_LE(blame(), 100u);
}

// Several who want one index share the work. If it fails, the next one of them does it.
TEST(AnswerBounds, WhoWaitsForAnIndexOfAuthorsDoesNotWaitForOneThatFailed) {
  TestWorld world;
  Typist typist(1);
  for (int i = 0; i < 3; ++i) submit(world, "o", typist.type("x"));
  CountingStore counting(*world.log);
  AuthorIndexes indexes;
  ReplaySources sources(counting, world.sources.types);
  sources.authors = &indexes;
  std::vector<bool> read;
  counting.counted.fails_next = true;
  for (int i = 0; i < 3; ++i)
    read_authors(sources,
                 {.workspace = "w",
                  .object = "o",
                  .type = world.sources.types.default_type(),
                  .generation = 1,
                  .to = 3},
                 [&](auto kept) { read.push_back(kept.has_value()); });
  world.loop.run();
  EXPECT_EQ(read, (std::vector<bool>{false, true, true}));
}

}  // namespace
}  // namespace syncline::state
