// Storage of the engine: an arena, and strings and names of entities that are compared fast.
//
// Policies, entities, contexts and the temporaries of an evaluation consist of small immutable
// pieces that live and die together. So each of these owns an `Arena`, and everything in it is
// referred to by plain pointers. A `Text` or a `Uid` has its hash with it: two of them are compared
// by address, then by hash, and only when both hashes are equal by their bytes. So no table of
// strings is shared between policies and requests, and none grows with what strangers send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncline::cedar {

// Hands out memory that is freed all at once. Objects in it are never destroyed, so they must not
// need it. Addresses stay valid when the arena is moved. Not thread-safe.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;

  void* allocate(std::size_t bytes);

  template <typename T, typename... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    return new (allocate(sizeof(T))) T{std::forward<Arguments>(arguments)...};
  }

  // `count` elements, value-initialised.
  template <typename T>
  std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    T* first = static_cast<T*>(allocate(count * sizeof(T)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T{};
    return {first, count};
  }

  template <typename T>
  std::span<const T> copy(std::span<const T> from) {
    const std::span<T> to = array<T>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
    return to;
  }

  template <typename T>
  std::span<const T> copy(const std::vector<T>& from) {
    return copy(std::span<const T>(from));
  }

  // Forgets everything that was made; keeps the first block for what comes next.
  void clear();

  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);

  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  std::vector<Block> blocks_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;  // in all blocks
};

// An immutable UTF-8 string.
struct Text {
  std::uint64_t hash;
  const char* data;
  std::size_t size;

  std::string_view view() const { return {data, size}; }
};

std::uint64_t hash_of(std::string_view text);
std::uint64_t join_hashes(std::uint64_t first, std::uint64_t second);

// Refers to `text`, which must outlive the result.
inline Text borrow_text(std::string_view text) {
  return {hash_of(text), text.data(), text.size()};
}

const Text* make_text(Arena& arena, std::string_view text);

inline bool same(const Text& a, const Text& b) {
  return &a == &b || (a.hash == b.hash && a.size == b.size &&
                      (a.data == b.data || std::memcmp(a.data, b.data, a.size) == 0));
}

// A total order, which is not that of the alphabet. Cheap.
int compare(const Text& a, const Text& b);

// The name of an entity: its type, such as `Acme::User`, and its id.
struct Uid {
  std::uint64_t hash;
  const Text* type;
  const Text* id;
};

const Uid* make_uid(Arena& arena, const Text* type, const Text* id);
const Uid* make_uid(Arena& arena, std::string_view type, std::string_view id);

inline bool same(const Uid& a, const Uid& b) {
  return &a == &b || (a.hash == b.hash && same(*a.id, *b.id) && same(*a.type, *b.type));
}

int compare(const Uid& a, const Uid& b);

// Where something is in a source, from 1; 0 if it is in none. Columns count characters.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  // To the end of `passed`, which begins here and is UTF-8.
  void advance(std::string_view passed);

  bool operator==(const Position&) const = default;
};

}  // namespace syncline::cedar
