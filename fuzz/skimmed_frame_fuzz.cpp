// What a server may send to an attacker (cli/load/hostile), in arbitrary pieces. The skimmer must not
// crash, must consume everything, must keep only the beginning of a message, and its results must not
// depend on the division into pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "cli/load/hostile/frame_skimmer.h"

namespace {

using namespace syncline;
using cli::FrameSkimmer;

void require(bool condition) {
  if (!condition) std::abort();
}

// Appends a flat form of every message to `trace`.
void run(ByteView data, std::size_t piece, Bytes& trace) {
  FrameSkimmer skimmer;
  std::uint64_t reported = 0;
  for (std::size_t at = 0; at < data.size(); at += piece) {
    ByteView part = data.subspan(at, std::min(piece, data.size() - at));
    while (const auto message = skimmer.next(part)) {
      require(message->beginning.size() <= FrameSkimmer::kKept);
      require(message->beginning.size() ==
              std::min<std::uint64_t>(message->size, FrameSkimmer::kKept));
      reported += message->size;
      trace.push_back(message->opcode);
      trace.insert(trace.end(), message->beginning.begin(), message->beginning.end());
    }
    require(part.empty());
  }
  require(reported <= data.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  Bytes whole;
  run(input, std::max<std::size_t>(size, 1), whole);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    Bytes pieces;
    run(input, piece, pieces);
    require(pieces == whole);
  }
  return 0;
}
