#include "sim/locksmith.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "identity/api_key.h"
#include "identity/ticket.h"
#include "log/rules.h"
#include "sim/holder.h"
#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_log.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kMostKeys = 60;
constexpr std::size_t kNewest = 60;  // among which most are drawn
constexpr std::uint64_t kClosedWithinUs = 10 * kSecond;
constexpr std::uint64_t kClosedWithinMs = kClosedWithinUs / 1000;

std::string_view name_of(Credential::Kind kind) {
  switch (kind) {
    case Credential::Kind::kKey: return "key";
    case Credential::Kind::kTicket: return "ticket";
    case Credential::Kind::kJwt: break;
  }
  return "JWT";
}

// Not a matter of rights: the disk refuses, memory is short, or somebody asked too often.
bool is_put_off(const ApiUser::Answer& answer) {
  return answer.status >= 500 || answer.status == 429;
}

std::string body_with(std::string_view rights, std::string_view workspace, std::string_view object,
                      std::string_view more) {
  return fmt::format(R"({{"rights":"{}","workspace":"{}","object":"{}"{}}})", rights, workspace,
                     object, more);
}

}  // namespace

bool Credential::reaches(std::string_view workspace, std::string_view wanted) const {
  if (everything) return true;
  return workspace == Locksmith::kWorkspace && (object.empty() || wanted == object);
}

Locksmith::Locksmith(World& world, Network& network, Server& server,
                     const LocksmithSettings& settings, std::size_t first)
    : world_(world),
      server_(server),
      settings_(settings),
      operator_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("locksmith")),
      provider_(world, settings.provider) {
  for (std::size_t i = 0; i < kHolders; ++i)
    holders_.push_back(std::make_unique<Holder>(world, network, *this, first + i, i));
  server.ask([this](const identity::Access&) { return provider_.judge(); });
  server.watch_door(
      [this](const identity::Credential& asked, const Scheduler& loop,
             const Result<identity::Principal>& answer) { judged(asked, loop, answer); });
}

Locksmith::~Locksmith() = default;

std::string Locksmith::mark_of(std::string_view object) {
  return fmt::format("locked-{}-", object);
}

std::string_view Locksmith::foreign_mark(std::string_view bytes, std::string_view object) {
  for (const std::string_view other : kObjects)
    if (other != object && bytes.find(mark_of(other)) != bytes.npos) return other;
  return {};
}

void Locksmith::start() {
  provider_.start();
  for (const auto& each : holders_) each->start();
  act_later();
}

void Locksmith::stop() {
  stopped_ = true;
  provider_.heal();
  for (const auto& each : holders_) each->stop();
}

void Locksmith::rolled_back() {
  for (auto& [text, credential] : book_) {
    if (credential.kind == Credential::Kind::kJwt) continue;
    credential.doubtful = true;
    credential.revoked_us = 0;
  }
}

// ---- the book

void Locksmith::keep(Credential credential) {
  const std::string text = credential.text;
  Credential& kept = book_.insert_or_assign(text, std::move(credential)).first->second;
  order_.push_back(&kept);
  by_id_[kept.id] = &kept;
}

Credential* Locksmith::draw_where(Dice& dice, std::size_t newest,
                                  const std::function<bool(const Credential&)>& fits) {
  std::vector<Credential*> found;
  const std::size_t first = order_.size() - std::min(order_.size(), newest);
  for (std::size_t i = first; i < order_.size(); ++i)
    if (fits(*order_[i])) found.push_back(order_[i]);
  return found.empty() ? nullptr : dice.pick(found);
}

const Credential* Locksmith::draw(Dice& dice, std::string_view object) {
  const std::uint64_t now_ms = clock_ms();
  const bool good = dice.chance(0.75);
  return draw_where(dice, good ? kNewest : order_.size(), [&](const Credential& each) {
    return !good || (each.reaches(kWorkspace, object) && should(each, now_ms) == Should::kIn);
  });
}

// Of a JWT, its provider says the rest.
Locksmith::Should Locksmith::should(const Credential& credential, std::uint64_t now_ms) const {
  const auto minter = book_.find(credential.minter);
  const bool minted = minter != book_.end();
  if (credential.revoked_us > 0 || now_ms >= credential.bad_from_ms) return Should::kOut;
  if (minted && minter->second.revoked_us > 0) return Should::kOut;
  const bool doubtful = credential.doubtful || (minted && minter->second.doubtful);
  return doubtful || now_ms >= credential.good_until_ms ? Should::kEither : Should::kIn;
}

