#include "workspace/workspace.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/names.h"
#include "log/audit.h"
#include "policy/workspace_policy.h"

namespace syncline::workspace {
Workspace::Workspace(std::string name, Services services)
    : name_(std::move(name)),
      services_(std::move(services)),
      reporter_(services_.reports, observe::Area::kWorkspace),
      lane_(services_.scheduler.lane_of(name_)),
      outbox_([this] { telling_.tell(durability_); }),
      actors_(name_, services_.actors),
      chain_(log::Head{}, services_.random),
      waiting_(services_.waiting, name_, cell_of({}, MemoryUse::kWaiting)),
      use_(services_.uses == nullptr ? nullptr : services_.uses->of(name_)),
      is_system_(split_name(name_).workspace == log::kSystemWorkspace) {}

SharedCell Workspace::cell_of(const identity::Caller& caller, MemoryUse use) const {
  if (caller.account != nullptr) return syncline::cell_of(caller.account, use);
  return services_.memory == nullptr ? nullptr : lasting(&services_.memory->cell(use));
}

Workspace::~Workspace() {
  for (auto& [id, object] : live_) services_.cache.release(object->resident());
  for (auto& object : lost_) services_.cache.release(object->resident());
  if (open_) services_.cache.left(name_, chain_.head().last_position);
}

bool Workspace::idle() const {
  return live_.empty() && lost_.empty() && opening_.empty() && wait_for_head_.empty() &&
         actors_.idle() && outbox_.size() == 0 && followers_.empty();
}

void Workspace::leave_closed_tenant() {
  if (use_ == nullptr || use_->tenant()->state() == limits::TenantState::kActive) return;
  const Error closed{ErrorCode::kUnavailable, "the tenant is not open"};
  followers_.tell([&](Follower& follower) { follower.on_closed(closed); });
  if (!live_.empty()) reset(closed);
}

void Workspace::open(Done<void> done) {
  if (open_) return done({});
  wait_for_head_.push_back(std::move(done));
  load_head();
}

// ---- subscribing

void Workspace::subscribe(const identity::Caller& caller, const std::string& object,
                          std::string_view face, Subscriber& subscriber, Done<LiveObject*> done) {
  subscribe({caller, object, std::string(face), &subscriber, std::move(done)});
}

void Workspace::subscribe(Opening opening) {
  if (const auto found = open_ ? live_.find(opening.object) : live_.end(); found != live_.end())
    return enter(*found->second, std::move(opening));
  opening_.push_back(std::make_shared<Opening>(std::move(opening)));
  if (open_) {
    acquire(opening_.back());
  } else {
    load_head();
  }
}

const Shut* Workspace::shut_entry() const {
  return services_.shut == nullptr ? nullptr : services_.shut->find(name_);
}

void Workspace::load_head() {
  if (const Shut* shut = shut_entry()) return fail_openings(shut_error(name_, *shut));
  if (loading_head_) return;
  if (auto owned = find_owner(); !owned) return fail_openings(owned.error());
  loading_head_ = true;
  services_.log.head(name_, [this, view = std::weak_ptr(view_)](Result<log::Head> head) {
    if (view.expired()) return;
    if (!head) return head_loaded(std::move(head));
    services_.cache.opened(name_, head->last_position);
    confirm(*head);
  });
}

// An owner that was replaced meanwhile is refused by the store.
Result<void> Workspace::find_owner() {
  if (services_.placement == nullptr) return {};
  auto owner = services_.placement->owner_of(name_);
  if (!owner) return std::unexpected(std::move(owner.error()));
  if (!owner->here)
    return fail(ErrorCode::kUnavailable, "workspace " + name_ + " is on node " + owner->node);
  epoch_ = owner->epoch;
  return {};
}

void Workspace::confirm(log::Head head) {
  auto opened = [this, head, view = std::weak_ptr(view_)](Result<void> ok) {
    if (view.expired()) return;
    ok ? look_at_tenant(head) : head_loaded(std::unexpected(std::move(ok.error())));
  };
  if (services_.notary == nullptr) return waiting_.open(std::move(opened));
  services_.notary->confirm(
      name_, [this, view = std::weak_ptr(view_), opened = std::move(opened)](Result<void> ok) {
        if (!view.expired()) ok ? waiting_.open(opened) : opened(std::move(ok));
      });
}

void Workspace::head_loaded(Result<log::Head> head) {
  loading_head_ = false;
  if (!head) {
    report(head.error());
    const Shut* shut = shut_entry();
    return fail_openings(shut == nullptr ? head.error() : shut_error(name_, *shut));
  }
  open_ = true;
  durability_ = services_.log.durability();
  chain_ = log::EventChain(*head, services_.random);
  appended_ = head->last_position;
  outbox_.restart(appended_);
  for (auto& done : std::exchange(wait_for_head_, {})) done({});
  for (const auto& opening : std::vector(opening_)) acquire(opening);
}

void Workspace::acquire(std::shared_ptr<Opening> opening) {
  const Doing naming(services_.scheduler, "load");
  // What was just renamed is found in the log when that is durable.
  if (renamed_at_ > outbox_.durable())
    return outbox_.push(renamed_at_, [this, opening](const Error* lost) {
      if (lost == nullptr) acquire(opening);
    });
  const std::string object = opening->object;
  services_.cache.acquire(
      name_, object,
      [this, view = std::weak_ptr(view_), &cache = services_.cache,
       opening = std::move(opening)](Result<state::Resident*> resident) mutable {
        if (!view.expired()) return acquired(std::move(opening), std::move(resident));
        if (resident) cache.release(**resident);
      });
}

void Workspace::acquired(std::shared_ptr<Opening> opening, Result<state::Resident*> resident) {
  std::erase(opening_, opening);
  if (!resident) {
    if (opening->subscriber != nullptr) opening->done(std::unexpected(resident.error()));
    return;
  }
  auto found = live_.find(opening->object);
  if (found != live_.end()) services_.cache.release(**resident);  // one hold serves all subscribers
  if (opening->subscriber == nullptr) {
    if (found == live_.end()) services_.cache.release(**resident);
    return;
  }
  if (found == live_.end()) {
    auto live = std::make_unique<LiveObject>(**resident, services_.presence,
                                             cell_of({}, MemoryUse::kPresence));
    enter_generation(*live);
    const std::string_view id = live->id();
    found = live_.emplace(id, std::move(live)).first;
    waiting_.load(opening->object, [this, object = opening->object](Result<void> loaded) {
      if (loaded) take_up_later(object);
    });
  }
  enter(*found->second, std::move(*opening));
}

// Subscribes to an object that is open.
void Workspace::enter(LiveObject& object, Opening opening) {
  auto& [caller, id, face, subscriber, done, right, content_asked, takes_name] = opening;
  policy::Verdict verdict = judge(caller, right, object);
  // Whoever erases a deleted workspace deletes its objects.
  if (auto there = check_there(object.id()); !there && right != identity::Right::kErase)
    verdict = {std::move(there), deletions_at_};
  if (verdict.allowed && !takes_name)
    if (auto here = check_not_moved(object.id()); !here) verdict = {std::move(here), deletions_at_};
  if (right == identity::Right::kRead && is_mutated(Mutation::open_without_reading))
    verdict.allowed = {};
  if (verdict.allowed) verdict.allowed = open_through(object, face);
  if (!verdict.allowed) {
    if (object.subscribers().empty()) left_.insert(object.id());
    sweep_later();
    return let_out(object, verdict.rules,
                   [error = std::move(verdict.allowed.error()),
                    done = std::move(done)](const Error* lost) mutable {
                     done(std::unexpected(lost != nullptr ? *lost : std::move(error)));
                   });
  }
  if (verdict.rules > outbox_.durable() && !face.empty())
    return enter_later(verdict.rules, std::move(opening));
  if (wants_content(object, opening)) return ask_for_content(object, std::move(opening));
  if (!face.empty()) note_read(caller, object);
  object.subscribers().add(*subscriber);
  object.presence().join(*subscriber, cell_of(caller, MemoryUse::kPresence));
  done(&object);
}

// The rules that let him in may still be lost, and until then he would be told what others change.
void Workspace::enter_later(log::Position rules, Opening opening) {
  opening_.push_back(std::make_shared<Opening>(std::move(opening)));
  left_.insert(opening_.back()->object);
  outbox_.push(rules, [this, waiting = opening_.back()](const Error* lost) {
    if (lost != nullptr) return;  // all who are opening something are told
    std::erase(opening_, waiting);
    if (waiting->subscriber != nullptr) subscribe(std::move(*waiting));
  });
  sweep_later();
}

Result<void> Workspace::open_through(LiveObject& object, std::string_view face) {
  if (face.empty()) return {};
  if (object.position() == 0) {
    if (auto valid = identity::check_new_object_id(object.id()); !valid) return valid;
  }
  auto has_face = merge::check_face(object.object().type(), face);
  if (has_face || object.position() > 0 || !object.subscribers().empty() || object.in_use())
    return has_face;
  const auto type = services_.types.first_with_face(face);
  if (!type) return std::unexpected(type.error());
  return services_.cache.begin_as(object.resident(), **type) ? Result<void>() : has_face;
}

void Workspace::cancel(Subscriber& subscriber) {
  for (const auto& opening : opening_) {
    if (opening->subscriber == &subscriber) opening->subscriber = nullptr;
  }
}

void Workspace::fail_openings(const Error& error) {
  for (auto& done : std::exchange(wait_for_head_, {})) done(std::unexpected(error));
  for (const auto& opening : std::exchange(opening_, {})) {
    if (opening->subscriber != nullptr) opening->done(std::unexpected(error));
  }
}

void Workspace::unsubscribe(LiveObject& object, Subscriber& subscriber) {
  if (!object.subscribers().remove(subscriber)) return;
  if (auto gone = object.presence().leave(subscriber, services_.scheduler.monotonic_ms());
      gone && !is_mutated(Mutation::leave_not_told)) {
    tell_presence(object, 0, {}, std::move(*gone));
  }
  if (object.subscribers().empty()) left_.insert(object.id());
  sweep_later();
}

// Objects are dropped in a turn of their own, because a caller further up the stack may hold one
// now.
void Workspace::sweep_later() {
  if (std::exchange(sweep_scheduled_, true)) return;
  services_.scheduler.post_in(lane_, [this, view = std::weak_ptr(view_)] {
    if (!view.expired()) sweep();
  });
}

void Workspace::sweep() {
  sweep_scheduled_ = false;
  const Doing naming(services_.scheduler, "sweep");
  release_lost();
  actors_.sweep();
  if (is_mutated(Mutation::evict_in_flight)) evict_in_flight();
  std::erase_if(left_, [this](const std::string& id) {
    const auto found = live_.find(id);
    if (found == live_.end() || !found->second->subscribers().empty()) return true;
    if (!sweep(*found->second)) return false;
    live_.erase(found);
    return true;
  });
}

// True if the object, which has no subscribers, is no longer needed.
bool Workspace::sweep(LiveObject& object) {
  if (object.in_use()) return false;
  // Changes in flight still need it. Their commit sweeps again, and so does the end of asking.
  if (outbox_.held() || object.needed_until() > outbox_.durable()) {
    ++services_.counters.left_in_flight;
    return false;
  }
  waiting_.unload(object.id());
  services_.cache.release(object.resident());  // which owns the id
  return true;
}

// A mutation: the next client that opens one of these objects loads it from a log that lacks the
// changes in flight.
void Workspace::evict_in_flight() {
  for (auto next = live_.begin(); next != live_.end();) {
    const auto entry = next++;
    LiveObject& object = *entry->second;
    if (!object.subscribers().empty() || object.position() <= outbox_.durable()) continue;
    services_.cache.forget(name_);
    lost_.push_back(std::move(entry->second));  // changes in flight refer to it
    live_.erase(entry);
  }
}

void Workspace::release_lost() {
  if (is_mutated(Mutation::evict_in_flight)) return;  // their changes are still in flight
  // One that is in use is released when nothing waits for it any more.
  std::erase_if(lost_, [this](const auto& object) {
    if (object->in_use()) return false;
    services_.cache.release(object->resident());
    return true;
  });
}

// ---- appending

// Appends, and so their answers, run in the lane of the workspace, which keeps their order.
void Workspace::flush_later() {
  if (batch_.size() > 1) return;
  services_.scheduler.post_in(lane_, [this, view = std::weak_ptr(view_)] {
    if (!view.expired()) flush();
  });
}

void Workspace::flush() {
  if (is_mutated(Mutation::wait_for_lent) &&
      std::ranges::any_of(live_, [](const auto& entry) { return entry.second->away(); }))
    return services_.scheduler.post_in(lane_, [this, view = std::weak_ptr(view_)] {
      if (!view.expired()) flush();
    });
  const Doing naming(services_.scheduler, "append");
  ++services_.counters.appends;
  // Sorted by id, because an order by address would differ from run to run.
  std::ranges::sort(touched_, {}, &LiveObject::id);
  touched_.erase(std::ranges::unique(touched_).begin(), touched_.end());
  auto touched = std::exchange(touched_, {});
  const log::Position after = std::exchange(appended_, chain_.head().last_position);
  if (is_mutated(Mutation::release_before_commit)) outbox_.release(appended_);
  services_.log.append(
      name_,
      {.events = std::exchange(batch_, {}),
       .after = after,
       .epoch = epoch_,
       .settled = std::exchange(settled_, {})},
      [this, view = std::weak_ptr(view_), touched,
       began_us = services_.scheduler.turn_began_us()](Result<log::Appended> appended) {
        if (view.expired()) return;
        services_.counters.appended_us.observe(services_.scheduler.turn_began_us() - began_us);
        if (!appended) return reset(appended.error());
        // With this mutation, an object may be swept before the log has answered.
        if (!is_mutated(Mutation::release_before_commit)) {
          for (LiveObject* object : touched)
            services_.cache.durable(object->resident(), appended->last_position);
        }
        committed(appended->last_position, appended->durability);
      });
  const Doing snapshots(services_.scheduler, "snapshot");
  for (LiveObject* object : touched) write_milestone(*object);
}

void Workspace::write_milestone(LiveObject& object) {
  if (object.lost() || !services_.cache.milestone_due(object.resident())) return;
  if (object.busy()) return object.wait([this, &object] { write_milestone(object); });
  if (!is_large(object))
    return store_when_durable(object,
                              state::ObjectCache::make_milestone(object.resident().object()), {});
  // Making it needs a copy of the content, and the milestone itself.
  const std::uint64_t needed = 2 * object.memory_bytes();
  if (!has_room_for_milestone(needed)) return;
  MemoryCharge charge(cell_of({}, MemoryUse::kAnswers), needed);
  lend<Bytes>(object, "snapshot", needed, state::ObjectCache::make_milestone,
              [this, &object, charge = std::move(charge)](Bytes bytes) mutable {
                charge.set(bytes.size());
                if (!object.lost()) store_when_durable(object, std::move(bytes), std::move(charge));
              });
}

// Otherwise it stays due, and is made after a later change, or when the object leaves the memory.
bool Workspace::has_room_for_milestone(std::uint64_t bytes) const {
  MemoryBudget* const memory = services_.memory;
  if (memory == nullptr) return true;
  const MemoryCell& cell = memory->cell(MemoryUse::kAnswers);
  return !memory->tight() && (cell.used() == 0 || cell.has_room(bytes));
}

// `charge`: of the milestone, until it waits to be written.
void Workspace::store_when_durable(LiveObject& object, Bytes milestone, MemoryCharge charge) {
  log::Snapshot snapshot =
      services_.cache.take_up_milestone(object.resident(), std::move(milestone));
  const log::Position position = snapshot.position;
  outbox_.push(position, [this, id = object.id(), snapshot = std::move(snapshot),
                          charge = std::move(charge)](const Error* lost) mutable {
    if (lost == nullptr) services_.cache.store_milestone(name_, id, std::move(snapshot));
  });
}

void Workspace::committed(log::Position position, log::Durability durability) {
  const std::uint64_t events = position - outbox_.durable();
  services_.counters.events_committed += events;
  if (services_.checkpoints != nullptr) services_.checkpoints->appended(name_, events);
  durability_ = durability;
  const Doing naming(services_.scheduler, "tell");
  outbox_.release(position);
  followers_.tell([position](Follower& follower) { follower.on_durable(position); });
  sweep_later();
}

namespace {

// The error for connected clients. Whatever the log's reason is, their changes are not at fault:
// they must reconnect and send them again. Other codes tell clients to stay away.
Error come_back(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kIo:
    case ErrorCode::kCorrupt: return error;
    default: return {ErrorCode::kUnavailable, "connect again: " + error.message};
  }
}

}  // namespace

