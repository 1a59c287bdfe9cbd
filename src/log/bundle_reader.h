// BundleReader: reads a bundle (log/bundle.h) from the front, in pieces of any size, and returns
// its sections one by one. It checks the CRC, the encoding, the limits and the order of each.
//
// Memory: what was fed and not returned yet. This is at most one section if the caller feeds no
// more than necessary. A length that the file claims is trusted only as far as its bytes have
// arrived.
//
// Errors name the byte of the file at which the section begins. kMalformed: not a bundle, or cut,
// or in a wrong order; kCorrupt: a wrong CRC; kUnsupported: a newer version; kTooLarge: a section
// above kMaxSectionBytes. After an error the object must not be used. Thread-safety: none.
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

  // Continues a file from `mark` on. `header` is the header of that file.
  BundleReader(const BundleHeader& header, const BundleMark& mark);

  void feed(ByteView bytes);

  // The next section. It refers to this object until the next call. nullopt: more bytes are needed,
  // or the end section was already returned.
  Result<std::optional<BundleSection>> next();

  // Must be called when there are no more bytes. Fails unless the end section was returned.
  Result<void> finish() const;

  bool at_end() const { return stage_ == Stage::kEnd; }

  // whole_bytes: the size of all whole sections. mark: the beginning of the last section of events;
  // without one, a file can only be started again.
  std::uint64_t whole_bytes() const { return offset_; }
  const std::optional<BundleMark>& mark() const { return mark_; }
  // The place after all sections that were returned.
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
  std::uint64_t offset_ = 0;  // the position of buffer_[taken_] in the file
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
  Position after_ = 0;
  Position snapshot_at_ = 0;  // of the last one
  std::size_t statements_ = 0;
  std::string last_pin_;
  std::optional<BundleMark> mark_;
};

}  // namespace syncline::log
