// A document as something that can be edited: what a workload asks for, whoever carries it out.
//
// The simulator, `syncline bench` and our clients of `syncline chaos` have an engine behind it
// (sim/editor.h); the published npm clients of `syncline chaos` are told over a pipe
// (cli/chaos/yjs_client.h). One who carries out edits elsewhere knows lengths only roughly: then
// places and counts mean "or what is left of it".
//
// The roots are those of every test of ours: text "content", map "meta", array "list", XML "tree".
// Values are short; text is of the basic plane.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::sim {

class Editable {
 public:
  virtual ~Editable() = default;

  // What `body` does is one transaction.
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

  virtual bool can_undo() const = 0;  // it keeps a history of its own edits
  virtual bool undo() = 0;            // false: nothing was left
  virtual bool redo() = 0;
};

}  // namespace syncline::sim
