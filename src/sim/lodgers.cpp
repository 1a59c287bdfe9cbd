#include "sim/lodgers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/qualified_name.h"
#include "sim/api_user.h"
#include "sim/invariants.h"
#include "sim/plain_client.h"
#include "sim/rights.h"
#include "store/reads.h"

namespace syncline::sim {

using limits::Quota;

namespace {

constexpr std::array<std::string_view, 3> kTenants = {"quiet", "loud", "tight"};
constexpr std::string_view kQuiet = kTenants[0];
constexpr std::string_view kLoud = kTenants[1];
constexpr std::string_view kTight = kTenants[2];

constexpr std::uint64_t kAskEveryUs = kSecond / 4;
constexpr std::uint64_t kRotateEveryUs = 8 * kSecond;
constexpr std::uint64_t kMostMarks = 100;  // in one document
constexpr std::size_t kEnoughEdits = 50;

// What every byte of a tenant bears.
std::string mark_of(std::string_view tenant) {
  return fmt::format("taint-{}-", tenant);
}

// The tenant whose mark is in these bytes, and who is not `own`; "" if there is none.
std::string_view foreign_mark(std::string_view bytes, std::string_view own) {
  for (const std::string_view tenant : kTenants)
    if (tenant != own && bytes.find(mark_of(tenant)) != bytes.npos) return tenant;
  return {};
}

std::string document_of(std::string_view tenant, std::size_t number) {
  return fmt::format("{}{}", number % 2 == 0 ? "shared" : mark_of(tenant), number);
}

// All that the routes of a workspace can say, with names that exist and names that do not.
constexpr std::array<std::string_view, 24> kTargets = {
    "/v1/workspaces",
    "/v1/workspaces?limit=1",
    "/v1/workspaces/{w}/objects",
    "/v1/workspaces/{w}/objects/shared0",
    "/v1/workspaces/{w}/objects/shared0?at=1",
    "/v1/workspaces/{w}/state",
    "/v1/workspaces/{w}/changes",
    "/v1/workspaces/{w}/blame/shared0",
    "/v1/workspaces/{w}/log",
    "/v1/workspaces/{w}/export",
    "/v1/workspaces/{w}/checkpoint",
    "/v1/workspaces/{w}/pins",
    "/v1/workspaces/{w}/retention",
    "/v1/workspaces/{w}/quarantine",
    "/v1/workspaces/{w}/import",
    "/v1/workspaces/{w}/objects/none",
    "/v1/workspaces/{w}/objects/shared0?at=999999",
    "/v1/workspaces/none/export",
    "/v1/workspaces/none/checkpoint",
    "/v1/workspaces/none/log?after=x",
    "/v1/shut",
    "/v1/tenants",
    "/v1/tenants/loud",
    "/metrics"};

}  // namespace

std::string TenantKeys::token_of(std::string_view tenant) const {
  return fmt::format("{}-{}", tenant, period_);
}

identity::Access TenantKeys::access() const {
  std::vector<identity::Token> tokens;
  for (const std::string_view tenant : kTenants)
    for (const std::uint64_t period : {period_ - 1, period_})
      tokens.push_back(
          {.secret = fmt::format("{}-{}", tenant, period),
           // The principals of all tenants, and those of clients, have the same names.
           .principal = {
               .id = "p0",
               .identity = std::make_shared<const identity::Identity>(identity::Identity{
                   .source = identity::Identity::Source::kJwt, .tenant = std::string(tenant)})}});
  return identity::Access(std::move(tokens));
}

// One client of a tenant: writes, is present, sends messages to others, and looks at every byte that it gets.
class Lodger final : public PlainClient {
 public:
  Lodger(World& world, Network& network, TenantKeys& keys, std::string_view tenant,
         std::string workspace, std::size_t number, std::size_t index)
      : PlainClient(world, network,
                    {.kind = "lodger",
                     .number = number,
                     .every_us = tenant == kLoud ? kSecond / 20 : kSecond,
                     .client_id = 700'000 + index}),
        keys_(keys),
        tenant_(tenant),
        home_({.hocuspocus = index / kTenants.size() % 2 == 1,
               .workspace = std::move(workspace),
               .object = document_of(tenant, index / kTenants.size()),
               .token = {}}),
        mark_(mark_of(tenant)) {}

  // How long its edits have waited, also the one that is not saved yet.
  void add_waits(std::vector<std::uint64_t>& waits_us) const {
    waits_us.insert(waits_us.end(), waits_us_.begin(), waits_us_.end());
    if (outstanding_us_ != 0) waits_us.push_back(world_.now_us() - outstanding_us_);
  }
  std::string_view tenant() const { return tenant_; }

 private:
  Place choose() override {
    // Sometimes at an address that is another tenant's, which must not let it in.
    astray_ = dice_.chance(0.1);
    const std::string_view elsewhere = tenant_ == kQuiet ? kLoud : kQuiet;
    const std::string_view named = dice_.chance(0.5) ? std::string_view() : tenant_;
    saved();  // or not: it has waited that long
    Place place = home_;
    place.token = keys_.token_of(tenant_);
    place.tenant = astray_ ? elsewhere : named;
    return place;
  }

  void shown(std::string_view bytes) override {
    if (const std::string_view whose = foreign_mark(bytes, tenant_); !whose.empty())
      return world_.violated(
          kTenantsApart, fmt::format("{} of {} is sent something of {}", name_, tenant_, whose));
    if (bytes.find(fmt::format("/{}/", tenant_)) != bytes.npos)
      return world_.violated(kTenantsApart, name_ + " is sent a name within the server");
    if (tenant_ != kTight && bytes.find("over the quota") != bytes.npos)
      return world_.violated(
          kTenantsApart, fmt::format("{} of {} is refused for a quota of others", name_, tenant_));
  }

  void served() override {
    if (astray_)
      world_.violated(kTenantsApart,
                      fmt::format("{} of {} is served at another's address", name_, tenant_));
    world_.hit(Probe::tenant_served);
  }

  void saved() override {
    if (outstanding_us_ == 0) return;
    waits_us_.push_back(world_.now_us() - std::exchange(outstanding_us_, 0));
  }

  void act() override {
    if (!welcome()) return;
    if (dice_.chance(0.02)) {
      outstanding_us_ = 0;  // it leaves of its own accord, and does not wait
      return close();
    }
    if (dice_.chance(0.2)) announce(fmt::format(R"({{"user":{{"name":"{}{}"}}}})", mark_, name_));
    if (home_.hocuspocus && dice_.chance(0.2)) say(mark_ + "says something");
    if (outstanding_us_ == 0 && !astray_) outstanding_us_ = world_.now_us();
    write(mark_, kMostMarks);
  }

  TenantKeys& keys_;
  const std::string_view tenant_;
  const Place home_;
  const std::string mark_;
  bool astray_ = false;
  std::uint64_t outstanding_us_ = 0;  // when the first edit was sent that is not saved
  std::vector<std::uint64_t> waits_us_;
};

// What the server reports to its operator: no report may hold what two tenants wrote.
class ReportReader final : public observe::Sink {
 public:
  explicit ReportReader(World& world) : world_(world) {}

  bool wants(observe::Level, observe::Area) const override { return true; }
  void report(const observe::Report& report) override {
    std::string_view first;
    for (const observe::Field& field : report.fields) {
      const auto* const text = std::get_if<std::string_view>(&field.value);
      if (text == nullptr) continue;
      if (first.empty()) first = foreign_mark(*text, {});
      const std::string_view other = first.empty() ? first : foreign_mark(*text, first);
      if (!other.empty())
        world_.violated(kTenantsApart, fmt::format("the report '{}' is of {} and of {}",
                                                   report.message.view(), first, other));
    }
  }

 private:
  World& world_;
};

// Above what they can reach, so only what counts for another tenant can be in the way; but of the tight one.
std::vector<limits::TenantRecord> Lodgers::tenants() {
  std::vector<limits::TenantRecord> records;
  for (const std::string_view tenant : kTenants) {
    limits::TenantRecord record{.name = std::string(tenant)};
    record.quotas.set(Quota::kObjects, tenant == kTight ? 2 : 4);
    record.quotas.set(Quota::kWorkspaces, 2);
    if (tenant == kTight) {
      record.quotas.set(Quota::kConnections, 2);
      record.quotas.set(Quota::kStoredBytes, 2'000);
    } else {
      record.quotas.set(Quota::kConnections, 40);
    }
    if (tenant == kLoud) record.quotas.set(Quota::kEvents, 20);
    records.push_back(std::move(record));
  }
  return records;
}

Lodgers::Lodgers(World& world, Network& network, Server& server, std::size_t first,
                 std::string workspace, std::uint64_t soon_us)
    : world_(world),
      server_(server),
      workspace_(std::move(workspace)),
      soon_us_(soon_us),
      dice_(world.dice.fork("lodgers")),
      reports_(std::make_shared<ReportReader>(world)) {
  world.kept.push_back(reports_);  // processes report until the end
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string_view tenant = kTenants[i % kTenants.size()];
    // The last of each writes in a workspace whose name bears the mark.
    const bool own = i + kTenants.size() >= kCount;
    lodgers_.push_back(std::make_unique<Lodger>(world, network, keys_, tenant,
                                                own ? mark_of(tenant) + "workspace" : workspace_,
                                                first + i, i));
  }
}

Lodgers::~Lodgers() = default;

void Lodgers::start() {
  server_.report_to(reports_.get());
  server_.set_tenant_tokens([this] { return keys_.access(); });
  for (const auto& each : lodgers_) each->start();
  ask_later();
  rotate_later();
}

void Lodgers::stop() {
  stopped_ = true;
  if (soon_us_ != 0) check_quiet();
  for (const auto& each : lodgers_) each->stop();
}

void Lodgers::rotate_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(kRotateEveryUs)), [this] {
    if (stopped_) return;
    keys_.rotate();
    server_.set_tenant_tokens([this] { return keys_.access(); });
    rotate_later();
  });
}

