#include "workspace/workspace_erasure.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "log/rules.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kWalkedAtOnce = 64;  // objects of a page
constexpr const char* kWhy = "the workspace was deleted";

}  // namespace

identity::Caller erasing_server() {
  return {.rights = identity::Rights::all(), .local = true};
}

WorkspaceErasure::WorkspaceErasure(Services services, std::string workspace,
                                   std::uint64_t generation, log::Done<void> done)
    : services_(services),
      workspace_(std::move(workspace)),
      generation_(generation),
      done_(std::move(done)) {}

WorkspaceErasure::~WorkspaceErasure() {
  services_.loop.cancel(timer_);
}

// Calls `next` with the answer, unless the erasure is gone by then.
template <typename T, typename Next>
log::Done<T> WorkspaceErasure::then(Next next) {
  return [alive = std::weak_ptr(alive_), next = std::move(next)](Result<T> answer) mutable {
    if (!alive.expired()) next(std::move(answer));
  };
}

template <typename Next>
void WorkspaceErasure::after_pause(Next next) {
  timer_ = services_.loop.after(services_.pause_ms, [this, next = std::move(next)]() mutable {
    timer_ = 0;
    next();
  });
}

// Runs in a turn of its own, so whoever called may be what `done` destroys this for.
void WorkspaceErasure::end(Result<void> how) {
  services_.loop.post([alive = std::weak_ptr(alive_), this, how = std::move(how)]() mutable {
    if (!alive.expired()) std::exchange(done_, {})(std::move(how));
  });
}

// An event of the rules, by the server.
void WorkspaceErasure::change(log::RuleAct act, Task next) {
  services_.host.get(workspace_)
      .change_rules(
          erasing_server(), identity::Right::kErase, std::move(act), kWhy,
          then<Receipt>([this, next = std::move(next)](const Result<Receipt>& done) mutable {
            done ? next() : end(std::unexpected(done.error()));
          }));
}

void WorkspaceErasure::begin() {
  services_.sources.retention.load_retention(
      workspace_, then<log::Retention>([this](const Result<log::Retention>& kept) {
        if (!kept) return end(std::unexpected(kept.error()));
        auto free = log::check_not_held(*kept);
        if (!free && !is_mutated(Mutation::erase_under_hold)) return end(std::move(free));
        mark();
      }));
}

void WorkspaceErasure::mark() {
  change(log::EraseWorkspace{generation_}, [this] { walk(Walk::kErase, ""); });
}

// ---- all objects, page by page

void WorkspaceErasure::walk(Walk walk, std::string after) {
  walk_ = walk;
  if (after.empty()) late_ = false;
  services_.sources.store.catalog().list_objects(
      workspace_, "", std::move(after), kWalkedAtOnce,
      then<std::vector<std::string>>([this](Result<std::vector<std::string>> page) {
        if (!page) return end(std::unexpected(std::move(page.error())));
        objects_ = std::move(*page);
        more_ = objects_.size() == kWalkedAtOnce;
        after_ = more_ ? objects_.back() : std::string();
        std::ranges::reverse(objects_);
        if (is_mutated(Mutation::leave_last_object) && !objects_.empty())
          objects_.erase(objects_.begin());
        next();
      }));
}

void WorkspaceErasure::next() {
  const Doing naming(services_.loop, "erasure");
  if (objects_.empty()) return more_ ? walk(walk_, after_) : walked();
  switch (walk_) {
    case Walk::kErase: return delete_next();
    case Walk::kLookAgain: return erase_next();
    case Walk::kNote: return note_next();
  }
}

void WorkspaceErasure::walked() {
  if (walk_ == Walk::kNote) return remove_rules();
  if (walk_ == Walk::kLookAgain) return late_ ? purge() : walk(Walk::kNote, "");
  if (!services_.erase_beside) return purge();
  services_.erase_beside(workspace_, then<void>([this](Result<void> erased) {
                           erased ? purge() : end(std::move(erased));
                         }));
}

void WorkspaceErasure::purge() {
  services_.sources.retention.purge(workspace_, "", then<void>([this](Result<void> purged) {
                                      const bool again = !is_mutated(Mutation::skip_late_snapshots);
                                      purged ? walk(again ? Walk::kLookAgain : Walk::kNote, "")
                                             : end(std::move(purged));
                                    }));
}

// ---- one object

