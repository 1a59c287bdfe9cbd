#include "merge/doc_history.h"

#include <algorithm>
#include <functional>
#include <optional>

#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/engine.h"
#include "crdt/format_weight.h"
#include "merge/formats_here.h"

namespace syncline::merge {
namespace {

using crdt::BlockKind;
using crdt::Engine;
using crdt::Handle;
using crdt::Item;
using crdt::kNoItem;
using crdt::TypeIndex;

std::string text_json(std::string_view text) {
  return crdt::to_json(crdt::Any(std::string(text)));
}

// Limits the JSON for one event. Formats are counted separately when they are made, because many
// places may print the same ones.
struct Budget {
  std::size_t told = 0;
  std::size_t formats = 0;

  bool spent(std::size_t more = 0) const {
    return told + more > kMaxToldBytes || formats > kMaxToldBytes;
  }
};

// Returns "" if the budget is used up.
std::string value_json(Engine& engine, const Item& item, crdt::Clock offset, Budget& budget) {
  const crdt::Value value = engine.value_at(item, offset);
  if (const auto* any = std::get_if<crdt::Any>(&value)) return crdt::to_json(*any);
  if (const auto* type = std::get_if<crdt::Type>(&value)) {
    budget.formats += crdt::printed_formats_weight(engine, type->index(), kMaxToldBytes);
    return budget.spent() ? "" : crdt::to_json(type->to_json());
  }
  return "{\"subdocument\":" + text_json(std::get<crdt::Subdoc>(value).guid) + "}";
}

// Builds the delta of one sequence, operation by operation.
class DeltaJson {
 public:
  void retain(crdt::Clock length, const AttributesJson& attributes) {
    go_on(Kind::kRetain, attributes);
    length_ += length;
  }
  void erase(crdt::Clock length) {
    go_on(Kind::kDelete, {});
    length_ += length;
  }
  void insert_text(std::string_view text, const AttributesJson& attributes) {
    go_on(Kind::kText, attributes);
    text_ += text;
  }
  void insert_value(std::string json, const AttributesJson& attributes) {
    go_on(Kind::kValues, attributes);
    text_ += (text_.empty() ? "" : ",") + json;
  }

  // Returns "" if nothing changed. A final retain without attributes is left out.
  std::string json() {
    if (kind_ != Kind::kRetain || !attributes_.text.empty()) finish();
    return json_;
  }

  std::size_t bytes() const { return json_.size() + text_.size(); }

 private:
  enum class Kind { kNone, kRetain, kDelete, kText, kValues };

  void go_on(Kind kind, const AttributesJson& attributes) {
    if (kind_ == kind &&
        (attributes_.version == attributes.version || attributes_.text == attributes.text)) {
      attributes_.version = attributes.version;
      return;
    }
    finish();
    kind_ = kind;
    attributes_ = attributes;
  }

  void finish() {
    if (kind_ == Kind::kNone) return;
    if (!json_.empty()) json_ += ',';
    switch (kind_) {
      case Kind::kNone: break;
      case Kind::kRetain: json_ += "{\"retain\":" + std::to_string(length_); break;
      case Kind::kDelete: json_ += "{\"delete\":" + std::to_string(length_); break;
      case Kind::kText: json_ += "{\"insert\":" + text_json(text_); break;
      case Kind::kValues: json_ += "{\"insert\":[" + text_ + "]"; break;
    }
    json_ += attributes_.text.empty() ? "}" : ",\"attributes\":{" + attributes_.text + "}}";
    length_ = 0;
    text_.clear();
  }

