// The bundle's bytes: what is written is read again, and nothing else is.
#include "log/bundle.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/crc32c.h"
#include "log/bundle_reader.h"
#include "log/test_loop.h"

namespace syncline::testing {
namespace {

using log::BundleReader;
using log::BundleSection;

log::Statement statement(std::uint64_t size) {
  const log::NoteSigner signer{"log.example/a", {7}};
  return {{signer.verifier()},
          log::sign_checkpoint({"log.example/a/w/team", size, {}}, {signer}).value()};
}

// Sections of a small bundle; `records` are kept here, for sections refer to them.
class Sample {
 public:
  Sample() : records_{{1, 2, 3}, {4}, Bytes(300, 5), {6, 7}}, state_{8, 9} {
    sections = {log::BundleHeader{"team", "log.example/a", 4, {1}},
                statement(3),
                log::BundleEvents{1, {records_[0], records_[1], records_[2]}},
                log::BundleSnapshot{"notes/plan", 3, state_},
                log::BundleEvents{4, {records_[3]}},
                log::BundlePins{{{"a", 1, 5, "anna"}, {"b", 4, 6, ""}}},
                log::BundleEnd{4, {2}}};
  }

  // Each as bytes, in this order, with running checksums.
  std::vector<Bytes> pieces() const {
    std::vector<Bytes> pieces{log::BundleWriter::magic()};
    log::BundleWriter writer;
    for (const BundleSection& section : sections) pieces.push_back(writer.section(section));
    return pieces;
  }

  std::vector<BundleSection> sections;

 private:
  std::vector<Bytes> records_;
  Bytes state_;
};

Bytes joined(const std::vector<Bytes>& pieces) {
  Bytes all;
  for (const Bytes& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

// How many sections it has, all of it fed in pieces of `step` bytes; or what is wrong with it.
Result<int> read(ByteView bytes, std::size_t step = 64 * 1024) {
  BundleReader reader;
  int sections = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    for (;;) {
      const auto section = reader.next();
      if (!section) return std::unexpected(section.error());
      if (!*section) break;
      ++sections;
    }
  }
  if (auto whole = reader.finish(); !whole) return std::unexpected(whole.error());
  return sections;
}

Result<int> read_sections(const std::vector<BundleSection>& sections) {
  Sample sample;
  sample.sections = sections;
  return read(joined(sample.pieces()));
}

TEST(Bundle, WhatIsWrittenIsRead) {
  const Sample sample;
  const Bytes bytes = joined(sample.pieces());
  BundleReader reader;
  reader.feed(bytes);
  EXPECT_EQ(std::get<log::BundleHeader>(**reader.next()),
            (log::BundleHeader{"team", "log.example/a", 4, {1}}));
  EXPECT_EQ(std::get<log::Statement>(**reader.next()), statement(3));
  EXPECT_FALSE(reader.mark().has_value());
  const auto events = std::get<log::BundleEvents>(**reader.next());
  EXPECT_EQ(events.first, 1u);
  EXPECT_EQ(events.last(), 3u);
  ASSERT_EQ(events.records.size(), 3u);
  EXPECT_TRUE(std::ranges::equal(events.records[2], Bytes(300, 5)));
  const auto snapshot = std::get<log::BundleSnapshot>(**reader.next());
  EXPECT_EQ(snapshot.object, "notes/plan");
  EXPECT_TRUE(std::ranges::equal(snapshot.state, Bytes{8, 9}));
  EXPECT_EQ(std::get<log::BundleEvents>(**reader.next()).first, 4u);
  EXPECT_EQ(reader.mark()->after, 3u);
  EXPECT_EQ(std::get<log::BundlePins>(**reader.next()).pins[0], (log::Pin{"a", 1, 5, "anna"}));
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(std::get<log::BundleEnd>(**reader.next()).size, 4u);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.whole_bytes(), bytes.size());
  EXPECT_TRUE(reader.finish());
  for (const std::size_t step : {1, 2, 7, 100}) EXPECT_EQ(read(bytes, step).value(), 7);
}

TEST(Bundle, EveryFlippedBitIsFound) {
  const Bytes bytes = joined(Sample().pieces());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = bytes;
      flipped[i] ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_FALSE(read(flipped)) << "byte " << i << ", bit " << bit;
    }
  }
}

TEST(Bundle, ItIsCutNowhereWithoutNotice) {
  const Bytes bytes = joined(Sample().pieces());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = read(ByteView(bytes).first(size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::kMalformed);
    EXPECT_NE(cut.error().message.find("cut off"), std::string::npos) << cut.error().message;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(read(longer).error().message,
            "bundle, byte " + std::to_string(bytes.size()) + ": something follows the end");
}

TEST(Bundle, SectionsCannotBeMovedDoubledOrLeftOut) {
  const std::vector<Bytes> pieces = Sample().pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::vector<Bytes> other = pieces;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(read(joined(other))) << i << " left out";
    other = pieces;
    other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), pieces[i]);
    EXPECT_FALSE(read(joined(other))) << i << " twice";
    for (std::size_t j = i + 1; j < pieces.size(); ++j) {
      other = pieces;
      std::swap(other[i], other[j]);
      EXPECT_FALSE(read(joined(other))) << i << " and " << j << " exchanged";
    }
  }
}

