#include "forms/cmark_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace syncline::forms {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

thread_local CmarkMemory* cmark_memory_of_thread = nullptr;

std::size_t rounded(std::size_t size) {
  constexpr std::size_t kStep = alignof(std::max_align_t);
  return (size + kStep - 1) / kStep * kStep;
}

}  // namespace

CmarkMemory::CmarkMemory(std::size_t most) : before_(cmark_memory_of_thread), left_(most) {
  at_ = first_.data();
  end_ = at_ + first_.size();
  cmark_memory_of_thread = this;
}

CmarkMemory::~CmarkMemory() {
  cmark_memory_of_thread = before_;
}

cmark_node* CmarkMemory::parse(std::string_view text, int options,
                               std::span<cmark_syntax_extension* const> extensions) {
  static cmark_mem functions{allocate, reallocate, release};
  parsing_ = true;
  if (setjmp(full_) != 0) return nullptr;
  cmark_parser* parser = cmark_parser_new_with_mem(options, &functions);
  for (cmark_syntax_extension* extension : extensions)
    cmark_parser_attach_syntax_extension(parser, extension);
  cmark_parser_feed(parser, text.data(), text.size());
  cmark_node* root = cmark_parser_finish(parser);
  parsing_ = false;
  return root;
}

void* CmarkMemory::allocate(std::size_t count, std::size_t size) {
  void* taken = cmark_memory_of_thread->take(count * size);
  std::memset(taken, 0, count * size);
  return taken;
}

// The last allocation grows where it is, so a text that grows is not copied each time.
void* CmarkMemory::reallocate(void* pointer, std::size_t size) {
  CmarkMemory& self = *cmark_memory_of_thread;
  if (pointer == nullptr) return self.take(size);
  Block* block = static_cast<Block*>(pointer) - 1;
  if (size <= block->size) return pointer;
  auto* bytes = static_cast<std::byte*>(pointer);
  const bool last = bytes + rounded(block->size) == self.at_;
  if (last && rounded(size) <= static_cast<std::size_t>(self.end_ - bytes)) {
    self.at_ = bytes + rounded(size);
    block->size = size;
    return pointer;
  }
  void* taken = self.take(size);
  std::memcpy(taken, pointer, block->size);
  return taken;
}

void CmarkMemory::release(void*) {}

void* CmarkMemory::take(std::size_t size) {
  const std::size_t all = rounded(size) + sizeof(Block);
  if (all > static_cast<std::size_t>(end_ - at_)) begin_piece(all);
  auto* block = new (at_) Block{size};
  at_ += all;
  return block + 1;
}

// After the parse, cmark asks for a little to show a text; then there is no way back.
void CmarkMemory::begin_piece(std::size_t least) {
  const std::size_t size = std::max(least, kPieceBytes);
  if (parsing_ && size > left_) std::longjmp(full_, 1);
  left_ -= std::min(size, left_);
  pieces_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
  at_ = pieces_.back().get();
  end_ = at_ + size;
}

}  // namespace syncline::forms
