// A log that leaves as a bundle and comes back: the same events, provable as before.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "log/blocking_log.h"
#include "log/bundle_reader.h"
#include "log/notary.h"
#include "merge/facets.h"
#include "state/bundle_export.h"
#include "state/bundle_import.h"
#include "state/bundle_verify.h"
#include "state/object_replay.h"
#include "store/memory_store.h"
#include "support/history_writer.h"
#include "support/test_types.h"

namespace syncline::testing {
namespace {

using log::Check;

// A workspace "w" of 3 objects in a store of its own, signed by a key of its own.
class World {
 public:
  explicit World(std::uint8_t seed = 1)
      : log(store_.open_loop(loop)),
        sources(*log, test::test_types()),
        identity{"log.example/" + std::to_string(seed), {{"", {seed}}}, {}},
        notary(log->events(), log->attestations(), identity) {
    identity.signers[0].name = identity.log_name;
  }

  void fill(std::size_t events) {
    for (std::size_t done = 0; done < events; ++done) {
      std::vector<log::EncodedEvent> one;
      one.push_back(writer_.next());
      append(std::move(one));
      const log::Position i = writer_.head().last_position;
      if (i % 50 == 0) {
        BlockingLog blocking(*log, loop);
        ASSERT_TRUE(
            blocking.put_snapshot("w", writer_.event.object, i, as_text(writer_.snapshot()), 0));
      }
    }
  }

  void append(std::vector<log::EncodedEvent> events) {
    const log::Position before = events.front().position - 1;
    BlockingLog blocking(*log, loop);
    ASSERT_TRUE(blocking.append("w", std::move(events), before));
  }

  log::Statement sign(const std::string& workspace = "w") {
    auto made = await<log::SignedCheckpoint>(
        loop, [&](auto done) { notary.checkpoint(workspace, std::move(done)); });
    EXPECT_TRUE(made);
    return {{identity.signers[0].verifier()}, made->note};
  }

  std::string key() const { return identity.signers[0].verifier().to_text(); }
  BlockingLog blocking() { return BlockingLog(*log, loop); }

  TestLoop loop;

 private:
  HistoryWriter writer_{3};
  store::MemoryStore store_;

