// The memory of one parse by gumbo: bounded, and freed as a whole.
//
// gumbo frees a tree by recursion, as deep as a stranger has nested it, and has no bound of its own. So its tree is
// never given back to it: this frees what was allocated, one by one. When the memory is used up, the parse ends at once,
// by longjmp: gumbo is C, holds nothing but this memory, and knows no failed allocation.
#pragma once

#include <gumbo.h>

#include <csetjmp>
#include <cstddef>
#include <string_view>

namespace syncline::forms {

class GumboMemory {
 public:
  explicit GumboMemory(std::size_t most) : left_(most) {}
  ~GumboMemory();
  GumboMemory(const GumboMemory&) = delete;
  GumboMemory& operator=(const GumboMemory&) = delete;

  // nullptr if that needs too much memory. The tree lives as long as this, and the text must live as long.
  const GumboOutput* parse(std::string_view text);

 private:
  struct Block {
    Block* before;
    Block* after;
    std::size_t size;
    std::size_t unused;  // what follows is aligned for everything
  };

  static void* allocate(void* memory, std::size_t size);
  static void release(void* memory, void* pointer);

  Block* first_ = nullptr;
  std::size_t left_;
  std::jmp_buf full_;
};

}  // namespace syncline::forms
