#include "log/file_version.h"

#include <gtest/gtest.h>

#include <string>

#include "base/sha256.h"

namespace syncline::log {
namespace {

FileVersion some_version() {
  return {
      .hash = sha256({}), .bytes = 5'000'000'000, .media_type = "image/png", .file_name = "ü.png"};
}

TEST(FileVersions, ComeBack) {
  const FileVersion version = some_version();
  EXPECT_EQ(decode_file_version(encode_file_version(version)).value(), version);
}

TEST(FileVersions, NoPartOfOneIsOne) {
  Bytes bytes = encode_file_version(some_version());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_file_version(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_EQ(decode_file_version(bytes).error().code, ErrorCode::kMalformed);
  bytes[0] = 2;
  EXPECT_EQ(decode_file_version(bytes).error().code, ErrorCode::kUnsupported);
}

TEST(FileVersions, HaveNamesAndTypesThatCanBe) {
  const auto code = [](auto change) {
    FileVersion version = some_version();
    change(version);
    const auto checked = check_file_version(version);
    return checked ? "ok" : std::string(to_string(checked.error().code));
  };
  EXPECT_EQ(code([](FileVersion&) {}), "ok");
  EXPECT_EQ(code([](FileVersion& v) { v.media_type = "text/plain; charset=utf-8"; }), "ok");
  for (const char* type : {"", "png", "/png", "image/", "im age/png", "a/b\n", "a/b c"})
    EXPECT_EQ(code([&](FileVersion& v) { v.media_type = type; }), "invalid") << type;
  for (const char* name : {"a/b", "a\\b", "a\nb", "\xff"})
    EXPECT_EQ(code([&](FileVersion& v) { v.file_name = name; }), "invalid") << name;
  EXPECT_EQ(code([](FileVersion& v) { v.file_name = std::string(256, 'a'); }), "invalid");
  EXPECT_EQ(code([](FileVersion& v) { v.bytes = kMaxFileBytes + 1; }), "too_large");
}

TEST(FileVersions, OnlyAChangeOfAFileNamesOne) {
  Event event;
  event.type = kFileType;
  event.intent = encode_file_version(some_version());
  EXPECT_EQ(file_named_in(event), sha256({}));
  EXPECT_EQ(stored_bytes(event.type, event.intent), event.intent.size() + 5'000'000'000);
  event.type = "doc";
  EXPECT_EQ(file_named_in(event), std::nullopt);
  EXPECT_EQ(stored_bytes(event.type, event.intent), event.intent.size());
  event.type = kFileType;
  event = without_payload(std::move(event));
  EXPECT_EQ(file_named_in(event), std::nullopt);
}

}  // namespace
}  // namespace syncline::log
