// Client frames in arbitrary pieces. The parser must not crash, must return only what the RFC
// allows, must not hold more than it was given, and its results must not depend on the division
// into pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "backend/net/ws_frame.h"

namespace {

using namespace syncline;
using namespace syncline::backend;

constexpr std::size_t kMaxMessage = 4096;

void require(bool condition) {
  if (!condition) std::abort();
}

// Appends a flat form of every event to `trace`.
void run(ByteView data, std::size_t piece, Bytes& trace) {
  WsParser parser(kMaxMessage);
  Bytes input = to_bytes(data);
  std::span<std::uint8_t> left = input;
  while (!left.empty()) {
    auto part = left.first(std::min(piece, left.size()));
    left = left.subspan(part.size());
    for (;;) {
      const WsEvent event = parser.next(part);
      // Vectors grow by doubling.
      require(parser.buffered_bytes() <= 2 * std::min(data.size(), kMaxMessage + kWsControlMax));
      if (event.kind == WsEvent::Kind::kNeedMore) {
        require(part.empty());
        break;
      }
      trace.push_back(static_cast<std::uint8_t>(event.kind));
      trace.push_back(static_cast<std::uint8_t>(event.code >> 8));
      trace.push_back(static_cast<std::uint8_t>(event.code));
      if (event.kind == WsEvent::Kind::kError) {
        require(is_ws_close_code(event.code) && !event.problem.empty());
        return;
      }
      require(event.payload.size() <= kMaxMessage);
      if (event.kind == WsEvent::Kind::kText) require(is_utf8(event.payload));
      if (event.kind == WsEvent::Kind::kClose && event.code != kWsNoCode)
        require(is_ws_close_code(event.code) && is_utf8(event.payload));
      trace.insert(trace.end(), event.payload.begin(), event.payload.end());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 32;
  const ByteView bytes(data + 1, size - 1);
  Bytes whole;
  Bytes pieces;
  run(bytes, bytes.size() + 1, whole);
  run(bytes, piece, pieces);
  require(whole == pieces);
  return 0;
}
