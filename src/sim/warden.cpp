#include "sim/warden.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "log/rules.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/member.h"
#include "sim/rights.h"
#include "store/reads.h"

namespace syncline::sim {
namespace {

constexpr std::string_view kFolder = "notes/";
constexpr std::array<std::string_view, 2> kObjects = {"notes/plan", "open"};
constexpr std::array<std::string_view, 2> kGroups = {"team", "finance"};
constexpr std::array<std::string_view, 4> kRoles = {"viewer", "annotator", "editor", "owner"};
constexpr std::array<std::string_view, 4> kPolicyNames = {"p0", "p1", "p2", "p3"};
constexpr std::string_view kSharesRoute = " /v1/workspaces/{workspace}/shares";
constexpr std::string_view kPoliciesRoute = " /v1/workspaces/{workspace}/policies/{policy}";

// The sixth may only read, says his token.
std::vector<Person> people_of_ward() {
  return {{"m0", {"finance"}}, {"m1", {"team"}},   {"m2", {"finance", "team"}},
          {"m3", {"team"}},    {"m4", {"team"}},   {"m5", {}, false},
          {"m6", {}},          {"m7", {"finance"}}};
}

// Not a matter of rights: the disk refuses, or somebody asked too often.
bool says_later(const ApiUser::Answer& answer) {
  return answer.status >= 500 || answer.status == 429;
}

}  // namespace

// What a member asks the API for.
struct Warden::Route {
  std::string_view target;  // "{o}" is the object
  Acts act = 0;
  enum class Of : std::uint8_t { kObject, kFolder, kWorkspace } of = Of::kObject;
  std::string_view right = {};   // as the audit log names it
  std::string_view prefix = {};  // of names that are listed
};

struct Warden::Replica {
  crdt::Doc doc{{.client_id = 1, .clean_formats = false}};
  log::Position read = 0;
};

Warden::Warden(World& world, Network& network, Server& server, const WardenSettings& settings,
               std::size_t first)
    : world_(world),
      server_(server),
      settings_(settings),
      operator_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("warden")),
      audit_(world, server),
      oracle_(world, std::string(kWorkspace), people_of_ward(), std::string(Rights::kOperator)) {
  for (std::size_t i = 0; i < kMembers; ++i)
    members_.push_back(std::make_unique<Member>(world, network, *this, first + i, i));
}

Warden::~Warden() = default;

std::string Warden::token_of(std::size_t member) {
  return fmt::format("member-{}", member);
}

std::string Warden::object_of(std::size_t member) {
  return std::string(kObjects[member / 2 % std::size(kObjects)]);
}

std::vector<identity::Token> Warden::tokens() {
  std::vector<identity::Token> tokens;
  for (const Person& person : people_of_ward())
    tokens.push_back(
        {.secret = token_of(tokens.size()),
         .principal = {
             .id = person.name,
             .rights = person.may_write ? identity::Rights::writing() : identity::Rights::reading(),
             .identity = std::make_shared<const identity::Identity>(identity::Identity{
                 .source = identity::Identity::Source::kJwt, .groups = person.groups})}});
  return tokens;
}

void Warden::start() {
  for (const auto& each : members_) each->start();
  act_later();
}

void Warden::stop() {
  stopped_ = true;
  for (const auto& each : members_) each->rest();
}

void Warden::broken(std::string_view invariant, std::string what) const {
  world_.violated(invariant, std::move(what));
}

// ---- what is on the disk

log::Position Warden::end() {
  if (const Server::Process* process = server_.process())
    end_ = store::read_head(process->store->tables(), std::string(kWorkspace))
               .value_or(log::Head{})
               .last_position;
  return end_;
}

// If no process runs, more may be on the disk than anybody has seen.
LogSpan Warden::until_now(log::Position from) {
  LogSpan span{.from = from};
  if (server_.process() != nullptr) span.to = end();
  return span;
}

std::weak_ptr<const int> Warden::process() const {
  const Server::Process* const process = server_.process();
  return process == nullptr ? std::weak_ptr<const int>() : process->alive;
}

void Warden::read_on() {
  const Server::Process* const process = server_.process();
  if (process == nullptr) return;
  const auto events = store::read_object_events(process->store->tables(), std::string(kWorkspace),
                                                std::string(log::kPolicyObject), read_, {});
  if (!events) return;  // another oracle reports damage
  for (const log::Event& event : *events) {
    read_ = event.position;
    static_cast<void>(oracle_.take(event, now_));  // the oracle says later what is wrong
    if (const auto change = log::rule_change_in(event); change && *change)
      reasons_.insert((*change)->reason);
  }
}

