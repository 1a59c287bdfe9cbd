// The bytes of files in a bundle: those that events name, each once, verified on both ways.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "log/blocking_log.h"
#include "log/bundle_reader.h"
#include "log/file_version.h"
#include "merge/effect_codec.h"
#include "merge/type_registry.h"
#include "state/bundle_export.h"
#include "state/bundle_import.h"
#include "state/bundle_verify.h"
#include "state/file_object.h"
#include "state/object_replay.h"
#include "state/rules_object.h"
#include "store/memory_store.h"

namespace syncline::testing::bundle_files {
namespace {

using log::Check;

const merge::TypeRegistry& file_types() {
  static const merge::TypeRegistry types{&merge::doc_type(), &state::rules_type(),
                                         &state::file_type()};
  return types;
}

Bytes pattern(std::size_t size, std::uint8_t seed) {
  Bytes bytes(size);
  std::uint32_t state = seed;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

// A store with a workspace of files.
class FileWorld {
 public:
  FileWorld() : log(store_.open_loop(loop)), sources(*log, file_types()) {}

  log::FileStore& files() { return log->files(); }
  BlockingLog blocking() { return BlockingLog(*log, loop); }

  void store(ByteView bytes) {
    const Hash256 file = sha256(bytes);
    put(state::FileStep{.what = state::FileStep::kBegin,
                        .file = file,
                        .bytes = bytes.size(),
                        .expires_ms = 4'000'000'000'000});
    for (std::uint64_t index = 0; !bytes.empty(); ++index) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), log::kFileChunkBytes);
      put(state::FileStep{.what = state::FileStep::kChunk,
                          .file = file,
                          .index = index,
                          .chunk = to_bytes(bytes.first(size))});
      bytes = bytes.subspan(size);
    }
    put(state::FileStep{.what = state::FileStep::kKeep, .file = file});
  }

  void name(const std::string& object, ByteView bytes) {
    log::Event event;
    event.object = object;
    event.principal = "ann";
    event.type = log::kFileType;
    event.intent = log::encode_file_version(
        {.hash = sha256(bytes), .bytes = bytes.size(), .media_type = "image/png"});
    const auto replica = state::file_type().create();
    const auto prepared = replica->prepare(event.intent);
    ASSERT_TRUE(prepared);
    event.effect = merge::encode_effect(prepared->effect);
    ASSERT_TRUE(blocking().add("w", event));
  }

  // As an upload brings it: nothing keeps the bytes but the event.
  void add(const std::string& object, ByteView bytes) {
    store(bytes);
    name(object, bytes);
    put(state::FileStep{.what = state::FileStep::kRelease, .file = sha256(bytes)});
  }

  log::Checked<void> put(state::ImportStep step) {
    const auto done = await<void>(
        loop, [&](auto answer) { carry_out(sources, "w", std::move(step), std::move(answer)); });
    if (!done) return log::differs(Check::kStorage, {}, done.error());
    return {};
  }

  std::optional<Bytes> bytes_of(ByteView original) {
    const auto file = await<std::optional<log::StoredFile>>(
        loop, [&](auto done) { files().load_file("", sha256(original), std::move(done)); });
    if (!file || !*file) return std::nullopt;
    Bytes all;
    for (std::uint64_t i = 0; i < (*file)->chunks(); ++i) {
      const auto chunk = await<Bytes>(
          loop, [&](auto done) { files().load_chunk("", (*file)->list, i, std::move(done)); });
      all.insert(all.end(), chunk->begin(), chunk->end());
    }
    return all;
  }

  TestLoop loop;

 private:
  store::MemoryStore store_;

 public:
  std::unique_ptr<log::LoopStore> log;
  const state::ReplaySources sources;
};

std::shared_ptr<state::BundleExport> begin_export(FileWorld& world, bool with_files,
                                                  state::ExportWish wish = {}) {
  const std::uint64_t size = world.blocking().head("w")->last_position;
  auto header = await<log::BundleHeader>(world.loop, [&](auto done) {
    state::bundle_header(world.log->events(), "w", "log.example", size, std::move(done));
  });
  if (with_files) header->version = log::kBundleVersionWithFiles;
  return std::make_shared<state::BundleExport>(world.sources, header.value(),
                                               std::vector<log::Statement>{}, std::move(wish));
}

Result<Bytes> rest_of(FileWorld& world, state::BundleExport& made) {
  Bytes all;
  for (;;) {
    const auto bytes = await<Bytes>(world.loop, [&](auto done) { made.next(std::move(done)); });
    if (!bytes || bytes->empty()) return bytes ? Result<Bytes>(std::move(all)) : bytes;
    all.insert(all.end(), bytes->begin(), bytes->end());
  }
}