// With checksums that are right: who writes such a file meant it.
TEST(Bundle, TheOrderOfSectionsIsHeldToWhateverTheChecksumsSay) {
  const Sample sample;
  const auto refused = [](const std::vector<BundleSection>& sections, std::string_view why) {
    const auto found = read_sections(sections);
    ASSERT_FALSE(found) << why;
    EXPECT_EQ(found.error().code, ErrorCode::kMalformed);
    EXPECT_NE(found.error().message.find(why), std::string::npos) << found.error().message;
  };
  ASSERT_TRUE(read_sections(sample.sections));
  auto changed = sample.sections;
  changed.erase(changed.begin());
  refused(changed, "header");
  changed = sample.sections;
  changed.insert(changed.begin() + 3, changed[0]);
  refused(changed, "header");
  changed = sample.sections;
  std::swap(changed[1], changed[2]);
  refused(changed, "signed checkpoint at a wrong place");
  changed = sample.sections;
  changed.insert(changed.begin() + 1, log::kMaxStatements, changed[1]);
  refused(changed, "signed checkpoint at a wrong place");
  changed = sample.sections;
  changed[1] = statement(5);
  refused(changed, "5 events were signed, the bundle has 4");
  changed = sample.sections;
  changed.erase(changed.begin() + 2);
  refused(changed, "snapshot at a wrong place");
  changed = sample.sections;
  changed.insert(changed.begin() + 3, changed[3]);
  refused(changed, "snapshot at a wrong place");
  changed = sample.sections;
  std::swap(changed[3], changed[4]);
  refused(changed, "snapshot at a wrong place");
  changed = sample.sections;
  changed.erase(changed.begin() + 4);
  refused(changed, "pins at a wrong place");
  changed = sample.sections;
  changed.insert(changed.begin() + 5, changed[4]);
  refused(changed, "where event 5 should be are others");
  changed = sample.sections;
  std::swap(changed[4], changed[5]);
  refused(changed, "pins at a wrong place");
  changed = sample.sections;
  changed.erase(changed.begin() + 4, changed.begin() + 6);
  refused(changed, "the end comes too early");
}

TEST(Bundle, BoundsAreHeldTo) {
  const Sample sample;
  const auto with = [&](std::size_t index, BundleSection section) {
    auto changed = sample.sections;
    changed[index] = std::move(section);
    return read_sections(changed);
  };
  EXPECT_FALSE(with(0, log::BundleHeader{"", "l", 4, {}}));
  EXPECT_FALSE(with(0, log::BundleHeader{std::string(256, 'w'), "l", 4, {}}));
  EXPECT_FALSE(with(0, log::BundleHeader{"team", std::string(70'000, 'l'), 4, {}}));
  EXPECT_FALSE(with(0, log::BundleHeader{"team", "l", 0, {}}));
  EXPECT_FALSE(with(0, log::BundleHeader{"team", "l", 3, {}}));
  EXPECT_FALSE(with(1, log::Statement{{}, "no note"}));
  EXPECT_FALSE(with(2, log::BundleEvents{1, {}}));
  EXPECT_FALSE(with(2, log::BundleEvents{2, {{}, {}, {}}}));
  EXPECT_FALSE(with(3, log::BundleSnapshot{"", 3, {}}));
  EXPECT_FALSE(with(3, log::BundleSnapshot{"o", 2, {}}));
  EXPECT_TRUE(with(3, log::BundleSnapshot{"o", 3, {}, std::string(64, 't'), 7}));
  EXPECT_FALSE(with(3, log::BundleSnapshot{"o", 3, {}, std::string(65, 't'), 7}));
  EXPECT_FALSE(with(3, log::BundleSnapshot{"o", 3, {}, "\xff", 7}));
  EXPECT_FALSE(with(5, log::BundlePins{}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"b", 1, 5, ""}, {"a", 1, 5, ""}}}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"a", 1, 5, ""}, {"a", 1, 5, ""}}}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"now", 1, 5, ""}}}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"a", 0, 5, ""}}}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"a", 5, 5, ""}}}));
  EXPECT_FALSE(with(5, log::BundlePins{{{"a", 1, 5, std::string(1025, 'p')}}}));
  EXPECT_FALSE(with(6, log::BundleEnd{5, {}}));
  std::vector<ByteView> many(log::kSectionEvents + 1);
  auto changed = sample.sections;
  changed[0] = log::BundleHeader{"team", "l", many.size(), {}};
  changed[2] = log::BundleEvents{1, many};
  EXPECT_NE(read_sections(changed).error().message.find("where event 1 should be"),
            std::string::npos);
  many.pop_back();
  changed[0] = log::BundleHeader{"team", "l", many.size(), {}};
  changed = {changed[0], log::BundleEvents{1, many}, log::BundleEnd{many.size(), {}}};
  EXPECT_TRUE(read_sections(changed));
}

