// Questions that were allowed, and that would be again, because nothing that the answer depends on has changed: the
// principal and what his token says, the right, the object and, if rules tell paths apart, the place. Most changes of a
// document are alike in all of these, so they cost one search.
//
// Not for policies that look at the context of a request, such as the time. A set of policies has one of these, so a
// change of the policies begins anew.
//
// Bounds: kMost questions, each with a key of kMostBytes. Thread-safety: none.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/decider.h"

namespace syncline::policy {

class Remembered {
 public:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostBytes = 512;

  // Valid until the next call. "" for a question that is not remembered: one about several places.
  std::string_view key_of(const Question& question, bool by_path);

  bool contains(std::string_view key) const { return allowed_.find(key) != allowed_.end(); }
  void add(std::string_view key, const Question& question);

  std::size_t size() const { return allowed_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };

  // Keys contain the address of the identity, which stays that of this one as long as the entry is there.
  std::unordered_map<std::string, std::shared_ptr<const identity::Identity>, Hash, std::equal_to<>>
      allowed_;
  std::string key_;
};

}  // namespace syncline::policy
