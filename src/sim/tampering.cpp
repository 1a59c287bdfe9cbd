#include "sim/tampering.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "sim/disk_store.h"
#include "sim/loop.h"
#include "sim/stored_log.h"
#include "store/contents.h"
#include "store/keys.h"
#include "store/tree.h"

namespace syncline::sim {
namespace {

// The copy of the disk, and the tampering.
class Crime {
 public:
  Crime(ByteView disk, std::string workspace, Dice dice)
      : dice_(dice), workspace_(std::move(workspace)) {
    put(to_bytes(disk));
  }

  // False if the log offers no place for it.
  bool commit(Tampering how, const log::SignedCheckpoint& witness) {
    const std::uint64_t signed_events = witness.checkpoint.size;
    if (how == Tampering::kOlderCopy) return bring_back_older(signed_events);
    DiskTables tables(disk_);
    if (!tables.open()) return false;
    const auto events = read_log(tables, workspace_);
    const auto id = store::find_workspace(tables, workspace_);
    if (!events || !id || !*id || events->size() < 2) return false;
    // A copy of the disk that was brought back may contain an older checkpoint than the newest one.
    const auto kept = store::read_checkpoint(tables, workspace_);
    const bool betrays = kept && *kept && **kept == witness.note;
    if (!betrays && (how == Tampering::kCut || how == Tampering::kRewrite)) return false;
    id_ = **id;
    events_ = *events;
    // Changes something that is signed and exists, because such a copy may be shorter, too.
    const std::uint64_t victim =
        1 + dice_.below(std::min<std::uint64_t>(signed_events, events_.size()));
    if (how != Tampering::kRewrite && how != Tampering::kRewriteAndForget &&
        victim == events_.size())
      return false;  // no later event could contradict it
    FrameWrites writes;
    if (!change(how, victim, tables, writes)) return false;
    put(writes.frame());
    return true;
  }

  World& world() { return world_; }
  Disk& disk() { return disk_; }

 private:
  void put(Bytes bytes) {
    disk_.append(std::move(bytes), [](Result<void>) {});
    disk_.sync([](Result<void>) {});
    while (world_.timeline.step(world_.now_us() + 100'000'000)) {
    }
  }

  // Changes a byte of the content. Checksums do not stop somebody who can compute them.
  log::Event edited(std::uint64_t position) {
    log::Event event = events_[position - 1];
    // Puts other content in place of a dropped payload, or changes its digest.
    if (event.dropped_payload && dice_.chance(0.5)) event.dropped_payload.reset();
    if (event.dropped_payload)
      ++dice_.pick(*event.dropped_payload);
    else
      event.intent.empty() ? event.intent.push_back(1) : void(++dice_.pick(event.intent));
    return event;
  }

  void store(FrameWrites& writes, const log::EncodedEvent& event) {
    writes.put(store::Family::kEvents, store::event_key(id_, event.position),
               as_text(event.record));
  }

  // False: there is no such event. That of a file, for example, says which file it is.
  bool store(FrameWrites& writes, const log::Event& event) {
    const auto encoded = log::encode_event(event);
    if (encoded) store(writes, *encoded);
    return encoded.has_value();
  }

  bool change(Tampering how, std::uint64_t victim, const DiskTables& tables, FrameWrites& writes) {
    switch (how) {
      case Tampering::kEdit: return store(writes, edited(victim));
      case Tampering::kRemove:
        writes.remove(store::Family::kEvents, store::event_key(id_, victim));
        return true;
      case Tampering::kSwap: {
        log::Event one = events_[victim - 1];
        log::Event other = events_[victim];
        std::swap(one.position, other.position);
        return store(writes, one) && store(writes, other);
      }
      case Tampering::kCut:
        for (std::uint64_t i = victim; i <= events_.size(); ++i) {
          writes.remove(store::Family::kEvents, store::event_key(id_, i));
          writes.remove(store::Family::kObjects, store::object_key(id_, events_[i - 1].object, i));
        }
        return true;
      default: return rewrite(how, victim, tables, writes);
    }
  }

