#include "migrate/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "syncline/crdt/doc.h"

namespace syncline::migrate {
namespace {

using crdt::Any;

std::string waiting_of(const crdt::Doc& doc) {
  std::string text;
  const crdt::StateVector missing = doc.missing();
  for (const auto& [client, clock] : missing.clients())
    text += fmt::format("{}client {} from clock {}", text.empty() ? "changes wait for " : ", ",
                        client, clock - 1);
  return text;
}

bool contains_ids(const crdt::IdSet& whole, const crdt::IdSet& part) {
  crdt::IdSet rest = part;
  rest.remove(whole);
  return rest.empty();
}

// As every reader of JSON sees it: bytes, undefined and large integers in their JSON form.
Result<Any> as_read(const Any& value) {
  return crdt::from_json(crdt::to_json(value));
}

// The place where two values differ, such as "/content/3"; nullopt if they are equal. Members have no order.
std::optional<std::string> first_difference(const Any& left, const Any& right) {
  const auto* const left_object = std::get_if<Any::Object>(&left.value());
  const auto* const right_object = std::get_if<Any::Object>(&right.value());
  if (left_object != nullptr && right_object != nullptr) {
    for (const auto& [key, value] : *left_object) {
      const Any* const other = right.find(key);
      if (other == nullptr) return "/" + key;
      if (auto place = first_difference(value, *other)) return "/" + key + *place;
    }
    for (const auto& [key, value] : *right_object)
      if (left.find(key) == nullptr) return "/" + key;
    return std::nullopt;
  }
  const auto* const left_array = std::get_if<Any::Array>(&left.value());
  const auto* const right_array = std::get_if<Any::Array>(&right.value());
  if (left_array != nullptr && right_array != nullptr) {
    const std::size_t common = std::min(left_array->size(), right_array->size());
    for (std::size_t i = 0; i < common; ++i)
      if (auto place = first_difference((*left_array)[i], (*right_array)[i]))
        return fmt::format("/{}{}", i, *place);
    if (left_array->size() != right_array->size()) return fmt::format("/{}", common);
    return std::nullopt;
  }
  return left == right ? std::nullopt : std::optional<std::string>("");
}

}  // namespace

Result<Document> document_of(std::span<const StoredUpdate> updates, bool keep_deleted) {
  // The document shows what the updates have and adds nothing itself.
  crdt::Doc doc({.client_id = 1, .gc = !keep_deleted, .guid = {}, .clean_formats = false});
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const auto applied = doc.apply_update(updates[i].bytes, updates[i].version);
    if (!applied)
      return fail(applied.error().code, updates.size() == 1
                                            ? applied.error().message
                                            : fmt::format("update {} of {}: {}", i + 1,
                                                          updates.size(), applied.error().message));
  }
  return Document{.state = doc.encode_state_as_update(),
                  .known = doc.state_vector(),
                  .deleted = doc.delete_set(),
                  .json = doc.to_json(),
                  .waits = waiting_of(doc)};
}

bool contains(const Document& whole, const Document& part) {
  return whole.known.covers(part.known) && contains_ids(whole.deleted, part.deleted);
}

std::string difference(const Document& source, const Document& target, const Any& json) {
  if (!(source.known == target.known))
    return target.known.covers(source.known) ? "the target has further changes"
                                             : "the target lacks changes of the source";
  if (!(source.deleted == target.deleted))
    return contains_ids(target.deleted, source.deleted)
               ? "more is deleted in the target than in the source"
               : "what is deleted in the source is not deleted in the target";
  const auto left = as_read(source.json);
  if (!left) return "the content of the source has no JSON: " + left.error().message;
  if (*left == json) return {};
  return fmt::format("the content differs at '{}'", first_difference(*left, json).value_or(""));
}

}  // namespace syncline::migrate
