#include "sim/clearer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_words.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kRooms = 3;
constexpr std::uint64_t kFirstAtticClient = 950'000;  // no other client has these ids

std::string room_target(std::size_t room) {
  return fmt::format("{}/objects/{}", workspace_target(Clearer::kWorkspace),
                     percent_encode(fmt::format("room {}", room)));
}

}  // namespace

// Follows the changes of the workspace until the server ends that.
class Clearer::Feed final : public ApiUser::Reader {
 public:
  void take(std::string_view) override {}
  std::size_t queued_bytes() const override { return 0; }
  bool has_left() const override { return left; }

  bool left = false;
  bool ended = false;
};

Clearer::Clearer(World& world, Server& server, ClearerSettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      user_(world, server, std::string(Rights::kOperator)),
      holds_(server, user_, std::string(kWorkspace)),
      dice_(world.dice.fork("clearer")) {
  begin_life();
}

Clearer::~Clearer() {
  if (feed_ != nullptr) feed_->left = true;
}

void Clearer::begin_life() {
  lives_.push_back({.word = fmt::format("attic{}.", lives_.size() + 1), .rooms = {}});
  present().rooms.resize(kRooms);
  ruled_ = ended_ = erasing_ = false;
}

void Clearer::broken(std::string_view what) {
  world_.violated(kDeletion, fmt::format("{}: {}", kWorkspace, what));
}

void Clearer::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.every_us)), [this] {
    act();
    if (!stopped_) act_later();
  });
}

// Nobody knows what became of a request that failed.
void Clearer::ask(std::string_view method, std::string target, Then then, std::string body) {
  doubtful_ = true;
  user_.ask(method, std::move(target),
            request_.begin([this, then = std::move(then)](const ApiUser::Answer& answer) mutable {
              doubtful_ = answer.status >= 500;
              if (!doubtful_) then(answer);
            }),
            {}, std::move(body));
}

void Clearer::recovered() {
  if (feed_ != nullptr) std::exchange(feed_, nullptr)->left = true;
  request_.forget();
}

void Clearer::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  if (doubtful_) return look();
  const bool written = std::ranges::any_of(present().rooms, &Room::known);
  if (!ruled_ && written && !ended_) return rule();
  if (feed_ == nullptr && written && !ended_) follow();
  if (const bool other = dice_.chance(0.08); other && written) return hold();
  const std::size_t room = dice_.below(kRooms);
  act_on(room);
}

void Clearer::act_on(std::size_t room) {
  const double what = dice_.unit();
  if (what < 0.30) return write(room);
  if (what < 0.45) return come_back(room);
  if (what < 0.55) return remove();
  if (what < 0.65) return undo();
  if (what < 0.80) return begin();
  if (what < 0.90) return look();
  read(room);
}

void Clearer::rule() {
  ask("PUT",
      fmt::format("{}/deletions?grace={}s", workspace_target(kWorkspace),
                  settings_.grace_ms / 1000),
      [this](const ApiUser::Answer& answer) { ruled_ = answer.ok(); });
}

// ---- following

void Clearer::follow() {
  feed_ = std::make_shared<Feed>();
  user_.ask({.target = workspace_target(kWorkspace) + "/events?after=0", .reader = feed_},
            [this, feed = feed_](const ApiUser::Answer&) {
              feed->ended = true;
              if (feed_ == feed) feed_.reset();
            });
}

// The workspace was deleted. The process may be paused for a while.
void Clearer::expect_told() {
  if (feed_ == nullptr || server_.process() == nullptr) return;
  world_.timeline.after(60 * kSecond, [this, feed = std::exchange(feed_, nullptr),
                                       alive = std::weak_ptr(server_.process()->alive)] {
    if (!alive.expired() && !feed->ended) broken("who follows it is not told that it was deleted");
    feed->left = true;
  });
}

// ---- writing and reading

void Clearer::write(std::size_t room) {
  Room& there = present().rooms[room];
  if (there.replica == nullptr)
    there.replica =
        std::make_unique<crdt::Doc>(crdt::DocOptions{.client_id = kFirstAtticClient + ++clients_});
  (void)there.replica->text("content").insert(0, present().word);
  // The whole state, because an earlier edit may have failed without an answer.
  const Bytes update = there.replica->encode_state_as_update();
  ask(
      "PATCH", room_target(room),
      [this, room](const ApiUser::Answer& answer) {
        if (ended_ && answer.status != 410)
          return broken(fmt::format("an edit of the deleted workspace was answered {} {}",
                                    answer.status, answer.message()));
        if (ended_) return;
        if (!answer.ok())
          return broken(
              fmt::format("a new edit was answered {} {}", answer.status, answer.message()));
        world_.hit(Probe::clearer_wrote);
        present().rooms[room].known = true;
      },
      std::string(as_text(update)));
}