void Lodgers::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(kAskEveryUs)), [this] {
    if (stopped_) return;
    ask();
    ask_later();
  });
}

// Anything that a tenant can ask, and a visitor of the default tenant: at its own address, at none, and at another's.
void Lodgers::ask() {
  if (server_.process() == nullptr) return;
  const std::size_t who = dice_.below(kTenants.size() + 1);
  const std::string_view tenant = who < kTenants.size() ? kTenants[who] : std::string_view();
  const std::string_view address = kTenants[dice_.below(kTenants.size())];
  const bool named = dice_.chance(0.6);
  std::string target(kTargets[dice_.below(kTargets.size())]);
  if (const auto at = target.find("{w}"); at != target.npos) target.replace(at, 3, workspace_);
  const bool server_wide =
      !tenant.empty() && (target.starts_with("/v1/tenants") || target == "/metrics");
  if (named) target = fmt::format("/t/{}{}", address, target);
  const bool elsewhere = named && address != tenant;
  ApiUser(world_, server_, tenant.empty() ? std::string(Rights::kVisitor) : keys_.token_of(tenant))
      .ask("GET", target,
           [this, tenant, target, elsewhere, server_wide](const ApiUser::Answer& answer) {
             const auto broken = [&](std::string_view what) {
               world_.violated(kTenantsApart,
                               fmt::format("GET {} of {}: {}", target, tenant, what));
             };
             if (answer.ok() && elsewhere) return broken("another's address is answered");
             if (answer.ok() && server_wide) return broken("what is the operator's is answered");
             if (elsewhere) world_.hit(Probe::tenant_refused);
             if (const std::string_view whose = foreign_mark(answer.body, tenant); !whose.empty())
               return broken(fmt::format("it holds something of {}", whose));
             // A signed checkpoint names the tenant in its own way, as "/t/quiet/w/…".
             if (!tenant.empty() &&
                 answer.body.find(fmt::format(" /{}/", tenant)) != std::string::npos)
               return broken("it holds a name within the server");
           });
}

