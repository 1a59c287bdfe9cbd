#include "sim/remover.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_words.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kThings = 3;
constexpr std::size_t kLives = 6;                // of which replicas come back
constexpr std::uint64_t kFirstClient = 900'000;  // no other client has these ids

}  // namespace

Remover::Remover(World& world, Server& server, RemoverSettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      user_(world, server, std::string(Rights::kOperator)),
      holds_(server, user_, std::string(kWorkspace)),
      dice_(world.dice.fork("remover")) {
  for (std::size_t i = 0; i < kThings; ++i) things_.push_back({.name = fmt::format("thing {}", i)});
}

void Remover::start() {
  act_later();
}

void Remover::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.every_us)), [this] {
    act();
    if (!stopped_) act_later();
  });
}

std::string Remover::target(std::string_view kind, const Thing& thing) const {
  return fmt::format("{}/{}/{}", workspace_target(kWorkspace), kind, percent_encode(thing.name));
}

void Remover::broken(const std::string& object, std::string_view what) {
  world_.violated(kDeletion, fmt::format("{}/{}: {}", kWorkspace, object, what));
}

void Remover::ask(Thing& thing, std::string_view method, std::string target, Then then,
                  std::string body) {
  const std::size_t index = static_cast<std::size_t>(&thing - things_.data());
  thing.doubtful = true;
  user_.ask(
      method, std::move(target),
      request_.begin([this, index, then = std::move(then)](const ApiUser::Answer& answer) mutable {
        Thing& asked = things_[index];
        // Nobody knows what became of a request that failed.
        asked.doubtful = answer.status >= 500;
        if (!asked.doubtful) then(asked, answer);
      }),
      {}, std::move(body));
}

void Remover::recovered() {
  request_.forget();
  if (!ruled_) holds_.doubt();
}

void Remover::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  Thing& thing = dice_.pick(things_);
  if (thing.doubtful) return find_out(thing);
  if (!ruled_ && thing.is_there()) {
    user_.ask("PUT",
              fmt::format("{}/deletions?grace={}s", workspace_target(kWorkspace),
                          settings_.grace_ms / 1000),
              request_.begin([this](const ApiUser::Answer& answer) { ruled_ = answer.ok(); }));
    return;
  }
  if (const bool other = dice_.chance(0.1); other && ruled_) return hold();
  act_on(thing);
}

void Remover::act_on(Thing& thing) {
  const double what = dice_.unit();
  if (what < 0.25) return write(thing);
  if (what < 0.45) return come_back(thing);
  if (what < 0.60) return remove(thing);
  if (what < 0.70) return undo(thing);
  if (what < 0.85) return look_at_erased();
  read(thing);
}

// ---- writing

void Remover::begin(Thing& thing) {
  thing.lives.push_back({.word = fmt::format("word{}of{}.", ++words_, thing.name.substr(6)),
                         .replica = std::make_unique<crdt::Doc>(
                             crdt::DocOptions{.client_id = kFirstClient + ++clients_})});
  if (thing.lives.size() > kLives) thing.lives.erase(thing.lives.begin());
}

void Remover::write(Thing& thing) {
  const bool begins = !thing.is_there();
  if (begins) begin(thing);
  Life& life = thing.lives.back();
  life.ended = false;
  for (std::uint64_t left = 1 + dice_.below(20); left > 0; --left)
    (void)life.replica->text("content").insert(0, life.word);
  // The whole state, because an earlier edit may have failed without an answer.
  const Bytes update = life.replica->encode_state_as_update();
  ask(
      thing, "PATCH", target("objects", thing),
      [this](Thing& written, const ApiUser::Answer& answer) {
        if (answer.ok() && answer.status != 202) {
          world_.hit(Probe::remover_wrote);
          written.erasing = false;
          written.lives.back().known = true;
          return;
        }
        broken(written.name,
               fmt::format("a new edit was answered {} {}", answer.status, answer.message()));
      },
      std::string(as_text(update)));
}

// A replica of what was deleted, which has edited meanwhile or sends what it has.
void Remover::come_back(Thing& thing) {
  std::vector<Life*> ended;
  for (Life& life : thing.lives)
    if (life.ended) ended.push_back(&life);
  if (ended.empty()) return;
  Life& life = *dice_.pick(ended);
  const Bytes before = crdt::encode_state_vector(life.replica->state_vector());
  (void)life.replica->text("content").insert(0, life.word);
  const bool whole = dice_.chance(0.5);
  const auto known = crdt::decode_state_vector(whole ? Bytes() : before);
  const Bytes update =
      whole ? life.replica->encode_state_as_update() : life.replica->encode_state_as_update(*known);
  ask(
      thing, "PATCH", target("objects", thing),
      [this](Thing& sent, const ApiUser::Answer& answer) {
        world_.hit(Probe::remover_old_replicas);
        if (answer.status != 410)
          broken(sent.name,
                 fmt::format("an old replica was answered {} {}", answer.status, answer.message()));
      },
      std::string(as_text(update)));
}

// ---- deleting