// It may be deleted already, and be erased.
void WorkspaceErasure::delete_next() {
  services_.host.get(workspace_)
      .delete_object(
          {.caller = erasing_server(), .object = objects_.back(), .reason = kWhy, .erase = true},
          then<Receipt>([this](const Result<Receipt>& deleted) {
            if (!deleted && deleted.error().code != ErrorCode::kGone &&
                deleted.error().code != ErrorCode::kNotFound &&
                deleted.error().code != ErrorCode::kMoved)
              return end(std::unexpected(deleted.error()));
            erase_next();
          }));
}

// All generations at once: the last one that has ended comes after the others.
void WorkspaceErasure::erase_next() {
  services_.host.get(workspace_).open(then<void>([this](Result<void> open) {
    if (!open) return end(std::move(open));
    const log::EndedGeneration* last =
        services_.host.get(workspace_).deletions().last(objects_.back());
    if (last == nullptr || last->erased) {
      objects_.pop_back();
      return after_pause([this] { next(); });
    }
    erase({.object = objects_.back(),
           .generation = last->generation,
           .from = walk_ == Walk::kLookAgain ? last->after : 0,
           .to = last->after});
  }));
}

void WorkspaceErasure::erase(log::ObjectErasure erasure) {
  services_.sources.retention.erase_object(
      workspace_, erasure,
      then<log::ErasedPayloads>([this, erasure](Result<log::ErasedPayloads> slice) {
        erased(erasure, std::move(slice));
      }));
}

void WorkspaceErasure::erased(log::ObjectErasure erasure, Result<log::ErasedPayloads> slice) {
  if (!slice) return end(std::unexpected(std::move(slice.error())));
  services_.counters.payloads += slice->events;
  services_.counters.bytes += slice->bytes;
  if (services_.on_erased && slice->changes_bytes > 0)
    services_.on_erased(workspace_, slice->changes_bytes);
  late_ |= slice->snapshots > 0;
  if (!slice->done) {
    erasure.from = slice->up_to;
    return after_pause([this, erasure = std::move(erasure)] { erase(erasure); });
  }
  objects_.pop_back();
  after_pause([this] { next(); });
}

// One generation after the other.
void WorkspaceErasure::note_next() {
  services_.host.get(workspace_).open(then<void>([this](Result<void> open) {
    if (!open) return end(std::move(open));
    const auto& objects = services_.host.get(workspace_).deletions().objects;
    const auto all = objects.find(objects_.back());
    const log::EndedGeneration* left = nullptr;
    if (all != objects.end())
      for (const log::EndedGeneration& each : all->second)
        if (left == nullptr && !each.erased) left = &each;
    if (left == nullptr) {
      objects_.pop_back();
      return after_pause([this] { next(); });
    }
    change(log::EraseObject{objects_.back(), left->generation, true}, [this] {
      ++services_.counters.objects;
      note_next();
    });
  }));
}

// ---- what the workspace promised

// One rule after the other, and the event that says that the erasure is complete.
void WorkspaceErasure::remove_rules() {
  services_.host.read_access(workspace_, then<Host::Access>([this](Result<Host::Access> access) {
                               if (!access) return end(std::unexpected(access.error()));
                               const auto again = [this] { remove_rules(); };
                               if (!access->policies.empty())
                                 return change(log::RemovePolicy{access->policies.begin()->first},
                                               again);
                               if (!access->shares.empty()) {
                                 const auto& [resource, to] = access->shares.begin()->first;
                                 return change(log::Unshare{resource, to}, again);
                               }
                               remove_pins();
                             }));
}

void WorkspaceErasure::remove_pins() {
  services_.sources.store.pins().list_pins(
      workspace_, "", 1, then<std::vector<log::Pin>>([this](Result<std::vector<log::Pin>> pins) {
        if (!pins) return end(std::unexpected(std::move(pins.error())));
        if (pins->empty()) return remove_retention();
        change(log::RemovePin{pins->front().name}, [this] { remove_pins(); });
      }));
}

void WorkspaceErasure::remove_retention() {
  const auto complete = [this] {
    change(log::EraseWorkspace{generation_, true}, [this] {
      ++services_.counters.workspaces;
      end({});
    });
  };
  services_.sources.retention.load_retention(
      workspace_, then<log::Retention>([this, complete](const Result<log::Retention>& kept) {
        if (!kept) return end(std::unexpected(kept.error()));
        kept->rule.keeps_all() ? complete() : change(log::SetRetention{}, complete);
      }));
}

}  // namespace syncline::workspace
