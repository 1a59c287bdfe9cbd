// Stopwatch: records when each change of the simulator's clients is sent, acknowledged, and received by
// others. A change is identified by the clocks that it inserted. A change that only deletes is counted
// but not timed.
//
// Thread-safety: none; the thread of the RealWorld, which must outlive it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/load/histogram.h"
#include "cli/load/real_world.h"
#include "sim/book.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {

class Stopwatch final : public sim::Book {
 public:
  using sim::Book::acked;
  explicit Stopwatch(const RealWorld& real) : real_(real) {}

  struct Change {
    crdt::Clock end = 0;
    std::uint64_t due_us = 0;
    bool acked = false;
  };
  using Changes = std::vector<Change>;  // the changes of one client id, by clock

  // `due_us` is 0 for a change that is not timed.
  void made(crdt::ClientId id, const std::string& client, crdt::Clock end, std::uint64_t due_us) {
    owners_[id] = client;
    changes_[id].push_back({end, due_us});
  }

  // Where times are recorded; nullptr: they are not measured.
  void measure(Histogram* ack_us, Histogram* receipt_us) {
    ack_us_ = ack_us;
    receipt_us_ = receipt_us;
  }
  // Also stores what the server promised, for acked() of sim::Book.
  void keep_promises() { keeps_promises_ = true; }
  void on_ack(std::function<void(const std::string&, std::uint64_t)> callback) {
    on_ack_ = std::move(callback);
  }
  std::uint64_t sent_count() const { return sent_; }
  std::uint64_t acked_count() const { return acked_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }

  void sent(const sim::ObjectName&, const std::string&, ByteView update) override {
    payload_bytes_ += update.size();
    ++sent_;
  }
  void acked(const sim::ObjectName& object, const std::string& client,
             const sim::Acked& what) override {
    std::uint64_t count = what.inserts.empty() && !what.deletes.empty() ? 1 : 0;
    each(what.inserts, [&](crdt::ClientId, Change& change) {
      if (std::exchange(change.acked, true)) return;
      ++count;
      if (ack_us_ == nullptr || change.due_us == 0) return;
      ack_us_->record(since(change.due_us));
    });
    acked_ += count;
    const bool empty = what.inserts.empty() && what.deletes.empty();
    if (keeps_promises_ && !empty) sim::Book::acked(object, client, what);
    if (on_ack_) on_ack_(client, count);
  }
  void shown(const sim::ObjectName&, const std::string& client, ByteView update) override {
    if (receipt_us_ == nullptr) return;
    const auto meta = crdt::update_meta(update, crdt::UpdateVersion::kV1);
    if (!meta) return;
    each(meta->inserts, [&](crdt::ClientId id, const Change& change) {
      if (change.due_us != 0 && owners_[id] != client) receipt_us_->record(since(change.due_us));
    });
  }

 private:
  std::uint64_t since(std::uint64_t due_us) const {
    const std::uint64_t now = real_.now_us();
    return now > due_us ? now - due_us : 0;
  }

  // Calls `call` for the changes that end inside `ids`.
  template <typename Each>
  void each(const crdt::IdSet& ids, Each&& call) {
    for (const auto& [id, ranges] : ids.clients()) {
      const auto found = changes_.find(id);
      if (found == changes_.end()) continue;
      Changes& changes = found->second;
      for (const auto& range : ranges) {
        auto change = std::ranges::upper_bound(changes, range.clock, {}, &Change::end);
        for (; change != changes.end() && change->end <= range.end(); ++change) call(id, *change);
      }
    }
  }

  const RealWorld& real_;
  Histogram* ack_us_ = nullptr;
  Histogram* receipt_us_ = nullptr;
  std::function<void(const std::string&, std::uint64_t)> on_ack_;
  std::map<crdt::ClientId, Changes> changes_;
  std::map<crdt::ClientId, std::string> owners_;
  bool keeps_promises_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace syncline::cli