std::uint64_t Locksmith::clock_ms() const {
  const Server::Process* const process = server_.process();
  return process == nullptr ? kEpochMs + world_.now_us() / 1000 : process->loop.unix_ms();
}

Task Locksmith::note_clock(std::shared_ptr<std::uint64_t> taken_ms) {
  return [this, taken_ms = std::move(taken_ms)] { *taken_ms = clock_ms(); };
}

void Locksmith::broken(const Credential& credential, std::string_view what) const {
  world_.violated(kCredentials,
                  fmt::format("the {} {} {}", name_of(credential.kind), credential.id, what));
}

// ---- what the locksmith does

void Locksmith::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.act_every_us)), [this] {
    if (stopped_) return;
    if (server_.process() != nullptr) act();
    act_later();
  });
}

void Locksmith::act() {
  switch (dice_.below(10)) {
    case 0:
    case 1: return make_key();
    case 2: return revoke_key();
    case 3:
    case 4: return mint_ticket();
    case 5:
    case 6:
    case 7: return issue_jwt();
    default: ask();
  }
}

void Locksmith::make_key() {
  const auto keys = std::ranges::count(order_, Credential::Kind::kKey, &Credential::kind);
  if (static_cast<std::size_t>(keys) >= kMostKeys) return;
  Credential key{.kind = Credential::Kind::kKey, .may_write = dice_.chance(0.7)};
  if (dice_.chance(0.6)) key.object = kObjects[dice_.below(std::size(kObjects))];
  const std::uint64_t seconds = dice_.chance(0.6) ? dice_.scale(3, 60) : 0;
  const auto taken_ms = std::make_shared<std::uint64_t>();
  operator_.ask(
      "POST", "/v1/api-keys",
      [this, key, seconds, taken_ms](const ApiUser::Answer& answer) mutable {
        if (is_put_off(answer)) return;
        if (answer.status != 201)
          return world_.violated(kCredentials, "no key is made: " + answer.body);
        key.text = text_in(answer.json, "key");
        key.id = identity::token_of_key(text_in(answer.json, "id"));
        key.principal = text_in(answer.json, "principal");
        if (seconds != 0) {
          key.good_until_ms = *taken_ms + seconds * 1000;
          key.bad_from_ms = clock_ms() + seconds * 1000;
        }
        world_.hit(Probe::key_made);
        keep(std::move(key));
      },
      note_clock(taken_ms),
      body_with(key.may_write ? "write" : "read", kWorkspace, key.object,
                seconds == 0 ? "" : fmt::format(R"(,"expires_in_s":{})", seconds)));
}

void Locksmith::revoke_key() {
  Credential* const key = draw_where(dice_, kNewest, [](const Credential& each) {
    return each.kind == Credential::Kind::kKey && each.revoked_us == 0;
  });
  if (key == nullptr) return;
  const bool certain = !key->doubtful;
  key->doubtful = true;  // whether or not this is confirmed
  operator_.ask("DELETE", "/v1/api-keys/" + key->id,
                [this, key, certain](const ApiUser::Answer& answer) {
                  if (answer.ok()) {
                    world_.hit(Probe::key_revoked);
                    key->revoked_us = world_.now_us();
                  } else if (!is_put_off(answer) && certain) {
                    broken(*key, "cannot be revoked: " + answer.body);
                  }
                });
}

