// JsonPieces: the JSON of a value (syncline/crdt/any.h), made piece by piece from its packed form. So the
// memory that it needs is that of the value, and not that of the text: a byte string takes up to 14 bytes of
// text for each byte.
//
// Thread-safety: see base/pieces.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/pieces.h"
#include "crdt/json_writer.h"
#include "syncline/bytes.h"
#include "syncline/crdt/any.h"

namespace syncline::crdt {

class JsonPieces final : public Pieces {
 public:
  // nullptr if the text would be longer than `most` bytes.
  static std::unique_ptr<JsonPieces> within(Any value, std::size_t most);

  bool at_end() const override { return writer_.at_end(); }
  SharedPiece next(std::size_t about) override;
  std::optional<std::uint64_t> size() const override { return left_; }
  std::size_t memory_bytes() const override { return packed_.capacity(); }
  bool is_work() const override { return true; }

 private:
  JsonPieces(Bytes packed, std::size_t size)
      : packed_(std::move(packed)), writer_(packed_), left_(size) {}

  const Bytes packed_;
  JsonWriter writer_;
  std::size_t left_;
};

}  // namespace syncline::crdt
