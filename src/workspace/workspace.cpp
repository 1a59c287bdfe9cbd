#include "workspace/workspace.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"
#include "merge/effect_codec.h"
#include "merge/facets.h"

namespace syncline::workspace {

Workspace::Workspace(std::string name, Services services)
    : name_(std::move(name)),
      services_(std::move(services)),
      chain_(log::Head{}, services_.random) {}

Workspace::~Workspace() {
  for (auto& [id, object] : live_) services_.cache.release(object->resident());
  release_lost();
}

bool Workspace::idle() const {
  return live_.empty() && opening_.empty() && wait_for_head_.empty() && outbox_.size() == 0;
}

void Workspace::open(Done<void> done) {
  if (open_) return done({});
  wait_for_head_.push_back(std::move(done));
  load_head();
}

// ---- subscribing

void Workspace::subscribe(const std::string& object, Subscriber& subscriber,
                          Done<LiveObject*> done) {
  opening_.push_back(std::make_shared<Opening>(Opening{object, &subscriber, std::move(done)}));
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
  if (std::exchange(loading_head_, true)) return;
  services_.log.head(name_, [this, view = std::weak_ptr(view_)](Result<log::Head> head) {
    if (view.expired()) return;
    if (!head || services_.notary == nullptr) return head_loaded(std::move(head));
    confirm(*head);
  });
}

void Workspace::confirm(log::Head head) {
  services_.notary->confirm(name_, [this, head, view = std::weak_ptr(view_)](Result<void> ok) {
    if (view.expired()) return;
    head_loaded(ok ? Result<log::Head>(head) : std::unexpected(std::move(ok.error())));
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
  if (!is_mutated(Mutation::keep_chain) || appended_ == 0)
    chain_ = log::EventChain(*head, services_.random);
  appended_ = head->last_position;
  outbox_.restart(appended_);
  for (auto& done : std::exchange(wait_for_head_, {})) done({});
  for (const auto& opening : std::vector(opening_)) acquire(opening);
}

void Workspace::acquire(std::shared_ptr<Opening> opening) {
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
  const auto found = live_.find(opening->object);
  if (found != live_.end()) services_.cache.release(**resident);  // one hold for all subscribers
  if (opening->subscriber == nullptr) {
    if (found == live_.end()) services_.cache.release(**resident);
    return;
  }
  auto& live = live_[opening->object];
  if (!live) live = std::make_unique<LiveObject>(opening->object, **resident);
  live->subscribers().add(*opening->subscriber);
  live->presence().join(*opening->subscriber);
  opening->done(live.get());
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
    tell_presence(object, *gone, {});
  }
  sweep_later();
}

// Objects are dropped in a turn of their own: nobody up the stack may hold one then.
void Workspace::sweep_later() {
  if (std::exchange(sweep_scheduled_, true)) return;
  services_.scheduler.post([this, view = std::weak_ptr(view_)] {
    if (!view.expired()) sweep();
  });
}

void Workspace::sweep() {
  sweep_scheduled_ = false;
  release_lost();
  if (is_mutated(Mutation::evict_in_flight)) evict_in_flight();
  std::erase_if(live_, [this](const auto& entry) {
    LiveObject& object = *entry.second;
    if (!object.subscribers().empty()) return false;
    // What is in flight still needs it; its commit sweeps again.
    if (object.position() > outbox_.durable()) {
      ++services_.counters.left_in_flight;
      return false;
    }
    services_.cache.release(object.resident());
    return true;
  });
}

// A mistake put in on purpose: who opens one of these next loads it from a log that lacks what is in
// flight.
void Workspace::evict_in_flight() {
  for (auto next = live_.begin(); next != live_.end();) {
    const auto entry = next++;
    LiveObject& object = *entry->second;
    if (!object.subscribers().empty() || object.position() <= outbox_.durable()) continue;
    services_.cache.forget(name_);
    lost_.push_back(std::move(entry->second));  // what is in flight refers to it
    live_.erase(entry);
  }
}

void Workspace::release_lost() {
  if (is_mutated(Mutation::evict_in_flight)) return;  // their changes are still in flight
  for (const auto& object : std::exchange(lost_, {})) services_.cache.release(object->resident());
}

// ---- the write path

void Workspace::submit(LiveObject& object, const Change& change, const Subscriber* source,
                       Done<Receipt> done) {
  auto prepared = object.object().prepare(change.intent);
  if (!prepared) {
    ++services_.counters.changes_refused;
    return done(std::unexpected(std::move(prepared.error())));
  }
  const bool waits = prepared->waits() && !is_mutated(Mutation::drop_waiting_change);
  if (!prepared->changes && !waits && !is_mutated(Mutation::log_known_change)) {
    ++services_.counters.changes_known;
    return answer_known(object, std::move(done));
  }
  auto event = accept(object, change, *prepared);
  if (!event) {
    ++services_.counters.changes_refused;
    return done(std::unexpected(std::move(event.error())));
  }
  ++services_.counters.changes_accepted;
  services_.counters.bytes_accepted += change.intent.size();
  outbox_.push(event->position, [this, &object, author = object.subscribers().stay(source),
                                 position = event->position, intent = std::move(event->intent),
                                 principal = std::move(event->principal),
                                 done = std::move(done)](const Error* lost) mutable {
    if (lost != nullptr && !is_mutated(Mutation::ack_refused)) {
      return done(std::unexpected(*lost));
    }
    const Delivery told{.object = object.id(),
                        .position = position,
                        .principal = principal,
                        .durability = durability_,
                        .payload = intent};
    if (!is_mutated_now_and_then(Mutation::lose_broadcast)) {
      object.subscribers().each([&](Subscriber& subscriber) { subscriber.on_change(told); },
                                author);
    }
    done(Receipt{.position = position, .durability = durability_});
  });
}

// Nothing is new; but what is known may not be durable yet.
void Workspace::answer_known(LiveObject& object, Done<Receipt> done) {
  const log::Position position = object.position();
  outbox_.push(position, [this, position, done = std::move(done)](const Error* lost) mutable {
    if (lost != nullptr) return done(std::unexpected(*lost));
    done(Receipt{.position = position, .durability = durability_, .known = true});
  });
}

Result<log::Event> Workspace::accept(LiveObject& object, const Change& change,
                                     const merge::Prepared& prepared) {
  log::Event event;
  event.principal = change.principal;
  event.actor = change.actor;
  event.actor_seq = change.actor_seq;
  event.object = object.id();
  event.region = services_.region;
  event.node = services_.node;
  event.trace = change.trace;
  event.type = merge::doc_type().name();
  event.intent = to_bytes(prepared.recorded.of(change.intent));
  event.effect = merge::encode_effect(prepared.effect);
  auto sealed = chain_.seal(event, services_.scheduler.unix_ms());
  if (!sealed) return std::unexpected(std::move(sealed.error()));
  if (auto applied = object.resident().object().apply(event.intent); !applied) {
    // prepare() said that this cannot happen. Nothing was logged; memory is not to be trusted.
    reset(applied.error());
    return std::unexpected(std::move(applied.error()));
  }
  services_.cache.applied(object.resident(), event.position, sealed->record.size());
  batch_.push_back(std::move(*sealed));
  touched_.push_back(&object);
  flush_later();
  return event;
}

void Workspace::flush_later() {
  if (batch_.size() > 1) return;
  services_.scheduler.post([this, view = std::weak_ptr(view_)] {
    if (!view.expired()) flush();
  });
}

void Workspace::flush() {
  ++services_.counters.appends;
  // By id: an order of addresses would differ from run to run.
  std::ranges::sort(touched_, {}, &LiveObject::id);
  touched_.erase(std::ranges::unique(touched_).begin(), touched_.end());
  auto touched = std::exchange(touched_, {});
  const log::Position after = std::exchange(appended_, chain_.head().last_position);
  if (is_mutated(Mutation::release_before_commit)) outbox_.release(appended_);
  services_.log.append(
      name_, {.events = std::exchange(batch_, {}), .after = after},
      [this, view = std::weak_ptr(view_), touched](Result<log::Appended> appended) {
        if (view.expired()) return;
        if (!appended) return reset(appended.error());
        // What that mutation lets out early may be swept before the log has answered.
        if (!is_mutated(Mutation::release_before_commit)) {
          for (LiveObject* object : touched)
            services_.cache.durable(object->resident(), appended->last_position);
        }
        committed(appended->last_position, appended->durability);
      });
  for (LiveObject* object : touched) services_.cache.appended(object->resident());
}

void Workspace::committed(log::Position position, log::Durability durability) {
  const std::uint64_t events = position - outbox_.durable();
  services_.counters.events_committed += events;
  if (services_.checkpoints != nullptr) services_.checkpoints->appended(name_, events);
  durability_ = durability;
  outbox_.release(position);
  sweep_later();
}

namespace {

// What those who were connected are told: whatever the log's reason, nothing is wrong with what they
// sent, and they are to connect again and send it once more. Other codes tell clients to stay away.
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
  view_ = std::make_shared<const int>();
  open_ = loading_head_ = sweep_scheduled_ = false;
  if (!is_mutated(Mutation::keep_batch)) batch_.clear();
  touched_.clear();
  if (!is_mutated(Mutation::keep_cache_after_refusal)) services_.cache.forget(name_);
  auto live = std::exchange(live_, {});
  outbox_.lose(error);
  fail_openings(error);
  for (auto& [id, object] : live) {
    object->subscribers().each([&](Subscriber& subscriber) { subscriber.on_lost(error); });
  }
  // Somebody up the stack may still be inside one of them.
  for (auto& [id, object] : live) lost_.push_back(std::move(object));
  sweep_later();
  report(error);
}

void Workspace::report(const Error& error) {
  if (error.code == ErrorCode::kIo) services_.on_storage_failure(error);
  if (error.code == ErrorCode::kCorrupt && services_.shut != nullptr)
    services_.shut->add(name_, error, services_.scheduler.unix_ms());
}

// ---- reading

void Workspace::diff(LiveObject& object, ByteView version, Done<Bytes> done) {
  auto bytes = merge::diff_since(object.object(), version);
  if (!bytes) return done(std::unexpected(std::move(bytes.error())));
  if (is_mutated(Mutation::reply_before_commit)) return done(std::move(*bytes));
  outbox_.push(object.position(),
               [bytes = std::move(*bytes), done = std::move(done)](const Error* lost) mutable {
                 if (lost != nullptr) return done(std::unexpected(*lost));
                 done(std::move(bytes));
               });
}

void Workspace::version(LiveObject& object, Done<Bytes> done) {
  auto bytes = merge::version_of(object.object());
  if (!bytes) return done(std::unexpected(std::move(bytes.error())));
  outbox_.push(object.position(),
               [bytes = std::move(*bytes), done = std::move(done)](const Error* lost) mutable {
                 if (lost != nullptr) return done(std::unexpected(*lost));
                 done(std::move(bytes));
               });
}

void Workspace::state(LiveObject& object, Done<State> done) {
  State state{object.position(), object.object().snapshot()};
  outbox_.push(state.position,
               [state = std::move(state), done = std::move(done)](const Error* lost) mutable {
                 if (lost != nullptr) return done(std::unexpected(*lost));
                 done(std::move(state));
               });
}

namespace {

// Subscribed for the length of one look.
class Onlooker final : public Subscriber {
 public:
  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
  void on_lost(const Error&) override {}
};

}  // namespace

void Workspace::read(const std::string& object, Extract extract, Done<View> done) {
  auto onlooker = std::make_shared<Onlooker>();
  subscribe(object, *onlooker,
            [this, onlooker, extract = std::move(extract),
             done = std::move(done)](Result<LiveObject*> live) mutable {
              if (!live) return done(std::unexpected(std::move(live.error())));
              LiveObject& object = **live;
              unsubscribe(object, *onlooker);
              if (object.position() == 0) {
                return done(fail(ErrorCode::kNotFound, "there is no object " + object.id()));
              }
              auto content = extract(object.object());
              if (!content) return done(std::unexpected(std::move(content.error())));
              View view{object.position(), std::move(*content)};
              if (is_mutated(Mutation::read_before_commit)) return done(std::move(view));
              outbox_.push(view.position, [view = std::move(view),
                                           done = std::move(done)](const Error* lost) mutable {
                if (lost != nullptr) return done(std::unexpected(*lost));
                done(std::move(view));
              });
            });
}

void Workspace::change(const std::string& object, Author author, Make make, Done<Receipt> done) {
  auto onlooker = std::make_shared<Onlooker>();
  subscribe(object, *onlooker,
            [this, onlooker, author = std::move(author), make = std::move(make),
             done = std::move(done)](Result<LiveObject*> live) mutable {
              if (!live) return done(std::unexpected(std::move(live.error())));
              LiveObject& object = **live;
              auto intent = make(object.object(), object.position());
              if (!intent) {
                done(std::unexpected(std::move(intent.error())));
              } else if (author.dry_run) {
                answer_known(object, std::move(done));
              } else {
                submit(object,
                       {.principal = std::move(author.principal),
                        .actor = std::move(author.actor),
                        .intent = *intent,
                        .trace = std::move(author.trace)},
                       nullptr, std::move(done));
              }
              unsubscribe(object, *onlooker);
            });
}

// ---- presence

void Workspace::tell_presence(LiveObject& object, ByteView update, std::string_view principal,
                              SubscriberList::Stay except) {
  const Delivery told{.object = object.id(), .principal = principal, .payload = update};
  object.subscribers().each([&](Subscriber& subscriber) { subscriber.on_presence(told); }, except);
}

Result<void> Workspace::set_presence(LiveObject& object, Subscriber& owner,
                                     std::string_view principal, ByteView update) {
  auto news = object.presence().update(owner, update, services_.scheduler.monotonic_ms());
  if (!news) return std::unexpected(std::move(news.error()));
  if (news->sender == news->others) {
    if (!news->others.empty()) tell_presence(object, news->others, principal);
  } else {
    tell_presence(object, news->others, principal, object.subscribers().stay(&owner));
    if (!news->sender.empty())
      owner.on_presence({.object = object.id(), .principal = principal, .payload = news->sender});
  }
  if (news->dropped) return std::unexpected(std::move(*news->dropped));
  return {};
}

void Workspace::expire_presence() {
  if (is_mutated(Mutation::never_expire)) return;
  for (auto& [id, object] : live_) {
    auto gone = object->presence().expire(services_.scheduler.monotonic_ms());
    if (gone) tell_presence(*object, *gone, {});
  }
}

void Workspace::pass_on(LiveObject& object, std::string_view principal, std::string_view message,
                        const Subscriber* except) {
  const Delivery told{.object = object.id(), .principal = principal, .payload = as_bytes(message)};
  object.subscribers().each([&](Subscriber& subscriber) {
    if (&subscriber != except) subscriber.on_message(told);
  });
}

}  // namespace syncline::workspace
