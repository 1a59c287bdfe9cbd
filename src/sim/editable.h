// Editable: a document that a workload can edit, whoever carries out the edits.
//
// In the simulator, in `syncline bench`, and for our clients in `syncline chaos`, an engine carries
// them out (sim/editor.h). The published npm clients of `syncline chaos` get them over a pipe
// (cli/chaos/yjs_client.h). An implementation that edits elsewhere knows lengths only roughly;
// positions and counts are then cut to what exists.
//
// All tests use the same roots: text "content", map "meta", array "list", XML "tree". Values are
// short; text is in the basic plane.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::sim {

class Editable {
 public:
  virtual ~Editable() = default;

  // `body` is one transaction.
  virtual void transact(const std::function<void()>& body) = 0;

  virtual std::uint32_t text_length() const = 0;
  virtual void insert_text(std::uint32_t at, std::string_view text) = 0;
  virtual void erase_text(std::uint32_t at, std::uint32_t count) = 0;
  virtual void format_text(std::uint32_t at, std::uint32_t count, std::string_view name,
                           const crdt::Any& value) = 0;

  virtual void set_key(std::string_view key, const crdt::Any& value) = 0;
  virtual void erase_key(std::string_view key) = 0;
  virtual void set_key_to_text(std::string_view key) = 0;  // a nested type

  virtual std::uint32_t list_length() const = 0;
  virtual void insert_list(std::uint32_t at, const crdt::Any::Array& values) = 0;
  virtual void insert_list_map(std::uint32_t at, std::string_view key,
                               const crdt::Any& value) = 0;  // a nested map with one key
  virtual void erase_list(std::uint32_t at) = 0;

  virtual std::uint32_t tree_length() const = 0;
  virtual void insert_tree(std::uint32_t at) = 0;  // an element with a text in it
  virtual void erase_tree(std::uint32_t at) = 0;

  virtual bool can_undo() const = 0;  // whether it keeps a history of its own edits
  virtual bool undo() = 0;            // false: nothing to undo
  virtual bool redo() = 0;
};

}  // namespace syncline::sim
