#include "sim/warden.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "base/qualified_name.h"
#include "log/audit.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/member.h"
#include "sim/rights.h"
#include "store/reads.h"

namespace syncline::sim {
namespace {

// Of the tenant: they, and its log, live on different loops, if there are three.
constexpr std::array<std::string_view, 2> kWorkspaces = {"attic", "annex"};
constexpr std::string_view kTenant = "guild";
constexpr std::string_view kAdmin = "warden";
constexpr std::string_view kNoToken = "none";
constexpr std::array<std::string_view, 2> kGroups = {"team", "finance"};
constexpr std::array<std::string_view, 4> kRoles = {"viewer", "annotator", "editor", "owner"};
constexpr std::array<std::string_view, 3> kRolesOfLinks = {"viewer", "annotator", "editor"};
constexpr std::array<std::string_view, 4> kPolicyNames = {"p0", "p1", "p2", "p3"};
constexpr std::array<std::string_view, 2> kAuditNames = {"a0", "a1"};
constexpr std::string_view kSharesRoute = " /v1/workspaces/{workspace}/shares";
constexpr std::string_view kPoliciesRoute = " /v1/workspaces/{workspace}/policies/{policy}";
constexpr std::string_view kLinksRoute = " /v1/workspaces/{workspace}/links/{object}";

// The sixth may only read, says his token. The last one is a stranger without a link.
std::vector<Person> people_of_ward() {
  return {{"m0", {"finance"}}, {"m1", {"team"}},    {"m2", {"finance", "team"}},
          {"m3", {"team"}},    {"m4", {"team"}},    {"m5", {}, false},
          {"m6", {}},          {"m7", {"finance"}}, {"", {}, false, std::string(kNoToken)}};
}

std::string member_token(std::size_t member) {
  return fmt::format("member-{}", member);
}

std::string_view tenant_of(const WardenSettings& settings) {
  return settings.of_tenant ? kTenant : std::string_view();
}

std::vector<std::string> wards_of(const WardenSettings& settings) {
  if (!settings.of_tenant) return {std::string(Warden::kWorkspace)};
  std::vector<std::string> names;
  for (const std::string_view each : kWorkspaces) names.push_back(qualified(kTenant, each));
  return names;
}

std::string tenant_log_of(const WardenSettings& settings) {
  return settings.of_tenant ? qualified(kTenant, log::kSystemWorkspace) : std::string();
}

std::string admin_of(const WardenSettings& settings) {
  return std::string(settings.of_tenant ? kAdmin : Rights::kOperator);
}

identity::Token token_in(std::string_view tenant, std::string secret, std::string id,
                         identity::Rights rights, std::vector<std::string> groups) {
  return {.secret = std::move(secret),
          .principal = {.id = std::move(id),
                        .rights = rights,
                        .identity = std::make_shared<const identity::Identity>(
                            identity::Identity{.source = identity::Identity::Source::kJwt,
                                               .groups = std::move(groups),
                                               .tenant = std::string(tenant)})}};
}

}  // namespace

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
      admin_(world, server, admin_of(settings)),
      dice_(world.dice.fork("warden")),
      audit_(world, server, qualified(tenant_of(settings), log::kSystemWorkspace)),
      oracle_(world, wards_of(settings), tenant_log_of(settings), people_of_ward(),
              admin_of(settings)),
      logs_(server, oracle_, wards_of(settings), tenant_log_of(settings)),
      strangers_(settings.of_tenant ? kStrangers : 0, Pass{kMembers, std::string(kNoToken)}) {
  for (std::size_t i = 0; i < kMembers + strangers_.size(); ++i)
    members_.push_back(std::make_unique<Member>(world, network, *this, first + i, i));
}

Warden::~Warden() = default;

std::string Warden::object_of(std::size_t member) {
  return std::string(kObjects[member / 2 % std::size(kObjects)]);
}

std::string_view Warden::workspace_of(std::size_t ward) const {
  return settings_.of_tenant ? kWorkspaces[ward] : kWorkspace;
}

std::size_t Warden::ward_of(std::size_t member) const {
  if (!settings_.of_tenant) return 0;
  return member < kMembers ? member / 4 : member % 2;
}

Warden::Pass Warden::pass_of(std::size_t member) const {
  if (member < kMembers) return {member, member_token(member)};
  return strangers_[member - kMembers];
}

bool Warden::is_stranger(const Member& member) {
  return member.person() >= kMembers;
}

std::string Warden::token_of_person(std::size_t person) const {
  if (person < kMembers) return member_token(person);
  const auto link = links_.find(person);
  return link == links_.end() ? std::string(kNoToken) : link->second;
}

std::vector<identity::Token> Warden::tokens(const WardenSettings& settings) {
  const std::string_view tenant = tenant_of(settings);
  std::vector<identity::Token> tokens;
  for (const Person& person : people_of_ward())
    if (person.link_to.empty())
      tokens.push_back(
          token_in(tenant, member_token(tokens.size()), person.name,
                   person.may_write ? identity::Rights::writing() : identity::Rights::reading(),
                   person.groups));
  if (settings.of_tenant)
    tokens.push_back(
        token_in(tenant, std::string(kAdmin), std::string(kAdmin), identity::Rights::all(), {}));
  return tokens;
}

std::vector<limits::TenantRecord> Warden::tenants() {
  return {{.name = std::string(kTenant)}};
}

void Warden::start() {
  for (const auto& each : members_) each->start();
  act_later();
}

void Warden::stop() {
  stopped_ = true;
  for (const auto& each : members_) each->rest();
}

// What the process before it was asked for is answered by nobody.
void Warden::recovered() {
  audit_.started();
  under_way_ = 0;
  ++begun_;
  trying_ = 0;
  tried_again_ = false;
}

void Warden::broken(std::string_view invariant, std::string what) const {
  world_.violated(invariant, std::move(what));
}

std::optional<std::uint64_t> Warden::still() const {
  return under_way_ == 0 ? std::optional(begun_) : std::nullopt;
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
  logs_.read_on();
  if (settings_.of_tenant) return act_for_tenant();
  switch (dice_.below(13)) {
    case 0:
    case 1:
    case 2:
    case 3: return share(0);
    case 4:
    case 5:
    case 6: return unshare(0);
    case 7:
    case 8:
    case 9:
    case 10: return set_policy(0);
    case 11: return remove_policy(0);
    default: look_at_metrics();
  }
}

void Warden::act_for_tenant() {
  const std::size_t ward = dice_.below(logs_.tenant());
  const std::uint64_t choice = dice_.below(20);
  if (choice < 3) return share(ward);
  if (choice < 5) return unshare(ward);
  if (choice < 8) return set_policy(ward);
  if (choice < 9) return remove_policy(ward);
  if (choice < 13) return set_policy(logs_.tenant());
  if (choice < 14) return remove_policy(logs_.tenant());
  if (choice < 16) return make_link();
  if (choice < 17) return undo_link();
  if (choice < 18) return set_audit_rule(ward);
  if (choice < 19) return set_audit_rule(logs_.tenant());
  look_at_metrics();
}

// Nothing that somebody wrote is a matter of the operator's.
void Warden::look_at_metrics() {
  operator_.ask("GET", "/metrics", [this](const ApiUser::Answer& answer) {
    if (holds_mark(answer.body)) broken(kRules, "the metrics hold what somebody wrote");
  });
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

void Warden::share(std::size_t ward) {
  change({.method = "PUT", .log = ward, .rest = role_asked(dice_), .route = kSharesRoute});
}

// Now and then, something is taken back that nobody has.
void Warden::unshare(std::size_t ward) {
  AccessModel::Of of{resource(dice_), grantee(dice_)};
  const auto& shares = logs_.held(ward).shares();
  if (!shares.empty() && !dice_.chance(0.1))
    of = std::next(shares.begin(), static_cast<std::ptrdiff_t>(dice_.below(shares.size())))->first;
  change({.method = "DELETE",
          .log = ward,
          .rest = fmt::format("/shares?resource={}&to={}", percent_encode(of.first),
                              percent_encode(of.second)),
          .route = kSharesRoute});
}

Statement Warden::draw_statement(std::size_t log) {
  Statement drawn{.forbids = dice_.chance(0.6)};
  if (log == logs_.tenant() && dice_.chance(0.3)) drawn.workspace = dice_.pick(kWorkspaces);
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

void Warden::set_policy(std::size_t log) {
  std::vector<Statement> statements = {draw_statement(log)};
  if (dice_.chance(0.4)) statements.push_back(draw_statement(log));
  if (dice_.chance(0.35)) statements = {Statement{}};
  set_policy(log, std::string(dice_.pick(kPolicyNames)), std::move(statements));
}

void Warden::set_audit_rule(std::size_t log) {
  Statement rule{.audits = true};
  if (dice_.chance(0.4)) rule.to = grantee(dice_);
  if (rule.to == "everyone") rule.to.clear();
  constexpr std::array<Acts, 3> kAuditedActs = {kMayRead, kMayHistory, kMayRead | kMayHistory};
  rule.acts = dice_.pick(kAuditedActs);
  rule.of = resource(dice_);
  if (log == logs_.tenant() && dice_.chance(0.3)) rule.workspace = dice_.pick(kWorkspaces);
  set_policy(log, std::string(dice_.pick(kAuditNames)), {rule});
}

void Warden::set_policy(std::size_t log, const std::string& name,
                        std::vector<Statement> statements) {
  std::string text = cedar_text(statements);
  oracle_.means(text, std::move(statements));
  change({.method = "PUT",
          .log = log,
          .rest = "/policies/" + name + "?",
          .route = kPoliciesRoute,
          .named = name,
          .body = std::move(text)});
}

void Warden::remove_policy(std::size_t log) {
  const std::string name(dice_.pick(kPolicyNames));
  change({.method = "DELETE",
          .log = log,
          .rest = "/policies/" + name + "?",
          .route = kPoliciesRoute,
          .named = name});
}

void Warden::change(Change asked) {
  const std::string reason = fmt::format("w{}", ++last_change_);
  const std::string_view workspace =
      asked.log == logs_.tenant() ? log::kSystemWorkspace : workspace_of(asked.log);
  AuditWatch::Key key{.kind = "act",
                      .principal = admin_of(settings_),
                      .what = std::string(asked.method) + std::string(asked.route),
                      .workspace = std::string(workspace),
                      .where = asked.named};
  begin_change();
  admin_.ask(
      asked.method, fmt::format("{}{}&reason={}", workspace_target(workspace), asked.rest, reason),
      [this, key, reason, rest = asked.rest, of_tenant = asked.log == logs_.tenant(),
       failures = audit_.failures()](const ApiUser::Answer& answer) mutable {
        end_change();
        key.status = static_cast<std::uint64_t>(answer.status);
        if (!says_later(answer)) audit_.answered(key, failures);
        logs_.read_on();
        if (answer.ok() && logs_.position_of(reason) == 0)
          return broken(kRules, fmt::format("{} was confirmed, and is not in the log", rest));
        if (!answer.ok() && !says_later(answer) && answer.status != 404)
          return broken(kRules, fmt::format("{} is refused: {}", rest, answer.body));
        if (!answer.ok()) return;
        world_.hit(of_tenant ? Probe::tenant_rules_changed : Probe::rules_changed);
        if (!of_tenant) return;
        logs_.confirmed(reason);
        // It holds on every loop from now on.
        for (const auto& each : members_) each->edit_at_once();
      },
      {}, std::move(asked.body));
}

// ---- links

void Warden::make_link() {
  const std::size_t stranger = dice_.below(kStrangers);
  const std::size_t ward = ward_of(kMembers + stranger);
  const std::string object = object_of(kMembers + stranger);
  const std::string role(dice_.pick(kRolesOfLinks));
  AuditWatch::Key key{.kind = "act",
                      .principal = admin_of(settings_),
                      .what = "POST" + std::string(kLinksRoute),
                      .workspace = std::string(workspace_of(ward)),
                      .where = object};
  begin_change();
  admin_.ask(
      "POST",
      fmt::format("{}/links/{}", workspace_target(workspace_of(ward)),
                  percent_encode(object, true)),
      [this, key, stranger, object, role,
       failures = audit_.failures()](const ApiUser::Answer& answer) mutable {
        end_change();
        key.status = static_cast<std::uint64_t>(answer.status);
        if (!says_later(answer)) audit_.answered(key, failures);
        if (answer.ok()) return take_link(stranger, object, role, answer);
        if (!says_later(answer) && answer.status != 404)
          broken(kRules, fmt::format("a link to {} is refused: {}", object, answer.body));
      },
      {}, fmt::format(R"({{"role":"{}","lifetime_s":3600}})", role));
}

void Warden::take_link(std::size_t stranger, const std::string& object, const std::string& role,
                       const ApiUser::Answer& answer) {
  world_.hit(Probe::link_made);
  const std::size_t person = oracle_.add_person({.name = text_in(answer.json, "principal"),
                                                 .may_write = role != "viewer",
                                                 .link_to = object});
  links_[person] = text_in(answer.json, "ticket");
  strangers_[stranger] = {person, links_[person]};
}

void Warden::undo_link() {
  const std::size_t stranger = dice_.below(kStrangers);
  const Person& person = oracle_.person(strangers_[stranger].person);
  if (person.name.empty()) return;
  world_.hit(Probe::link_undone);
  change({.method = "DELETE",
          .log = ward_of(kMembers + stranger),
          .rest = fmt::format("/shares?resource={}&to={}", percent_encode(person.link_to),
                              percent_encode("principal:" + person.name)),
          .route = kSharesRoute});
}

// ---- what members do

std::uint64_t Warden::draw_mark(std::size_t person, std::size_t ward, const std::string& object) {
  return oracle_.draw_mark(person, ward, object, now(ward));
}

void Warden::shown(std::size_t person, std::size_t ward, std::string_view bytes,
                   const RuleSpan& came) {
  std::optional<RuleSpan> span;
  find_marks(bytes, [&](MarkKind kind, std::uint64_t number) {
    if (!span) span = until_now(ward, came);
    oracle_.shown(person, ward, kind, number, *span);
  });
}

void Warden::refused(const std::string& object, RulesOracle::Asked asked,
                     const std::weak_ptr<const int>& by) {
  if (by.expired()) return;
  const std::size_t person = asked.person;
  const std::size_t ward = asked.ward;
  oracle_.asked(std::move(asked));
  told_of_refusal(person, ward, "write", object, by);
}

void Warden::told_of_refusal(std::size_t person, std::size_t ward, std::string_view right,
                             const std::string& object, const std::weak_ptr<const int>& by) {
  audit_.told({.kind = "refusal",
               .principal = oracle_.person(person).name,
               .what = std::string(right),
               .workspace = std::string(workspace_of(ward)),
               .where = object},
              by);
}

void Warden::opened(std::size_t person, std::size_t ward, const std::string& object,
                    std::uint64_t since, const std::weak_ptr<const int>& by) {
  if (is_link(person)) world_.hit(Probe::link_used);
  if (still() != since) return;
  logs_.read_on();
  if (!logs_.rules_of(ward).audits(oracle_.person(person), kMayRead, {object, {}})) return;
  world_.hit(Probe::read_audited);
  audit_.told({.kind = "read",
               .principal = oracle_.person(person).name,
               .what = "read",
               .workspace = std::string(workspace_of(ward)),
               .where = object},
              by);
}

// Also without being an owner.
void Warden::give_something(const Member& member, Dice& dice) {
  if (is_stranger(member) || !oracle_.person(member.person()).may_write) return;
  const std::string rest = role_asked(dice);
  const std::string_view workspace = workspace_of(member.ward());
  AuditWatch::Key key{.kind = "act",
                      .principal = oracle_.person(member.person()).name,
                      .what = "PUT" + std::string(kSharesRoute),
                      .workspace = std::string(workspace),
                      .where = {}};
  begin_change();
  ApiUser(world_, server_, token_of_person(member.person()))
      .ask("PUT", workspace_target(workspace) + rest,
           [this, key, failures = audit_.failures()](const ApiUser::Answer& answer) mutable {
             end_change();
             key.status = static_cast<std::uint64_t>(answer.status);
             if (!says_later(answer)) audit_.answered(key, failures);
             if (answer.ok()) world_.hit(Probe::share_by_member);
           });
}

void Warden::restore_something(const Member& member, Dice& dice) {
  const std::size_t ward = member.ward();
  if (!oracle_.person(member.person()).may_write || logs_.end(ward) == 0) return;
  const std::string rest =
      fmt::format("/restore/{}?at={}&confirm={}", percent_encode(member.object(), true),
                  1 + dice.below(logs_.end(ward)), workspace_of(ward));
  ApiUser(world_, server_, token_of_person(member.person()))
      .ask("POST", workspace_target(workspace_of(ward)) + rest,
           [this, person = member.person(), ward, object = member.object(), rest,
            since = now(ward)](const ApiUser::Answer& answer) {
             const Need restore{.needed = kMayRestore | kMayHistory, .spot = {object, {}}};
             const Need all{
                 .needed = kMayWrite, .spot = {object, {}}, .below = true, .touched = kMayWrite};
             if (answer.ok()) world_.hit(Probe::restored_by_member);
             oracle_.asked({.person = person,
                            .needs = {restore},
                            .surely = {restore, all, {.needed = kMayRead, .spot = {object, {}}}},
                            .span = until_now(ward, since),
                            .granted = answer.ok(),
                            .refused = answer.status == 403,
                            .what = "POST " + rest,
                            .ward = ward});
           });
}

// ---- when all has healed

std::string Warden::what_lacks(Member& member) {
  const std::string& object = member.object();
  const Person& person = oracle_.person(member.person());
  const bool may = logs_.rules_of(member.ward()).allows(person, kMayRead, {object, {}});
  if (may != member.loaded())
    return fmt::format("{} {} {} open", person.name,
                       may ? "does not have" : "may not read, and has", object);
  if (!may) return {};
  auto& replica = replicas_[{member.ward(), object}];
  if (replica == nullptr) {
    replica = std::make_unique<Replica>();
    make_roots(replica->doc);
  }
  const auto events = store::read_object_events(server_.process()->store->tables(),
                                                wards_of(settings_)[member.ward()], object,
                                                replica->read, {.max_events = 10'000});
  if (!events) return "the log of the ward cannot be read";
  for (const log::Event& event : *events) {
    static_cast<void>(replica->doc.apply_update(event.intent));
    replica->read = event.position;
  }
  crdt::Doc* const page = member.page();
  if (page == nullptr || page->state_vector() != replica->doc.state_vector() ||
      canonical_json(page->to_json()) != canonical_json(replica->doc.to_json()))
    return fmt::format("{} does not show {} as the log says it", person.name, object);
  return {};
}

std::string Warden::why_not() {
  logs_.read_on();
  for (const auto& each : members_)
    if (std::string lacks = what_lacks(*each); !lacks.empty()) return lacks;
  if (std::string lacks = try_refusals_again(); !lacks.empty()) return lacks;
  return audit_.why_not();
}

}  // namespace syncline::sim
