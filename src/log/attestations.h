// What is said of a log and binds: the hashes of its Merkle tree, the checkpoint that was signed of it,
// what former keepers signed, and where a repair cut it.
//
// Unlike snapshots these are no cache: what was signed once binds for ever.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
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
  // `nodes`: what roots and proofs are folded from. kNotFound: the log does not reach that far.
  virtual void tree_nodes(std::string workspace, std::vector<merkle::Node> nodes,
                          Done<std::vector<Hash256>> done) = 0;

  // Keeps a signed checkpoint of the first `size` events (log/checkpoint.h), in place of the one
  // before.
  //   kConflict  one of more events is kept
  //   kInvalid   the log has fewer events
  virtual void put_checkpoint(std::string workspace, std::uint64_t size, std::string note,
                              Done<void> done) = 0;

  // The checkpoint that is kept, or nothing.
  virtual void load_checkpoint(std::string workspace, Done<std::optional<std::string>> done) = 0;

  // How many events a repair kept of the log, at the least; 0: it was never cut. What comes behind them
  // is not what was signed before.
  virtual void load_cut(std::string workspace, Done<Position> done) = 0;

  // Keeps what a former keeper of an imported log signed of it, for good; the same again is ignored.
  //   kInvalid   the log has fewer events than it says, or it says nothing
  //   kTooLarge  kMaxStatements are kept
  virtual void put_origin(std::string workspace, Statement origin, Done<void> done) = 0;

  // All that are kept, by size; whether they are true is for verification to say.
  virtual void load_origins(std::string workspace, Done<std::vector<Statement>> done) = 0;
};

}  // namespace syncline::log