// As Syncline 0.1 wrote them: their header and their snapshots say less, and are given as they are.
TEST(Bundle, FilesOfTheFirstVersionAreRead) {
  Sample sample;
  sample.sections[0] = log::BundleHeader{"team", "log.example/a", 4, {1}, 1};
  BundleReader reader;
  reader.feed(joined(sample.pieces()));
  EXPECT_EQ(std::get<log::BundleHeader>(**reader.next()).version, 1u);
  ASSERT_TRUE(reader.next() && reader.next());
  const auto untyped = std::get<log::BundleSnapshot>(**reader.next());
  EXPECT_EQ(untyped.type, "");
  EXPECT_EQ(untyped.generation, 0u);
  EXPECT_EQ(to_bytes(untyped.state), (Bytes{8, 9}));
  const Bytes state{8};
  sample.sections[3] = log::BundleSnapshot{"notes/plan", 3, state, "doc", 2};
  BundleReader second;
  second.feed(joined(sample.pieces()));
  ASSERT_TRUE(second.next() && second.next() && second.next());
  const auto typed = std::get<log::BundleSnapshot>(**second.next());
  EXPECT_EQ(typed.type, "doc");
  EXPECT_EQ(typed.generation, 2u);
  EXPECT_EQ(to_bytes(typed.state), Bytes{8});
}

// A length is believed only as its bytes come, and only up to a limit.
TEST(Bundle, ALengthThatIsClaimedTakesNoMemory) {
  Bytes bytes = log::BundleWriter::magic();
  bytes.insert(bytes.end(), {1, 0x10, 0x00, 0x00, 0x00});
  EXPECT_NE(read(bytes).error().message.find("cut off"), std::string::npos);
  bytes[9] = 0xff;
  EXPECT_EQ(read(bytes).error().code, ErrorCode::kTooLarge);
}

TEST(Bundle, UnknownKindsAndNewerVersionsAreRefusedAsSuch) {
  const auto section = [](Bytes head) {
    Bytes bytes = log::BundleWriter::magic();
    bytes.insert(bytes.end(), head.begin(), head.end());
    const std::uint32_t crc = crc32c(head, crc32c(log::kBundleMagic));
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<std::uint8_t>(crc >> shift));
    return bytes;
  };
  EXPECT_EQ(read(section({1, 0, 0, 0, 1, 3})).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read(section({9, 0, 0, 0, 0})).error().code, ErrorCode::kMalformed);
  Sample sample;
  auto pieces = sample.pieces();
  log::BundleWriter writer;
  Bytes whole = log::BundleWriter::magic();
  const Bytes header = writer.section(sample.sections[0]);
  whole.insert(whole.end(), header.begin(), header.end());
  Bytes odd{9, 0, 0, 0, 0};
  const std::uint32_t crc = crc32c(odd, writer.crc());
  for (int shift = 24; shift >= 0; shift -= 8)
    odd.push_back(static_cast<std::uint8_t>(crc >> shift));
  whole.insert(whole.end(), odd.begin(), odd.end());
  EXPECT_EQ(read(whole).error().code, ErrorCode::kUnsupported);
}

// The bytes in the specification are those of the code.
TEST(Bundle, TheDocumentedExampleIsTrue) {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/docs/formats/bundle.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto start = text.find("<!-- example: bundle -->");
  ASSERT_NE(start, std::string::npos);
  std::istringstream lines(text.substr(start, text.find("<!-- end -->", start) - start));
  Bytes documented;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    std::istringstream words(line.substr(0, line.find('|')));
    for (std::string word; words >> word;)
      documented.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
  }
  const Bytes record{0xaa, 0xbb};
  const Bytes state{0xcc};
  Sample sample;
  sample.sections = {log::BundleHeader{"w", "log.example/a", 1, sha256(as_bytes("last"))},
                     log::BundleEvents{1, {record}}, log::BundleSnapshot{"o", 1, state, "doc", 1},
                     log::BundlePins{{{"first", 1, 1'700'000'000'000, "anna"}}},
                     log::BundleEnd{1, sha256(as_bytes("root"))}};
  const Bytes written = joined(sample.pieces());
  std::string shown;
  for (const std::uint8_t byte : written) shown += fmt::format("{:02x} ", byte);
  EXPECT_EQ(documented, written) << shown;
}

}  // namespace
}  // namespace syncline::testing
