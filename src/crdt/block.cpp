#include "crdt/block.h"

#include <algorithm>

#include "base/utf8.h"

namespace syncline::crdt {

namespace {
constexpr std::size_t kChunk = 4096;
}

void DecodedUpdate::clear() {
  blocks.clear();
  clients.clear();
  deletes.clear();
  keys.clear();
  if (arena.size() > 1) arena.resize(1);
  if (!arena.empty()) {
    if (arena.front()->capacity() > kChunk)
      arena.clear();
    else
      arena.front()->clear();
  }
}

ByteView DecodedUpdate::keep(ByteView bytes) {
  // Chunks never grow, so views into them stay valid.
  if (arena.empty() || arena.back()->capacity() - arena.back()->size() < bytes.size()) {
    arena.push_back(std::make_unique<Bytes>());
    arena.back()->reserve(std::max(kChunk, bytes.size()));
  }
  Bytes& chunk = *arena.back();
  const std::size_t start = chunk.size();
  chunk.insert(chunk.end(), bytes.begin(), bytes.end());
  return ByteView(chunk).subspan(start);
}

std::size_t utf8_offset(std::string_view text, std::size_t units, bool& inside_pair) {
  return utf16_offset(text, units, inside_pair);
}

}  // namespace syncline::crdt
