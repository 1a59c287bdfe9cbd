#include "merge/doc_history.h"

#include <algorithm>
#include <functional>

#include "crdt/engine.h"

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

std::string value_json(Engine& engine, const Item& item, crdt::Clock offset) {
  const crdt::Value value = engine.value_at(item, offset);
  if (const auto* any = std::get_if<crdt::Any>(&value)) return crdt::to_json(*any);
  if (const auto* type = std::get_if<crdt::Type>(&value)) return crdt::to_json(type->to_json());
  return "{\"subdocument\":" + text_json(std::get<crdt::Subdoc>(value).guid) + "}";
}

// The delta of one sequence, operation by operation.
class DeltaJson {
 public:
  void retain(crdt::Clock length) { count(Kind::kRetain, length); }
  void erase(crdt::Clock length) { count(Kind::kDelete, length); }

  void insert_text(std::string_view text) {
    if (kind_ != Kind::kText) finish(Kind::kText);
    text_ += text;
  }

  void insert_value(std::string json) {
    if (kind_ != Kind::kValues) finish(Kind::kValues);
    text_ += (text_.empty() ? "" : ",") + json;
  }

  // "": nothing changed. What is kept at the end is not told.
  std::string json() {
    if (kind_ != Kind::kRetain) finish(Kind::kNone);
    return json_;
  }

 private:
  enum class Kind { kNone, kRetain, kDelete, kText, kValues };

  void count(Kind kind, crdt::Clock length) {
    if (kind_ != kind) finish(kind);
    length_ += length;
  }

  void finish(Kind next) {
    if (kind_ != Kind::kNone && !json_.empty()) json_ += ',';
    switch (kind_) {
      case Kind::kNone: break;
      case Kind::kRetain: json_ += "{\"retain\":" + std::to_string(length_) + "}"; break;
      case Kind::kDelete: json_ += "{\"delete\":" + std::to_string(length_) + "}"; break;
      case Kind::kText: json_ += "{\"insert\":" + text_json(text_) + "}"; break;
      case Kind::kValues: json_ += "{\"insert\":[" + text_ + "]}"; break;
    }
    kind_ = next;
    length_ = 0;
    text_.clear();
  }

  Kind kind_ = Kind::kNone;
  crdt::Clock length_ = 0;
  std::string text_;
  std::string json_;
};

// How many of the item's ids are in the set. Deleted runs grow together at once, so one may hold what
// was deleted long ago, too.
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

std::string delta_json(Engine& engine, TypeIndex type, const crdt::TransactionEvent& event) {
  DeltaJson delta;
  for (Handle h = engine.type(type).sequence.first; h != kNoItem; h = engine.store[h].right) {
    const Item& item = engine.store[h];
    if (!item.countable() && item.kind() != BlockKind::kDeleted) continue;
    const crdt::Id id = engine.store.id(item.id());
    const bool came = event.inserted.contains(id);
    if (item.deleted || item.kind() == BlockKind::kDeleted) {
      const crdt::Clock gone = came ? 0 : count_in(event.deleted, id, item.len);
      if (gone > 0) delta.erase(gone);
    } else if (!came) {
      delta.retain(item.len);
    } else if (item.kind() == BlockKind::kString) {
      delta.insert_text(engine.store.text(item));
    } else {
      for (crdt::Clock i = 0; i < item.len; ++i) delta.insert_value(value_json(engine, item, i));
    }
  }
  return delta.json();
}

std::string keys_json(Engine& engine, TypeIndex type, const crdt::TransactionEvent& event) {
  std::string json;
  for (auto e = engine.type(type).first_entry; e != crdt::kNoEntry;
       e = engine.store.types.entry(e).next) {
    const crdt::MapEntry& entry = engine.store.types.entry(e);
    const Item& item = engine.store[entry.item];
    const crdt::Id id = engine.store.id(item.last_id());
    std::string what;
    if (!item.deleted && event.inserted.contains(id))
      what = "{\"set\":" + value_json(engine, item, item.len - 1) + "}";
    if (item.deleted && event.deleted.contains(id) && !event.inserted.contains(id))
      what = "{\"deleted\":true}";
    if (what.empty()) continue;
    json += (json.empty() ? "" : ",") + text_json(engine.store.keys[entry.key]) + ":" + what;
  }
  return json;
}

// The types that hold what came and went, in the order of the ids. The event itself names only types
// whose kind is known, and those of a server's roots are not.
std::vector<TypeIndex> touched_types(const Engine& engine, const crdt::TransactionEvent& event) {
  std::vector<TypeIndex> touched;
  for (const crdt::IdSet* ids : {&event.inserted, &event.deleted}) {
    for (const auto& [client, ranges] : ids->clients()) {
      const crdt::ClientIndex index = engine.store.clients.find(client);
      for (const crdt::ClockRange& range : ranges) {
        for (crdt::Clock clock = range.clock; clock < range.end();) {
          const Item& item = engine.store[engine.store.find({index, clock})];
          clock = item.end();
          if (!item.is_gc() && std::ranges::find(touched, item.parent) == touched.end())
            touched.push_back(item.parent);
        }
      }
    }
  }
  return touched;
}

}  // namespace

std::string changes_to_json(crdt::Doc& doc, const crdt::TransactionEvent& event) {
  Engine& engine = doc.engine();
  std::string json;
  for (const TypeIndex index : touched_types(engine, event)) {
    // What a type that came or went holds is told with it.
    if (engine.is_deleted(index)) continue;
    const Handle holder = engine.type(index).item;
    if (holder != kNoItem && event.inserted.contains(engine.store.id(engine.store[holder].id())))
      continue;
    const std::string delta = delta_json(engine, index, event);
    const std::string keys = keys_json(engine, index, event);
    if (delta.empty() && keys.empty()) continue;
    json +=
        (json.empty() ? "" : ",") + ("{\"path\":" + text_json(crdt::to_string(engine.path(index))));
    if (!delta.empty()) json += ",\"delta\":[" + delta + "]";
    if (!keys.empty()) json += ",\"keys\":{" + keys + "}";
    json += "}";
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
