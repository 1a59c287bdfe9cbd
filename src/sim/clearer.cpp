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

Clearer::Clearer(World& world, Server& server, ClearerSettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("clearer")) {
  begin_life();
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
  asking_ = true;
  doubtful_ = true;
  user_.ask(
      method, std::move(target),
      [this, number = ++asked_, then = std::move(then)](const ApiUser::Answer& answer) mutable {
        if (number != asked_) return;
        asking_ = false;
        doubtful_ = answer.status >= 500;
        if (!doubtful_) then(answer);
      },
      {}, std::move(body));
}

void Clearer::recovered() {
  if (std::exchange(asking_, false)) ++asked_;
}

void Clearer::act() {
  if (server_.process() == nullptr || asking_) return;
  if (hold_doubtful_) held_ = false;
  if (doubtful_) return look();
  const bool written = std::ranges::any_of(present().rooms, &Room::known);
  if (!ruled_ && written && !ended_) return rule();
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
  const bool release = held_ || hold_doubtful_;
  hold_doubtful_ = true;
  asking_ = true;
  user_.ask(release ? "DELETE" : "PUT", workspace_target(kWorkspace) + "/hold?reason=case",
            [this, release, number = ++asked_](const ApiUser::Answer& answer) {
              if (number != asked_) return;
              asking_ = false;
              if (!answer.ok() && answer.status != 409) return;
              hold_doubtful_ = false;
              held_ = !release && answer.ok();
              dropped_.reset();
              if (held_ && server_.process() != nullptr)
                dropped_ = dropped_in(server_.process()->store->tables(), kWorkspace);
            });
}

void Clearer::check(const store::Tables& tables) {
  for (const Life& life : lives_) {
    if (!life.erased) continue;
    world_.hit(Probe::clearer_erased);
    if (holds_word(tables, life.word))
      broken("it is said to be erased, and a table holds its content");
  }
  if (held_ && !hold_doubtful_ && dropped_ && dropped_in(tables, kWorkspace) > *dropped_)
    broken("something was erased under a legal hold");
}

}  // namespace syncline::sim
