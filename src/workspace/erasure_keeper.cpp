#include "workspace/erasure_keeper.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "log/rules.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kListedAtOnce = 64;

// The position up to which the events of that name belong to an object that has another name now.
log::Position erased_since(const log::HeldDeletions& deletions, const std::string& object,
                           const log::EndedGeneration& ended) {
  if (deletions.continued.contains({object, ended.generation})) return 0;
  log::Position since = 0;
  for (const log::EndedGeneration& each : deletions.objects.find(object)->second)
    if (each.is_renamed() && each.generation < ended.generation) since = each.after;
  return since;
}

}  // namespace

ErasureKeeper::ErasureKeeper(const state::ReplaySources& sources, Host& host, Scheduler& loop,
                             ErasurePace pace, Owns owns, OnErased on_erased,
                             EraseBeside erase_beside)
    : sources_(sources),
      host_(host),
      loop_(loop),
      pace_(pace),
      owns_(std::move(owns)),
      on_erased_(std::move(on_erased)),
      erase_beside_(std::move(erase_beside)) {
  later(pace_.pause_ms);
}

ErasureKeeper::~ErasureKeeper() {
  loop_.cancel(timer_);
}

void ErasureKeeper::later(std::uint64_t ms) {
  loop_.cancel(timer_);
  timer_ = loop_.after(ms, [this] {
    timer_ = 0;
    step();
  });
}

void ErasureKeeper::look_at(const std::string& workspace) {
  waiting_.insert(workspace);
  if (!busy_) later(0);
}

// Calls `next` with the answer, unless the keeper is gone by then.
template <typename T, typename Next>
log::Done<T> ErasureKeeper::then(Next next) {
  busy_ = true;
  return [this, alive = std::weak_ptr(alive_), next = std::move(next)](Result<T> answer) mutable {
    if (alive.expired()) return;
    busy_ = false;
    next(std::move(answer));
  };
}

// ---- where to look

void ErasureKeeper::step() {
  const Doing naming(loop_, "erasure");
  if (!waiting_.empty()) return look(std::move(waiting_.extract(waiting_.begin()).value()));
  const std::uint64_t now_ms = loop_.monotonic_ms();
  if (now_ms >= all_at_ms_) {
    all_at_ms_ = now_ms + pace_.all_ms;
    listing_ = true;
  }
  if (listing_) return list();
  host_.each_open([this](const Workspace& workspace) {
    const auto is_left = [](const auto& each) {
      return std::ranges::any_of(
          each.second, [](const auto& ended) { return !ended.erased && !ended.is_renamed(); });
    };
    const std::optional<log::EndedWorkspace>& ended = workspace.deletions().workspace;
    if ((ended && !ended->erased) || std::ranges::any_of(workspace.deletions().objects, is_left))
      left_.insert(workspace.name());
  });
  waiting_ = left_;
  later(pace_.interval_ms);
}

void ErasureKeeper::list() {
  sources_.store.catalog().list_workspaces(
      after_, kListedAtOnce,
      then<std::vector<std::string>>([this](Result<std::vector<std::string>> names) {
        if (!names) ++counters_.failures;
        listing_ = names && names->size() == kListedAtOnce;
        after_ = listing_ ? names->back() : std::string();
        if (names)
          for (std::string& name : *names) waiting_.insert(std::move(name));
        later(pace_.pause_ms);
      }));
}

void ErasureKeeper::look(std::string workspace) {
  if (owns_ && !owns_(workspace)) return later(0);
  state::load_deletions(
      sources_, workspace,
      then<state::SharedDeletions>([this, workspace](Result<state::SharedDeletions> deletions) {
        if (!deletions) return end(std::unexpected(deletions.error()));
        take(workspace, **deletions);
      }));
}