// ---- what the warden does

void Warden::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.act_every_us)), [this] {
    if (stopped_) return;
    if (server_.process() != nullptr) act();
    act_later();
  });
}

void Warden::act() {
  read_on();
  switch (dice_.below(13)) {
    case 0:
    case 1:
    case 2:
    case 3: return share();
    case 4:
    case 5:
    case 6: return unshare();
    case 7:
    case 8:
    case 9:
    case 10: return set_policy();
    case 11: return remove_policy();
    default:
      // Nothing that somebody wrote is a matter of the operator's.
      operator_.ask("GET", "/metrics", [this](const ApiUser::Answer& answer) {
        if (holds_mark(answer.body)) broken(kRules, "the metrics hold what somebody wrote");
      });
  }
}

std::string Warden::grantee(Dice& dice) const {
  const std::uint64_t kind = dice.below(10);
  if (kind < 5) return "principal:" + oracle_.person(dice.below(kMembers)).name;
  return kind < 8 ? fmt::format("group:{}", dice.pick(kGroups)) : "everyone";
}

std::string Warden::resource(Dice& dice) const {
  const std::uint64_t kind = dice.below(10);
  if (kind < 4) return {};
  return std::string(kind < 6 ? kFolder : dice.pick(kObjects));
}

std::string Warden::role_asked(Dice& dice) const {
  // One after the other: compilers differ in which argument of a call they look at first.
  const std::string_view role = dice.pick(kRoles);
  const std::string to = grantee(dice);
  const std::string of = resource(dice);
  return fmt::format("/shares?resource={}&to={}&role={}", percent_encode(of), percent_encode(to),
                     role);
}

void Warden::share() {
  change("PUT", role_asked(dice_), std::string(kSharesRoute), {}, {});
}

// Now and then, something is taken back that nobody has.
void Warden::unshare() {
  AccessModel::Of of{resource(dice_), grantee(dice_)};
  if (!now_.shares().empty() && !dice_.chance(0.1))
    of = std::next(now_.shares().begin(),
                   static_cast<std::ptrdiff_t>(dice_.below(now_.shares().size())))
             ->first;
  change(
      "DELETE",
      fmt::format("/shares?resource={}&to={}", percent_encode(of.first), percent_encode(of.second)),
      std::string(kSharesRoute), {}, {});
}

Statement Warden::draw_statement() {
  Statement drawn{.forbids = dice_.chance(0.6)};
  if (dice_.chance(0.6)) drawn.to = grantee(dice_);
  if (drawn.to == "everyone") drawn.to.clear();
  if (drawn.forbids && dice_.chance(0.4)) drawn.unless = dice_.pick(kGroups);
  if (dice_.chance(0.3)) drawn.looks_around = dice_.chance(0.3);
  if (dice_.chance(0.5)) {
    constexpr std::array<std::string_view, 6> kPaths = {
        "/content", "/comments", "/plan", "/plan/title", "/plan/budget", "/plan/budget/travel"};
    constexpr std::array<Acts, 6> kWriting = {kMayWrite,  kMayWrite,  kMayInsert | kMaySet,
                                              kMayDelete, kMayFormat, kMaySet | kMayDelete};
    drawn.path = dice_.pick(kPaths);
    drawn.acts = dice_.pick(kWriting);
    if (dice_.chance(0.3)) drawn.of = kFolder;
    return drawn;
  }
  constexpr std::array<Acts, 8> kOthers = {
      kMayAll,      kMayRead,  kMayLook | kMayWrite,   kMayHistory | kMayRestore, kMayDelete,
      kMayPresence, kMayWrite, kMayRead | kMayPresence};
  drawn.acts = dice_.pick(kOthers);
  drawn.of = resource(dice_);
  if (drawn.of.empty() && (drawn.acts & kMayHistory) != 0) drawn.acts |= kMayExport;
  return drawn;
}

void Warden::set_policy() {
  std::vector<Statement> statements = {draw_statement()};
  if (dice_.chance(0.4)) statements.push_back(draw_statement());
  if (dice_.chance(0.35)) statements = {Statement{}};
  std::string text = cedar_text(statements);
  oracle_.means(text, std::move(statements));
  const std::string name(dice_.pick(kPolicyNames));
  change("PUT", "/policies/" + name + "?", std::string(kPoliciesRoute), name, std::move(text));
}

