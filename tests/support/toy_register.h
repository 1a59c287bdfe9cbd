// ToyRegister: a strict type: one text with a version. Name "toy-register", face "toy-strict".
//
// An intent names the version that it replaces. If this is not the present version, it is refused
// with kConflict and a message with the present version. The answer is the new version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/toy_type.h"

namespace syncline::test {

struct RegisterWrite {
  std::uint64_t replaces = 0;
  std::string value;

  Bytes encode() const {
    ByteWriter out;
    out.var_uint(replaces);
    out.var_string(value);
    return out.take();
  }
};

class ToyRegister;
const merge::ObjectType& toy_register();

class ToyRegister final : public merge::Object {
 public:
  const merge::ObjectType& type() const override { return toy_register(); }

  Result<merge::Prepared> prepare(ByteView intent) const override {
    auto write = read(intent);
    if (!write) return std::unexpected(std::move(write.error()));
    merge::Prepared prepared{.changes = true};
    prepared.effect.touches.push_back(
        {.operation = merge::Operation::kSetKey, .container = {"register", {}}, .key = "value"});
    prepared.answered = merge::Form(toy_answer(version_ + 1));
    return prepared;
  }

  Result<void> apply(ByteView recorded) override {
    auto write = read(recorded);
    if (!write) return std::unexpected(std::move(write.error()));
    value_ = std::move(write->value);
    ++version_;
    return {};
  }

  Bytes snapshot() const override { return RegisterWrite{version_, value_}.encode(); }

  Result<void> restore(ByteView snapshot) {
    auto write = decode(snapshot);
    if (!write) return std::unexpected(std::move(write.error()));
    version_ = write->replaces;
    value_ = std::move(write->value);
    return {};
  }

  std::string to_json() const override {
    return "{\"version\":" + std::to_string(version_) + ",\"value\":" + toy_json(value_) + "}";
  }

  std::size_t memory_bytes() const override { return sizeof(*this) + value_.size(); }

 private:
  static Result<RegisterWrite> decode(ByteView bytes) {
    ByteReader in(bytes);
    RegisterWrite write{.replaces = in.var_uint()};
    write.value = in.var_string();
    if (!in.ok() || !in.at_end()) return fail(ErrorCode::kMalformed, "toy-register: no write");
    return write;
  }

  // Refuses a write that does not follow the present version.
  Result<RegisterWrite> read(ByteView bytes) const {
    auto write = decode(bytes);
    if (write && write->replaces != version_)
      return fail(ErrorCode::kConflict, "the register is at version " + std::to_string(version_));
    return write;
  }

  std::uint64_t version_ = 0;
  std::string value_;
};

// Stateless; lives as long as the program.
inline const merge::ObjectType& toy_register() {
  static const ToyType<ToyRegister> type("toy-register", "toy-strict");
  return type;
}

inline Bytes toy_write(std::uint64_t replaced_version, std::string_view value) {
  return RegisterWrite{replaced_version, std::string(value)}.encode();
}

}  // namespace syncline::test
