#include "backend/net/out_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace syncline::backend {

std::uint64_t OutQueue::push(ByteView header, ByteView payload, std::shared_ptr<const void> owner,
                             bool counted) {
  SYNCLINE_ASSERT(header.size() <= kHeaderMax);
  Entry entry{std::move(owner), payload, {}, static_cast<std::uint8_t>(header.size()), counted};
  std::ranges::copy(header, entry.header.begin());
  bytes_ += entry.size();
  if (counted) counted_bytes_ += entry.size();
  if (entries_.capacity() == 0) entries_.reserve(kFirst);
  entries_.push_back(std::move(entry));
  return first_sequence_ + (entries_.size() - head_) - 1;
}

std::size_t OutQueue::gather(std::span<iovec> parts) const {
  std::size_t count = 0;
  const auto add = [&](const std::uint8_t* data, std::size_t size) {
    if (size > 0) parts[count++] = {const_cast<std::uint8_t*>(data), size};
  };
  std::size_t skip = front_offset_;
  for (std::size_t i = head_; i < entries_.size() && count + 2 <= parts.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::size_t in_header = std::min<std::size_t>(skip, entry.header_size);
    const std::size_t in_payload = skip - in_header;
    add(entry.header.data() + in_header, entry.header_size - in_header);
    add(entry.payload.data() + in_payload, entry.payload.size() - in_payload);
    skip = 0;
  }
  return count;
}

void OutQueue::consume(std::size_t bytes) {
  SYNCLINE_ASSERT(bytes <= bytes_);
  while (bytes > 0 || (!empty() && entries_[head_].size() == front_offset_)) {
    Entry& front = entries_[head_];
    const std::size_t step = std::min(bytes, front.size() - front_offset_);
    front_offset_ += step;
    bytes -= step;
    bytes_ -= step;
    if (front.counted) counted_bytes_ -= step;
    if (front_offset_ == front.size()) pop();
  }
}

void OutQueue::pop() {
  entries_[head_].owner.reset();
  ++head_;
  ++first_sequence_;
  front_offset_ = 0;
  constexpr std::size_t kKeep = 16;
  if (empty()) {
    head_ = 0;
    if (entries_.capacity() > kKeep) {
      entries_ = std::vector<Entry>();  // `= {}` would keep the memory
    } else {
      entries_.clear();
    }
  } else if (head_ >= 64 && head_ * 2 >= entries_.size()) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void OutQueue::clear() {
  first_sequence_ += entries_.size() - head_;
  entries_ = std::vector<Entry>();
  head_ = front_offset_ = bytes_ = counted_bytes_ = 0;
}

}  // namespace syncline::backend
