// Shared by the toy types (toy_list.h, toy_register.h). They are small types of objects for tests
// of code that must work with any type. They have no facets.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "merge/object.h"
#include "syncline/crdt/any.h"

namespace syncline::test {

inline std::string toy_json(const std::string& text) {
  return crdt::to_json(crdt::Any(text));
}

// The answer of both toys: the version that the change made.
inline Bytes toy_answer(std::uint64_t version) {
  ByteWriter out;
  out.var_uint(version);
  return out.take();
}

inline std::uint64_t toy_version(ByteView answered) {
  return ByteReader(answered).var_uint();
}

template <typename Toy>
class ToyType final : public merge::ObjectType {
 public:
  ToyType(std::string_view name, std::string_view face) : name_(name), faces_{face} {}

  std::string_view name() const override { return name_; }
  std::span<const std::string_view> faces() const override { return faces_; }
  std::unique_ptr<merge::Object> create() const override { return std::make_unique<Toy>(); }

  Result<std::unique_ptr<merge::Object>> restore(ByteView snapshot) const override {
    auto toy = std::make_unique<Toy>();
    if (auto restored = toy->restore(snapshot); !restored)
      return std::unexpected(std::move(restored.error()));
    return toy;
  }

 private:
  std::string_view name_;
  std::string_view faces_[1];
};

}  // namespace syncline::test
