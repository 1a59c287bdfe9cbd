#include "session/agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/qualified_name.h"
#include "log/cut_text.h"
#include "protocol/json_text.h"
#include "session/token_life.h"
#include "syncline/crdt/awareness.h"

namespace syncline::session {
namespace {

// Others forget whoever was silent for 30 s.
constexpr std::uint64_t kRenewMs = 10'000;

std::string owner_of(const identity::Principal& principal) {
  return qualified(std::string(principal.tenant()), principal.id);
}

std::string presence_of(const std::string& name) {
  return fmt::format(
      R"({{"user":{{"name":{0},"color":"#6b4fbb","colorLight":"#6b4fbb33"}},"kind":"agent"}})",
      protocol::json_string(name));
}

}  // namespace

// An agent as the others on one object see it.
class Agents::Shown final : public workspace::Subscriber, public LiveSession, TokenLife::Holder {
 public:
  Shown(Agents& agents, Key key, AgentWork work)
      : agents_(agents), key_(std::move(key)), work_(std::move(work)), seat_(&agents.table_) {}
  ~Shown() override {
    scheduler().cancel(timer_);
    if (live_ != nullptr)
      workspace_->unsubscribe(*live_, *this);
    else if (workspace_ != nullptr)
      workspace_->cancel(*this);
  }

  // Whoever may not show himself is not told so: he has not asked for it.
  void begin() {
    agents_.host_.foresee(
        work_.caller, work_.workspace, work_.object,
        {{identity::Right::kRead}, {identity::Right::kPresence}},
        [this, alive = std::weak_ptr(alive_)](const Result<std::vector<Result<void>>>& may) {
          if (alive.expired()) return;
          const bool both = may && may->front() && may->back();
          both ? enter() : leave();
        });
  }

  void used(std::uint64_t now_ms, std::uint64_t order) {
    until_ms_ = now_ms + kShownMs;
    order_ = order;
  }
  std::uint64_t order() const { return order_; }

  SessionInfo info() const override {
    return {.protocol = "mcp",
            .workspace = std::string(split_name(work_.workspace).workspace),
            .address = work_.caller.peer,
            .documents = {{.object = work_.object, .principal = work_.caller.principal}}};
  }
  void kick() override {
    ++agents_.counters_.ended_kicked;
    leave();
  }
  void end_revoked(const identity::Revocations& revocations) override {
    if (revocations.check(work_.caller.principal)) return;
    ++agents_.counters_.ended_revoked;
    leave();
  }
  void look_again(const identity::Revocations& outdated) override {
    if (outdated.check(work_.caller.principal)) return;
    ++agents_.counters_.ended_outdated;
    leave();
  }

 private:
  Scheduler& scheduler() const { return agents_.host_.scheduler(); }

  void enter() {
    const identity::Principal& principal = work_.caller.principal;
    // The token was judged on another loop.
    if (!seat_.check(principal, scheduler()) || !agents_.host_.admit(work_.caller, work_.workspace))
      return leave();
    auto place = agents_.host_.take_place(work_.workspace);
    if (!place) return leave();
    place_ = *std::move(place);
    seat_.take(*this);
    life_ = TokenLife::watch(scheduler(), principal, *this);
    workspace_ = &agents_.host_.get(work_.workspace);
    workspace_->subscribe(work_.caller, work_.object, "", *this,
                          [this, alive = std::weak_ptr(alive_)](auto live) {
                            if (!alive.expired()) entered(std::move(live));
                          });
  }

  void entered(Result<workspace::LiveObject*> live) {
    if (!live) {
      workspace_ = nullptr;
      return leave();
    }
    live_ = *live;
    client_ = agents_.random_.next() >> 32 | 1;  // as Yjs draws them
    renew();
  }

  void renew() {
    if (live_ == nullptr) return;
    if (scheduler().monotonic_ms() >= until_ms_) return leave();
    const std::string state = presence_of(work_.name);
    const crdt::AwarenessEntry entry{.client = client_, .clock = ++clock_, .state = state};
    workspace_->set_presence(work_.caller, *live_, *this, crdt::encode_awareness({&entry, 1}), true,
                             [](const Result<void>&) {});
    timer_ = scheduler().after(kRenewMs, [this] { renew(); });
  }

  // In a turn of its own, because whoever calls goes on with it.
  void leave() { agents_.remove_later(key_); }

  void token_expired() override {
    ++agents_.counters_.ended_expired;
    leave();
  }
  void on_change(const workspace::Delivery&) override {}
  void on_presence(const workspace::Delivery&) override {}
  void on_rights() override {
    if (live_ == nullptr) return;
    for (const auto right : {identity::Right::kRead, identity::Right::kPresence})
      if (!workspace_->may(work_.caller, right, *live_)) return leave();
  }
  void on_lost(const Error&) override {
    live_ = nullptr;
    workspace_ = nullptr;
    leave();
  }

