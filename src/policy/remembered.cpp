#include "policy/remembered.h"

#include <cstdint>

#include "base/mutation.h"
#include "policy/path_id.h"

namespace syncline::policy {

std::string_view Remembered::key_of(const Question& question, bool by_path) {
  key_.clear();
  const merge::Effect* effect = question.effect;
  if (effect != nullptr && effect->touches.size() != 1) return {};
  const identity::Caller& caller = question.caller;
  const auto flag = [this](bool set) { key_ += set ? '1' : '0'; };
  key_ += static_cast<char>(question.right);
  flag(question.lists);
  flag(caller.rights.has(identity::Right::kRead));
  flag(caller.rights.has(identity::Right::kWrite));
  flag(identity::administers(caller.rights));
  const auto identity = reinterpret_cast<std::uintptr_t>(caller.principal.identity.get());
  key_.append(reinterpret_cast<const char*>(&identity), sizeof identity);
  // No text contains the end of one.
  key_.append(caller.principal.id).push_back('\0');
  key_.append(question.object).push_back('\0');
  if (effect != nullptr) {
    const merge::Touch& touch = effect->touches.front();
    key_ += static_cast<char>(touch.operation);
    // The target of a change of shares, and that of a deletion, are in the path as well.
    if ((by_path && !is_mutated(Mutation::remember_without_path)) ||
        question.right == identity::Right::kPolicy ||
        question.right == identity::Right::kDelete || question.right == identity::Right::kErase) {
      const TouchedPlace place = place_of(touch);
      flag(place.below);
      key_ += place.path;
    } else {
      flag(touch.covers_below());
    }
  }
  return key_.size() <= kMostBytes ? std::string_view(key_) : std::string_view();
}

void Remembered::add(std::string_view key, const Question& question) {
  if (key.empty()) return;
  if (allowed_.size() >= kMost) allowed_.clear();
  allowed_.emplace(key, question.caller.principal.identity);
}

}  // namespace syncline::policy