// By the operator, or by the holder of a key, who asks for more than he has now and then.
void Locksmith::mint_ticket() {
  const Credential* const minter =
      dice_.chance(0.3) ? nullptr : draw_where(dice_, kNewest, [this](const Credential& each) {
        return each.kind == Credential::Kind::kKey && should(each, clock_ms()) == Should::kIn;
      });
  Credential ticket{.kind = Credential::Kind::kTicket, .may_write = dice_.chance(0.6)};
  if (dice_.chance(0.8)) ticket.object = kObjects[dice_.below(std::size(kObjects))];
  if (minter != nullptr && dice_.chance(0.6)) ticket.object = minter->object;
  if (minter != nullptr) ticket.minter = minter->text;
  const bool granted = minter == nullptr || (minter->reaches(kWorkspace, ticket.object) &&
                                             (minter->may_write || !ticket.may_write));
  const std::uint64_t seconds = dice_.scale(2, kLongestTicketS);
  std::string more = fmt::format(R"(,"lifetime_s":{})", seconds);
  if (minter == nullptr) more += fmt::format(R"(,"principal":"t{}")", ++last_number_);
  const auto taken_ms = std::make_shared<std::uint64_t>();
  ApiUser(world_, server_, minter == nullptr ? std::string(Rights::kOperator) : minter->text)
      .ask(
          "POST", "/v1/tickets",
          [this, ticket, granted, minter, seconds,
           taken_ms](const ApiUser::Answer& answer) mutable {
            // The door has seen who asks.
            if (is_put_off(answer) || answer.status == 401) return;
            if (answer.ok() && !granted) return broken(*minter, "mints a ticket that says more");
            if (!answer.ok() && granted)
              return world_.violated(kCredentials, "no ticket is minted: " + answer.body);
            if (!granted) return world_.hit(Probe::ticket_refused);
            ticket.text = text_in(answer.json, "ticket");
            ticket.id = identity::token_of_ticket(text_in(answer.json, "id"));
            ticket.principal = text_in(answer.json, "principal");
            ticket.good_until_ms = *taken_ms + seconds * 1000;
            ticket.bad_from_ms = clock_ms() + seconds * 1000;
            if (minter != nullptr) {
              ticket.good_until_ms = std::min(ticket.good_until_ms, minter->good_until_ms);
              ticket.bad_from_ms = std::min(ticket.bad_from_ms, minter->bad_from_ms);
            }
            world_.hit(Probe::ticket_minted);
            keep(std::move(ticket));
          },
          note_clock(taken_ms),
          body_with(ticket.may_write ? "write" : "read", kWorkspace, ticket.object, more));
}

void Locksmith::issue_jwt() {
  Credential jwt{.kind = Credential::Kind::kJwt,
                 .id = fmt::format("j{}", ++last_number_),
                 .may_write = dice_.chance(0.6),
                 .everything = true};
  jwt.principal = jwt.id;
  jwt.token = provider_.issue(jwt.principal, jwt.id, jwt.may_write ? "write" : "read",
                              dice_.scale(5'000, 90'000));
  jwt.text = jwt.token.text;
  jwt.good_until_ms = jwt.bad_from_ms = jwt.token.refused_from_ms;
  keep(std::move(jwt));
}

// Somebody comes to the API with a credential, perhaps with one that has ended.
void Locksmith::ask() {
  const std::string_view object = kObjects[dice_.below(std::size(kObjects))];
  const Credential* const drawn = draw(dice_, object);
  if (drawn == nullptr) return;
  struct Question {
    std::string target;
    bool reaches;
    std::string_view object;  // "": the answer is not about one
  };
  Question question;
  switch (dice_.below(5)) {
    case 0:
    case 1:
      question = {object_target(kWorkspace, object), drawn->reaches(kWorkspace, object), object};
      break;
    case 2:
      question = {workspace_target(kWorkspace) + "/objects", drawn->reaches(kWorkspace, ""), ""};
      break;
    case 3: question = {object_target("w0", object), drawn->everything, ""}; break;
    default: question = {"/v1/workspaces", drawn->everything, ""};
  }
  ApiUser(world_, server_, drawn->text)
      .ask("GET", question.target, [this, drawn, question](const ApiUser::Answer& answer) {
        check_answer(*drawn, question.target, question.reaches, question.object, answer);
      });
}

// The door has seen whether the credential is good.
void Locksmith::check_answer(const Credential& credential, std::string_view target, bool reaches,
                             std::string_view object, const ApiUser::Answer& answer) const {
  if (answer.ok() && !reaches) return broken(credential, fmt::format("reads {}", target));
  if (answer.status == 403 && reaches)
    return broken(credential, fmt::format("may not read {}: {}", target, answer.body));
  if (answer.status == 403) world_.hit(Probe::scope_refused);
  if (object.empty()) return;
  if (const auto other = foreign_mark(answer.body, object); !other.empty())
    broken(credential, fmt::format("reads {}, and it holds something of {}", target, other));
}