void Warden::remove_policy() {
  const std::string name(dice_.pick(kPolicyNames));
  change("DELETE", "/policies/" + name + "?", std::string(kPoliciesRoute), name, {});
}

void Warden::change(std::string_view method, const std::string& rest, const std::string& route,
                    const std::string& named, std::string body) {
  const std::string reason = fmt::format("w{}", ++last_change_);
  AuditWatch::Key key{.kind = "act",
                      .principal = std::string(Rights::kOperator),
                      .what = std::string(method) + route,
                      .where = named};
  operator_.ask(
      method, fmt::format("{}{}&reason={}", workspace_target(kWorkspace), rest, reason),
      [this, key, reason, rest,
       failures = audit_.failures()](const ApiUser::Answer& answer) mutable {
        key.status = static_cast<std::uint64_t>(answer.status);
        if (!says_later(answer)) audit_.answered(key, failures);
        read_on();
        if (answer.ok() && !reasons_.contains(reason))
          return broken(kRules, fmt::format("{} was confirmed, and is not in the log", rest));
        if (!answer.ok() && !says_later(answer) && answer.status != 404)
          return broken(kRules, fmt::format("{} is refused: {}", rest, answer.body));
        if (answer.ok()) world_.hit(Probe::rules_changed);
      },
      {}, std::move(body));
}

// ---- what members do

std::uint64_t Warden::draw_mark(std::size_t member) {
  return oracle_.draw_mark(member, members_[member]->object(), end());
}

void Warden::shown(std::size_t member, std::string_view bytes, log::Position came) {
  std::optional<LogSpan> span;
  find_marks(bytes, [&](MarkKind kind, std::uint64_t number) {
    if (!span) span = until_now(came);
    oracle_.shown(member, kind, number, *span);
  });
}

void Warden::refused(std::size_t member, const std::string& object, RulesOracle::Asked asked,
                     const std::weak_ptr<const int>& by) {
  if (by.expired()) return;
  oracle_.asked(std::move(asked));
  told_of_refusal(member, "write", object, by);
}

void Warden::told_of_refusal(std::size_t member, std::string_view right, const std::string& object,
                             const std::weak_ptr<const int>& by) {
  audit_.told({.kind = "refusal",
               .principal = oracle_.person(member).name,
               .what = std::string(right),
               .where = object},
              by);
}

void Warden::ask_something(std::size_t member, Dice& dice) {
  using Of = Route::Of;
  static constexpr auto kRoutes = std::to_array<Route>({
      {"/objects/{o}", kMayRead, Of::kObject, "read"},
      {"/objects/{o}", kMayRead, Of::kObject, "read"},
      {"/objects?prefix=notes/", kMayRead, Of::kFolder, "read", "notes/"},
      {"/objects?prefix=notes/pl", kMayRead, Of::kFolder, "read", "notes/pl"},
      {"/objects", kMayRead, Of::kWorkspace, "read"},
      {"/blame/{o}", kMayHistory, Of::kObject, "history"},
      {"/changes/{o}", kMayHistory, Of::kObject, "history"},
      {"/changes", kMayHistory, Of::kWorkspace, "history"},
      {"/state", kMayHistory, Of::kWorkspace, "history"},
      {"/log", kMayHistory, Of::kWorkspace, "history"},
      {"/pins", kMayHistory, Of::kWorkspace, "history"},
      {"/export", kMayExport, Of::kWorkspace, "export"},
      {"/policies", kMayShare, Of::kWorkspace, "see-policy"},
      {"/shares", kMayShare, Of::kWorkspace, "see-policy"},
  });
  const Route& route = dice.pick(kRoutes);
  const std::string object(dice.pick(kObjects));
  // Refusals that are alike are counted.
  for (std::uint64_t times = dice.chance(0.4) ? 3 : 1; times > 0; --times)
    ask(member, route, object);
}

