// Node: one running server, put together. The world that `main` builds and passes down.
//
//   store ── one LoopStore per loop ── ObjectCache, Host (workspaces) ── sessions ── network
//
// A workspace lives on the loop that its name hashes to; a connection is moved there before its
// handshake is answered. Loops share nothing but the store's committer and readers.
//
// Thread-safety: start(), drain(), stop() and the accessors from one thread that is none of the
// loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/checkpoint_keeper.h"
#include "policy/access.h"
#include "state/quarantine.h"
#include "syncline/error.h"

namespace syncline::backend {

struct NodeOptions {
  std::string data_dir = "syncline-data";
  std::string log_name;  // what checkpoints call the logs; "": what they were called before
  std::string region;    // as they stand in events; at most log::kMaxPlaceBytes
  std::string node;
  std::string address = "127.0.0.1";
  std::uint16_t port = 4400;
  std::string tls_certificate;  // PEM paths; both or neither
  std::string tls_key;
  policy::Access access;
  std::vector<std::string> cors_origins = {};  // of pages that may use the HTTP API (server/cors.h)
  bool insecure = false;                       // a public address without tokens is wanted
  std::size_t loops = 0;                       // 0: one per core
  std::size_t memory_budget_bytes = std::size_t{1} << 30;  // of documents in memory, over all loops
  std::size_t max_message_bytes = std::size_t{32} << 20;
  std::size_t max_connections = 100'000;
  std::string backup_dir;  // where clients that may write can have backups written; "": nowhere
  log::CheckpointPace checkpoint_pace = {};
  std::uint64_t retention_interval_ms = 60'000;  // between rounds of carrying out retention rules
  // Called once, on any thread, when the disk failed: stop serving.
  std::function<void(const Error&)> on_storage_failure;
  // Called on a loop's thread for each object that cannot be served: state/quarantine.h. May be empty.
  std::function<void(const state::Quarantined&)> on_quarantine;
};

class Node {
 public:
  // Opens the store, starts the loops, listens. kInvalid for options that do not go together, such
  // as a public address without a token.
  static Result<std::unique_ptr<Node>> start(NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::uint16_t port() const;        // the real one
  std::string url() const;           // "http://127.0.0.1:4400"
  std::uint64_t torn_bytes() const;  // dropped from the end of the log when it was opened

  // Readiness turns false, accepting stops, sessions are closed with 1001 once what they sent is
  // answered. True when all were gone within `deadline_ms`.
  bool drain(std::uint64_t deadline_ms);

 private:
  struct Impl;
  explicit Node(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// True for addresses that only this machine can reach: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& address);

}  // namespace syncline::backend