Bytes exported(FileWorld& world, bool with_files = true) {
  auto made = rest_of(world, *begin_export(world, with_files));
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(*made) : Bytes();
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

log::Checked<state::BundleReport> verified(ByteView bytes) {
  state::BundleVerifier verifier({.types = file_types()}, {});
  do {
    if (auto ok = each_section(bytes, [&](const auto& each) { return verifier.section(each); });
        !ok)
      return std::unexpected(ok.error());
  } while (verifier.begin_pass());
  return verifier.report();
}

// Carries out so many steps, as if the process ended then; how many there were.
std::size_t import_into(FileWorld& to, ByteView bytes, std::size_t most = 1 << 20) {
  std::size_t count = 0;
  const auto put = [&](state::ImportStep& step) {
    if (count++ >= most) return;
    EXPECT_TRUE(to.put(std::move(step)));
  };
  state::FilesImport files(1'000);
  EXPECT_TRUE(each_section(bytes, [&](const auto& each) -> log::Checked<void> {
    for (state::ImportStep& step : files.section(each)) put(step);
    return {};
  }));
  state::BundleImport events(to.blocking().head("w").value(), {.types = file_types()});
  EXPECT_TRUE(each_section(bytes, [&](const auto& each) -> log::Checked<void> {
    auto steps = events.section(each);
    EXPECT_TRUE(steps);
    for (state::ImportStep& step : *steps) put(step);
    return {};
  }));
  return count;
}

const Bytes kSmall = pattern(1000, 1);
const Bytes kLarge = pattern(2 * log::kFileChunkBytes + 5, 2);
const Bytes kEven = pattern(log::kFileChunkBytes, 3);
const Bytes kEmpty;

void fill(FileWorld& world) {
  world.add("logo", kSmall);
  world.add("film", kLarge);
  world.add("logo", kEven);
  world.add("copy", kSmall);
  world.add("none", kEmpty);
}

TEST(BundleFiles, EachFileIsInTheBundleOnceAndArrives) {
  FileWorld from;
  fill(from);
  const Bytes bytes = exported(from);
  const auto report = verified(bytes);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->files.there,
            (log::BundleContents{4, kSmall.size() + kLarge.size() + kEven.size()}));
  EXPECT_EQ(report->files.missing, 0u);
  EXPECT_GT(report->stored_bytes, 2 * kSmall.size() + kLarge.size() + kEven.size());
  FileWorld to;
  import_into(to, bytes);
  for (const Bytes& file : {kSmall, kLarge, kEven, kEmpty}) EXPECT_EQ(to.bytes_of(file), file);
  EXPECT_EQ(to.blocking().head("w"), from.blocking().head("w"));
  EXPECT_EQ(exported(to), bytes);
}

TEST(BundleFiles, ABundleWithoutThemIsThatOfEarlierVersions) {
  FileWorld from;
  fill(from);
  const Bytes bytes = exported(from, false);
  const auto report = verified(bytes);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->header.version, log::kBundleVersion);
  EXPECT_EQ(report->files.there, log::BundleContents());
  EXPECT_EQ(report->files.missing, 4u);
  EXPECT_EQ(report->files.missing_at, 1u);
  EXPECT_EQ(report->files.missing_object, "logo");
  FileWorld to;
  import_into(to, bytes);
  EXPECT_EQ(to.bytes_of(kSmall), std::nullopt);
  EXPECT_EQ(to.blocking().head("w"), from.blocking().head("w"));
}

// The process ends after each number of steps, and the next one does all of it again.
TEST(BundleFiles, AnImportThatWasInterruptedAnywhereEndsWithAllBytes) {
  FileWorld from;
  fill(from);
  const Bytes bytes = exported(from);
  FileWorld whole;
  const std::size_t steps = import_into(whole, bytes);
  EXPECT_GE(steps, 14u);
  for (std::size_t ends = 0; ends <= steps; ++ends) {
    FileWorld to;
    import_into(to, bytes, ends);
    import_into(to, bytes);
    for (const Bytes& file : {kSmall, kLarge, kEven, kEmpty})
      ASSERT_EQ(to.bytes_of(file), file) << ends;
    const auto left = await<std::vector<log::Upload>>(
        to.loop, [&](auto done) { to.files().list_uploads("", "", 10, std::move(done)); });
    ASSERT_TRUE(left->empty()) << ends;
  }
}

