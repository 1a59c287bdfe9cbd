#include "cedar/text.h"

#include <algorithm>

namespace syncline::cedar {

namespace {

constexpr std::size_t kFirstBlock = 4096;
constexpr std::size_t kLargestBlock = 1 << 20;

std::uint64_t mix_halves(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

Arena::Arena(Arena&& other) noexcept {
  *this = std::move(other);
}

Arena& Arena::operator=(Arena&& other) noexcept {
  blocks_ = std::exchange(other.blocks_, {});
  at_ = std::exchange(other.at_, nullptr);
  left_ = std::exchange(other.left_, 0);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void* Arena::allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + kAlignment - 1) & ~(kAlignment - 1);
  if (rounded > left_) {
    const std::size_t next = std::clamp(bytes_, kFirstBlock, kLargestBlock);
    const std::size_t size = std::max(next, rounded);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    at_ = blocks_.back().memory.get();
    left_ = size;
    bytes_ += size;
  }
  void* result = at_;
  at_ += rounded;
  left_ -= rounded;
  return result;
}

void Arena::clear() {
  if (blocks_.empty()) return;
  blocks_.erase(blocks_.begin() + 1, blocks_.end());
  at_ = blocks_.front().memory.get();
  left_ = bytes_ = blocks_.front().size;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0x9e3779b97f4a7c15U ^ text.size();
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), count);
    hash = mix_halves(hash ^ word, 0xd6e8feb86659fd93U);
    text.remove_prefix(count);
  }
  return mix_halves(hash ^ 0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU);
}

std::uint64_t join_hashes(std::uint64_t first, std::uint64_t second) {
  return mix_halves(first ^ 0x8ebc6af09c88c6e3U, second ^ 0x589965cc75374cc3U);
}

const Text* make_text(Arena& arena, std::string_view text) {
  char* bytes = static_cast<char*>(arena.allocate(text.size()));
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  return arena.make<Text>(hash_of(text), static_cast<const char*>(bytes), text.size());
}

int compare(const Text& a, const Text& b) {
  if (&a == &b) return 0;
  if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
  return a.view().compare(b.view());
}

const Uid* make_uid(Arena& arena, const Text* type, const Text* id) {
  return arena.make<Uid>(join_hashes(type->hash, id->hash), type, id);
}

const Uid* make_uid(Arena& arena, std::string_view type, std::string_view id) {
  const Text* type_text = make_text(arena, type);
  return make_uid(arena, type_text, make_text(arena, id));
}

int compare(const Uid& a, const Uid& b) {
  if (&a == &b) return 0;
  if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
  const int types = compare(*a.type, *b.type);
  return types != 0 ? types : compare(*a.id, *b.id);
}

void Position::advance(std::string_view passed) {
  for (const char c : passed) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++column;
    }
  }
}

}  // namespace syncline::cedar
