#include "merge/formats_here.h"

#include <algorithm>

#include "crdt/formats.h"

namespace syncline::merge {

using crdt::KeyIndex;

// Returns false if the side already had this value.
bool FormatsHere::set(Side& side, const crdt::Item& format) {
  const ByteView value = format.ends_format() ? ByteView() : engine_.store.named_value(format);
  if (std::ranges::equal(side.value, value)) return false;
  if (side.value.empty()) side.place = ++last_place_;
  side.value = value;
  return true;
}

void FormatsHere::pass(const crdt::Item& format, bool before, bool now) {
  if (!before && !now) return;
  const KeyIndex key = format.format_key();
  Name& name = names_[key];
  const Name was = name;
  const bool before_is_new = before && set(name.before, format);
  const bool now_is_new = now && set(name.now, format);
  if (now_is_new) {
    present_is_old_ = true;
    present_names_.erase(was.now.place);
    if (!name.now.value.empty()) present_names_.emplace(name.now.place, key);
  }
  if (!before_is_new && !now_is_new) return;
  name.differs = !std::ranges::equal(name.before.value, name.now.value);
  if (was.differs) changed_names_.erase(changed_place(was));
  if (name.differs) changed_names_.emplace(changed_place(name), key);
  if (was.differs || name.differs) changed_is_old_ = true;
}

FormatsHere::ChangedPlace FormatsHere::changed_place(const Name& name) {
  const bool ended = name.now.value.empty();
  return {ended, ended ? name.before.place : name.now.place};
}

void FormatsHere::add(std::string& attributes, KeyIndex name, ByteView value) {
  const std::string_view text = engine_.store.keys[name];
  bytes_made_ += text.size() + value.size() + sizeof("\"\":,") - 1;
  attributes += attributes.empty() ? "" : ",";
  attributes += crdt::to_json(crdt::Any(std::string(text))) + ":" +
                (value.empty() ? "null" : crdt::to_json(crdt::FormatValue(value, {}).any()));
}

template <typename Names>
void FormatsHere::make(AttributesJson& attributes, const Names& names) {
  attributes = {.text = {}, .version = ++last_version_};
  for (const auto& [place, key] : names)
    add(attributes.text, key, names_.find(key)->second.now.value);
}

const AttributesJson& FormatsHere::present() {
  if (std::exchange(present_is_old_, false)) make(present_, present_names_);
  return present_;
}

const AttributesJson& FormatsHere::changed() {
  if (std::exchange(changed_is_old_, false)) make(changed_, changed_names_);
  return changed_;
}

}  // namespace syncline::merge