// A replica of an earlier generation, with all that it has.
void Clearer::come_back(std::size_t room) {
  if (lives_.size() < 2) return;
  const std::size_t life = dice_.below(lives_.size() - 1);
  const Room& old = lives_[life].rooms[room];
  if (!old.known) return;
  const Bytes update = old.replica->encode_state_as_update();
  ask(
      "PATCH", room_target(room),
      [this](const ApiUser::Answer& answer) {
        world_.hit(Probe::clearer_old_replicas);
        if (answer.status != 410)
          broken(fmt::format("a replica of before was answered {} {}", answer.status,
                             answer.message()));
      },
      std::string(as_text(update)));
}

void Clearer::read(std::size_t room) {
  ask("GET", room_target(room), [this, room](const ApiUser::Answer& answer) {
    if (ended_ || answer.status != 200) {
      const bool known = present().rooms[room].known && !ended_;
      if (known || answer.status == 200 || (ended_ && answer.status != 410))
        broken(fmt::format("reading was answered {} {}", answer.status, answer.message()));
      return;
    }
    for (const Life& life : lives_) {
      const bool here = answer.body.find(life.word) != std::string::npos;
      if (here && &life != &present()) broken("what was deleted is served");
      if (!here && &life == &present() && life.rooms[room].known)
        broken("an acked edit is missing");
    }
  });
}

// ---- deleting, undoing that, and beginning anew

void Clearer::remove() {
  if (ended_ || std::ranges::none_of(present().rooms, &Room::known)) return;
  const bool erase = dice_.chance(0.5);
  ask("DELETE", workspace_target(kWorkspace) + (erase ? "?erase=now" : "?reason=test"),
      [this, erase](const ApiUser::Answer& answer) {
        if (erase && answer.status == 409) return;  // there is a legal hold
        if (!answer.ok())
          return broken(
              fmt::format("a deletion was answered {} {}", answer.status, answer.message()));
        world_.hit(Probe::clearer_deleted);
        expect_told();
        ended_ = true;
        erasing_ = erase;
        // Half of it, because the clocks of servers run too fast or too slow.
        until_us_ = world_.now_us() + settings_.grace_ms * 1000 / 2;
      });
}

void Clearer::undo() {
  if (!ended_ || erasing_) return;
  ask("POST", workspace_target(kWorkspace) + "/undelete", [this](const ApiUser::Answer& answer) {
    if (answer.ok()) {
      world_.hit(Probe::clearer_undeleted);
      ended_ = false;
    } else if (world_.now_us() < until_us_) {
      broken(fmt::format("undelete was answered {} {} within its time", answer.status,
                         answer.message()));
    }
  });
}

void Clearer::begin() {
  if (!ended_) return;
  ask("POST", workspace_target(kWorkspace) + "/begin", [this](const ApiUser::Answer& answer) {
    if (!answer.ok()) return;  // it is not erased yet
    world_.hit(Probe::clearer_began);
    begin_life();
  });
}

// Also after something that was not answered: both may have happened.
void Clearer::look() {
  ask("GET", workspace_target(kWorkspace) + "/deletions",
      [this](const ApiUser::Answer& answer) { found(answer); });
}

void Clearer::found(const ApiUser::Answer& answer) {
  if (!answer.ok())
    return broken(fmt::format("looking was answered {} {}", answer.status, answer.message()));
  const std::uint64_t generation = number_in(answer.json, "generation");
  if (generation > lives_.size()) begin_life();
  if (generation != lives_.size()) return broken("the generation is another one");
  const crdt::Any* deleted = answer.json.find("deleted");
  const bool ended = deleted != nullptr && deleted->find("erased") != nullptr;
  if (ended && !ended_) until_us_ = 0;
  erasing_ = ended && (erasing_ || !ended_);  // nobody knows whether for good
  ended_ = ended;
  if (!ended || *deleted->find("erased") != crdt::Any(true) || server_.process() == nullptr) return;
  present().erased = true;
  check(server_.process()->store->tables());
}

// ---- legal holds, and what is erased

void Clearer::hold() {
  holds_.change(request_.begin([] {}));
}

void Clearer::check(const store::Tables& tables) {
  for (const Life& life : lives_) {
    if (!life.erased) continue;
    world_.hit(Probe::clearer_erased);
    if (holds_word(tables, life.word))
      broken("it is said to be erased, and a table holds its content");
  }
  if (const std::string what = holds_.broken(tables); !what.empty()) broken(what);
}

}  // namespace syncline::sim
