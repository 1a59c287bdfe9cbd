#include "sim/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/invariants.h"
#include "sim/model_tree.h"
#include "sim/stored_log.h"
#include "store/tree.h"

namespace syncline::sim {
namespace {

namespace merkle = log::merkle;

// The nodes of one workspace's tree in the store. Each is read once.
class Nodes {
 public:
  Nodes(const store::Tables& tables, const std::string& workspace)
      : tables_(tables), workspace_(workspace) {}

  Result<merkle::Proof> proof(const merkle::ProofPlan& plan) {
    std::vector<Hash256> hashes;
    for (const merkle::Node& node : plan.nodes) {
      auto hash = get(node);
      if (!hash) return std::unexpected(std::move(hash.error()));
      hashes.push_back(*hash);
    }
    return merkle::make_proof(plan, hashes);
  }
  // A tile is missing, so nothing beyond it is signed.
  bool incomplete() const { return incomplete_; }

 private:
  Result<Hash256> get(const merkle::Node& node) {
    const auto found = known_.find({node.level, node.index});
    if (found != known_.end()) return found->second;
    auto read = store::read_tree_nodes(tables_, workspace_, {&node, 1});
    if (!read) {
      incomplete_ |= read.error().code == ErrorCode::kNotFound;
      return std::unexpected(std::move(read.error()));
    }
    return known_[{node.level, node.index}] = read->front();
  }

  const store::Tables& tables_;
  const std::string& workspace_;
  std::map<std::pair<unsigned, std::uint64_t>, Hash256> known_;
  bool incomplete_ = false;
};

// Proves that every event is among the first `size`. Returns a text that names the first that
// fails.
std::string prove_all(Nodes& nodes, const std::vector<log::Event>& events, const Hash256& root) {
  for (const log::Event& event : events) {
    const std::uint64_t leaf = event.position - 1;
    const auto proof = nodes.proof(merkle::plan_inclusion(leaf, events.size()));
    if (!proof) return proof.error().message;
    if (!merkle::verify_inclusion(event.hash, leaf, events.size(), *proof, root))
      return fmt::format("event {} is not provably in the log", event.position);
  }
  return {};
}

}  // namespace

const log::NotaryIdentity& Auditor::identity() {
  static const log::NotaryIdentity identity = [] {
    ed25519::Seed seed{};
    seed.fill(7);
    return log::NotaryIdentity{"simulated.example", {{"simulated.example", seed}}, {}};
  }();
  return identity;
}

Auditor::Auditor(World& world, Server& server, std::set<std::string> workspaces)
    : world_(world),
      server_(server),
      workspaces_(std::move(workspaces)),
      dice_(world.dice.fork("auditor")),
      every_us_(dice_.scale(3 * kSecond, 100 * kSecond)) {}

void Auditor::start() {
  ask_later();
}

void Auditor::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    ask();
    ask_later();
  });
}

void Auditor::ask() {
  Server::Process* process = server_.process();
  if (process == nullptr) return;
  for (const std::string& workspace : workspaces_) {
    process->loop_of(workspace).post([this, process, workspace, pending = pending_] {
      process->shard_of(workspace).notary.checkpoint(
          workspace, [this, workspace, pending](Result<log::SignedCheckpoint> made) {
            if (made) return take(workspace, std::move(*made));
            unanswered_.insert(workspace);
            if (made.error().code == ErrorCode::kNotFound && shortened_.erase(workspace) > 0) {
              world_.hit(Probe::rollback_noticed);
              kept_[workspace].clear();
            }
            const bool lies = made.error().code == ErrorCode::kCorrupt;
            if (lies && !server_.expects_damage()) broken(workspace, made.error().message);
          });
    });
  }
}

void Auditor::broken(const std::string& workspace, std::string_view what) {
  world_.violated(std::string(kAudit), fmt::format("{}: {}", workspace, what));
}

const log::SignedCheckpoint* Auditor::newest(const std::string& workspace) const {
  const auto kept = kept_.find(workspace);
  return kept == kept_.end() || kept->second.empty() ? nullptr : &kept->second.back();
}

bool Auditor::continues(const store::Tables& tables, const std::string& workspace,
                        const log::Checkpoint& old, const log::Checkpoint& now) const {
  if (now.size < old.size) return false;
  const auto proof = Nodes(tables, workspace).proof(merkle::plan_consistency(old.size, now.size));
  return proof && merkle::verify_consistency(old.size, old.root, now.size, now.root, *proof);
}

