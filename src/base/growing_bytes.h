// GrowingBytes: a buffer for what arrives piece by piece and may become large.
//
// A std::vector copies what it holds each time it grows, which takes milliseconds for many megabytes. This
// buffer grows by realloc(), and the C library moves a large block without copying it, by mapping its pages
// elsewhere.
//
// Throws std::bad_alloc. Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "syncline/bytes.h"

namespace syncline {

class GrowingBytes {
 public:
  GrowingBytes() = default;
  GrowingBytes(GrowingBytes&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  GrowingBytes& operator=(GrowingBytes&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {bytes_.get(), size_}; }

  // Makes room for exactly so many bytes; never takes room away.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) resize_block(capacity);
  }
  void append(ByteView more) {
    if (more.empty()) return;
    if (size_ + more.size() > capacity_) reserve(std::max(size_ + more.size(), 2 * capacity_));
    std::memcpy(bytes_.get() + size_, more.data(), more.size());
    size_ += more.size();
  }
  // Keeps the first `size` bytes, and the memory that they need.
  void truncate(std::size_t size) {
    size_ = std::min(size, size_);
    if (size_ == 0) return clear();  // realloc() to nothing may free the block
    resize_block(size_);
  }
  // Frees the memory.
  void clear() {
    bytes_.reset();
    size_ = capacity_ = 0;
  }

 private:
  struct Free {
    void operator()(std::uint8_t* block) const { std::free(block); }
  };

  void resize_block(std::size_t capacity) {
    void* const block = std::realloc(bytes_.get(), capacity);
    if (block == nullptr) throw std::bad_alloc();
    (void)bytes_.release();  // realloc() has freed or kept it
    bytes_.reset(static_cast<std::uint8_t*>(block));
    capacity_ = capacity;
  }

  std::unique_ptr<std::uint8_t[], Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace syncline
