// Attributes, deltas and events as JSON.
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "capi/convert.h"

namespace syncline::capi {

using crdt::Any;
using crdt::DeltaOp;

// ---- from JSON

namespace {

Result<Any> parse(const char* json, std::size_t size) {
  const Result<std::string_view> valid = text(json, size);
  if (!valid) return std::unexpected(valid.error());
  Result<Any> value = crdt::from_json(*valid);
  if (!value) return fail(ErrorCode::kMalformed, value.error().message);
  return value;
}

std::unexpected<Error> bad_delta() {
  return fail(ErrorCode::kInvalid,
              "a delta is an array of {insert}, {delete} and {retain}, with attributes or without");
}

std::optional<std::uint32_t> length_of(const Any& value) {
  const double* number = std::get_if<double>(&value.value());
  if (number == nullptr || *number < 1 || *number != std::floor(*number) ||
      *number > std::numeric_limits<std::uint32_t>::max())
    return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

Result<DeltaOp> delta_op(const Any& json) {
  DeltaOp op{.kind = DeltaOp::Kind::kRetain};
  if (const Any* attributes = json.find("attributes")) {
    const auto* object = std::get_if<Any::Object>(&attributes->value());
    if (object == nullptr) return bad_delta();
    op.attributes = *object;
  }
  if (const Any* insert = json.find("insert")) {
    op.kind = DeltaOp::Kind::kInsert;
    if (const std::string* inserted = std::get_if<std::string>(&insert->value())) {
      op.text = *inserted;
    } else {
      op.values.emplace_back(*insert);
    }
    return op;
  }
  const Any* erased = json.find("delete");
  const Any* length = erased != nullptr ? erased : json.find("retain");
  const std::optional<std::uint32_t> count = length ? length_of(*length) : std::nullopt;
  if (!count) return bad_delta();
  if (erased != nullptr) op.kind = DeltaOp::Kind::kDelete;
  op.length = *count;
  return op;
}

}  // namespace

Result<crdt::Attributes> attributes(const char* json, std::size_t size) {
  Result<Any> parsed = parse(json, size);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* object = std::get_if<Any::Object>(&parsed->value());
  if (object == nullptr) return fail(ErrorCode::kInvalid, "attributes are a JSON object");
  return *object;
}

Result<crdt::Delta> delta(const char* json, std::size_t size) {
  Result<Any> parsed = parse(json, size);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* steps = std::get_if<Any::Array>(&parsed->value());
  if (steps == nullptr) return bad_delta();
  crdt::Delta delta;
  for (const Any& step : *steps) {
    Result<DeltaOp> op = delta_op(step);
    if (!op) return std::unexpected(op.error());
    delta.push_back(*std::move(op));
  }
  return delta;
}

// ---- to JSON

Any to_any(const crdt::Subdoc& subdoc) {
  return Any::Object{{"guid", subdoc.guid}, {"options", subdoc.options}};
}

Any to_any(const crdt::Value& value) {
  if (const crdt::Type* nested = std::get_if<crdt::Type>(&value)) return nested->to_json();
  if (const crdt::Subdoc* subdoc = std::get_if<crdt::Subdoc>(&value)) return to_any(*subdoc);
  return std::get<Any>(value);
}

Any to_any(const crdt::Path& path) {
  Any::Array steps{Any(path.root)};
  for (const auto& step : path.steps) {
    if (const std::string* key = std::get_if<std::string>(&step)) {
      steps.emplace_back(*key);
    } else {
      steps.emplace_back(static_cast<double>(std::get<std::uint32_t>(step)));
    }
  }
  return steps;
}

Any to_any(const crdt::Delta& delta, crdt::TypeKind kind) {
  const bool text = kind == crdt::TypeKind::kText || kind == crdt::TypeKind::kXmlText;
  Any::Array steps;
  for (const DeltaOp& op : delta) {
    Any::Object step;
    if (op.kind == DeltaOp::Kind::kDelete) {
      step.emplace_back("delete", static_cast<double>(op.length));
    } else if (op.kind == DeltaOp::Kind::kRetain) {
      step.emplace_back("retain", static_cast<double>(op.length));
    } else if (!text) {
      Any::Array values;
      for (const crdt::Value& value : op.values) values.push_back(to_any(value));
      step.emplace_back("insert", std::move(values));
    } else {
      step.emplace_back("insert", op.values.empty() ? Any(op.text) : to_any(op.values.front()));
    }
    if (!op.attributes.empty()) step.emplace_back("attributes", Any::Object(op.attributes));
    steps.emplace_back(std::move(step));
  }
  return steps;
}

namespace {

// A number in a form that JSON readers do not round.
Any exact(std::uint64_t number) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  return number < kExact ? Any(static_cast<double>(number)) : Any(std::to_string(number));
}

}  // namespace

Any to_any(const crdt::TypeEvent& event) {
  Any::Object keys;
  for (const crdt::KeyChange& change : event.keys) {
    static constexpr const char* kActions[] = {"add", "update", "delete"};
    Any::Object described{{"action", kActions[static_cast<int>(change.action)]}};
    if (change.old_value) described.emplace_back("oldValue", to_any(*change.old_value));
    keys.emplace_back(change.key, std::move(described));
  }
  return Any::Object{{"path", to_any(event.path)},
                     {"delta", to_any(event.delta, event.target.kind())},
                     {"keys", std::move(keys)},
                     {"origin", exact(event.origin)},
                     {"local", event.local}};
}

}  // namespace syncline::capi