// ---- the oracle

void Locksmith::judged(const identity::Credential& asked, const Scheduler& loop,
                       const Result<identity::Principal>& answer) {
  const auto found = book_.find(asked.token);
  if (found == book_.end()) return;
  const Credential& credential = found->second;
  if (const std::string fault = fault_of(credential, asked, loop.unix_ms(), answer); !fault.empty())
    broken(credential, fault);
}

std::string Locksmith::fault_of(const Credential& credential, const identity::Credential& asked,
                                std::uint64_t now_ms, const Result<identity::Principal>& answer) {
  // A request says later what it is for.
  const bool reaches = asked.object.empty() || credential.reaches(asked.workspace, asked.object);
  if (!answer && answer.error().code == ErrorCode::kForbidden)
    return reaches ? "is refused where it is for: " + answer.error().message : "";
  if (answer && !reaches) return fmt::format("opens {}/{}", asked.workspace, asked.object);
  const Should expected = should(credential, now_ms);
  if (answer && expected == Should::kOut)
    return credential.revoked_us > 0 ? "was revoked, and is let in" : "has ended, and is let in";
  if (!answer && expected == Should::kOut) world_.hit(Probe::ended_refused);
  if (expected != Should::kOut && credential.kind == Credential::Kind::kJwt) {
    std::string fault = provider_.fault_of(credential.token, answer, asked.may_ask);
    if (!fault.empty()) return fault;
  } else if (!answer && expected == Should::kIn) {
    return "is good, and is refused: " + answer.error().message;
  }
  if (!answer) return {};
  const identity::Rights rights =
      credential.may_write ? identity::Rights::writing() : identity::Rights::reading();
  if (answer->rights != rights) return "has other rights than it should";
  if (answer->id != credential.principal) return "is of another: " + answer->id;
  return {};
}

void Locksmith::check_open(const identity::Principal& principal, const std::string& where,
                           std::uint64_t now_ms) {
  if (principal.identity == nullptr) return;
  const auto found = by_id_.find(principal.identity->token);
  if (found == by_id_.end()) return;
  const Credential& credential = *found->second;
  const auto minter = book_.find(credential.minter);
  const std::uint64_t revoked_us = minter == book_.end()
                                       ? credential.revoked_us
                                       : std::max(credential.revoked_us, minter->second.revoked_us);
  if (revoked_us > 0 && world_.now_us() > revoked_us + kClosedWithinUs)
    broken(credential, fmt::format("was revoked, and has {} open", where));
  if (credential.bad_from_ms < now_ms - kClosedWithinMs)
    broken(credential, fmt::format("has ended, and has {} open", where));
}

void Locksmith::look() {
  const auto since_us = runs_since_.look(server_, world_.now_us());
  if (!since_us || world_.now_us() < *since_us + kClosedWithinUs) return;
  const std::uint64_t now_ms = clock_ms();
  const session::SessionTable& table = server_.process()->shard().sessions;
  static_cast<void>(table.visit(0, ~std::size_t{0} >> 1, [&](session::LiveSession& session, auto) {
    const session::SessionInfo info = session.info();
    for (const session::OpenDocument& document : info.documents)
      check_open(document.principal, info.workspace + "/" + document.object, now_ms);
  }));
}

std::string Locksmith::writes_without_right(std::string_view principal,
                                            std::string_view object) const {
  for (const auto& [text, credential] : book_)
    if (credential.principal == principal && credential.may_write &&
        credential.reaches(kWorkspace, object))
      return {};
  return fmt::format("{} has written to {}, and may not", principal, object);
}

void Locksmith::check(const store::Tables& tables) const {
  const auto events = read_log(tables, std::string(kWorkspace));
  if (!events) return;  // another oracle reports this
  for (const log::Event& event : *events) {
    if (log::is_system_object(event.object)) continue;
    if (std::string fault = writes_without_right(event.principal, event.object); !fault.empty())
      return world_.violated(kCredentials, std::move(fault));
    if (const auto other = foreign_mark(as_text(event.intent), event.object); !other.empty())
      return world_.violated(kCredentials,
                             fmt::format("{} holds something of {}", event.object, other));
  }
}

}  // namespace syncline::sim