void Workspace::reset(const Error& cause) {
  const Error error = come_back(cause);
  ++services_.counters.resets;
  reporter_.warn(
      "workspace dropped its view",
      {{"workspace", name_}, {"code", to_string(cause.code)}, {"reason", cause.message}});
  view_ = std::make_shared<const int>();
  open_ = loading_head_ = sweep_scheduled_ = false;
  rules_damaged_.reset();
  own_rules_ = durable_rules_ = tenant_rules_ = {};
  deletions_ = {};
  deletions_at_ = 0;
  renamed_at_ = 0;
  policy_.reset();
  ahead_.reset();
  asking_.reset();
  if (!is_mutated(Mutation::keep_batch)) batch_.clear();
  touched_.clear();
  settled_.clear();
  if (!is_mutated(Mutation::keep_sessions)) sessions_.drop();
  taking_up_.clear();
  left_.clear();
  if (!is_mutated(Mutation::keep_cache_after_refusal)) services_.cache.forget(name_);
  auto live = std::exchange(live_, {});
  for (auto& [id, object] : live) object->lose();
  outbox_.lose(error);
  waiting_.forget(error);
  content_.clear();
  fail_openings(error);
  actors_.drop(error);
  for (auto& [id, object] : live) {
    object->subscribers().each([&](Subscriber& subscriber) { subscriber.on_lost(error); });
  }
  // A caller further up the stack may still be inside one of them.
  for (auto& [id, object] : live) lost_.push_back(std::move(object));
  sweep_later();
  report(error);
}

void Workspace::report(const Error& error) {
  if (error.code == ErrorCode::kIo) services_.on_storage_failure(error);
  if (error.code == ErrorCode::kCorrupt && services_.shut != nullptr &&
      services_.shut->add(name_, error, services_.scheduler.unix_ms()))
    reporter_.error("workspace shut", {{"workspace", name_}, {"reason", error.message}});
}

}  // namespace syncline::workspace
