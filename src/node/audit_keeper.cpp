#include "node/audit_keeper.h"

#include <memory>
#include <utility>

#include "base/qualified_name.h"
#include "identity/network.h"
#include "node/shards.h"
#include "state/audit_object.h"

namespace syncline::node {
namespace {

// The server itself, which no policy refuses. An event of the audit log names nobody: its entries do.
workspace::Workspace::Author auditor() {
  return {.caller = {.rights = identity::Rights::all(), .local = true},
          .type = &state::audit_type()};
}

}  // namespace

log::AuditEntry audit_entry_of(const identity::Caller& caller, std::string_view peer) {
  log::AuditEntry entry;
  entry.principal = caller.principal.id;
  if (caller.principal.identity != nullptr) entry.token = caller.principal.identity->token;
  entry.address = peer.substr(0, peer.rfind(':'));
  return entry;
}

AuditKeeper::AuditKeeper(const Shards& shards, Scheduler& loop, observe::Sink* reports,
                         SharedCell memory)
    : shards_(shards),
      loop_(loop),
      reporter_(reports, observe::Area::kServer),
      trail_(std::move(memory)) {}

AuditKeeper::~AuditKeeper() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void AuditKeeper::refused(const identity::Refusal& refusal) {
  const auto [tenant, workspace] = split_name(refusal.workspace);
  log::AuditEntry entry = audit_entry_of(refusal.caller, refusal.peer);
  entry.kind = log::AuditEntry::Kind::kRefusal;
  entry.right = identity::name_of(refusal.right);
  entry.request = refusal.request;
  entry.workspace = workspace;
  entry.object = refusal.object;
  entry.reason = refusal.reason;
  add(refusal.workspace.empty() ? refusal.caller.principal.tenant() : tenant, std::move(entry));
}

void AuditKeeper::read(const identity::Caller& caller, identity::Right right,
                       std::string_view workspace, std::string_view object) {
  const auto [tenant, name] = split_name(workspace);
  log::AuditEntry entry = audit_entry_of(caller, caller.peer);
  entry.kind = log::AuditEntry::Kind::kRead;
  entry.right = identity::name_of(right);
  entry.workspace = name;
  entry.object = object;
  add(tenant, std::move(entry));
}

void AuditKeeper::presented_wrong_token(std::string_view peer) {
  log::AuditEntry entry = audit_entry_of({}, peer);
  entry.kind = log::AuditEntry::Kind::kRefusal;
  entry.reason = "a wrong token";
  add("", std::move(entry));
}

void AuditKeeper::add(std::string_view tenant, log::AuditEntry entry) {
  entry.unix_ms = loop_.unix_ms();
  trail_.add(tenant, std::move(entry));
  if (timer_ == 0) timer_ = loop_.after(kWriteMs, [this] { write_counted(); });
}

void AuditKeeper::write_counted() {
  const Doing naming(loop_, "audit");
  timer_ = 0;
  for (const auto& [tenant, entries] : trail_.take()) write(tenant, entries, [](Result<void>) {});
}

void AuditKeeper::record(std::string_view tenant, log::AuditEntry entry, log::Done<void> done) {
  entry.unix_ms = loop_.unix_ms();
  log::cut_texts(entry);
  write(tenant, {std::move(entry)}, std::move(done));
}

void AuditKeeper::write(std::string_view tenant, const std::vector<log::AuditEntry>& entries,
                        log::Done<void> done) {
  std::string name = qualified(tenant, log::kSystemWorkspace);
  auto written = [reporter = reporter_,
                  done = std::move(done)](Result<workspace::Receipt> receipt) mutable {
    if (receipt) return done({});
    reporter.error("the audit log cannot be written", {{"reason", receipt.error().message}});
    done(std::unexpected(std::move(receipt.error())));
  };
  shards_.on_owner(name, [name, intent = log::encode_audit(entries),
                          written = std::move(written)](Shard& shard) mutable {
    shard.host.get(name).change(
        std::string(log::kAuditObject), auditor(),
        [intent = std::move(intent)](const merge::Object&, log::Position) { return intent; },
        std::move(written));
  });
}

}  // namespace syncline::node