 public:
  std::unique_ptr<log::LoopStore> log;
  const state::ReplaySources sources;
  log::NotaryIdentity identity;
  log::Notary notary;
};

// The pieces that an export gives, in order.
std::vector<Bytes> export_pieces(World& world, const std::vector<log::Statement>& statements,
                                 state::ExportWish wish = {}, std::uint64_t size = 0) {
  if (size == 0) size = world.blocking().head("w")->last_position;
  auto header = await<log::BundleHeader>(world.loop, [&](auto done) {
    state::bundle_header(world.log->events(), "w", "log.example", size, std::move(done));
  });
  auto made =
      std::make_shared<state::BundleExport>(world.sources, header.value(), statements, wish);
  std::vector<Bytes> pieces;
  for (;;) {
    auto bytes = await<Bytes>(world.loop, [&](auto done) { made->next(std::move(done)); });
    EXPECT_TRUE(bytes) << bytes.error().message;
    if (!bytes || bytes->empty()) return pieces;
    pieces.push_back(std::move(*bytes));
  }
}

Bytes joined(const std::vector<Bytes>& pieces) {
  Bytes all;
  for (const Bytes& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

Bytes exported(World& world) {
  world.blocking().put_pin("w", {"half", 60, 5, "anna"}).value();
  return joined(export_pieces(world, {world.sign()}));
}

log::Checked<void> each_section(
    ByteView bytes, const std::function<log::Checked<void>(const log::BundleSection&)>& each) {
  log::BundleReader reader;
  reader.feed(bytes);
  for (;;) {
    auto section = reader.next();
    if (!section) return log::differs(Check::kBundle, {}, section.error());
    if (!*section) break;
    if (auto ok = each(**section); !ok) return ok;
  }
  if (auto whole = reader.finish(); !whole) return log::differs(Check::kBundle, {}, whole.error());
  return {};
}

log::Checked<state::BundleReport> verify(ByteView bytes, state::BundleTrust trust = {}) {
  state::BundleVerifier verifier({.types = test::test_types()}, std::move(trust));
  do {
    if (auto ok = each_section(bytes, [&](const auto& each) { return verifier.section(each); });
        !ok)
      return std::unexpected(ok.error());
  } while (verifier.begin_pass());
  return verifier.report();
}

state::BundleTrust trusting(const std::string& key) {
  return {{log::NoteVerifier::from_text(key).value()}, {}};
}

// Imports up to `max_steps` steps: as if the process ended then.
log::Checked<std::uint64_t> import(World& world, ByteView bytes, std::size_t max_steps = 1 << 30,
                                   const std::string& into = "w") {
  auto log = world.blocking();
  state::BundleImport import(log.head(into).value(), {.types = test::test_types()});
  auto carry_out = [&](state::ImportStep& step) {
    EXPECT_TRUE(await<void>(world.loop, [&](auto done) {
      state::carry_out(world.sources, into, std::move(step), std::move(done));
    }));
  };
  auto ok = each_section(bytes, [&](const auto& section) -> log::Checked<void> {
    auto steps = import.section(section);
    if (!steps) return std::unexpected(steps.error());
    for (state::ImportStep& step : *steps)
      if (max_steps > 0 && max_steps-- > 0) carry_out(step);
    return {};
  });
  if (!ok) return std::unexpected(ok.error());
  return import.appended();
}

// Pins, rules and holds are events: a file holds those that were there at its end.
TEST(BundleRoundTrip, RulesArriveAsFarAsTheFileGoes) {
  World from;
  from.fill(20);
  auto log = from.blocking();
  ASSERT_TRUE(log.put_pin("w", {"early", 5, 7, "anna"}));
  ASSERT_TRUE(log.put_pin("w", {"late", 9, 8, "anna"}));
  log::RetentionChange rule{.principal = "anna", .reason = "", .unix_ms = 9};
  rule.rule.keep_last = 1000;
  ASSERT_TRUE(log.change_retention("w", rule));
  log::RetentionChange hold{
      .act = log::RetentionAct::kHold, .principal = "counsel", .reason = "case 7", .unix_ms = 10};
  ASSERT_TRUE(log.change_retention("w", hold));
  ASSERT_TRUE(log.put_pin("w", {"early", 0, 11, "anna"}));

  World to(2);
  EXPECT_EQ(import(to, joined(export_pieces(from, {}, {}, 21))).value(), 21u);
  EXPECT_EQ(to.blocking().pins("w").value(), (std::vector<log::Pin>{{"early", 5, 7, "anna"}}));
  EXPECT_EQ(to.blocking().retention("w").value(), log::Retention{});
  const Bytes whole = joined(export_pieces(from, {}));
  EXPECT_EQ(verify(whole).value().pins, 1u);
  EXPECT_EQ(import(to, whole).value(), 4u);
  EXPECT_EQ(to.blocking().pins("w").value(), (std::vector<log::Pin>{{"late", 9, 8, "anna"}}));
  EXPECT_EQ(to.blocking().retention("w").value(), log.retention("w").value());
  EXPECT_EQ(to.blocking().retention("w")->hold, (log::Hold{"counsel", "case 7", 10}));
  EXPECT_EQ(to.blocking().retention_records("w")->size(), 2u);
  EXPECT_EQ(import(to, whole).value(), 0u);
}

TEST(BundleRoundTrip, EventsPinsAndSignaturesArriveAsTheyWere) {
  World from;
  from.fill(120);
  const Bytes bytes = exported(from);
  const auto report = verify(bytes, trusting(from.key()));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->header.workspace, "w");
  EXPECT_EQ(report->header.size, 121u);  // with the event of the pin
  EXPECT_EQ(report->signed_events, 121u);
  EXPECT_EQ(report->signed_by, "log.example/1/w/w");
  EXPECT_EQ(report->pins, 1u);
  EXPECT_EQ(report->snapshots, 0u);
  EXPECT_EQ(report->replay.effects, 120u);

  World to(2);
  EXPECT_EQ(import(to, bytes).value(), 121u);
  EXPECT_EQ(to.blocking().read("w").value(), from.blocking().read("w").value());
  EXPECT_EQ(to.blocking().head("w").value(), from.blocking().head("w").value());
  EXPECT_EQ(to.blocking().pin("w", "half").value()->position, 60u);
  EXPECT_EQ(to.blocking().load_origins("w").value(), std::vector{from.sign()});
  // Again it changes nothing.
  EXPECT_EQ(import(to, bytes).value(), 0u);
  EXPECT_EQ(to.blocking().load_origins("w").value().size(), 1u);

  // The new keeper signs its own, and what it exports proves both.
  const Bytes second =
      joined(export_pieces(to, {to.blocking().load_origins("w").value()[0], to.sign()}));
  for (const std::string& key : {from.key(), to.key()}) {
    const auto both = verify(second, trusting(key));
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(both->signed_events, 121u);
    EXPECT_EQ(both->statements, 2u);
  }
  World stranger(3);
  const auto unknown = verify(second, trusting(stranger.key()));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(unknown.error().check, Check::kCheckpoint);
}

TEST(BundleRoundTrip, AnInterruptedImportLeavesATrueBeginningAndGoesOn) {
  World from;
  from.fill(120);
  // Small sections: every event of a snapshot ends one.
  const Bytes bytes = joined(export_pieces(from, {from.sign()}, {.all_snapshots = true}));
  EXPECT_EQ(verify(bytes).value().snapshots, 2u);
  const auto events = from.blocking().read("w").value();
  for (std::size_t steps = 0; steps < 6; ++steps) {
    World to(2);
    ASSERT_TRUE(import(to, bytes, steps));
    const auto head = to.blocking().head("w").value();
    const auto there = to.blocking().read("w").value();
    ASSERT_LE(there.size(), events.size());
    EXPECT_TRUE(std::equal(there.begin(), there.end(), events.begin()));
    EXPECT_EQ(import(to, bytes).value(), 120 - head.last_position) << steps;
    EXPECT_EQ(to.blocking().read("w").value(), events);
    EXPECT_EQ(to.blocking().load_origins("w").value().size(), 1u);
  }
}

TEST(BundleRoundTrip, AnotherLogIsLeftAlone) {
  World from;
  from.fill(60);
  const Bytes bytes = exported(from);
  World to(2);
  HistoryWriter other(2);
  to.append(other.next(10));
  const auto before = to.blocking().read("w").value();
  const auto refused = import(to, bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(to.blocking().read("w").value(), before);
}

TEST(BundleRoundTrip, AnExportGoesOnFromWhereItCanBe) {
  World world;
  world.fill(150);
  const std::vector<log::Statement> statements{world.sign()};
  world.fill(20);
  for (const bool snapshots : {false, true}) {
    const auto pieces = export_pieces(world, statements, {.all_snapshots = snapshots}, 150);
    const Bytes whole = joined(pieces);
    ASSERT_TRUE(verify(whole));
    for (std::size_t cut = 0; cut <= whole.size(); cut += 97) {
      log::BundleReader reader;
      reader.feed(ByteView(whole).first(cut));
      while (true) {
        const auto section = reader.next();
        if (!section || !*section) break;
      }
      if (!reader.mark()) continue;
      Bytes file(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(reader.mark()->offset));
      const Bytes rest = joined(
          export_pieces(world, {}, {.all_snapshots = snapshots, .from = reader.mark()}, 150));
      file.insert(file.end(), rest.begin(), rest.end());
      const auto report = verify(file, trusting(world.key()));
      ASSERT_TRUE(report) << cut << ": " << report.error().message;
      EXPECT_EQ(report->header.size, 150u);
      EXPECT_EQ(report->snapshots, snapshots ? 3u : 0u);
    }
  }
}

TEST(BundleRoundTrip, ADeltaGoesAlongAsTheWholeState) {
  World world;
  world.fill(97);
  HistoryWriter same(3);
  auto object = merge::doc_type().create();
  for (log::Position i = 1; i <= 97; ++i) {
    same.next(1);
    if (same.event.object != "o0") continue;
    ASSERT_TRUE(object->apply(same.event.intent));
    if (i != 40) continue;
    ASSERT_TRUE(world.blocking().put_snapshot("w", "o0", 40, as_text(object->snapshot()), 0));
    merge::mark(*object);
  }
  ASSERT_EQ(same.event.object, "o0");
  const Bytes delta = merge::delta_since_mark(*object).value();
  ASSERT_TRUE(world.blocking().put_delta("w", "o0", 97, 40, as_text(delta)));
  const auto report = verify(joined(export_pieces(world, {world.sign()}, {.all_snapshots = true})));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->snapshots, 3u);
  EXPECT_EQ(report->replay.snapshots, 3u);
}

TEST(BundleRoundTrip, DroppedPayloadsTakeTheSnapshotsAlongThatTheyNeed) {
  World full;
  full.fill(120);
  World world;
  std::vector<log::EncodedEvent> kept;
  const auto events = full.blocking().read("w").value();
  for (const log::Event& event : events)
    kept.push_back(
        log::encode_event(event.position <= 30 ? log::without_payload(event) : event).value());
  world.append(std::move(kept));
  for (const log::Position at : {50u, 100u}) {
    const log::Event& event = events[at - 1];
    const auto kept_state = full.blocking().load_snapshot("w", event.object, at).value();
    ASSERT_TRUE(
        world.blocking().put_snapshot("w", event.object, at, as_text(kept_state.value().bytes), 0));
  }
  const Bytes bytes = joined(export_pieces(world, {world.sign()}));
  const auto report = verify(bytes, trusting(world.key()));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->snapshots, 2u);
  EXPECT_GT(report->replay.not_replayable, 30u);
  EXPECT_EQ(report->replay.snapshots_taken, 2u);
  EXPECT_EQ(report->replay.gaps.size(), 3u);

  World to(2);
  EXPECT_EQ(import(to, bytes).value(), 120u);
  EXPECT_EQ(to.blocking().head("w").value(), full.blocking().head("w").value());
  const std::string object = events[49].object;
  const auto state_of = [&](World& of) {
    return await<state::ReplayedObject>(of.loop,
                                        [&](auto done) {
                                          state::replay_object(of.sources, "w", object, log::kNow,
                                                               std::move(done));
                                        })
        .value()
        .object->to_json();
  };
  EXPECT_EQ(state_of(to), state_of(full));
}

TEST(BundleRoundTrip, WhatAnInsiderPutTogetherAnewIsFoundByWhatWasSigned) {
  World from;
  from.fill(60);
  const log::Statement said = from.sign();
  World forged(2);
  TestChain chain;
  std::vector<log::EncodedEvent> events;
  auto copied = from.blocking().read("w").value();
  for (log::Event& event : copied) {
    if (event.position == 20) event.principal = "mallory";
    events.push_back(chain.seal(event, event.hlc.unix_ms()).value());
  }
  forged.append(std::move(events));
  // By itself it holds together; with the keeper's signature it does not.
  EXPECT_TRUE(verify(joined(export_pieces(forged, {}))));
  const auto found = verify(joined(export_pieces(forged, {said})), trusting(from.key()));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().check, Check::kCheckpoint);
  EXPECT_NE(found.error().message.find("its first 60 events are not those of"), std::string::npos);
  // Left out, nothing is signed by that key; kept elsewhere, it convicts.
  EXPECT_EQ(verify(joined(export_pieces(forged, {})), trusting(from.key())).error().code,
            ErrorCode::kUnauthorized);
  state::BundleTrust known;
  known.known = {log::open_statement(said).value()};
  EXPECT_EQ(verify(joined(export_pieces(forged, {})), known).error().check, Check::kCheckpoint);
  // Its own signature under the name of another key does not help.
  log::Statement borrowed = forged.sign();
  borrowed.keys = said.keys;
  EXPECT_EQ(verify(joined(export_pieces(forged, {borrowed}))).error().check, Check::kCheckpoint);
}

TEST(BundleRoundTrip, EveryFlippedByteIsFound) {
  World from;
  from.fill(55);
  const Bytes bytes = joined(export_pieces(from, {from.sign()}, {.all_snapshots = true}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes flipped = bytes;
    flipped[i] ^= 0x40;
    EXPECT_FALSE(verify(flipped)) << i;
  }
}

// Of a file that anybody may have put together: a group goes on in the next section, or does not.
TEST(Bundles, AGroupOverSectionsIsAppendedWhole) {
  const auto import = [](const std::vector<log::Group>& places, std::size_t cut) {
    TestChain chain;
    std::vector<Bytes> records;
    log::merkle::Frontier tree;
    for (const log::Group& place : places) {
      auto event = sample_event("o", "x");
      event.type = "unknown";
      event.group = place;
      auto sealed = chain.seal(event, 1000).value();
      tree.append(sealed.hash);
      records.push_back(std::move(sealed.record));
    }
    const std::vector<ByteView> views(records.begin(), records.end());
    const auto split = views.begin() + static_cast<std::ptrdiff_t>(cut);
    const Bytes state{1};
    const std::vector<log::BundleSection> sections = {
        log::BundleHeader{"w", "", places.size(), chain.head().last_hash},
        log::BundleEvents{1, {views.begin(), split}},
        log::BundleSnapshot{"o", cut, state, "unknown", 1},
        log::BundleEvents{cut + 1, {split, views.end()}},
        log::BundleEnd{places.size(), tree.root()}};
    state::BundleImport import(log::Head{}, {.types = test::test_types(), .replay = false});
    std::string story;
    for (const log::BundleSection& section : sections) {
      auto steps = import.section(section);
      if (!steps) return std::string(to_string(steps.error().code));
      for (const state::ImportStep& step : *steps) {
        if (const auto* append = std::get_if<state::AppendStep>(&step))
          story += fmt::format("append {}. ", append->events.size());
        if (const auto* snapshot = std::get_if<state::SnapshotStep>(&step))
          story += fmt::format("{} at {}. ", snapshot->snapshot.type, snapshot->snapshot.position);
      }
    }
    return story;
  };
  EXPECT_EQ(import({{}, {}, {0, 2}, {1, 2}}, 2), "append 2. unknown at 2. append 2. ");
  EXPECT_EQ(import({{}, {0, 3}, {1, 3}, {2, 3}}, 2), "append 4. unknown at 2. ");
  EXPECT_EQ(import({{}, {0, 3}, {1, 3}}, 2), "corrupt");
  EXPECT_EQ(import({{}, {0, 3}, {2, 3}}, 2), "corrupt");
  EXPECT_EQ(import({{}, {1, 3}, {2, 3}}, 2), "corrupt");
}

}  // namespace
}  // namespace syncline::testing
