#include "state/quarantine.h"

#include <fmt/format.h>

#include <algorithm>

#include "log/rules.h"

namespace syncline::state {

Error quarantine_error(const Quarantined& quarantined) {
  const auto& [workspace, object, position, since, reason] = quarantined;
  std::string text = fmt::format(
      "object {} of workspace {} is in quarantine: event {} is damaged or cannot be applied ({})",
      object, workspace, position, reason.message);
  if (position > 1)
    text += fmt::format("; what it was until {} can be read and restored elsewhere", position - 1);
  return {ErrorCode::kCorrupt,
          text +
              "; `syncline log verify` looks at all of the log, `syncline quarantine lift` has "
              "the object tried again"};
}

const Quarantined* Quarantine::find(const std::string& workspace, const std::string& object) const {
  if (entries_.empty()) return nullptr;
  const auto found = entries_.find({workspace, object});
  return found == entries_.end() ? nullptr : &found->second;
}

const Quarantined* Quarantine::find_system_object(const std::string& workspace) const {
  const auto found = entries_.lower_bound({workspace, std::string(log::kSystemObjectPrefix)});
  if (found == entries_.end() || found->first.first != workspace) return nullptr;
  return log::is_system_object(found->first.second) ? &found->second : nullptr;
}

const Quarantined& Quarantine::add(const std::string& workspace, const std::string& object,
                                   log::Position position, Error reason) {
  const Key key{workspace, object};
  if (entries_.size() >= limit_ && !entries_.contains(key))
    entries_.erase(std::ranges::min_element(
        entries_, {}, [](const auto& entry) { return entry.second.since_ms; }));
  Quarantined& entry = entries_[key];
  entry = {workspace, object, position, clock_.unix_ms(), std::move(reason)};
  ++added_;
  if (on_added_) on_added_(entry);
  return entry;
}

bool Quarantine::lift(const std::string& workspace, const std::string& object) {
  return entries_.erase({workspace, object}) > 0;
}

std::vector<Quarantined> Quarantine::list(const std::string& workspace, const std::string& after,
                                          std::size_t limit) const {
  std::vector<Quarantined> found;
  for (auto it = entries_.upper_bound({workspace, after});
       it != entries_.end() && it->first.first == workspace && found.size() < limit; ++it)
    found.push_back(it->second);
  return found;
}

}  // namespace syncline::state
