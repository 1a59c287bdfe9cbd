// The names of people that are kept beside the logs: listing and erasing them. And who asks.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/support.h"
#include "base/mutation.h"
#include "identity/names.h"
#include "identity/person.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using log::DirectoryEntry;
using log::DirectoryKind;

std::string day_text(std::uint64_t day) {
  return protocol::time_text(day * identity::kDayMs).substr(0, 10);
}

// `key`: what the id names.
std::string to_json(std::string_view key, const std::string& id, const identity::Person& person) {
  const std::string who = fmt::format("\"{}\":{}", key, protocol::name_json(id));
  if (person.forgotten) return fmt::format(R"({{{},"name":null,"forgotten":true}})", who);
  return fmt::format(R"({{{},"name":{},"first_seen":"{}","last_seen":"{}"}})", who,
                     protocol::name_json(person.name), day_text(person.first_day),
                     day_text(person.last_day));
}

// Answers with the records of that owner, a tenant or a workspace. A damaged one is shown without a name.
void list_records(Call call, DirectoryKind kind, const std::string& owner, std::string_view array,
                  std::string_view key) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string begin = identity::people_of(owner);
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  auto body = [array, key, limit = *limit,
               skip = begin.size()](const std::vector<DirectoryEntry>& entries) {
    std::string list;
    for (const DirectoryEntry& entry : entries)
      list += (list.empty() ? "" : ",") +
              to_json(key, entry.id.substr(skip),
                      identity::decode_person(entry.value).value_or(identity::Person()));
    const bool last = entries.size() < limit;
    return http::json_response(
        200, fmt::format("{{\"{}\":[{}],\"next\":{}}}\n", array, list,
                         last ? "null" : protocol::name_json(entries.back().id.substr(skip))));
  };
  call.shard.store->directory().list_entries(
      kind, begin, after.empty() ? "" : begin + after, *limit,
      answer_with<std::vector<DirectoryEntry>>(std::move(call.responder), std::move(body)));
}

log::Done<void> answer_erased(http::Responder responder) {
  return [responder = std::move(responder)](Result<void> erased) mutable {
    http::Response gone;
    gone.status = 204;
    responder.respond(erased ? std::move(gone) : to_response(erased.error()));
  };
}

void list_people(Call call) {
  const std::string tenant(identity::tenant_of(call.caller.principal));
  list_records(std::move(call), DirectoryKind::kPerson, tenant, "people", "principal");
}

// ---- erasing a person

void erase_record(Call call, const std::string& id, bool forget) {
  log::DirectoryChange change{DirectoryKind::kPerson, id, std::nullopt};
  if (forget) change.value = identity::encode_person({.forgotten = true});
  if (is_mutated(Mutation::keep_erased_name)) return answer_erased(std::move(call.responder))({});
  call.shard.store->directory().change_directory({std::move(change)},
                                                 answer_erased(std::move(call.responder)));
}

// Each loop forgets first what it knows, so that none writes the name after it was erased (workspace/people.h).
void forget_everywhere(Call call, const std::string& tenant, const std::string& principal,
                       const std::string& id, bool forget) {
  const node::Shards& shards = call.context.shards;
  const std::size_t home = call.request.loop;
  const auto asked = std::make_shared<Call>(std::move(call));
  const auto missing = std::make_shared<std::atomic<std::size_t>>(shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i)
    shards.on(i, [=, &shards](node::Shard& shard) {
      shard.people.erase(tenant, principal, forget);
      if (--*missing == 0)
        shards.on(home, [=](node::Shard&) { erase_record(std::move(*asked), id, forget); });
    });
}

void erase_person(Call call) {
  const std::string principal = call.path.object;
  const std::string tenant(identity::tenant_of(call.caller.principal));
  const bool forget = http::query_parameter(call.request.query, "forget").value_or("") == "1";
  const auto id = identity::person_id(tenant, principal);
  if (!id) return call.refuse({ErrorCode::kInvalid, "this is no id of a principal"});
  log::DirectoryStore& directory = call.shard.store->directory();
  directory.load_entry(
      DirectoryKind::kPerson, *id,
      [call = std::move(call), tenant, principal, id = *id,
       forget](const Result<std::optional<Bytes>>& stored) mutable {
        if (!stored && stored.error().code != ErrorCode::kCorrupt)
          return call.refuse(stored.error());
        // Somebody can be forgotten before he has come.
        if (stored && !*stored && !forget)
          return call.refuse({ErrorCode::kNotFound, "no name is kept for this principal"});
        forget_everywhere(std::move(call), tenant, principal, id, forget);
      });
}

// ---- whoever asks

std::string_view named(identity::Rights rights) {
  // Within a tenant, its administrator has all but those of the server.
  if (identity::Rights::all().without(identity::Rights::of_the_server()).within(rights))
    return "admin";
  return rights.has(Right::kWrite) ? "write" : "read";
}

void show_me(Call call) {
  const identity::Principal& me = call.caller.principal;
  const std::string name =
      me.identity == nullptr ? std::string() : identity::display_name(me.identity->name);
  call.answer(http::json_response(
      200, fmt::format(
               R"({{"principal":{},"name":{},"verified":{},"rights":"{}","expires":{}}})",
               protocol::name_json(me.id), name.empty() ? "null" : protocol::json_string(name),
               identity::is_verified(me), named(call.caller.rights),
               me.expires_ms() == 0 ? "null" : '"' + protocol::time_text(me.expires_ms()) + '"') +
               "\n"));
}

// ---- guests

void list_guests(Call call) {
  const std::string workspace = call.path.workspace;
  list_records(std::move(call), DirectoryKind::kGuest, workspace, "guests", "actor");
}

// All of a workspace; one page after the other.
void erase_guests(Call call) {
  call.shard.people.erase_guests(call.path.workspace);
  log::DirectoryStore& directory = call.shard.store->directory();
  const std::string begin = identity::people_of(call.path.workspace);
  directory.list_entries(
      DirectoryKind::kGuest, begin, "", kMaxPage,
      [call = std::move(call)](Result<std::vector<DirectoryEntry>> entries) mutable {
        if (!entries) return call.refuse(entries.error());
        if (entries->empty()) return answer_erased(std::move(call.responder))({});
        std::vector<log::DirectoryChange> changes;
        for (DirectoryEntry& entry : *entries)
          changes.push_back({DirectoryKind::kGuest, std::move(entry.id), std::nullopt});
        log::DirectoryStore& directory = call.shard.store->directory();
        directory.change_directory(std::move(changes),
                                   [call = std::move(call)](Result<void> erased) mutable {
                                     if (!erased) return call.refuse(erased.error());
                                     erase_guests(std::move(call));
                                   });
      });
}

constexpr Route kPeopleRoutes[] = {
    {"GET", "/v1/me", Right::kRead, show_me, Route::kWhileOpen, Route::kNone},
    {"GET", "/v1/people", Right::kSeePeople, list_people},
    {"DELETE", "/v1/people/{principal}", Right::kPeople, erase_person},
    {"GET", "/v1/workspaces/{workspace}/guests", Right::kSeePeople, list_guests},
    {"DELETE", "/v1/workspaces/{workspace}/guests", Right::kPeople, erase_guests},
};

}  // namespace

std::span<const Route> people_routes() {
  return kPeopleRoutes;
}

}  // namespace syncline::api