void Warden::ask(std::size_t member, const Route& route, const std::string& object) {
  std::string target = workspace_target(kWorkspace);
  std::string rest(route.target);
  if (const auto at = rest.find("{o}"); at != rest.npos)
    rest.replace(at, 3, percent_encode(object, true));
  target += rest;
  const Spot spot{route.of == Route::Of::kObject   ? object
                  : route.of == Route::Of::kFolder ? std::string(kFolder)
                                                   : std::string()};
  const std::string named = route.of == Route::Of::kObject ? object : std::string(route.prefix);
  ApiUser(world_, server_, token_of(member))
      .ask("GET", target,
           [this, member, spot, named, rest, by = process(), from = end(), act = route.act,
            right = route.right](const ApiUser::Answer& answer) {
             const Need need{.needed = act, .spot = spot};
             const bool refused = answer.status == 403;
             if (!answer.ok() && holds_mark(answer.body))
               return broken(kRules, "an error holds what somebody wrote: " + answer.body);
             oracle_.asked({.person = member,
                            .needs = {need},
                            .surely = {need},
                            .span = until_now(from),
                            .granted = !refused && !says_later(answer),
                            .refused = refused,
                            .what = "GET " + rest});
             if (refused) told_of_refusal(member, right, named, by);
             if (answer.ok() && act == kMayExport)
               audit_.told({.kind = "export",
                            .principal = oracle_.person(member).name,
                            .what = "GET /v1/workspaces/{workspace}/export",
                            .where = {},
                            .status = 200},
                           by);
           });
}

// Also without being an owner.
void Warden::give_something(std::size_t member, Dice& dice) {
  if (!oracle_.person(member).may_write) return;
  const std::string rest = role_asked(dice);
  AuditWatch::Key key{.kind = "act",
                      .principal = oracle_.person(member).name,
                      .what = "PUT" + std::string(kSharesRoute),
                      .where = {}};
  ApiUser(world_, server_, token_of(member))
      .ask("PUT", workspace_target(kWorkspace) + rest,
           [this, key, failures = audit_.failures()](const ApiUser::Answer& answer) mutable {
             key.status = static_cast<std::uint64_t>(answer.status);
             if (!says_later(answer)) audit_.answered(key, failures);
             if (answer.ok()) world_.hit(Probe::share_by_member);
           });
}

void Warden::restore_something(std::size_t member, const std::string& object, Dice& dice) {
  if (!oracle_.person(member).may_write || end() == 0) return;
  const std::string rest = fmt::format("/restore/{}?at={}&confirm={}", percent_encode(object, true),
                                       1 + dice.below(end()), kWorkspace);
  ApiUser(world_, server_, token_of(member))
      .ask("POST", workspace_target(kWorkspace) + rest,
           [this, member, object, rest, from = end()](const ApiUser::Answer& answer) {
             const Need restore{.needed = kMayRestore | kMayHistory, .spot = {object, {}}};
             const Need all{
                 .needed = kMayWrite, .spot = {object, {}}, .below = true, .touched = kMayWrite};
             if (answer.ok()) world_.hit(Probe::restored_by_member);
             oracle_.asked({.person = member,
                            .needs = {restore},
                            .surely = {restore, all, {.needed = kMayRead, .spot = {object, {}}}},
                            .span = until_now(from),
                            .granted = answer.ok(),
                            .refused = answer.status == 403,
                            .what = "POST " + rest});
           });
}

// ---- when all has healed

std::string Warden::what_lacks(std::size_t member) {
  Member& each = *members_[member];
  const std::string& object = each.object();
  const std::string& name = oracle_.person(member).name;
  const bool may = now_.allows(oracle_.person(member), kMayRead, {object, {}});
  if (may != each.loaded())
    return fmt::format("{} {} {} open", name, may ? "does not have" : "may not read, and has",
                       object);
  if (!may) return {};
  auto& replica = replicas_[object];
  if (replica == nullptr) {
    replica = std::make_unique<Replica>();
    make_roots(replica->doc);
  }
  const auto events =
      store::read_object_events(server_.process()->store->tables(), std::string(kWorkspace), object,
                                replica->read, {.max_events = 10'000});
  if (!events) return "the log of the ward cannot be read";
  for (const log::Event& event : *events) {
    static_cast<void>(replica->doc.apply_update(event.intent));
    replica->read = event.position;
  }
  crdt::Doc* const page = each.page();
  if (page == nullptr || page->state_vector() != replica->doc.state_vector() ||
      canonical_json(page->to_json()) != canonical_json(replica->doc.to_json()))
    return fmt::format("{} does not show {} as the log says it", name, object);
  return {};
}

std::string Warden::why_not() {
  read_on();
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (std::string lacks = what_lacks(i); !lacks.empty()) return lacks;
  return audit_.why_not();
}

}  // namespace syncline::sim
