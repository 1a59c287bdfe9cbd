#include "sim/editor.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "sim/canonical_json.h"

namespace syncline::sim {

// If the engine refuses an operation (a position after the end), the edit does nothing, as in an
// editor.

Editor::Editor(Probes& probes, const crdt::DocOptions& options, bool undoes,
               std::function<std::uint64_t()> now_ms)
    : doc_(options),
      text_(doc_.text("content")),
      map_(doc_.map("meta")),
      list_(doc_.array("list")),
      tree_(doc_.xml_fragment("tree")),
      workload_(*this, probes) {
  if (undoes) {
    crdt::UndoOptions options;
    options.now_ms = std::move(now_ms);
    undo_ = std::make_unique<crdt::UndoManager>(
        doc_, std::vector<crdt::Type>{text_, map_, list_, tree_}, std::move(options));
  }
}

std::string Editor::undo_and_redo() {
  if (!undo_) return {};
  const std::string before = canonical_json(doc_.to_json());
  std::size_t steps = 0;
  while (undo_->undo()) ++steps;
  for (std::size_t i = 0; i < steps; ++i)
    if (!undo_->redo()) return fmt::format("only {} of {} steps are redone", i, steps);
  if (canonical_json(doc_.to_json()) == before) return {};
  return fmt::format("{} steps undone and redone leave another content", steps);
}

void Editor::insert_text(std::uint32_t at, std::string_view text) {
  static_cast<void>(text_.insert(at, text));
}

void Editor::erase_text(std::uint32_t at, std::uint32_t count) {
  static_cast<void>(text_.erase(at, count));
}

void Editor::format_text(std::uint32_t at, std::uint32_t count, std::string_view name,
                         const crdt::Any& value) {
  static_cast<void>(text_.format(at, count, {{std::string(name), value}}));
}

void Editor::set_key(std::string_view key, const crdt::Any& value) {
  static_cast<void>(map_.set(key, value));
}

void Editor::erase_key(std::string_view key) {
  static_cast<void>(map_.erase(key));
}

void Editor::set_key_to_text(std::string_view key) {
  static_cast<void>(map_.set_type(key, crdt::TypeKind::kText));
}

void Editor::insert_list(std::uint32_t at, const crdt::Any::Array& values) {
  static_cast<void>(list_.insert(at, values));
}

void Editor::insert_list_map(std::uint32_t at, std::string_view key, const crdt::Any& value) {
  doc_.transact([&] {
    auto inner = list_.insert_type(at, crdt::TypeKind::kMap);
    if (inner) static_cast<void>(crdt::as<crdt::Map>(*inner).set(key, value));
  });
}

void Editor::erase_list(std::uint32_t at) {
  static_cast<void>(list_.erase(at));
}

void Editor::insert_tree(std::uint32_t at) {
  doc_.transact([&] {
    auto child = tree_.insert(at, crdt::TypeKind::kXmlElement, "p");
    if (child)
      static_cast<void>(crdt::as<crdt::XmlElement>(*child).insert(0, crdt::TypeKind::kXmlText));
  });
}

void Editor::erase_tree(std::uint32_t at) {
  static_cast<void>(tree_.erase(at));
}

}  // namespace syncline::sim
