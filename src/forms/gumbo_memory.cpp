#include "forms/gumbo_memory.h"

#include <cstdlib>

namespace syncline::forms {

GumboMemory::~GumboMemory() {
  while (first_ != nullptr) {
    Block* after = first_->after;
    std::free(first_);
    first_ = after;
  }
}

const GumboOutput* GumboMemory::parse(std::string_view text) {
  if (setjmp(full_) != 0) return nullptr;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = release;
  options.userdata = this;
  options.max_errors = 0;
  return gumbo_parse_with_options(&options, text.data(), text.size());
}

void* GumboMemory::allocate(void* memory, std::size_t size) {
  auto& self = *static_cast<GumboMemory*>(memory);
  const std::size_t all = size + sizeof(Block);
  void* raw = all > self.left_ ? nullptr : std::malloc(all);
  if (raw == nullptr) std::longjmp(self.full_, 1);
  self.left_ -= all;
  auto* block = new (raw) Block{nullptr, self.first_, all, 0};
  if (self.first_ != nullptr) self.first_->before = block;
  self.first_ = block;
  return block + 1;
}

void GumboMemory::release(void* memory, void* pointer) {
  if (pointer == nullptr) return;
  auto& self = *static_cast<GumboMemory*>(memory);
  Block* block = static_cast<Block*>(pointer) - 1;
  self.left_ += block->size;
  if (block->after != nullptr) block->after->before = block->before;
  (block->before != nullptr ? block->before->after : self.first_) = block->after;
  std::free(block);
}

}  // namespace syncline::forms
