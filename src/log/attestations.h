// Attestations: binding statements about a log: the hashes of its Merkle tree, its signed
// checkpoint, the statements of former keepers, and the place where a repair cut it.
//
// Snapshots are a cache; attestations are not. What was once signed binds for ever.
//
// Threads, ownership and answers: see log/event_log.h, which applies to the whole store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "log/done.h"
#include "log/event.h"
#include "log/merkle_tree.h"
#include "log/statement.h"

namespace syncline::log {

class Attestations {
 public:
  virtual ~Attestations() = default;

  // The hashes of whole blocks of the workspace's Merkle tree (log/merkle_tree.h), in the order of
  // `nodes`. Roots and proofs are computed from them. kNotFound if the log does not reach that far.
  virtual void tree_nodes(std::string workspace, std::vector<merkle::Node> nodes,
                          Done<std::vector<Hash256>> done) = 0;

  // Stores a signed checkpoint of the first `size` events (log/checkpoint.h) and replaces the
  // previous one.
  //   kConflict  a checkpoint of more events is stored
  //   kInvalid   the log has fewer events
  virtual void put_checkpoint(std::string workspace, std::uint64_t size, std::string note,
                              Done<void> done) = 0;

  // The stored checkpoint, or nothing.
  virtual void load_checkpoint(std::string workspace, Done<std::optional<std::string>> done) = 0;

  // The lower bound of the number of events that a repair kept of the log; 0 if the log was never
  // cut. Events after this are not those that were signed before.
  virtual void load_cut(std::string workspace, Done<Position> done) = 0;

  // Stores permanently what a former keeper of an imported log signed. Ignores a statement that is
  // already stored.
  //   kInvalid   the log has fewer events than the statement says, or it says nothing
  //   kTooLarge  kMaxStatements are already stored
  virtual void put_origin(std::string workspace, Statement origin, Done<void> done) = 0;

  // All stored statements, by size. They are not verified here.
  virtual void load_origins(std::string workspace, Done<std::vector<Statement>> done) = 0;
};

}  // namespace syncline::log
