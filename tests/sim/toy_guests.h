// Users of the two toy types in a simulated world (sim/guests.h): a list whose changes are transformed over those that
// came between, and a strict register that refuses what does not follow. They edit from states that may be old, lose
// their subscriptions, and come back.
//
//   I1 convergence    every user's copy, kept by what it was told, equals the replayed log
//   I2 acked means durable  what was acknowledged is the event at that position
//   I3 exactly once   nothing is in the log twice; what was refused is not in it
//   I4 order          what a user is told can be applied in the order in which it is told
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "merge/object.h"
#include "sim/guests.h"
#include "sim/invariants.h"
#include "sim/stored_log.h"
#include "support/toy_list.h"
#include "support/toy_register.h"

namespace syncline::sim {

// What all users did, for a test to see that something happened.
struct ToyCounts {
  std::uint64_t acked = 0;
  std::uint64_t refused = 0;
  std::uint64_t told = 0;
  std::uint64_t attached = 0;
};

class ToyUser final : public workspace::Subscriber {
 public:
  ToyUser(World& world, Server& server, ToyCounts& counts, std::string name, std::string object,
          const merge::ObjectType& type)
      : world_(world),
        server_(server),
        counts_(counts),
        dice_(world.dice.fork(name)),
        name_(std::move(name)),
        object_(std::move(object)),
        type_(type) {}
  ~ToyUser() override {
    if (served()) session_->workspace->unsubscribe(*session_->live, *this);
  }

  void act_later() {
    world_.timeline.after(1 + dice_.wait(kSecond), [this] {
      act();
      act_later();
    });
  }
  void stop_editing() { edits_ = false; }
  void rolled_back() {
    ++past_;
    acked_.clear();
    refused_.clear();
  }

  // The position of the last event that it was told of; nothing while it is not subscribed.
  std::optional<log::Position> position() const {
    return served() && copy_ ? std::optional(position_) : std::nullopt;
  }
  const std::string& name() const { return name_; }
  const std::string& object() const { return object_; }

  void check(const std::vector<log::Event>& events) const {
    const auto model = type_.create();
    std::map<std::string, int> recorded;
    for (const log::Event& event : events) {
      if (event.object != object_) continue;
      if (event.type != type_.name())
        return broken(kPosition, fmt::format("event {} is a {}", event.position, event.type));
      if (auto applied = model->apply(event.intent); !applied)
        return broken(kDurable, fmt::format("event {} cannot be replayed: {}", event.position,
                                            applied.error().message));
      if (event.actor == name_) ++recorded[word_in(event.intent)];
    }
    if (!copy_ || copy_->to_json() != model->to_json())
      return broken(kConvergence, "the copy differs from the replayed log");
    for (const auto& [position, word] : acked_)
      if (position > events.size() || events[position - 1].actor != name_ ||
          word_in(events[position - 1].intent) != word)
        return broken(kDurable, fmt::format("'{}', acknowledged at {}, is lost", word, position));
    for (const auto& [word, times] : recorded)
      if (!word.empty() && (times > 1 || refused_.contains(word)))
        return broken(kOnce, fmt::format("'{}' is in the log {} times{}", word, times,
                                         refused_.contains(word) ? ", and was refused" : ""));
  }

  void on_change(const workspace::Delivery& change) override {
    if (!session_) return;
    ++counts_.told;
    if (!copy_) {
      early_.emplace_back(change.position, to_bytes(change.payload));
    } else {
      take(change.position, change.payload);
    }
  }
  void on_presence(const workspace::Delivery&) override {}
  void on_lost(const Error&) override { forget(); }

 private:
  struct Session {
    std::weak_ptr<const int> process;
    workspace::Workspace* workspace = nullptr;
    workspace::LiveObject* live = nullptr;
  };

  bool served() const { return session_ && !session_->process.expired() && session_->live; }

  identity::Caller caller() const {
    return {.principal = {.id = std::string(Guests::kPrincipal)},
            .rights = identity::Rights::all(),
            .actor = name_};
  }

  void broken(std::string_view invariant, std::string_view what) const {
    world_.violated(std::string(invariant), fmt::format("{} on {}: {}", name_, object_, what));
  }

  void forget() {
    session_.reset();
    copy_.reset();
    early_.clear();
  }

  void act() {
    Server::Process* process = server_.process();
    if (process == nullptr) return;
    if (session_ && session_->process.expired()) forget();
    if (!session_) return attach(*process);
    if (served() && copy_ && edits_) edit(*process);
  }

  void attach(Server::Process& process) {
    session_ = std::make_shared<Session>(Session{process.alive});
    process.loop.post([this, &process, session = session_] {
      workspace::Host& host = process.shard().host;
      const std::string name(Guests::kWorkspace);
      if (!host.admit(caller(), name)) return forget();
      session->workspace = &host.get(name);
      session->workspace->subscribe(caller(), object_, type_.faces().front(), *this,
                                    [this, session](Result<workspace::LiveObject*> live) {
                                      if (session != session_) return;
                                      if (!live) return forget();
                                      session->live = *live;
                                      load(session);
                                    });
    });
  }

