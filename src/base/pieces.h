// Pieces: bytes that are made piece by piece, because all of them together may be large: a rendered
// object, an attribution, a page of states. Whoever sends them asks for the next piece when the
// receiver has taken most of those before.
//
// SharedPiece: bytes that never change, and what keeps them alive. Copies share them.
//
// Thread-safety of Pieces: none; one thread at a time. Pieces may move between threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syncline/bytes.h"

namespace syncline {

struct SharedPiece {
  std::shared_ptr<const void> owner = nullptr;
  ByteView view = {};

  static SharedPiece of(std::string text) {
    auto owned = std::make_shared<const std::string>(std::move(text));
    const ByteView view = as_bytes(*owned);
    return {std::move(owned), view};
  }
  static SharedPiece of(Bytes bytes) {
    auto owned = std::make_shared<const Bytes>(std::move(bytes));
    const ByteView view = *owned;
    return {std::move(owned), view};
  }

  std::size_t size() const { return view.size(); }
  // The first bytes, at most `most`, which this one then lacks.
  SharedPiece split(std::size_t most) {
    SharedPiece first{owner, view.first(std::min(most, view.size()))};
    view = view.subspan(first.size());
    return first;
  }
};

class Pieces {
 public:
  virtual ~Pieces() = default;

  // True if there is no further piece.
  virtual bool at_end() const = 0;
  // The next piece, which may have a few bytes more than `about`. Must not be called at the end.
  virtual SharedPiece next(std::size_t about) = 0;

  // The bytes of all pieces that follow, if that is known.
  virtual std::optional<std::uint64_t> size() const = 0;
  // The memory that is held for them.
  virtual std::size_t memory_bytes() const = 0;
  // False if a piece costs so little that a loop can make it.
  virtual bool is_work() const = 0;
};

// Parts that exist, one after the other.
class ListPieces final : public Pieces {
 public:
  void add(SharedPiece part) {
    bytes_ += part.size();
    if (part.size() > 0) parts_.push_back(std::move(part));
  }
  void add(std::string text) { add(SharedPiece::of(std::move(text))); }

  bool at_end() const override { return at_ == parts_.size(); }
  SharedPiece next(std::size_t about) override {
    SharedPiece& part = parts_[at_];
    if (part.size() > about) {
      bytes_ -= about;
      return part.split(about);
    }
    bytes_ -= part.size();
    ++at_;
    return std::exchange(part, {});
  }
  std::optional<std::uint64_t> size() const override { return bytes_; }
  std::size_t memory_bytes() const override {
    return bytes_ + parts_.capacity() * sizeof(SharedPiece);
  }
  bool is_work() const override { return false; }

 private:
  std::vector<SharedPiece> parts_;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;  // of those that follow
};

// Pieces between two texts.
class FramedPieces final : public Pieces {
 public:
  FramedPieces(std::string before, std::unique_ptr<Pieces> pieces, std::string after)
      : before_(std::move(before)), pieces_(std::move(pieces)), after_(std::move(after)) {}

  bool at_end() const override { return before_.empty() && pieces_->at_end() && after_.empty(); }
  SharedPiece next(std::size_t about) override {
    if (!before_.empty()) return SharedPiece::of(std::exchange(before_, {}));
    if (!pieces_->at_end()) return pieces_->next(about);
    return SharedPiece::of(std::exchange(after_, {}));
  }
  std::optional<std::uint64_t> size() const override {
    const auto inner = pieces_->size();
    return inner ? std::optional(before_.size() + *inner + after_.size()) : std::nullopt;
  }
  std::size_t memory_bytes() const override {
    return before_.size() + pieces_->memory_bytes() + after_.size();
  }
  bool is_work() const override { return pieces_->is_work(); }

 private:
  std::string before_;
  const std::unique_ptr<Pieces> pieces_;
  std::string after_;
};

// All of them as one text, of which nearly no second copy exists on the way.
inline std::string all_of(Pieces& pieces) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 20;
  std::string text;
  text.reserve(pieces.size().value_or(0));
  while (!pieces.at_end()) text += as_text(pieces.next(kAtOnce).view);
  return text;
}

}  // namespace syncline
