// ToyList: a type that transforms changes, as operational transform does: a list of short texts.
// Name "toy-list", face "toy".
//
// An intent names the version that its author had seen. prepare() transforms the change over the
// later changes. So the recorded and the broadcast intent may differ from the one that was sent.
// The answer is the version that the change made.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/toy_type.h"

namespace syncline::test {

struct ListChange {
  std::uint64_t seen = 0;
  bool inserts = false;
  std::uint64_t index = 0;
  std::string element;  // for insertions

  Bytes encode() const {
    ByteWriter out;
    out.var_uint(seen);
    out.u8(inserts ? 1 : 0);
    out.var_uint(index);
    if (inserts) out.var_string(element);
    return out.take();
  }

  static ListChange read(ByteReader& in) {
    ListChange change{.seen = in.var_uint()};
    const std::uint8_t kind = in.u8();
    if (kind > 1) in.fail();
    change.inserts = kind == 1;
    change.index = in.var_uint();
    if (change.inserts) change.element = in.var_string();
    return change;
  }
};

const merge::ObjectType& toy_list();

class ToyList final : public merge::Object {
 public:
  const merge::ObjectType& type() const override { return toy_list(); }

  Result<merge::Prepared> prepare(ByteView intent) const override {
    ByteReader in(intent);
    ListChange change = ListChange::read(in);
    if (!in.ok() || !in.at_end()) return fail(ErrorCode::kMalformed, "toy-list: no change");
    if (change.seen > history_.size())
      return fail(ErrorCode::kInvalid, "toy-list: a version that has not come yet");
    const std::uint64_t sent_at = change.seen;
    const std::uint64_t sent_index = change.index;
    merge::Prepared prepared{.changes = transform(change)};
    if (change.seen != sent_at || change.index != sent_index) {
      prepared.recorded = merge::Form(change.encode());
      prepared.told = prepared.recorded;
    }
    prepared.answered = merge::Form(toy_answer(history_.size() + (prepared.changes ? 1 : 0)));
    if (!prepared.changes) return prepared;
    prepared.effect.touches.push_back(
        {.operation = change.inserts ? merge::Operation::kInsert : merge::Operation::kDelete,
         .container = {"list", {}},
         .index = change.index,
         .length = 1});
    return prepared;
  }

  Result<void> apply(ByteView recorded) override {
    ByteReader in(recorded);
    ListChange change = ListChange::read(in);
    if (!in.ok() || !in.at_end() || change.seen > history_.size())
      return fail(ErrorCode::kMalformed, "toy-list: no change of this state");
    if (!transform(change)) return {};
    const auto at = elements_.begin() + static_cast<std::ptrdiff_t>(change.index);
    if (change.inserts)
      elements_.insert(at, change.element);
    else
      elements_.erase(at);
    history_.push_back({change.inserts, change.index});
    return {};
  }

  Bytes snapshot() const override {
    ByteWriter out;
    out.var_uint(history_.size());
    for (const Step& step : history_) {
      out.u8(step.inserts ? 1 : 0);
      out.var_uint(step.index);
    }
    out.var_uint(elements_.size());
    for (const std::string& element : elements_) out.var_string(element);
    return out.take();
  }

  Result<void> restore(ByteView snapshot) {
    ByteReader in(snapshot);
    for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left) {
      const bool inserts = in.u8() == 1;
      history_.push_back({inserts, in.var_uint()});
    }
    for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left)
      elements_.emplace_back(in.var_string());
    if (!in.ok() || !in.at_end()) return fail(ErrorCode::kMalformed, "toy-list: no snapshot");
    return {};
  }

  std::string to_json() const override {
    std::string json;
    for (const std::string& element : elements_)
      json += (json.empty() ? "" : ",") + toy_json(element);
    return "[" + json + "]";
  }

  std::size_t memory_bytes() const override {
    std::size_t bytes = history_.size() * sizeof(Step);
    for (const std::string& element : elements_) bytes += sizeof(element) + element.size();
    return bytes;
  }

 private:
  struct Step {
    bool inserts = false;
    std::uint64_t index = 0;
  };

  // Transforms a change over all changes after the version that its author had seen. False if
  // nothing is left of it.
  bool transform(ListChange& change) const {
    bool left = true;
    for (; change.seen < history_.size(); ++change.seen) {
      const Step& step = history_[change.seen];
      if (step.inserts && step.index <= change.index) ++change.index;
      if (!step.inserts && step.index == change.index && !change.inserts) left = false;
      if (!step.inserts && step.index < change.index) --change.index;
    }
    if (change.inserts) change.index = std::min<std::uint64_t>(change.index, elements_.size());
    return left && (change.inserts || change.index < elements_.size());
  }

  std::vector<std::string> elements_;
  std::vector<Step> history_;
};

// Stateless; lives as long as the program.
inline const merge::ObjectType& toy_list() {
  static const ToyType<ToyList> type("toy-list", "toy");
  return type;
}

// Versions count the applied changes. `index` is cut to the length of the list.
inline Bytes toy_insert(std::uint64_t seen_version, std::uint64_t index, std::string_view element) {
  return ListChange{seen_version, true, index, std::string(element)}.encode();
}

// Removes one element. If it was already removed, nothing changes.
inline Bytes toy_erase(std::uint64_t seen_version, std::uint64_t index) {
  return ListChange{seen_version, false, index, {}}.encode();
}

}  // namespace syncline::test