void Lodgers::check(const store::Tables& tables) const {
  const auto names = store::read_workspaces(tables, "", 1000);
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    const std::string_view tenant = split_name(name).tenant;
    const auto events = store::read_events(tables, name, 0, {.max_events = 100'000});
    if (!events) continue;  // another oracle reports this
    for (const log::Event& event : *events) {
      const std::string_view whose = foreign_mark(as_text(event.intent), tenant);
      if (!whose.empty() || foreign_mark(event.object, tenant) != "")
        return world_.violated(kTenantsApart,
                               fmt::format("the log of {} holds something of another", name));
      if (event.tenant != tenant)
        return world_.violated(kTenantsApart, fmt::format("event {} of {} is of tenant '{}'",
                                                          event.position, name, event.tenant));
    }
  }
}

void Lodgers::check_quiet() const {
  std::vector<std::uint64_t> waits;
  for (const auto& each : lodgers_)
    if (each->tenant() == kQuiet) each->add_waits(waits);
  if (waits.size() < kEnoughEdits) return;
  std::ranges::sort(waits);
  world_.hit(Probe::quiet_tenant_timed);
  const std::uint64_t p99 = waits[waits.size() * 99 / 100];
  if (p99 > soon_us_)
    world_.violated(kTenantsApart,
                    fmt::format("edits of the quiet tenant take {} ms (99 of 100), and {} are soon",
                                p99 / 1000, soon_us_ / 1000));
}

}  // namespace syncline::sim
