// The codecs of relative positions, for bytes and JSON. relative_position.cpp creates and resolves
// them.

#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/relative_position.h"

namespace syncline::crdt {
namespace {

enum Tag : std::uint8_t { kItem = 0, kRoot = 1, kType = 2 };

void write_id(const Id& id, ByteWriter& out) {
  out.var_uint(id.client);
  out.var_uint(id.clock);
}

Id read_id(ByteReader& in) {
  const std::uint64_t client = in.var_uint();
  const std::uint64_t clock = in.var_uint();
  if (client > kMaxClientId || clock > std::numeric_limits<Clock>::max()) in.fail();
  return {client, static_cast<Clock>(clock)};
}

Any id_value(const Id& id) {
  return Any::Object{{"client", static_cast<double>(id.client)},
                     {"clock", static_cast<double>(id.clock)}};
}

// The whole number under the key, if it is at most `most`.
std::optional<std::uint64_t> whole_number(const Any& object, std::string_view key,
                                          std::uint64_t most) {
  const Any* member = object.find(key);
  const double* number = member == nullptr ? nullptr : std::get_if<double>(&member->value());
  if (number == nullptr || !(*number >= 0) || *number > static_cast<double>(most))
    return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(*number);
  if (static_cast<double>(whole) != *number) return std::nullopt;
  return whole;
}

bool present(const Any* member) {
  return member != nullptr && !member->is_null() && !member->is_undefined();
}

// Reads the id under the key, if there is one, into `out`. False if the member is not an id.
bool id_member(const Any& object, std::string_view key, std::optional<Id>& out) {
  const Any* member = object.find(key);
  if (!present(member)) return true;
  const auto client = whole_number(*member, "client", kMaxClientId);
  const auto clock = whole_number(*member, "clock", std::numeric_limits<Clock>::max());
  if (!client || !clock) return false;
  out = Id{*client, static_cast<Clock>(*clock)};
  return true;
}

}  // namespace

Bytes encode_relative_position(const RelativePosition& position) {
  ByteWriter out;
  if (position.item) {
    out.var_uint(kItem);
    write_id(*position.item, out);
  } else if (position.root) {
    out.var_uint(kRoot);
    out.var_string(*position.root);
  } else {
    out.var_uint(kType);
    write_id(position.type.value_or(Id{}), out);
  }
  out.var_int(std::int64_t{position.assoc});
  return out.take();
}

Result<RelativePosition> decode_relative_position(ByteView bytes) {
  ByteReader in(bytes);
  RelativePosition position;
  switch (in.var_uint()) {
    case kItem: position.item = read_id(in); break;
    case kRoot: position.root = std::string(in.var_string()); break;
    case kType: position.type = read_id(in); break;
    default: in.fail();
  }
  if (!in.at_end()) {
    const VarInt assoc = in.var_int();
    if (assoc.magnitude > std::numeric_limits<std::int32_t>::max()) in.fail();
    position.assoc = static_cast<std::int32_t>(assoc.value());
  }
  if (!in.ok()) return fail(ErrorCode::kMalformed, "not a relative position");
  return position;
}

std::string to_json(const RelativePosition& position) {
  Any::Object members;
  if (position.type) members.emplace_back("type", id_value(*position.type));
  if (position.root && !position.root->empty()) members.emplace_back("tname", *position.root);
  if (position.item) members.emplace_back("item", id_value(*position.item));
  members.emplace_back("assoc", static_cast<double>(position.assoc));
  return to_json(Any(std::move(members)));
}

Result<RelativePosition> relative_position_from_json(std::string_view json) {
  const Result<Any> value = from_json(json);
  if (!value) return std::unexpected(value.error());
  RelativePosition position;
  const auto refuse = [] { return fail(ErrorCode::kInvalid, "not a relative position"); };
  if (!std::holds_alternative<Any::Object>(value->value())) return refuse();
  if (!id_member(*value, "type", position.type)) return refuse();
  if (!id_member(*value, "item", position.item)) return refuse();
  if (const Any* name = value->find("tname"); present(name)) {
    const std::string* text = std::get_if<std::string>(&name->value());
    if (text == nullptr) return refuse();
    position.root = *text;
  }
  if (const Any* assoc = value->find("assoc"); present(assoc)) {
    const double* number = std::get_if<double>(&assoc->value());
    if (number == nullptr || !(*number >= -0x7fffffff && *number <= 0x7fffffff)) return refuse();
    position.assoc = static_cast<std::int32_t>(*number);
  }
  if (!position.item && !position.root && !position.type) return refuse();
  return position;
}

}  // namespace syncline::crdt
