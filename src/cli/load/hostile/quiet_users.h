// QuietUsers: honest people who edit small documents, two in each, at random times with a fixed mean
// rate. They measure what an attack does to others. Their documents are in eight workspaces, because a
// server serves a workspace on one loop: some of them share the loop of what is attacked.
//
// Thread-safety: none; the thread of the RealWorld, which must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/load/arrivals.h"
#include "cli/load/hostile/field.h"
#include "cli/load/hostile/promises.h"
#include "cli/load/real_world.h"
#include "cli/load/stopwatch.h"
#include "sim/client.h"

namespace syncline::cli {

struct QuietOptions {
  std::uint64_t users = 50;
  double edits_per_second = 100;  // of all together
  // They also go offline and come back, make every kind of edit, and go on to a new document now and then.
  // Latencies include the time away.
  bool churn = false;
  std::uint64_t stay_us = 240'000'000;  // in a document, of those who go on
  std::uint64_t seed = 1;               // a part of the names of the workspaces
  std::string token;
};

class QuietUsers {
 public:
  QuietUsers(RealWorld& real, const QuietOptions& options);
  ~QuietUsers();

  // The documents in which `users` users begin.
  static std::vector<Ground::Document> documents(std::uint64_t seed, std::uint64_t users);

  void connect();
  // Edits become due until stop(). The latency of an edit counts from when it was due, and is recorded
  // where times are measured when its ack comes.
  void edit();
  void stop();  // who is away comes back
  void measure(Histogram* ack_us, Histogram* receipt_us) { watch_.measure(ack_us, receipt_us); }

  // Why they are not all in step; empty if they are.
  std::string why_not() const;
  std::uint64_t acked() const { return watch_.acked_count(); }
  const Promises& promises() const { return watch_.acked(); }

 private:
  // A place has one document at a time, and two users; the last one may have one.
  struct Place {
    Ground::Document begins_in;
    std::uint64_t moves = 0;
  };

  void enter(std::size_t place);
  bool in_step(std::size_t place) const;
  void move_on(std::size_t place);
  void next();

  RealWorld& real_;
  const QuietOptions options_;
  Stopwatch watch_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<sim::Client>> clients_;  // those of place p are 2p and 2p + 1
  std::size_t numbers_ = 0;                            // of clients that ever were
  std::optional<Arrivals> arrivals_;
  std::size_t turn_ = 0;
  bool editing_ = false;
};

}  // namespace syncline::cli
