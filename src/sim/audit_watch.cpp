#include "sim/audit_watch.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "log/audit.h"
#include "sim/invariants.h"
#include "sim/rules_oracle.h"
#include "store/reads.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kWrittenWithinUs = 30 * kSecond;  // when nothing fails any more
constexpr std::string_view kCannotBeWritten = "the audit log cannot be written";

std::string shown_key(const AuditWatch::Key& key) {
  return fmt::format("the {} '{} {} {}' of {} with status {}", key.kind, key.what, key.workspace,
                     key.where, key.principal, key.status);
}

// Refusals differ in their reasons, which not everybody is told.
AuditWatch::Key key_of_entry(const log::AuditEntry& entry) {
  const bool by_request =
      entry.kind == log::AuditEntry::Kind::kAct || entry.kind == log::AuditEntry::Kind::kExport;
  return {.kind = std::string(log::name_of(entry.kind)),
          .principal = entry.principal,
          .what = by_request ? entry.request : entry.right,
          .workspace = entry.workspace,
          .where = entry.object,
          .status = entry.status};
}

}  // namespace

// What the server reports to its operator.
class AuditWatch::Reports final : public observe::Sink {
 public:
  explicit Reports(World& world) : world_(world) {}

  bool wants(observe::Level, observe::Area) const override { return true; }
  void report(const observe::Report& report) override {
    if (report.message.view() == kCannotBeWritten) ++failures_;
    for (const observe::Field& field : report.fields)
      if (const auto* const text = std::get_if<std::string_view>(&field.value);
          text != nullptr && holds_mark(*text))
        world_.violated(kRules, fmt::format("the report '{}' holds what somebody wrote: {}",
                                            report.message.view(), *text));
  }
  std::uint64_t failures() const { return failures_; }

 private:
  World& world_;
  std::uint64_t failures_ = 0;
};

AuditWatch::AuditWatch(World& world, Server& server, std::string log)
    : world_(world),
      server_(server),
      log_(std::move(log)),
      reports_(std::make_shared<Reports>(world)) {
  world.kept.push_back(reports_);
  server.report_to(reports_.get());
}

std::uint64_t AuditWatch::failures() const {
  return reports_->failures();
}

void AuditWatch::read_on() {
  const Server::Process* const process = server_.process();
  if (process == nullptr) return;
  for (;;) {
    const auto events =
        store::read_object_events(process->store->tables(), log_, std::string(log::kAuditObject),
                                  read_, {.max_events = 1000});
    if (!events || events->empty()) return;  // another oracle reports damage
    for (const log::Event& event : *events) {
      read_ = event.position;
      const auto entries = log::audit_in(event);
      if (!entries || !*entries) continue;
      if (holds_mark(as_text(event.intent)))
        world_.violated(kRules, "the audit log holds what somebody wrote");
      for (const log::AuditEntry& entry : **entries) logged_[key_of_entry(entry)] += entry.count;
    }
  }
}

// What a process had to write when it ended is lost.
void AuditWatch::started() {
  read_on();
  process_ = server_.process()->alive;
  failures_then_ = reports_->failures();
  logged_then_ = logged_;
  told_.clear();
}

void AuditWatch::answered(const Key& act, std::uint64_t failures) {
  read_on();
  world_.hit(Probe::act_audited);
  if (failures != reports_->failures()) return;
  if (const std::uint64_t times = ++acts_[act]; logged_[act] < times)
    world_.violated(kAuditLog, fmt::format("{} was answered {} times, and stands in the log {} "
                                           "times",
                                           shown_key(act), times, logged_[act]));
}

void AuditWatch::told(const Key& key, const std::weak_ptr<const int>& by) {
  if (!by.expired() && by.lock() == process_.lock()) ++told_[key];
}

std::vector<AuditWatch::Key> AuditWatch::refusals() {
  read_on();
  std::vector<Key> all;
  for (const auto& [key, times] : logged_)
    if (key.kind == "refusal") all.push_back(key);
  return all;
}

// If something could not be written, nobody knows what that was.
std::string AuditWatch::why_not() {
  if (failures_then_ != reports_->failures()) return {};
  read_on();
  for (const auto& [key, times] : told_) {
    const std::uint64_t there = logged_[key] - logged_then_[key];
    Lack& lack = lacks_[key];
    if (there >= times || lack.times != times) lack = {times, world_.now_us()};
    if (there >= times) continue;
    std::string lacks = fmt::format("{} happened {} times, and stands in the log {} times",
                                    shown_key(key), times, there);
    if (world_.now_us() > lack.since_us + kWrittenWithinUs) world_.violated(kAuditLog, lacks);
    return lacks;
  }
  if (!told_.empty()) world_.hit(Probe::refusal_audited);
  for (const auto& [key, times] : logged_)
    if (key.kind == "read" && key.what == "history" && std::cmp_greater(times, possible_[key]))
      world_.violated(kAuditLog,
                      fmt::format("{} stands in the log {} times, and audit rules fit it "
                                  "{} times",
                                  shown_key(key), times, possible_[key]));
  return {};
}

}  // namespace syncline::sim
