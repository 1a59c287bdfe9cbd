#include "backend/store/verify_rules.h"

#include <fmt/format.h>

#include <utility>

#include "store/contents.h"
#include "store/object_past.h"
#include "store/retention.h"

namespace syncline::backend::store {

using log::Check;
using log::Checked;
using log::differs;

Checked<void> RulesCheck::run() {
  if (auto ok = read_pins(); !ok) return ok;
  if (auto ok = read_retention(); !ok) return ok;
  if (auto ok = read_records(); !ok) return ok;
  std::string value;
  const auto status = database_.db->Get(options_, database_.meta, rules_told_key(id_), &value);
  if (!status.ok() && !status.IsNotFound())
    return differs(Check::kStorage, {workspace_}, to_error(status, "reading pins"));
  if (status.ok() != rules_.any())
    return differ(status.ok()
                      ? "the store says that pins and retention follow from events, of which the "
                        "log has none"
                      : "the store does not know that pins and retention follow from events");
  return rules_.any() ? compare() : check_untold();
}

std::unexpected<log::Difference> RulesCheck::differ(std::string_view what) const {
  return differs(Check::kRules, {workspace_}, what);
}

Checked<void> RulesCheck::read_pins() {
  const auto iterator = database_.iterate(database_.meta, options_);
  const std::string prefix = pin_key(id_, "");
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    const std::string_view key = text(iterator->key());
    if (!key.starts_with(prefix)) break;
    const std::string_view name = key.substr(prefix.size());
    auto pin = decode_pin(name, text(iterator->value()));
    if (!pin || !log::is_pin_name(name))
      return differs(Check::kPin, {workspace_}, "a pin is damaged");
    if (pin->position == 0 || pin->position > last_)
      return differs(
          Check::kPin, {workspace_},
          fmt::format("the log ends at {}, but pin {} is at {}", last_, name, pin->position));
    pins_.emplace(name, std::move(*pin));
  }
  if (iterator->status().ok()) return {};
  return differs(Check::kStorage, {workspace_}, to_error(iterator->status(), "reading pins"));
}

Checked<void> RulesCheck::read_retention() {
  std::string value;
  const auto status =
      database_.db->Get(options_, database_.meta, retention_key(workspace_), &value);
  if (status.IsNotFound()) return {};
  if (!status.ok())
    return differs(Check::kStorage, {workspace_}, to_error(status, "reading retention"));
  auto retention = decode_retention(workspace_, value);
  if (!retention) return differ("what is kept of its retention is damaged");
  retention_ = std::move(*retention);
  return {};
}

Checked<void> RulesCheck::read_records() {
  const auto iterator = database_.iterate(database_.meta, options_);
  const std::string prefix = retention_record_prefix(id_);
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    const std::string_view key = text(iterator->key());
    if (!key.starts_with(prefix)) break;
    const auto change = decode_retention_record(text(iterator->value()));
    if (!change || key != retention_record_key(id_, ++records_))
      return differ("the record of its retention is damaged");
    trail_.add(*change);
  }
  if (iterator->status().ok()) return {};
  return differs(Check::kStorage, {workspace_}, to_error(iterator->status(), "reading retention"));
}

// Only Syncline 0.1 kept pins and rules without events.
Checked<void> RulesCheck::check_untold() {
  untold_ =
      pins_.size() + records_ + (retention_.rule.keeps_all() ? 0 : 1) + (retention_.hold ? 1 : 0);
  if (untold_ == 0 || first_version_ == log::kUnsaltedVersion) return {};
  if (!pins_.empty())
    return differ(fmt::format("pin {} was set by no event", pins_.begin()->first));
  return differ("there is a retention rule or a legal hold that no event put there");
}

Checked<void> RulesCheck::compare() const {
  if (!rules_.complete()) return {};
  if (auto ok = compare_pins(); !ok) return ok;
  if (auto ok = check_links(); !ok) return ok;
  const log::HeldRules& held = rules_.held();
  if (held.hold && !retention_.hold)
    return differ(fmt::format("{} put a legal hold on it ({}), which is gone from the store",
                              held.hold->principal, held.hold->reason));
  if (held.hold != retention_.hold)
    return differ("its legal hold in the store is not the one that the events say");
  if (held.retention != retention_.rule)
    return differ("its retention rule in the store is not the one that the events say");
  if (trail_ == rules_.trail()) return {};
  return differ("the record of its retention does not follow from the events");
}

// What renamed objects continue.
Checked<void> RulesCheck::check_links() const {
  for (const auto& [position, act] : rules_.renamed()) {
    const PastLink link = link_of(id_, act, position);
    std::string value;
    const auto status = database_.db->Get(options_, database_.meta, link.key, &value);
    if (!status.ok() && !status.IsNotFound())
      return differs(Check::kStorage, {workspace_}, to_error(status, "reading renamed objects"));
    if (value != link.value)
      return differ(
          fmt::format("the store does not know that object {} was {} before", act.to, act.object));
  }
  const auto iterator = database_.iterate(database_.meta, options_);
  const std::string prefix = past_links_prefix(id_);
  std::size_t links = 0;
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next(), ++links)
    if (!text(iterator->key()).starts_with(prefix)) break;
  if (!iterator->status().ok())
    return differs(Check::kStorage, {workspace_},
                   to_error(iterator->status(), "reading renamed objects"));
  if (links == rules_.renamed().size()) return {};
  return differ("the store says of an object that it was renamed, and no event does");
}

Checked<void> RulesCheck::compare_pins() const {
  const auto& told = rules_.held().pins;
  for (const auto& [name, pin] : told) {
    const auto kept = pins_.find(name);
    if (kept == pins_.end())
      return differ(fmt::format("pin {} at {} is gone from the store", name, pin.position));
    if (kept->second.position != pin.position)
      return differ(fmt::format("pin {} is at {} in the store, but the events set it at {}", name,
                                kept->second.position, pin.position));
    if (kept->second != pin)
      return differ(fmt::format("who set pin {}, or when, differs from the events", name));
  }
  for (const auto& [name, pin] : pins_)
    if (!told.contains(name)) return differ(fmt::format("pin {} was set by no event", name));
  return {};
}

}  // namespace syncline::backend::store
