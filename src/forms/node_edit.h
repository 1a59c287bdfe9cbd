// Edits XML to other XML: which nodes stay, which of them differ, and which come and go. For this room only.
//
// First it finds the difference (plan), which changes nothing; then it makes the edits. Nodes are equal if what the
// mapping knows of them is equal. Of those that are not, nodes of the same name that have the most words in common are
// taken for the same node. Costs: O(both trees) and the difference of the children of each node that differs;
// where many nodes in a row differ, they are paired in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "diff/sequence_diff.h"
#include "forms/mapping.h"
#include "forms/xml_tree.h"
#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::forms {

// What happens to the children of a node, from the first to the last of them.
struct NodeEdit {
  struct Step {
    enum Kind : std::uint8_t { kStays, kErase, kInsert };
    Kind kind;
    std::size_t old_at = 0;                      // of kStays and kErase
    std::size_t new_at = 0;                      // of kStays and kInsert
    std::unique_ptr<NodeEdit> inside = nullptr;  // of a node that stays, but not as it is
  };
  std::vector<Step> steps;
};

class NodePlanner {
 public:
  explicit NodePlanner(const Mapping& mapping) : mapping_(mapping) {}

  // kUnprocessable for a node that would come, and that the mapping does not know.
  Result<NodeEdit> plan(const XmlNode& now, const XmlNode& wanted);

 private:
  // A node, and numbers that stand for what the mapping knows of it: equal ones, equal nodes.
  struct Seen {
    const XmlNode* node;
    diff::Token token;
    std::vector<Seen> children = {};
  };

  Seen see(const XmlNode& node);
  Seen see_children(const XmlNode& node, std::size_t from, std::size_t to);
  diff::Token number_of_text(const XmlNode& parent, std::size_t from, std::size_t to);
  std::vector<diff::Token> words_of(const Seen& seen);
  void add_words(const Seen& seen, std::vector<diff::Token>& words);
  diff::Token intern(std::string key);

  bool same(const XmlNode& now, const XmlNode& wanted) const;
  Result<NodeEdit> compare(const Seen& now, const Seen& wanted);
  Result<void> replace(const Seen& now, const Seen& wanted, const diff::Change& change,
                       NodeEdit& edit);
  std::vector<std::pair<std::size_t, std::size_t>> pairs(const Seen& now, const Seen& wanted,
                                                         const diff::Change& change);
  Result<void> check_new(const XmlNode& node) const;

  const Mapping& mapping_;
  std::unordered_map<std::string, diff::Token> numbers_;
};

// Makes the planned edits. Within a transaction.
Result<void> apply_edit(const Mapping& mapping, const NodeEdit& edit, const XmlNode& now,
                        const XmlNode& wanted, crdt::XmlFragment parent);

}  // namespace syncline::forms