  Kind kind_ = Kind::kNone;
  AttributesJson attributes_;
  crdt::Clock length_ = 0;
  std::string text_;
  std::string json_;
};

// The number of the item's ids that are in the set. It can be less than the length: deleted runs
// merge at once, so one item may also contain older deletions.
crdt::Clock count_in(const crdt::IdSet& set, crdt::Id id, crdt::Clock length) {
  const auto* ranges = set.find(id.client);
  if (ranges == nullptr) return 0;
  crdt::Clock count = 0;
  for (auto range =
           std::ranges::upper_bound(*ranges, id.clock, std::less{}, &crdt::ClockRange::end);
       range != ranges->end() && range->clock < id.clock + length; ++range)
    count += std::min(range->end(), id.clock + length) - std::max(range->clock, id.clock);
  return count;
}

// nullopt if the budget is used up; "" if nothing changed. The same holds for keys_json.
std::optional<std::string> delta_json(Engine& engine, TypeIndex type,
                                      const crdt::TransactionEvent& event, Budget& budget) {
  DeltaJson delta;
  FormatsHere formats(engine, budget.formats);
  for (Handle h = engine.type(type).sequence.first; h != kNoItem; h = engine.store[h].right) {
    const Item& item = engine.store[h];
    const bool format = item.kind() == BlockKind::kFormat;
    if (!item.countable() && item.kind() != BlockKind::kDeleted && !format) continue;
    const crdt::Id id = engine.store.id(item.id());
    const bool came = event.inserted.contains(id);
    if (format) {
      formats.pass(item, !came && (!item.deleted || event.deleted.contains(id)), !item.deleted);
      continue;
    }
    if (item.deleted || item.kind() == BlockKind::kDeleted) {
      const crdt::Clock gone = came ? 0 : count_in(event.deleted, id, item.len);
      if (gone > 0) delta.erase(gone);
    } else if (!came) {
      delta.retain(item.len, formats.changed());
    } else if (item.kind() == BlockKind::kString) {
      delta.insert_text(engine.store.text(item), formats.present());
    } else {
      for (crdt::Clock i = 0; i < item.len && !budget.spent(delta.bytes()); ++i)
        delta.insert_value(value_json(engine, item, i, budget), formats.present());
    }
    if (budget.spent(delta.bytes())) return std::nullopt;
  }
  return delta.json();
}

std::optional<std::string> keys_json(Engine& engine, TypeIndex type,
                                     const crdt::TransactionEvent& event, Budget& budget) {
  std::string json;
  for (auto e = engine.type(type).first_entry; e != crdt::kNoEntry;
       e = engine.store.types.entry(e).next) {
    const crdt::MapEntry& entry = engine.store.types.entry(e);
    const Item& item = engine.store[entry.item];
    const crdt::Id id = engine.store.id(item.last_id());
    std::string what;
    if (!item.deleted && event.inserted.contains(id))
      what = "{\"set\":" + value_json(engine, item, item.len - 1, budget) + "}";
    if (item.deleted && event.deleted.contains(id) && !event.inserted.contains(id))
      what = "{\"deleted\":true}";
    if (what.empty()) continue;
    json += (json.empty() ? "" : ",") + text_json(engine.store.keys[entry.key]) + ":" + what;
    if (budget.spent(json.size())) return std::nullopt;
  }
  return json;
}

// The types with insertions or deletions, in the order of the ids. The event cannot be used for
// this: it names only types whose kind is known, and on a server the kinds of roots are not.
std::vector<TypeIndex> touched_types(const Engine& engine, const crdt::TransactionEvent& event) {
  std::vector<TypeIndex> touched;
  boost::unordered_flat_set<TypeIndex> known;
  for (const crdt::IdSet* ids : {&event.inserted, &event.deleted}) {
    for (const auto& [client, ranges] : ids->clients()) {
      const crdt::ClientIndex index = engine.store.clients.find(client);
      for (const crdt::ClockRange& range : ranges) {
        for (crdt::Clock clock = range.clock; clock < range.end();) {
          const Item& item = engine.store[engine.store.find({index, clock})];
          clock = item.end();
          if (!item.is_gc() && known.insert(item.parent).second) touched.push_back(item.parent);
        }
      }
    }
  }
  return touched;
}

}  // namespace

std::string changes_to_json(crdt::Doc& doc, const crdt::TransactionEvent& event) {
  Engine& engine = doc.engine();
  Budget budget;
  std::string json;
  for (const TypeIndex index : touched_types(engine, event)) {
    // A type that was inserted or deleted is described together with its content.
    if (engine.is_deleted(index)) continue;
    const Handle holder = engine.type(index).item;
    if (holder != kNoItem && event.inserted.contains(engine.store.id(engine.store[holder].id())))
      continue;
    const auto delta = delta_json(engine, index, event, budget);
    const auto keys = delta ? keys_json(engine, index, event, budget) : std::nullopt;
    if (!keys) return std::string(kNotTold);
    if (delta->empty() && keys->empty()) continue;
    json +=
        (json.empty() ? "" : ",") + ("{\"path\":" + text_json(crdt::to_string(engine.path(index))));
    if (!delta->empty()) json += ",\"delta\":[" + *delta + "]";
    if (!keys->empty()) json += ",\"keys\":{" + *keys + "}";
    json += "}";
    budget.told = json.size();
    if (budget.spent()) return std::string(kNotTold);
  }
  return "[" + json + "]";
}

std::vector<AttributedText> attributed_texts(crdt::Doc& doc) {
  Engine& engine = doc.engine();
  std::vector<AttributedText> texts;
  for (TypeIndex index = 0; index < engine.store.types.size(); ++index) {
    if (engine.is_deleted(index)) continue;
    AttributedText text;
    for (Handle h = engine.type(index).sequence.first; h != kNoItem; h = engine.store[h].right) {
      const Item& item = engine.store[h];
      if (item.deleted || item.kind() != BlockKind::kString) continue;
      const crdt::Id id = engine.store.id(item.id());
      text.runs.push_back({id.client, id.clock, item.len, std::string(engine.store.text(item))});
    }
    if (text.runs.empty()) continue;
    text.path = crdt::to_string(engine.path(index));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace syncline::merge