  // Rewrites every hash from `victim` on, and the whole tree.
  bool rewrite(Tampering how, std::uint64_t victim, const DiskTables& tables, FrameWrites& writes) {
    events_[victim - 1] = edited(victim);
    store::TreeEdge edge;
    store::StagedTiles tiles(tables, id_);
    Hash256 previous{};
    for (log::Event& event : events_) {
      event.previous_hash = previous;
      const auto encoded = log::encode_event(event);
      if (!encoded) return false;
      store(writes, *encoded);
      static_cast<void>(edge.append(encoded->hash, tiles));
      previous = encoded->hash;
    }
    tiles.write_to(writes);
    if (how == Tampering::kRewriteAndForget)
      writes.remove(store::Family::kMeta, store::checkpoint_key(id_));
    return true;
  }

  bool bring_back_older(std::uint64_t signed_events) {
    disk_.truncate(dice_.below(disk_.contents().size()));
    DiskTables tables(disk_);
    const auto opened = tables.open();
    const auto head = store::read_head(tables, workspace_);
    return opened && head && head->last_position > 0 && head->last_position < signed_events;
  }

  Dice dice_;
  const std::string workspace_;
  World world_{1, false};
  Disk disk_{world_, {}};
  store::WorkspaceId id_ = 0;
  std::vector<log::Event> events_;
};

// A process on that disk: what it says and proves on request.
class Witness {
 public:
  Witness(Crime& crime, const std::string& workspace, const log::NotaryIdentity& identity)
      : crime_(crime),
        workspace_(workspace),
        store_(DiskStore::open(crime.world(), crime.disk(), {}).value()),
        log_(store_->open_loop(loop_)),
        notary_(log_->events(), log_->attestations(), identity) {}

  bool reads() const { return read_log(store_->tables(), workspace_).has_value(); }

  Result<log::SignedCheckpoint> checkpoint() {
    return await<log::SignedCheckpoint>(
        [&](auto done) { notary_.checkpoint(workspace_, std::move(done)); });
  }

  bool proves(const log::Checkpoint& old, const log::Checkpoint& now) {
    if (now.size < old.size) return false;
    const auto proof = await<log::merkle::Proof>([&](auto done) {
      notary_.prove_consistency(workspace_, old.size, now.size, std::move(done));
    });
    return proof && log::merkle::verify_consistency(old.size, old.root, now.size, now.root, *proof);
  }

 private:
  template <typename T, typename Ask>
  Result<T> await(Ask&& ask) {
    std::optional<Result<T>> answer;
    ask([&](Result<T> result) { answer = std::move(result); });
    for (int i = 0; i < 1000 && !answer; ++i)
      crime_.world().timeline.step(crime_.world().now_us() + 1'000'000);
    return answer ? std::move(*answer) : fail(ErrorCode::kUnavailable, "no answer");
  }

  Crime& crime_;
  const std::string& workspace_;
  Loop loop_{crime_.world().timeline};
  std::unique_ptr<DiskStore> store_;
  std::unique_ptr<log::LoopStore> log_;
  log::Notary notary_;
};

}  // namespace

std::string_view to_string(Tampering tampering) {
  switch (tampering) {
    case Tampering::kEdit: return "an event was edited";
    case Tampering::kRemove: return "an event was removed";
    case Tampering::kSwap: return "two events were swapped";
    case Tampering::kCut: return "the end of the log was cut off";
    case Tampering::kRewrite: return "the log was rewritten";
    case Tampering::kRewriteAndForget: return "the log was rewritten, its checkpoint removed";
    case Tampering::kOlderCopy:
    case Tampering::kCount: break;
  }
  return "an older copy was brought back";
}

Noticed tamper(ByteView disk, const std::string& workspace, const log::SignedCheckpoint& witness,
               const log::NotaryIdentity& identity, Tampering how, Dice dice) {
  Crime crime(disk, workspace, dice);
  if (!crime.commit(how, witness)) return Noticed::kNothingDone;
  Witness server(crime, workspace, identity);
  bool noticed = false;
  if (how == Tampering::kEdit || how == Tampering::kRemove || how == Tampering::kSwap) {
    noticed = !server.reads();
  } else {
    const auto now = server.checkpoint();
    noticed = !now && now.error().code == ErrorCode::kCorrupt;
    if (how == Tampering::kRewriteAndForget || how == Tampering::kOlderCopy)
      noticed = now && !server.proves(witness.checkpoint, now->checkpoint);
  }
  return noticed ? Noticed::kByItsDefence : Noticed::kByNobody;
}

}  // namespace syncline::sim