// The first that is due; then the workspace is looked at again.
void ErasureKeeper::take(const std::string& workspace, const log::HeldDeletions& deletions) {
  const std::uint64_t now_ms = loop_.unix_ms();
  left_.erase(workspace);
  if (deletions.workspace && !deletions.workspace->erased) {
    left_.insert(workspace);
    if (deletions.workspace->erase_at_ms <= now_ms || is_mutated(Mutation::forget_grace))
      return erase_workspace(workspace, deletions.workspace_generation);
  }
  for (const auto& [object, all] : deletions.objects)
    for (const log::EndedGeneration& ended : all) {
      // What was renamed is erased with what it is now.
      if (ended.erased || ended.is_renamed()) continue;
      left_.insert(workspace);
      if (ended.erase_at_ms <= now_ms || is_mutated(Mutation::forget_grace))
        return begin(workspace, object, ended, erased_since(deletions, object, ended));
    }
  later(pace_.pause_ms);
}

// ---- erasing

void ErasureKeeper::begin(const std::string& workspace, const std::string& object,
                          const log::EndedGeneration& ended, log::Position since) {
  work_ = {workspace,
           {.object = object, .generation = ended.generation, .since = since, .to = ended.after}};
  if (log::is_erased(ended)) return erase();
  sources_.retention.load_retention(
      workspace, then<log::Retention>([this](Result<log::Retention> kept) {
        if (!kept) return end(std::unexpected(kept.error()));
        const auto held = log::check_not_held(*kept);
        if (!held && !is_mutated(Mutation::erase_under_hold)) return end(held);
        host_.get(work_.workspace)
            .change_rules(erasing_server(), identity::Right::kErase,
                          log::EraseObject{work_.erasure.object, work_.erasure.generation},
                          "the time for undoing it is over",
                          then<Receipt>([this](const Result<Receipt>& begun) {
                            if (!begun) return end(std::unexpected(begun.error()));
                            erase();
                          }));
      }));
}

void ErasureKeeper::erase() {
  const Doing naming(loop_, "erasure");
  sources_.retention.erase_object(
      work_.workspace, work_.erasure,
      then<log::ErasedPayloads>(
          [this](Result<log::ErasedPayloads> slice) { erased(std::move(slice)); }));
}

void ErasureKeeper::erased(Result<log::ErasedPayloads> slice) {
  if (!slice) return end(std::unexpected(slice.error()));
  counters_.payloads += slice->events;
  counters_.bytes += slice->bytes;
  if (on_erased_ && slice->changes_bytes > 0) on_erased_(work_.workspace, slice->changes_bytes);
  work_.erasure.from = slice->up_to;
  if (slice->done && work_.again && slice->snapshots == 0) return note();
  if (slice->done) return purge();
  loop_.cancel(timer_);
  timer_ = loop_.after(pace_.pause_ms, [this] {
    timer_ = 0;
    erase();
  });
  busy_ = true;  // look_at() must not begin anything
}

// A snapshot that was being written when the object was deleted may come to the store late, so it looks once more.
void ErasureKeeper::purge() {
  work_.again = true;
  sources_.retention.purge(
      work_.workspace, work_.erasure.object,
      then<void>([this](const Result<void>& purged) { purged ? erase() : end(purged); }));
}

void ErasureKeeper::note() {
  host_.get(work_.workspace)
      .change_rules(erasing_server(), identity::Right::kErase,
                    log::EraseObject{work_.erasure.object, work_.erasure.generation, true}, "",
                    then<Receipt>([this](const Result<Receipt>& noted) {
                      if (!noted) return end(std::unexpected(noted.error()));
                      ++counters_.objects;
                      waiting_.insert(work_.workspace);
                      end({});
                    }));
}

void ErasureKeeper::erase_workspace(const std::string& workspace, std::uint64_t generation) {
  whole_ = std::make_unique<WorkspaceErasure>(
      WorkspaceErasure::Services{sources_, host_, loop_, pace_.pause_ms, counters_, on_erased_,
                                 erase_beside_},
      workspace, generation, then<void>([this](const Result<void>& done) {
        whole_.reset();
        end(done);
      }));
  whole_->begin();
}

void ErasureKeeper::end(const Result<void>& done) {
  work_ = {};
  if (!done) ++(done.error().code == ErrorCode::kForbidden ? counters_.held : counters_.failures);
  later(pace_.pause_ms);
}

}  // namespace syncline::workspace
