// Arbitrary bytes as a bundle. The reader refuses them, or returns sections that encode to the same
// bytes. The result does not depend on how the bytes are divided into pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/crc32c.h"
#include "log/bundle.h"
#include "log/bundle_kinds.h"
#include "log/bundle_reader.h"
#include "node/known_types.h"
#include "state/bundle_verify.h"

namespace {

using syncline::Bytes;
using syncline::ByteView;

struct Read {
  Bytes again;  // the sections, encoded again
  bool whole = false;
  syncline::ErrorCode error{};
};

Read read(ByteView bytes, std::size_t step) {
  Read result;
  syncline::log::BundleReader reader;
  syncline::log::BundleWriter writer;
  syncline::state::BundleVerifier verifier({.types = syncline::node::known_types()}, {});
  bool sound = true;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    for (;;) {
      const auto section = reader.next();
      if (!section) {
        result.error = section.error().code;
        return result;
      }
      if (!*section) break;
      if (result.again.empty()) result.again = syncline::log::BundleWriter::magic();
      const Bytes written = writer.section(**section);
      result.again.insert(result.again.end(), written.begin(), written.end());
      sound = sound && verifier.section(**section).has_value();
    }
  }
  result.whole = reader.finish().has_value();
  return result;
}

void check(ByteView bytes, std::size_t step) {
  const Read at_once = read(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Read in_pieces = read(bytes, step);
  SYNCLINE_ASSERT(at_once.again == in_pieces.again && at_once.whole == in_pieces.whole &&
                  at_once.error == in_pieces.error);
  SYNCLINE_ASSERT(at_once.again.size() <= bytes.size());
  SYNCLINE_ASSERT(std::equal(at_once.again.begin(), at_once.again.end(), bytes.begin()));
  if (at_once.whole) SYNCLINE_ASSERT(at_once.again.size() == bytes.size());
}

// Gives each kind and body of the input the right length and checksum; otherwise the reader would
// refuse nearly everything at these.
Bytes sealed(ByteView bytes) {
  Bytes out = syncline::log::BundleWriter::magic();
  std::uint32_t crc = syncline::crc32c(out);
  while (bytes.size() >= 3) {
    const std::size_t length = std::min<std::size_t>(bytes[1] << 8 | bytes[2], bytes.size() - 3);
    Bytes section{bytes[0], 0, 0, static_cast<std::uint8_t>(length >> 8),
                  static_cast<std::uint8_t>(length)};
    const ByteView body = bytes.subspan(3, length);
    section.insert(section.end(), body.begin(), body.end());
    crc = syncline::crc32c(section, crc);
    for (int shift = 24; shift >= 0; shift -= 8)
      section.push_back(static_cast<std::uint8_t>(crc >> shift));
    out.insert(out.end(), section.begin(), section.end());
    bytes = bytes.subspan(3 + length);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::size_t step = size > 0 ? 1 + data[0] % 64 : 1;
  check(bytes, step);
  check(sealed(bytes), step);
  return 0;
}