void Remover::remove(Thing& thing) {
  if (!thing.is_there()) return;
  const bool erase = dice_.chance(0.4);
  ask(thing, "DELETE", target("objects", thing) + (erase ? "?erase=now" : "?reason=test"),
      [this, erase](Thing& removed, const ApiUser::Answer& answer) {
        if (erase && answer.status == 409) return;  // there is a legal hold
        if (!answer.ok())
          return broken(removed.name, fmt::format("a deletion was answered {} {}", answer.status,
                                                  answer.message()));
        world_.hit(Probe::remover_deleted);
        removed.lives.back().ended = true;
        removed.lives.back().generation = number_in(answer.json, "generation");
        removed.erasing = erase;
        // Half of it, because the clocks of servers run too fast or too slow.
        removed.until_us = world_.now_us() + settings_.grace_ms * 1000 / 2;
      });
}

void Remover::undo(Thing& thing) {
  if (thing.is_there() || thing.lives.empty() || thing.erasing) return;
  ask(thing, "POST", target("undelete", thing),
      [this](Thing& undone, const ApiUser::Answer& answer) {
        if (answer.ok()) {
          world_.hit(Probe::remover_undeleted);
          undone.lives.back().ended = false;
          return;
        }
        if (world_.now_us() < undone.until_us)
          broken(undone.name, fmt::format("undelete was answered {} {} within its time",
                                          answer.status, answer.message()));
      });
}

// ---- looking

void Remover::read(Thing& thing) {
  ask(thing, "GET", target("objects", thing), [this](Thing& shown, const ApiUser::Answer& answer) {
    if (answer.status == 200) return check_content(shown, answer.body);
    const int expected = shown.lives.empty() ? 404 : 410;
    if (shown.is_there() || answer.status != expected)
      broken(shown.name,
             fmt::format("reading was answered {} {}", answer.status, answer.message()));
  });
}

void Remover::check_content(Thing& thing, const std::string& content) {
  if (!thing.is_there()) return broken(thing.name, "what was deleted is served");
  for (const Life& life : thing.lives) {
    const bool here = content.find(life.word) != std::string::npos;
    if (here && life.ended) broken(thing.name, "the content of a deleted object is served");
    if (!here && !life.ended) broken(thing.name, "an acked edit is missing");
  }
}

// Something was asked and not answered: both may have happened.
void Remover::find_out(Thing& thing) {
  ask(thing, "GET", target("objects", thing),
      [this](Thing& shown, const ApiUser::Answer& answer) { found(shown, answer); });
}

void Remover::found(Thing& thing, const ApiUser::Answer& answer) {
  if (thing.lives.empty()) return;
  Life& last = thing.lives.back();
  thing.until_us = 0;
  const bool there = answer.status == 200;
  last.ended = !there || answer.body.find(last.word) == std::string::npos;
  if (there && last.ended) {
    // The edit that would have begun it did not come to the log, and a deletion of the one before did not either.
    if (thing.lives.size() < 2 || answer.body.find(thing.lives.end()[-2].word) == std::string::npos)
      return broken(thing.name, "there is content that nobody wrote");
    thing.lives.pop_back();
    thing.lives.back().ended = false;
    return;
  }
  if (there) last.known = true;
  // The edit that would have begun it did not come to the log: nobody knows its replica.
  if (!there && !last.known) thing.lives.pop_back();
  if (!there && answer.status == 404) thing.lives.clear();
  if (!there) thing.erasing = true;  // nobody knows whether for good
}

// ---- legal holds, and what is erased

void Remover::hold() {
  holds_.change(request_.begin([] {}));
}

void Remover::look_at_erased() {
  user_.ask("GET", workspace_target(kWorkspace) + "/deletions",
            request_.begin([this](const ApiUser::Answer& answer) {
              const crdt::Any* list = answer.json.find("objects");
              const auto* all =
                  list == nullptr ? nullptr : std::get_if<crdt::Any::Array>(&list->value());
              if (!answer.ok() || all == nullptr || server_.process() == nullptr) return;
              for (const crdt::Any& each : *all) {
                const crdt::Any* erased = each.find("erased");
                if (erased == nullptr || *erased != crdt::Any(true)) continue;
                const std::string name = text_in(each, "object");
                const std::uint64_t generation = number_in(each, "generation");
                for (Thing& thing : things_)
                  if (thing.name == name && !thing.doubtful)
                    for (Life& life : thing.lives)
                      if (life.ended && life.generation == generation) life.erased = true;
              }
              check(server_.process()->store->tables());
            }));
}

void Remover::check(const store::Tables& tables) {
  for (const Thing& thing : things_) {
    for (const Life& life : thing.lives) {
      if (!life.erased || !life.ended) continue;
      world_.hit(Probe::remover_erased);
      if (holds_word(tables, life.word))
        broken(thing.name, "it is said to be erased, and a table holds its content");
    }
  }
  if (const std::string what = holds_.broken(tables); !what.empty()) broken("", what);
}

}  // namespace syncline::sim
