#include "cli/data/delta_merge.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "cli/json.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

struct DeltaStep {
  enum Kind { kRetain, kInsert, kDelete } kind = kRetain;
  std::size_t length = kAll;
  Any inserted = {};    // of kInsert
  Any attributes = {};  // undefined: none
};

std::size_t inserted_length(const Any& value) {
  if (const auto* text = std::get_if<std::string>(&value.value())) return utf16_length(*text);
  const auto* list = std::get_if<Any::Array>(&value.value());
  return list == nullptr ? 1 : list->size();
}

Any inserted_part(const Any& value, std::size_t from, std::size_t to) {
  if (const auto* text = std::get_if<std::string>(&value.value()))
    return Any(utf16_slice(*text, from, to));
  const auto* list = std::get_if<Any::Array>(&value.value());
  if (list == nullptr) return value;
  return Any(Any::Array(list->begin() + static_cast<std::ptrdiff_t>(from),
                        list->begin() + static_cast<std::ptrdiff_t>(to)));
}

bool same(const Any& a, const Any& b) {
  return compact_json(a) == compact_json(b);
}

// The steps of a delta, of which the first may be taken in parts. After the last one comes a retain
// without an end.
class DeltaReader {
 public:
  explicit DeltaReader(const Any& delta) {
    const auto* list = std::get_if<Any::Array>(&delta.value());
    if (list == nullptr) return;
    for (const Any& told : *list) add(told);
    std::ranges::reverse(steps_);
  }

  bool at_end() const { return steps_.empty(); }
  DeltaStep::Kind kind() const { return steps_.empty() ? DeltaStep::kRetain : steps_.back().kind; }
  std::size_t length() const { return steps_.empty() ? kAll : steps_.back().length; }

  DeltaStep take(std::size_t length) {
    if (steps_.empty()) return {.length = length};
    DeltaStep taken = steps_.back();
    if (length >= taken.length) {
      steps_.pop_back();
      return taken;
    }
    DeltaStep& rest = steps_.back();
    if (taken.kind == DeltaStep::kInsert) {
      rest.inserted = inserted_part(taken.inserted, length, taken.length);
      taken.inserted = inserted_part(taken.inserted, 0, length);
    }
    rest.length -= length;
    taken.length = length;
    return taken;
  }

 private:
  void add(const Any& told) {
    DeltaStep step{.length = 0, .attributes = member(told, "attributes")};
    if (const Any* inserted = told.find("insert")) {
      step.kind = DeltaStep::kInsert;
      step.inserted = *inserted;
      step.length = inserted_length(*inserted);
    } else if (told.find("delete") != nullptr) {
      step.kind = DeltaStep::kDelete;
      step.length = number_member(told, "delete");
    } else {
      step.length = number_member(told, "retain");
    }
    if (step.length > 0) steps_.push_back(std::move(step));
  }

  std::vector<DeltaStep> steps_;  // the next one is the last
};

class DeltaWriter {
 public:
  void add(DeltaStep step) {
    if (!steps_.empty() && join(steps_.back(), step)) return;
    steps_.push_back(std::move(step));
  }

  Any take() {
    while (!steps_.empty() && steps_.back().kind == DeltaStep::kRetain &&
           steps_.back().attributes.is_undefined())
      steps_.pop_back();
    Any::Array list;
    for (DeltaStep& step : steps_) {
      constexpr std::string_view kNames[] = {"retain", "insert", "delete"};
      Any::Object told;
      told.emplace_back(kNames[step.kind], step.kind == DeltaStep::kInsert
                                               ? std::move(step.inserted)
                                               : json_number(step.length));
      if (!step.attributes.is_undefined())
        told.emplace_back("attributes", std::move(step.attributes));
      list.emplace_back(std::move(told));
    }
    return Any(std::move(list));
  }

 private:
  static bool join(DeltaStep& last, const DeltaStep& step) {
    if (last.kind != step.kind || !same(last.attributes, step.attributes)) return false;
    if (step.kind == DeltaStep::kInsert) {
      const auto* before = std::get_if<std::string>(&last.inserted.value());
      const auto* after = std::get_if<std::string>(&step.inserted.value());
      if (before == nullptr || after == nullptr) return false;
      last.inserted = Any(*before + *after);
    }
    last.length += step.length;
    return true;
  }

  std::vector<DeltaStep> steps_;
};

// Those of `then` win. On what was inserted, an attribute that is null is none.
Any merge_attributes(const Any& first, const Any& then, bool of_insert) {
  Any::Object merged;
  if (const auto* old = std::get_if<Any::Object>(&first.value())) merged = *old;
  if (const auto* fresh = std::get_if<Any::Object>(&then.value()))
    for (const auto& [key, value] : *fresh) {
      const auto at = std::ranges::find(merged, key, &Any::Object::value_type::first);
      if (at == merged.end())
        merged.emplace_back(key, value);
      else
        at->second = value;
    }
  if (of_insert) std::erase_if(merged, [](const auto& each) { return each.second.is_null(); });
  return merged.empty() ? Any() : Any(std::move(merged));
}

Any merge_keys(const Any& first, const Any& then) {
  return merge_attributes(first, then, false);
}

// A change of the same type: what happened to it first and then.
Any merge_change(const Any& first, const Any& then) {
  Any::Object merged{{"path", member(first, "path")}};
  const Any *delta = first.find("delta"), *more_delta = then.find("delta");
  if (delta != nullptr && more_delta != nullptr)
    merged.emplace_back("delta", merge_deltas(*delta, *more_delta));
  else if (delta != nullptr || more_delta != nullptr)
    merged.emplace_back("delta", delta != nullptr ? *delta : *more_delta);
  const Any keys = merge_keys(member(first, "keys"), member(then, "keys"));
  if (!keys.is_undefined()) merged.emplace_back("keys", keys);
  return Any(std::move(merged));
}

}  // namespace

Any merge_deltas(const Any& first, const Any& then) {
  DeltaReader a(first);
  DeltaReader b(then);
  DeltaWriter merged;
  while (!a.at_end() || !b.at_end()) {
    if (b.kind() == DeltaStep::kInsert) {
      merged.add(b.take(b.length()));
      continue;
    }
    if (a.kind() == DeltaStep::kDelete) {
      merged.add(a.take(a.length()));
      continue;
    }
    const std::size_t length = std::min(a.length(), b.length());
    DeltaStep old = a.take(length);
    DeltaStep fresh = b.take(length);
    if (fresh.kind == DeltaStep::kRetain) {
      old.attributes =
          merge_attributes(old.attributes, fresh.attributes, old.kind == DeltaStep::kInsert);
      merged.add(std::move(old));
    } else if (old.kind == DeltaStep::kRetain) {
      merged.add(std::move(fresh));
    }
  }
  return merged.take();
}

Any merge_changes(const Any& first, const Any& then) {
  const auto* old = std::get_if<Any::Array>(&first.value());
  const auto* fresh = std::get_if<Any::Array>(&then.value());
  Any::Array merged;
  if (old != nullptr) merged = *old;
  for (std::size_t i = 0; fresh != nullptr && i < fresh->size(); ++i) {
    const std::string path = text_member((*fresh)[i], "path");
    const auto at = std::ranges::find_if(
        merged, [&](const Any& change) { return text_member(change, "path") == path; });
    if (at == merged.end())
      merged.push_back((*fresh)[i]);
    else
      *at = merge_change(*at, (*fresh)[i]);
  }
  return Any(std::move(merged));
}

}  // namespace syncline::cli