TEST(BundleFiles, WhatAnImportHasBroughtIsGivenUp) {
  FileWorld from;
  fill(from);
  FileWorld to;
  state::FilesImport files(1'000);
  ASSERT_TRUE(each_section(exported(from), [&](const auto& each) -> log::Checked<void> {
    for (state::ImportStep& step : files.section(each)) EXPECT_TRUE(to.put(std::move(step)));
    return {};
  }));
  EXPECT_EQ(to.bytes_of(kLarge), kLarge);
  while (auto step = files.release()) EXPECT_TRUE(to.put(std::move(*step)));
  to.loop.drain();
  for (const Bytes& file : {kSmall, kLarge, kEven, kEmpty})
    EXPECT_EQ(to.bytes_of(file), std::nullopt);
}

// From each place at which an answer may end, with what a reader knows there.
TEST(BundleFiles, AnExportGoesOnFromAnyPlace) {
  FileWorld from;
  fill(from);
  const Bytes bytes = exported(from);
  const auto made = begin_export(from, true);
  log::BundleReader reader;
  std::optional<log::BundleHeader> header;
  std::size_t places = 0;
  Bytes before;
  for (;;) {
    const auto piece =
        await<Bytes>(from.loop, [&](auto done) { made->next(std::move(done)); }).value();
    if (piece.empty()) break;
    before.insert(before.end(), piece.begin(), piece.end());
    reader.feed(piece);
    for (auto section = reader.next(); *section; section = reader.next())
      if (const auto* found = std::get_if<log::BundleHeader>(&**section)) header = *found;
    if (!made->at_mark()) continue;
    ++places;
    Bytes all = before;
    const Bytes rest = rest_of(from, *begin_export(from, true, {.from = reader.here()})).value();
    all.insert(all.end(), rest.begin(), rest.end());
    ASSERT_EQ(all, bytes) << "after " << before.size() << " bytes";
    // A reader that begins there reads the rest.
    log::BundleReader second(*header, reader.here());
    second.feed(rest);
    for (auto section = second.next(); *section; section = second.next()) {
    }
    EXPECT_TRUE(second.finish());
  }
  EXPECT_GE(places, 6u);
}

TEST(BundleFiles, ADamagedFileIsRefusedAndNamed) {
  FileWorld from;
  fill(from);
  const Bytes bytes = exported(from);
  std::vector<log::BundleSection> sections;
  log::BundleReader reader;
  reader.feed(bytes);
  Bytes changed = log::BundleWriter::magic();
  log::BundleWriter writer;
  bool done = false;
  for (auto section = reader.next(); *section; section = reader.next()) {
    Bytes other;
    if (auto* chunk = std::get_if<log::BundleChunk>(&**section); chunk != nullptr && !done) {
      other = to_bytes(chunk->bytes);
      other[7] ^= 1;
      chunk->bytes = other;
      done = true;
    }
    const Bytes written = writer.section(**section);
    changed.insert(changed.end(), written.begin(), written.end());
  }
  const auto report = verified(changed);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().check, Check::kBundle);
  EXPECT_NE(report.error().message.find("has other bytes than its hash says"), std::string::npos)
      << report.error().message;
  EXPECT_NE(report.error().position, 0u);
}

TEST(BundleFiles, AFileThatNothingNamesIsRefused) {
  FileWorld from;
  from.add("logo", kSmall);
  log::BundleReader reader;
  const Bytes bytes = exported(from);
  reader.feed(bytes);
  state::BundleVerifier verifier({.types = file_types()}, {});
  for (auto section = reader.next(); *section; section = reader.next()) {
    if (auto* file = std::get_if<log::BundleFile>(&**section)) {
      log::BundleFile other = *file;
      other.hash[3] ^= 1;
      const auto refused = verifier.section(other);
      ASSERT_FALSE(refused);
      EXPECT_NE(refused.error().message.find("is named by no event"), std::string::npos);
      return;
    }
    ASSERT_TRUE(verifier.section(**section));
  }
  FAIL() << "there is no file in the bundle";
}

// Bytes that are not stored are no difference: the event says what the file was.
TEST(BundleFiles, AFileThatIsNotStoredIsMissingAndReported) {
  FileWorld from;
  from.add("logo", kSmall);
  from.name("lost", kEven);
  const auto report = verified(exported(from));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->files.there.files, 1u);
  EXPECT_EQ(report->files.missing, 1u);
  EXPECT_EQ(report->files.missing_object, "lost");
}

TEST(BundleFiles, AnImportRefusesBytesOfAnotherHash) {
  FileWorld to;
  const Hash256 file = sha256(kSmall);
  ASSERT_TRUE(to.put(state::FileStep{.what = state::FileStep::kBegin,
                                     .file = file,
                                     .bytes = 1000,
                                     .expires_ms = 4'000'000'000'000}));
  ASSERT_TRUE(to.put(
      state::FileStep{.what = state::FileStep::kChunk, .file = file, .chunk = pattern(1000, 9)}));
  const auto kept = to.put(state::FileStep{.what = state::FileStep::kKeep, .file = file});
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(to.bytes_of(kSmall), std::nullopt);
}

}  // namespace
}  // namespace syncline::testing::bundle_files