void Auditor::take(const std::string& workspace, log::SignedCheckpoint made) {
  const auto& signers = identity().signers;
  const auto opened = log::open_checkpoint(made.note, {signers.front().verifier()});
  if (!opened || *opened != made.checkpoint)
    return broken(workspace, "a checkpoint is not what its note says");
  world_.trace.note(Kind::kCheck, "auditor", made.checkpoint.size, 0, [&] {
    return fmt::format("gets a checkpoint of {} events of {}", made.checkpoint.size, workspace);
  });
  world_.hit(Probe::checkpoint_signed);
  unanswered_.erase(workspace);
  auto& kept = kept_[workspace];
  if (!kept.empty()) {
    const log::Checkpoint& last = kept.back().checkpoint;
    const DiskTables& tables = server_.process()->store->tables();
    if (continues(tables, workspace, last, made.checkpoint)) {
      if (last.size == made.checkpoint.size) return;
    } else if (server_.expects_damage() && shortened_.empty()) {
      return;  // the damage may be in what the proof needs
    } else if (shortened_.erase(workspace) > 0) {
      world_.hit(Probe::rollback_noticed);
      kept.clear();
    } else {
      return broken(workspace, fmt::format("a log of {} events does not begin with the {} signed",
                                           made.checkpoint.size, last.size));
    }
  }
  kept.push_back(std::move(made));
}

void Auditor::rolled_back(const store::Tables& tables) {
  for (const auto& [workspace, kept] : kept_) {
    if (kept.empty()) continue;
    // The log is shorter or has another history. The copy may be from before an earlier rollback.
    const log::Checkpoint& last = kept.back().checkpoint;
    const auto events = read_log(tables, workspace);
    ModelTree tree;
    for (std::size_t i = 0; events && i < std::min(events->size(), last.size); ++i)
      tree.append((*events)[i].hash);
    const bool contradicts = !events || events->size() < last.size || tree.root() != last.root;
    // A newer copy may come back after an older one. Then nobody notices anything, correctly.
    contradicts ? void(shortened_.insert(workspace)) : void(shortened_.erase(workspace));
  }
}

void Auditor::check(const store::Tables& tables) {
  for (const std::string& workspace : shortened_)
    // For example by a server that cannot store anything more.
    if (!unanswered_.contains(workspace))
      world_.violated(std::string(kTampering),
                      fmt::format("{} was rolled back, and nobody noticed", workspace));
  for (const std::string& workspace : workspaces_)
    if (!shortened_.contains(workspace)) check_workspace(tables, workspace);
}

void Auditor::check_workspace(const store::Tables& tables, const std::string& workspace) {
  const auto events = read_log(tables, workspace);
  if (!events) return broken(workspace, events.error().message);
  const std::vector<log::SignedCheckpoint>& kept = kept_[workspace];
  if (events->empty()) return;
  ModelTree tree;
  Hash256 previous{};
  auto checkpoint = kept.begin();
  for (const log::Event& event : *events) {
    if (event.previous_hash != previous)
      return broken(workspace, fmt::format("event {} breaks the chain", event.position));
    previous = event.hash;
    tree.append(event.hash);
    for (; checkpoint != kept.end() && checkpoint->checkpoint.size == event.position; ++checkpoint)
      if (checkpoint->checkpoint.root != tree.root())
        return broken(workspace, fmt::format("the root that was signed for {} events is another's",
                                             event.position));
  }
  if (checkpoint != kept.end())
    return broken(workspace, fmt::format("{} events were signed, and there are {}",
                                         checkpoint->checkpoint.size, events->size()));
  Nodes nodes(tables, workspace);
  if (const std::string why = prove_all(nodes, *events, tree.root()); !why.empty()) {
    // If an event was damaged when its tile was made, that tile is missing.
    if (nodes.incomplete() && server_.expects_damage()) return;
    return broken(workspace, why);
  }
  for (const auto& old : kept)
    for (const auto& now : kept) {
      if (old.checkpoint.size >= now.checkpoint.size) continue;
      const auto proof =
          nodes.proof(merkle::plan_consistency(old.checkpoint.size, now.checkpoint.size));
      if (!proof || !merkle::verify_consistency(old.checkpoint.size, old.checkpoint.root,
                                                now.checkpoint.size, now.checkpoint.root, *proof))
        return broken(workspace, fmt::format("no proof leads from {} events to {}",
                                             old.checkpoint.size, now.checkpoint.size));
    }
  world_.hit(Probe::log_proven);
}

}  // namespace syncline::sim
