// Deleting objects, undoing that, renaming them, and the rule that says for how long a deletion can be undone.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/conditions.h"
#include "api/delete_workspace.h"
#include "api/idempotency.h"
#include "api/route.h"
#include "api/rules.h"
#include "api/support.h"
#include "base/qualified_name.h"
#include "identity/scope.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "protocol/retention_json.h"

namespace syncline::api {
namespace {

// One request to delete, to undelete or to rename, until it is answered.
struct Removal {
  Call call;
  Conditions conditions;
  std::optional<IdempotencyKey> key;
  std::string to;  // the new name; empty: it is not renamed
  bool undo = false;
  bool erase = false;
  bool dry_run = false;
  bool unmet = false;  // a condition does not hold
};

std::string renamed_json(const Removal& removal, const workspace::Receipt& receipt) {
  const Path& path = removal.call.path;
  return fmt::format(
      R"({{"workspace":{},"object":{},"renamed_from":{},"dry_run":{},"position":{}}})"
      "\n",
      protocol::json_string(path.name), protocol::json_string(removal.to),
      protocol::json_string(path.object), removal.dry_run, receipt.position);
}

void answer_removal(Removal& removal, const Result<workspace::Receipt>& receipt) {
  Call& call = removal.call;
  if (!receipt && removal.unmet)
    return call.answer(http::error_response(412, "precondition_failed", receipt.error().message));
  if (!receipt) return call.refuse(receipt.error());
  // The id of before is one of the deleted object.
  if (!removal.undo && !removal.dry_run) call.shard.renew_editing_replica();
  if (!removal.to.empty()) {
    http::Response renamed = http::json_response(200, renamed_json(removal, *receipt));
    if (receipt->known && !removal.dry_run)
      renamed.headers.emplace_back("Idempotent-Replayed", "true");
    return call.answer(std::move(renamed));
  }
  if (removal.erase && !removal.dry_run && call.shard.erasure)
    call.shard.erasure->look_at(call.path.workspace);
  const workspace::Workspace& workspace = call.shard.host.get(call.path.workspace);
  const log::EndedGeneration* ended = workspace.deletions().last(call.path.object);
  std::string json =
      fmt::format(R"({{"workspace":{},"object":{},"dry_run":{},"position":{})",
                  protocol::json_string(call.path.name), protocol::json_string(call.path.object),
                  removal.dry_run, receipt->position);
  if (ended != nullptr && !removal.undo && !removal.dry_run)
    json += fmt::format(R"(,"generation":{},"erase_at":{})", ended->generation,
                        ended->erase_at_ms == 0
                            ? "null"
                            : protocol::json_string(protocol::time_text(ended->erase_at_ms)));
  http::Response response = http::json_response(200, json + "}\n");
  if (receipt->known && !removal.dry_run)
    response.headers.emplace_back("Idempotent-Replayed", "true");
  call.answer(std::move(response));
}

void carry_out(std::shared_ptr<Removal> removal, std::shared_ptr<workspace::NamedActor> named) {
  const Call& call = removal->call;
  workspace::Deletion wish{
      .caller = call.caller,
      .object = call.path.object,
      .to = removal->to,
      .reason = http::query_parameter(call.request.query, "reason").value_or(""),
      .erase = removal->erase,
      .dry_run = removal->dry_run,
      .allow = [removal](const merge::Object&, log::Position position) -> Result<void> {
        if (removal->conditions.allow_change(position)) return {};
        removal->unmet = true;
        return fail(ErrorCode::kConflict, removal->conditions.unmet(position));
      },
      .named = std::move(named)};
  if (removal->key) {
    wish.caller.actor = removal->key->actor;
    wish.actor_seq = removal->key->digest;
  }
  workspace::Workspace& workspace = call.shard.host.get(call.path.workspace);
  auto done = [removal](const Result<workspace::Receipt>& receipt) {
    answer_removal(*removal, receipt);
  };
  if (!removal->to.empty()) return workspace.rename_object(std::move(wish), std::move(done));
  removal->undo ? workspace.undelete_object(std::move(wish), std::move(done))
                : workspace.delete_object(std::move(wish), std::move(done));
}

// What is recorded of the key is looked up before.
void look_up_key(std::shared_ptr<Removal> removal) {
  if (!removal->key) return carry_out(std::move(removal), nullptr);
  const Call& asked = removal->call;
  log::ActorId actor{.tenant = std::string(split_name(asked.path.workspace).tenant),
                     .principal = asked.caller.principal.id,
                     .actor = removal->key->actor};
  asked.shard.host.get(asked.path.workspace)
      .recall(std::move(actor), [removal](Result<std::shared_ptr<workspace::NamedActor>> recalled) {
        if (!recalled) return removal->call.refuse(recalled.error());
        carry_out(removal, std::move(*recalled));
      });
}

// Under a legal hold, nothing is erased at once, and nothing gets another name. An erasure would wait, and whoever asks should
// know.
void check_hold(std::shared_ptr<Removal> removal) {
  const std::string& workspace = removal->call.path.workspace;
  removal->call.shard.store->retention().load_retention(
      workspace, [removal](Result<log::Retention> kept) mutable {
        if (!kept) return removal->call.refuse(kept.error());
        if (const auto free = log::check_not_held(*kept); !free)
          return removal->call.refuse({ErrorCode::kConflict, free.error().message});
        look_up_key(std::move(removal));
      });
}

void begin(Call call, bool undo, std::string to = {}) {
  auto conditions = Conditions::read(call.request);
  if (!conditions) return call.refuse(conditions.error());
  auto key = idempotency_key(call.request);
  if (!key) return call.refuse(key.error());
  const std::string erase = http::query_parameter(call.request.query, "erase").value_or("");
  if (!erase.empty() && (erase != "now" || undo || !to.empty()))
    return call.refuse({ErrorCode::kInvalid, "the only value of erase is now, for DELETE"});
  const bool dry_run = http::query_parameter(call.request.query, "dry_run").value_or("") == "1";
  if (dry_run) key->reset();
  auto removal = std::make_shared<Removal>(Removal{.call = std::move(call),
                                                   .conditions = std::move(*conditions),
                                                   .key = std::move(*key),
                                                   .to = std::move(to),
                                                   .undo = undo,
                                                   .erase = !erase.empty(),
                                                   .dry_run = dry_run});
  const bool waits_for_hold = removal->erase || !removal->to.empty();
  waits_for_hold ? check_hold(std::move(removal)) : look_up_key(std::move(removal));
}

void delete_object(Call call) {
  begin(std::move(call), false);
}

void undelete_object(Call call) {
  begin(std::move(call), true);
}

// ---- renaming

void rename_object(Call call) {
  std::string to = http::query_parameter(call.request.query, "to").value_or("");
  if (to.empty()) return call.refuse({ErrorCode::kInvalid, "say what the new name is: to=NAME"});
  if (auto within = identity::check_scope(call.caller.principal, call.path.name, to); !within)
    return call.refuse(within.error());
  begin(std::move(call), false, std::move(to));
}

void remove_redirect(Call call) {
  log::RemoveRedirect act{call.path.object};
  std::string reason = http::query_parameter(call.request.query, "reason").value_or("");
  change_rules(std::move(call), Right::kDelete, std::move(act), std::move(reason), [](Call asked) {
    const std::string json = fmt::format(R"({{"workspace":{},"object":{}}})"
                                         "\n",
                                         protocol::json_string(asked.path.name),
                                         protocol::json_string(asked.path.object));
    asked.answer(http::json_response(200, json));
  });
}

// ---- the rule

Result<std::vector<std::uint64_t>> read_seeds(const std::string& text) {
  std::vector<std::uint64_t> seeds;
  const char* next = text.data();
  const char* const end = next + text.size();
  while (next != end) {
    std::uint64_t seed = 0;
    const auto [after, error] = std::from_chars(next, end, seed);
    if (error != std::errc() || (after != end && *after != ','))
      return fail(ErrorCode::kInvalid, "seeds is a list of client ids, such as 1,2");
    seeds.push_back(seed);
    next = after == end ? end : after + 1;
  }
  std::ranges::sort(seeds);
  seeds.erase(std::ranges::unique(seeds).begin(), seeds.end());
  return seeds;
}

void show_deletions(Call call) {
  workspace::Workspace& workspace = call.shard.host.get(call.path.workspace);
  const log::HeldDeletions& held = workspace.deletions();
  std::string seeds;
  for (const std::uint64_t seed : held.rule.seeds)
    seeds += fmt::format("{}{}", seeds.empty() ? "" : ",", seed);
  std::string json = fmt::format(
      R"({{"generation":{},"deleted":{},"grace_ms":{},"seeds":[{}],"objects":[)",
      held.workspace_generation, deleted_workspace_json(held), held.rule.grace_ms, seeds);
  std::string redirects;
  for (const auto& [object, ended] : held.objects) {
    const log::EndedGeneration& last = ended.back();
    if (last.redirects)
      redirects += fmt::format(R"({}{{"object":{},"to":{},"renamed":{},"principal":{}}})",
                               redirects.empty() ? "" : ",", protocol::json_string(object),
                               protocol::json_string(last.renamed_to),
                               protocol::json_string(protocol::time_text(last.deleted_ms)),
                               protocol::json_string(last.principal));
    if (last.is_renamed()) continue;
    if (json.back() != '[') json += ',';
    json += fmt::format(
        R"({{"object":{},"generation":{},"after":{},"deleted":{},"principal":{},"erase_at":{},"erased":{}}})",
        protocol::json_string(object), last.generation, last.after,
        protocol::json_string(protocol::time_text(last.deleted_ms)),
        protocol::json_string(last.principal),
        last.erase_at_ms == 0 ? "null"
                              : protocol::json_string(protocol::time_text(last.erase_at_ms)),
        last.erased);
  }
  call.answer(http::json_response(200, json + "],\"redirects\":[" + redirects + "]}\n"));
}

// A list of many is long, so it is made once the workspace is open.
void list_deletions(Call call) {
  workspace::Workspace& workspace = call.shard.host.get(call.path.workspace);
  auto asked = std::make_shared<Call>(std::move(call));
  workspace.open([asked](Result<void> open) {
    open ? show_deletions(std::move(*asked)) : asked->refuse(open.error());
  });
}

void set_deletion_rule(Call call) {
  log::SetDeletionRule rule;
  if (const auto grace = http::query_parameter(call.request.query, "grace")) {
    const auto parsed = protocol::parse_duration(*grace);
    if (!parsed) return call.refuse(parsed.error());
    rule.grace_ms = *parsed;
  }
  auto seeds = read_seeds(http::query_parameter(call.request.query, "seeds").value_or(""));
  if (!seeds) return call.refuse(seeds.error());
  rule.seeds = std::move(*seeds);
  std::string reason = http::query_parameter(call.request.query, "reason").value_or("");
  change_rules(std::move(call), Right::kRetention, std::move(rule), std::move(reason),
               show_deletions);
}

constexpr Route kDeleteRoutes[] = {
    {"DELETE", "/v1/workspaces/{workspace}/objects/{object}", Right::kDelete, delete_object},
    {"POST", "/v1/workspaces/{workspace}/undelete/{object}", Right::kDelete, undelete_object},
    {"POST", "/v1/workspaces/{workspace}/rename/{object}", Right::kDelete, rename_object},
    {"DELETE", "/v1/workspaces/{workspace}/redirects/{object}", Right::kDelete, remove_redirect},
    {"GET", "/v1/workspaces/{workspace}/deletions", Right::kHistory, list_deletions,
     Route::kAlsoWhileDeleted},
    {"PUT", "/v1/workspaces/{workspace}/deletions", Right::kRetention, set_deletion_rule},
};

}  // namespace

std::span<const Route> delete_routes() {
  return kDeleteRoutes;
}

}  // namespace syncline::api
