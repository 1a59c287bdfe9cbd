// The memory of one parse by cmark: bounded, taken from a few large pieces, and freed as a whole. cmark asks for a little
// memory very often, and gives all of it back in the end: that was half of the time of a parse.
//
// cmark tells its functions of memory nothing of the parse, so the parse of a thread is found by the thread. When the memory
// is used up, the parse ends at once, by longjmp: cmark is C, holds nothing but this memory, and knows no failed allocation.
//
// Thread-safety: one thread; on it, a later one ends before an earlier one.
#pragma once

#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>

#include <array>
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace syncline::forms {

class CmarkMemory {
 public:
  explicit CmarkMemory(std::size_t most);
  ~CmarkMemory();
  CmarkMemory(const CmarkMemory&) = delete;
  CmarkMemory& operator=(const CmarkMemory&) = delete;

  // nullptr if that needs too much memory. The tree lives as long as this, and is not freed by cmark_node_free().
  cmark_node* parse(std::string_view text, int options,
                    std::span<cmark_syntax_extension* const> extensions);

 private:
  // Before each allocation; what follows is aligned for everything.
  struct alignas(std::max_align_t) Block {
    std::size_t size;
  };

  static void* allocate(std::size_t count, std::size_t size);
  static void* reallocate(void* pointer, std::size_t size);
  static void release(void* pointer);

  void* take(std::size_t size);
  void begin_piece(std::size_t least);

  CmarkMemory* const before_;
  std::size_t left_;  // that may be asked for
  bool parsing_ = false;
  std::jmp_buf full_;
  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  std::vector<std::unique_ptr<std::byte[]>> pieces_;
  alignas(std::max_align_t) std::array<std::byte, 8192> first_;  // enough for a line
};

}  // namespace syncline::forms