  Agents& agents_;
  const Key key_;
  const AgentWork work_;
  limits::Place place_;
  Seat seat_;
  std::unique_ptr<TokenLife> life_;
  workspace::Workspace* workspace_ = nullptr;  // it has asked to join, or has joined
  workspace::LiveObject* live_ = nullptr;      // it has joined
  std::uint64_t client_ = 0;
  std::uint64_t clock_ = 0;
  std::uint64_t until_ms_ = 0;
  std::uint64_t order_ = 0;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

Agents::Agents(workspace::Host& host, SessionTable& table, Counters& counters, Random& random,
               std::size_t loop_index)
    : host_(host), table_(table), counters_(counters), random_(random), loop_index_(loop_index) {}

Agents::~Agents() = default;

// ---- sessions

Result<std::string> Agents::begin(const identity::Principal& principal, std::string name) {
  drop_idle();
  const std::string owner = owner_of(principal);
  const auto of_owner = [&](const auto& each) { return each.second.owner == owner; };
  if (static_cast<std::size_t>(std::ranges::count_if(sessions_, of_owner)) >= kMostOfOne) {
    const auto oldest = std::ranges::find_if(
        used_, [&](const std::string& id) { return sessions_.find(id)->second.owner == owner; });
    forget(sessions_.find(*oldest));
  }
  if (sessions_.size() >= kMostSessions)
    return fail(ErrorCode::kUnavailable, "there are too many sessions of agents; come back later");
  log::cut_text(name, kMostNameBytes);
  std::string id =
      fmt::format("{:02x}-{:016x}{:016x}", loop_index_, random_.next(), random_.next());
  used_.push_back(id);
  sessions_.emplace(id, Session{owner, std::move(name), host_.scheduler().monotonic_ms(),
                                std::prev(used_.end())});
  return id;
}

const std::string* Agents::use(std::string_view id, const identity::Principal& principal) {
  drop_idle();
  Session* session = find(id, principal);
  if (session == nullptr) return nullptr;
  session->used_ms = host_.scheduler().monotonic_ms();
  used_.splice(used_.end(), used_, session->place);
  return &session->name;
}

bool Agents::end(std::string_view id, const identity::Principal& principal) {
  if (find(id, principal) == nullptr) return false;
  forget(sessions_.find(id));
  return true;
}

std::optional<std::size_t> Agents::loop_of(std::string_view id) {
  std::size_t loop = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), loop, 16);
  if (error != std::errc() || end == id.data() + id.size() || *end != '-') return std::nullopt;
  return loop;
}

// A session of somebody else is as one that is not there.
Agents::Session* Agents::find(std::string_view id, const identity::Principal& principal) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.owner != owner_of(principal)) return nullptr;
  return &found->second;
}

void Agents::forget(std::map<std::string, Session, std::less<>>::iterator session) {
  used_.erase(session->second.place);
  sessions_.erase(session);
}

void Agents::drop_idle() {
  const std::uint64_t now_ms = host_.scheduler().monotonic_ms();
  while (!used_.empty()) {
    const auto oldest = sessions_.find(used_.front());
    if (oldest->second.used_ms + kIdleMs > now_ms) return;
    forget(oldest);
  }
}

// ---- at work

void Agents::show(AgentWork work) {
  const std::uint64_t now_ms = host_.scheduler().monotonic_ms();
  Key key(work.session, work.workspace + '\0' + work.object);
  const auto found = works_.find(key);
  if (found != works_.end()) return found->second->used(now_ms, ++last_use_);
  make_room(work.session);
  if (works_.size() >= kMostAtWork) return;
  auto shown = std::make_unique<Shown>(*this, key, std::move(work));
  Shown& begun = *shown;
  works_.emplace(std::move(key), std::move(shown));
  begun.used(now_ms, ++last_use_);
  begun.begin();
}

void Agents::leave(std::string_view session) {
  const auto first = works_.lower_bound(Key(session, ""));
  auto last = first;
  while (last != works_.end() && last->first.first == session) ++last;
  works_.erase(first, last);
}

// The object that the session has used longest ago makes room.
void Agents::make_room(const std::string& session) {
  std::size_t count = 0;
  auto oldest = works_.end();
  for (auto each = works_.lower_bound(Key(session, ""));
       each != works_.end() && each->first.first == session; ++each) {
    ++count;
    if (oldest == works_.end() || each->second->order() < oldest->second->order()) oldest = each;
  }
  if (count >= kMostObjects) works_.erase(oldest);
}

void Agents::remove_later(const Key& key) {
  host_.scheduler().post([this, key, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) works_.erase(key);
  });
}

}  // namespace syncline::session
