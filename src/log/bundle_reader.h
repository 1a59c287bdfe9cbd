// Reads a bundle (log/bundle.h) from the front, in pieces of any size, and gives its sections one by
// one, each checked: its CRC, its encoding, its bounds and its place among the others.
//
// Memory: what was fed and not yet given, so one section at most if the caller feeds no more than it
// must. A length that a file claims is believed only as its bytes come.
//
// Errors name the byte of the file at which the section begins. kMalformed: this is no bundle, or it
// is cut or put together wrongly; kCorrupt: a CRC is wrong; kUnsupported: of a newer version;
// kTooLarge: a section above kMaxSectionBytes. After an error the object is of no more use.
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/bundle.h"
#include "syncline/error.h"

namespace syncline::log {

class BundleReader {
 public:
  BundleReader() = default;

  // Goes on where another file, or the same one, was left: the sections of `header`'s file from
  // `mark` on.
  BundleReader(const BundleHeader& header, const BundleMark& mark);

  void feed(ByteView bytes);

  // The next section; refers into this object until the next call. nullopt: more bytes are needed,
  // or the end has been given.
  Result<std::optional<BundleSection>> next();

  // When there are no more bytes: whether the end has been given.
  Result<void> finish() const;

  bool at_end() const { return stage_ == Stage::kEnd; }

  // Of bytes: what lies behind whole sections, and where the last section of events began. Without
  // one, a file must be begun anew.
  std::uint64_t whole_bytes() const { return offset_; }
  const std::optional<BundleMark>& mark() const { return mark_; }
  // Behind all sections given so far.
  BundleMark here() const { return {offset_, crc_, after_}; }

 private:
  enum class Stage : std::uint8_t { kMagic, kHeader, kStatements, kEvents, kPins, kEnd };

  Result<BundleSection> parse(std::uint8_t kind, ByteView body);
  Result<BundleSection> parse_header(ByteView body);
  Result<BundleSection> parse_statement(ByteView body);
  Result<BundleSection> parse_events(ByteView body);
  Result<BundleSection> parse_snapshot(ByteView body, bool typed);
  Result<BundleSection> parse_pins(ByteView body);
  Result<BundleSection> parse_end(ByteView body);

  std::unexpected<Error> refuse(ErrorCode code, std::string_view what) const;

  Stage stage_ = Stage::kMagic;
  Bytes buffer_;
  std::size_t taken_ = 0;     // of buffer_
  std::uint64_t offset_ = 0;  // in the file, of buffer_[taken_]
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
  Position after_ = 0;
  Position snapshot_at_ = 0;  // of the last one
  std::size_t statements_ = 0;
  std::string last_pin_;
  std::optional<BundleMark> mark_;
};

}  // namespace syncline::log
