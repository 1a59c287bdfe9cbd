// Rarely<T>: a member that most objects never use, and that is empty until somebody writes to it. It takes the size of a
// pointer until then; an empty hash table of boost takes 48 bytes. Small documents are the many.
//
// Reading costs one more load, and reads a shared empty value if there is none. Thread-safety: as T.
#pragma once

#include <cstddef>
#include <memory>

namespace syncline {

template <typename T>
class Rarely {
 public:
  // What it holds; an empty T if nobody has written to it.
  const T& operator*() const { return value_ == nullptr ? kEmpty : *value_; }
  const T* operator->() const { return &**this; }
  // The same, to write to.
  T& make() {
    if (value_ == nullptr) value_ = std::make_unique<T>();
    return *value_;
  }
  // False if nobody has written to it since the start, or since it was dropped.
  bool exists() const { return value_ != nullptr; }
  void drop() { value_.reset(); }
  // Of the T itself, without what it has allocated.
  std::size_t memory_bytes() const { return value_ == nullptr ? 0 : sizeof(T); }

 private:
  inline static const T kEmpty{};

  std::unique_ptr<T> value_;
};

}  // namespace syncline