  void load(const std::shared_ptr<Session>& session) {
    session->workspace->state(
        caller(), *session->live, [this, session](Result<workspace::Workspace::State> state) {
          if (session != session_ || !state) return;
          ++counts_.attached;
          auto restored = state->position == 0
                              ? Result<std::unique_ptr<merge::Object>>(type_.create())
                              : type_.restore(state->snapshot);
          if (!restored) return broken(kSnapshots, restored.error().message);
          copy_ = std::move(*restored);
          position_ = state->position;
          for (const auto& [position, payload] : std::exchange(early_, {})) take(position, payload);
        });
  }

  // What is older than the state that was loaded is in it.
  void take(log::Position position, ByteView payload) {
    if (position <= position_) return;
    if (auto applied = copy_->apply(payload); !applied)
      return broken(kOrder, fmt::format("what was told of {} cannot be applied after {}: {}",
                                        position, position_, applied.error().message));
    position_ = position;
  }

  // The snapshots of both toys begin with the version.
  std::uint64_t version() const { return ByteReader(copy_->snapshot()).var_uint(); }

  void edit(Server::Process& process) {
    const std::string word = fmt::format("{}:{}", name_, ++words_);
    const bool list = type_.name() == test::toy_list().name();
    const std::uint64_t behind = dice_.chance(0.3) ? dice_.below(4) : 0;
    const std::uint64_t seen = version() - std::min(behind, version());
    const std::uint64_t index = dice_.below(8);
    const bool inserts = dice_.chance(0.7);
    const Bytes intent = list ? test::ListChange{.seen = seen,
                                                 .inserts = inserts,
                                                 .index = index,
                                                 .element = inserts ? word : std::string()}
                                    .encode()
                              : test::toy_write(seen, word);
    process.loop.post([this, session = session_, intent, word = list && !inserts ? "" : word] {
      if (session != session_ || session->live == nullptr) return;
      session->workspace->submit(caller(), *session->live, {.intent = intent}, nullptr,
                                 [this, word, past = past_](Result<workspace::Receipt> receipt) {
                                   if (past == past_) answered(word, receipt);
                                 });
    });
  }

  void answered(const std::string& word, const Result<workspace::Receipt>& receipt) {
    if (receipt && !receipt->known) {
      ++counts_.acked;
      acked_.emplace_back(receipt->position, word);
    } else if (!receipt && receipt.error().code == ErrorCode::kConflict) {
      ++counts_.refused;
      refused_.insert(word);
    }
  }

  std::string word_in(ByteView intent) const {
    ByteReader in(intent);
    if (type_.name() == test::toy_list().name()) return test::ListChange::read(in).element;
    in.var_uint();
    return std::string(in.var_string());
  }

  World& world_;
  Server& server_;
  ToyCounts& counts_;
  Dice dice_;
  const std::string name_;
  const std::string object_;
  const merge::ObjectType& type_;
  bool edits_ = true;
  std::uint64_t words_ = 0;
  std::uint64_t past_ = 0;  // grows when positions begin anew
  std::shared_ptr<Session> session_;
  std::unique_ptr<merge::Object> copy_;
  log::Position position_ = 0;
  std::vector<std::pair<log::Position, Bytes>> early_;  // told before the state was there
  std::vector<std::pair<log::Position, std::string>> acked_;
  std::set<std::string> refused_;
};

class ToyGuests final : public Guests {
 public:
  ToyGuests(World& world, Server& server, ToyCounts& counts) : server_(server) {
    for (const std::string object : {"list", "register"})
      for (int i = 0; i < 3; ++i)
        users_.push_back(std::make_unique<ToyUser>(
            world, server, counts, fmt::format("toy-{}-{}", object, i), object,
            object == "list" ? test::toy_list() : test::toy_register()));
  }

  void start() override {
    for (const auto& user : users_) user->act_later();
  }
  void stop_editing() override {
    for (const auto& user : users_) user->stop_editing();
  }
  void rolled_back() override {
    for (const auto& user : users_) user->rolled_back();
  }
  std::string why_not() const override {
    const auto events = read_log(server_.process()->store->tables(), std::string(kWorkspace));
    if (!events) return events.error().message;
    std::map<std::string, log::Position> ends;
    for (const log::Event& event : *events) ends[event.object] = event.position;
    for (const auto& user : users_)
      if (user->position() != ends[user->object()]) return user->name() + " is behind";
    return {};
  }
  void check(const store::Tables& tables) override {
    if (const auto events = read_log(tables, std::string(kWorkspace)))
      for (const auto& user : users_) user->check(*events);
  }

 private:
  Server& server_;
  std::vector<std::unique_ptr<ToyUser>> users_;
};

}  // namespace syncline::sim
