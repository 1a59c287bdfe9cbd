// Editor: a simulated person who edits one of our documents: a replica, and a workload that decides
// its edits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sim/editable.h"
#include "sim/workload.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/undo_manager.h"

namespace syncline::sim {

class Editor final : private Editable {
 public:
  // `now_ms` is the clock of the client.
  Editor(Probes& probes, const crdt::DocOptions& options, bool undoes,
         std::function<std::uint64_t()> now_ms);

  // Makes one edit and returns a description for the trace. Every edit is one transaction, so at
  // most one update.
  std::string edit(Dice& dice, Habit habit) { return workload_.edit(dice, habit); }

  // Undoes everything that can be undone and redoes as much. Returns how the result differs from
  // the state before, or "".
  std::string undo_and_redo();

  crdt::Doc& doc() { return doc_; }
  const crdt::Doc& doc() const { return doc_; }

 private:
  void transact(const std::function<void()>& body) override { doc_.transact(body); }
  std::uint32_t text_length() const override { return text_.length(); }
  void insert_text(std::uint32_t at, std::string_view text) override;
  void erase_text(std::uint32_t at, std::uint32_t count) override;
  void format_text(std::uint32_t at, std::uint32_t count, std::string_view name,
                   const crdt::Any& value) override;
  void set_key(std::string_view key, const crdt::Any& value) override;
  void erase_key(std::string_view key) override;
  void set_key_to_text(std::string_view key) override;
  std::uint32_t list_length() const override { return list_.length(); }
  void insert_list(std::uint32_t at, const crdt::Any::Array& values) override;
  void insert_list_map(std::uint32_t at, std::string_view key, const crdt::Any& value) override;
  void erase_list(std::uint32_t at) override;
  std::uint32_t tree_length() const override { return tree_.length(); }
  void insert_tree(std::uint32_t at) override;
  void erase_tree(std::uint32_t at) override;
  bool can_undo() const override { return undo_ != nullptr; }
  bool undo() override { return undo_->undo(); }
  bool redo() override { return undo_->redo(); }

  crdt::Doc doc_;
  crdt::Text text_;
  crdt::Map map_;
  crdt::Array list_;
  crdt::XmlFragment tree_;
  std::unique_ptr<crdt::UndoManager> undo_;
  Workload workload_;
};

}  // namespace syncline::sim
