#include "cli/data/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <variant>

#include "base/percent.h"
#include "cli/json.h"
#include "cli/suggest.h"
#include "log/bundle_reader.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

// Requests a few megabytes at a time, and continues where the last answer ended.
class ApiExport final : public ExportStream {
 public:
  using Get = std::function<Result<std::string>(const std::string& query)>;

  ApiExport(Get get, const ExportPlan& plan) : get_(std::move(get)), plan_(plan) {
    if (!plan.from) return;
    reader_ = log::BundleReader(*plan.header, *plan.from);
    header_ = *plan.header;
  }

  Result<Bytes> next() override {
    if (reader_.at_end()) return Bytes();
    std::string query = fmt::format("?max={}", kPieceBytes);
    if (plan_.all_snapshots) query += "&snapshots=1";
    if (header_.size > 0)
      query += fmt::format("&size={}&after={}&crc={}", header_.size, reader_.here().after,
                           reader_.here().crc);
    auto body = get_(query);
    if (!body) return std::unexpected(std::move(body.error()));
    const std::uint64_t before = reader_.whole_bytes();
    reader_.feed(as_bytes(*body));
    for (;;) {
      const auto section = reader_.next();
      if (!section) return std::unexpected(section.error());
      if (!*section) break;
      if (const auto* found = std::get_if<log::BundleHeader>(&**section)) header_ = *found;
    }
    if (reader_.whole_bytes() - before != body->size() || body->empty())
      return fail(ErrorCode::kMalformed, "the answer was cut off");
    return to_bytes(as_bytes(*body));
  }

  At at() const override { return {reader_.here().after, header_.size}; }

 private:
  static constexpr std::size_t kPieceBytes = std::size_t{8} << 20;

  Get get_;
  const ExportPlan plan_;
  log::BundleReader reader_;
  log::BundleHeader header_;
};

constexpr std::uint64_t kExportTimeoutMs = 120'000;  // for a few megabytes
constexpr std::uint64_t kGetTimeoutMs = 120'000;     // for an object of any size
constexpr std::uint64_t kChangeTimeoutMs = 120'000;  // for an update of up to a megabyte
constexpr std::uint64_t kReportTimeoutMs = 120'000;  // for a page that looks at thousands of events

std::string object_path(const std::string& workspace, const std::string& object) {
  return workspace_path(workspace) + "/objects/" + percent_encode(object, true);
}

std::string pin_path(const std::string& workspace, const std::string& name) {
  return workspace_path(workspace) + "/pins/" + percent_encode(name);
}

std::string policy_path(const std::string& workspace, const std::string& name) {
  return workspace_path(workspace) + "/policies/" + percent_encode(name);
}

std::string share_path(const std::string& workspace, const ShareWish& wish) {
  return fmt::format("{}/shares?resource={}&to={}", workspace_path(workspace),
                     percent_encode(wish.resource), percent_encode(wish.to));
}

std::string reason_query(char before, const std::string& reason) {
  return reason.empty() ? "" : fmt::format("{}reason={}", before, percent_encode(reason));
}

std::string moment(std::string_view parameter, const std::string& at) {
  return at.empty() ? "" : std::string(parameter) + percent_encode(at);
}

std::string page_query(const std::string& after) {
  return fmt::format("limit={}&after={}", kPage, percent_encode(after));
}

std::unexpected<Error> only_servers_have_sessions() {
  return fail(ErrorCode::kUnsupported, "only a running server has sessions: name it with --server");
}

std::unexpected<Error> only_servers_have_tenants() {
  return fail(ErrorCode::kUnsupported,
              "tenants are administered by a running server: name it with --server");
}

}  // namespace

Result<std::vector<std::string>> Api::workspaces(const std::string& after) {
  return names("/v1/workspaces?", "workspaces", after);
}

Result<std::vector<std::string>> Api::objects(const std::string& workspace,
                                              const std::string& prefix, const std::string& after) {
  return names(
      fmt::format("{}/objects?prefix={}&", workspace_path(workspace), percent_encode(prefix)),
      "objects", after);
}

Result<crdt::Any> Api::object_details(const std::string& workspace, const ObjectFilter& filter,
                                      const std::string& after) {
  std::string query = "/objects?details=1&" + page_query(after);
  for (const auto& [name, value] :
       {std::pair("prefix", &filter.prefix), std::pair("type", &filter.type),
        std::pair("since", &filter.since)})
    if (!value->empty()) query += fmt::format("&{}={}", name, percent_encode(*value));
  return get_array(workspace_path(workspace) + query, "details");
}

Result<ObjectState> Api::object(const std::string& workspace, const std::string& object,
                                const std::string& at, const WantedPart& part) {
  std::string query = moment("&at=", present(at));
  if (!part.root.empty()) query += "&root=" + percent_encode(part.root);
  if (!part.range.empty()) query += "&range=" + percent_encode(part.range);
  if (!query.empty()) query.front() = '?';
  auto body = get(object_path(workspace, object) + query, "application/json");
  if (!body) return std::unexpected(std::move(body.error()));
  auto json = crdt::from_json(*body);
  const Any* state = json ? json->find("state") : nullptr;
  if (state == nullptr) return client_.not_understood();
  return ObjectState{number_member(*json, "position"), compact_json(*state)};
}

Result<Bytes> Api::object_update(const std::string& workspace, const std::string& object,
                                 const std::string& at) {
  auto body =
      get(object_path(workspace, object) + moment("?at=", present(at)), "application/octet-stream");
  if (!body) return std::unexpected(std::move(body.error()));
  return to_bytes(as_bytes(*body));
}

Result<bool> Api::change_object(const std::string& workspace, const std::string& object,
                                ByteView update, const std::string& key) {
  const auto body = client_.ask(
      {.method = "PATCH",
       .path = object_path(workspace, object),
       .body = as_text(update),
       .timeout_ms = kChangeTimeoutMs,
       .headers = {{"Content-Type", "application/vnd.yjs.update"}, {"Idempotency-Key", key}}});
  if (!body) return std::unexpected(body.error());
  const auto json = crdt::from_json(*body);
  if (!json || text_member(*json, "object") != object) return client_.not_understood();
  return json->find("waits") != nullptr;
}

Result<std::vector<EventLine>> Api::events(const std::string& workspace, const std::string& object,
                                           std::uint64_t after, std::size_t limit) {
  std::string path =
      fmt::format("{}/log?after={}&limit={}", workspace_path(workspace), after, limit);
  if (!object.empty()) path += "&object=" + percent_encode(object);
  auto lines = event_lines(path);
  if (!lines) return lines;
  // The next page continues from a position. A position that does not grow would cause an endless
  // loop.
  for (std::uint64_t last = after; const EventLine& line : *lines) {
    if (line.position <= last) return client_.not_understood();
    last = line.position;
  }
  return lines;
}

Result<std::vector<EventLine>> Api::audit(std::uint64_t after, std::size_t limit) {
  auto lines = event_lines(fmt::format("/v1/audit?after={}&limit={}", after, limit));
  if (lines && !lines->empty() && lines->back().position <= after) return client_.not_understood();
  return lines;
}

Result<std::vector<EventLine>> Api::event_lines(const std::string& path) {
  auto body = get(path, "application/x-ndjson");
  if (!body) return std::unexpected(std::move(body.error()));
  std::vector<EventLine> lines;
  std::string_view rest = *body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    auto json = crdt::from_json(line);
    if (!json) return client_.not_understood();
    lines.push_back({number_member(*json, "position"), std::move(line)});
  }
  return lines;
}

Result<ChangeLines> Api::changes(const std::string& workspace, const std::string& object,
                                 const std::string& from, const std::string& to,
                                 std::uint64_t after, std::size_t limit) {
  std::string path = workspace_path(workspace) + "/changes";
  if (!object.empty()) path += "/" + percent_encode(object, true);
  path +=
      fmt::format("?after={}&limit={}", after, limit) + moment("&from=", from) + moment("&to=", to);
  const auto json = get_array(path, "changes");
  if (!json) return std::unexpected(json.error());
  ChangeLines lines;
  for (const Any& change : *array_member(*json, "changes"))
    lines.changes.push_back({number_member(change, "position"), compact_json(change)});
  lines.next = number_member(*json, "next");
  // As above: a position that does not grow would cause an endless loop.
  if (lines.next != 0 && lines.next <= after) return client_.not_understood();
  return lines;
}

Result<std::vector<std::string>> Api::blame(const std::string& workspace, const std::string& object,
                                            const std::string& at) {
  const auto json = get_array(
      workspace_path(workspace) + "/blame/" + percent_encode(object, true) + moment("?at=", at),
      "texts");
  if (!json) return std::unexpected(json.error());
  std::vector<std::string> texts;
  for (const Any& text : *array_member(*json, "texts")) texts.push_back(compact_json(text));
  return texts;
}

Result<std::vector<NamedLine>> Api::pins(const std::string& workspace, const std::string& after) {
  return named_lines(workspace_path(workspace) + "/pins?" + page_query(after), "pins", "name",
                     after);
}

Result<std::string> Api::set_pin(const std::string& workspace, const std::string& name,
                                 const std::string& at) {
  return ask_line("PUT", pin_path(workspace, name) + moment("?at=", at));
}

Result<void> Api::remove_pin(const std::string& workspace, const std::string& name) {
  return remove(pin_path(workspace, name));
}

Result<std::vector<NamedLine>> Api::policies(const std::string& workspace) {
  return named_lines(workspace_path(workspace) + "/policies", "policies", "name", "");
}

// The owner of one object sees its shares, and not those of others whose names begin with its name.
Result<std::vector<NamedLine>> Api::shares(const std::string& workspace, const std::string& path) {
  const bool many = path.empty() || path.ends_with('/');
  const auto json = get_array(workspace_path(workspace) + "/shares?" +
                                  (many ? "prefix=" : "resource=") + percent_encode(path),
                              "shares");
  if (!json) return std::unexpected(json.error());
  std::vector<NamedLine> lines;
  for (const Any& entry : *array_member(*json, "shares"))
    lines.push_back({text_member(entry, "resource"), compact_json(entry)});
  return lines;
}

Result<std::string> Api::set_policy(const std::string& workspace, const std::string& name,
                                    const std::string& text, const std::string& reason) {
  auto json = client_.ask({.method = "PUT",
                           .path = policy_path(workspace, name) + reason_query('?', reason),
                           .body = text});
  if (json) json->erase(json->find_last_not_of('\n') + 1);
  return json;
}

Result<void> Api::remove_policy(const std::string& workspace, const std::string& name,
                                const std::string& reason) {
  return remove(policy_path(workspace, name) + reason_query('?', reason));
}

Result<std::string> Api::share(const std::string& workspace, const ShareWish& wish) {
  return ask_line("PUT", share_path(workspace, wish) + "&role=" + percent_encode(wish.role) +
                             reason_query('&', wish.reason));
}

Result<void> Api::unshare(const std::string& workspace, const ShareWish& wish) {
  return remove(share_path(workspace, wish) + reason_query('&', wish.reason));
}

Result<Any> Api::simulate(const std::string& workspace, const std::string& from,
                          const std::string& to, std::uint64_t after, const std::string& wish) {
  return ask_page({.method = "POST",
                   .path = fmt::format("{}/simulation?limit={}&after={}", workspace_path(workspace),
                                       kPage, after) +
                           moment("&from=", from) + moment("&to=", to),
                   .body = wish,
                   .timeout_ms = kReportTimeoutMs,
                   .changes_nothing = true},
                  "differences", after);
}

Result<Any> Api::access_report(const std::string& workspace, const std::string& object,
                               const std::string& from, const std::string& to,
                               std::uint64_t after) {
  return ask_page({.method = "GET",
                   .path = fmt::format("{}/access/{}?after={}", workspace_path(workspace),
                                       percent_encode(object, true), after) +
                           moment("&from=", from) + moment("&to=", to),
                   .timeout_ms = kReportTimeoutMs},
                  "could", after);
}

// A page with this array. A `next` that does not grow would cause an endless loop.
Result<Any> Api::ask_page(ApiRequest request, std::string_view array, std::uint64_t after) const {
  const auto body = client_.ask(request);
  if (!body) return std::unexpected(body.error());
  auto json = crdt::from_json(*body);
  if (!json || array_member(*json, array) == nullptr) return client_.not_understood();
  const std::uint64_t next = number_member(*json, "next");
  if (next != 0 && next <= after) return client_.not_understood();
  return json;
}

Result<std::string> Api::retention(const std::string& workspace) {
  return ask_line("GET", workspace_path(workspace) + "/retention");
}

Result<std::string> Api::change_retention(const std::string& workspace, const RetentionWish& wish) {
  if (wish.act == RetentionWish::kSetRule)
    return ask_line("PUT",
                    fmt::format("{}/retention?keep_for={}&keep_last={}", workspace_path(workspace),
                                percent_encode(wish.keep_for), wish.keep_last));
  return ask_line(wish.act == RetentionWish::kHold ? "PUT" : "DELETE",
                  workspace_path(workspace) + "/hold?reason=" + percent_encode(wish.reason));
}

Result<std::string> Api::change_deletion(const std::string& workspace, const std::string& object,
                                         const DeletionWish& wish) {
  return ask_line(wish.undo ? "POST" : "DELETE",
                  fmt::format("{}/{}/{}?reason={}{}{}", workspace_path(workspace),
                              wish.undo ? "undelete" : "objects", percent_encode(object),
                              percent_encode(wish.reason), wish.erase ? "&erase=now" : "",
                              wish.dry_run ? "&dry_run=1" : ""));
}

Result<std::string> Api::rename(const std::string& workspace, const std::string& object,
                                const std::string& to, const std::string& reason) {
  return ask_line("POST",
                  fmt::format("{}/rename/{}?to={}&reason={}", workspace_path(workspace),
                              percent_encode(object), percent_encode(to), percent_encode(reason)));
}

Result<std::string> Api::remove_redirect(const std::string& workspace, const std::string& object) {
  return ask_line("DELETE", workspace_path(workspace) + "/redirects/" + percent_encode(object));
}

Result<std::string> Api::change_workspace_deletion(const std::string& workspace,
                                                   const DeletionWish& wish) {
  return ask_line(wish.undo || wish.begin ? "POST" : "DELETE",
                  fmt::format("{}{}?reason={}{}{}", workspace_path(workspace),
                              wish.undo    ? "/undelete"
                              : wish.begin ? "/begin"
                                           : "",
                              percent_encode(wish.reason), wish.erase ? "&erase=now" : "",
                              wish.dry_run ? "&dry_run=1" : ""));
}

Result<std::string> Api::deletions(const std::string& workspace) {
  return ask_line("GET", workspace_path(workspace) + "/deletions");
}

Result<std::string> Api::set_deletion_rule(const std::string& workspace, const std::string& grace,
                                           const std::string& seeds) {
  return ask_line("PUT", fmt::format("{}/deletions?grace={}&seeds={}", workspace_path(workspace),
                                     percent_encode(grace), percent_encode(seeds)));
}

Result<std::string> Api::run_retention(const std::string& workspace) {
  return ask_line("POST", workspace_path(workspace) + "/retention");
}

Result<std::vector<NamedLine>> Api::quarantine(const std::string& workspace,
                                               const std::string& after) {
  if (!client_.transport().live())
    return fail(ErrorCode::kUnsupported,
                "what is in quarantine is known to a running server: name it with --server; "
                "`syncline log verify` looks at a data directory");
  return named_lines(workspace_path(workspace) + "/quarantine?" + page_query(after), "quarantine",
                     "object", after);
}

Result<void> Api::lift_quarantine(const std::string& workspace, const std::string& object) {
  return remove(workspace_path(workspace) + "/quarantine/" + percent_encode(object, true));
}

Result<std::vector<NamedLine>> Api::shut(const std::string& after) {
  if (!client_.transport().live())
    return fail(ErrorCode::kUnsupported,
                "which workspaces are shut is known to a running server: name it with --server; "
                "`syncline log verify` looks at a data directory");
  return named_lines("/v1/shut?" + page_query(after), "shut", "workspace", after);
}

Result<void> Api::lift_shut(const std::string& workspace) {
  return remove(workspace_path(workspace) + "/shut");
}

Result<std::vector<NamedLine>> Api::sessions(const SessionFilter& filter,
                                             const std::string& after) {
  if (!client_.transport().live()) return only_servers_have_sessions();
  return named_lines(fmt::format("/v1/sessions?principal={}&workspace={}&object={}&{}",
                                 percent_encode(filter.principal), percent_encode(filter.workspace),
                                 percent_encode(filter.object), page_query(after)),
                     "sessions", "session", after);
}

Result<void> Api::kick_session(const std::string& session) {
  return end_sessions("/v1/sessions/" + percent_encode(session) + "/kick");
}

Result<void> Api::revoke_session(const std::string& session) {
  return end_sessions("/v1/sessions/" + percent_encode(session) + "/revoke");
}

Result<void> Api::revoke(const RevocationWish& wish) {
  return end_sessions(fmt::format(
      "/v1/revocations?principal={}&token_id={}&key_id={}&issuer={}&tenant={}",
      percent_encode(wish.principal), percent_encode(wish.token), percent_encode(wish.key),
      percent_encode(wish.issuer), percent_encode(wish.tenant)));
}

Result<std::vector<NamedLine>> Api::revocations(const std::string& after) {
  if (!client_.transport().live()) return only_servers_have_sessions();
  return named_lines("/v1/revocations?" + page_query(after), "revocations", "revocation", after);
}

Result<void> Api::allow_again(const std::string& revocation) {
  if (!client_.transport().live()) return only_servers_have_sessions();
  return remove("/v1/revocations/" + percent_encode(revocation));
}

Result<void> Api::end_sessions(std::string path) const {
  if (!client_.transport().live()) return only_servers_have_sessions();
  auto ended = client_.ask("POST", std::move(path));
  if (!ended) return std::unexpected(std::move(ended.error()));
  return {};
}

Result<std::vector<NamedLine>> Api::api_keys(const std::string& after) {
  return named_lines("/v1/api-keys?" + page_query(after), "api_keys", "id", after);
}

Result<std::string> Api::make_api_key(const std::string& wish) {
  auto json = client_.ask({.method = "POST", .path = "/v1/api-keys", .body = wish});
  if (json) json->erase(json->find_last_not_of('\n') + 1);
  return json;
}

Result<void> Api::revoke_api_key(const std::string& id) {
  return remove("/v1/api-keys/" + percent_encode(id));
}

Result<std::string> Api::webhook(const std::string& method, const std::string& workspace,
                                 const std::string& path, const std::string& body) {
  if (!client_.transport().live())
    return fail(ErrorCode::kUnsupported,
                "only a running server has webhooks: name it with --server");
  auto json = client_.ask({.method = method,
                           .path = workspace_path(workspace) + "/webhooks" + path,
                           .body = body,
                           .timeout_ms = 20'000});  // a receiver may take 15 s
  if (json) json->erase(json->find_last_not_of('\n') + 1);
  return json;
}

Result<std::string> Api::log_level() {
  return ask_log_level("GET", {});
}

Result<std::string> Api::set_log_level(const std::string& levels) {
  return ask_log_level("PUT", "?level=" + percent_encode(levels));
}

Result<std::string> Api::ask_log_level(std::string_view method, const std::string& query) {
  if (!client_.transport().live())
    return fail(ErrorCode::kUnsupported,
                "only a running server has a log level: name it with --server");
  const auto body = client_.ask(method, "/v1/log-level" + query);
  if (!body) return std::unexpected(body.error());
  const auto json = crdt::from_json(*body);
  const std::string levels = json ? text_member(*json, "log_level") : std::string();
  if (levels.empty()) return client_.not_understood();
  return levels;
}

Result<std::vector<NamedLine>> Api::people(const std::string& after) {
  return named_lines("/v1/people?" + page_query(after), "people", "principal", after);
}

Result<std::vector<NamedLine>> Api::guests(const std::string& workspace, const std::string& after) {
  return named_lines(workspace_path(workspace) + "/guests?" + page_query(after), "guests", "actor",
                     after);
}

Result<void> Api::erase_person(const std::string& principal, bool forget) {
  return remove("/v1/people/" + percent_encode(principal) + (forget ? "?forget=1" : ""));
}

Result<void> Api::erase_guests(const std::string& workspace) {
  return remove(workspace_path(workspace) + "/guests");
}

Result<std::vector<NamedLine>> Api::tenants(const std::string& after) {
  if (!client_.transport().live()) return only_servers_have_tenants();
  return named_lines("/v1/tenants?" + page_query(after), "tenants", "tenant", after);
}

Result<std::string> Api::tenant(std::string_view method, const std::string& name,
                                const std::string& query) {
  if (!client_.transport().live()) return only_servers_have_tenants();
  return ask_line(method, "/v1/tenants/" + percent_encode(name) + query);
}

Result<std::string> Api::delete_tenant(const std::string& name, bool with_data) {
  if (!client_.transport().live()) return only_servers_have_tenants();
  return client_.ask("DELETE",
                     "/v1/tenants/" + percent_encode(name) +
                         (with_data ? "?with_data=1&confirm=" + percent_encode(name) : ""));
}

Result<std::string> Api::restore(const std::string& workspace, const std::string& object,
                                 const RestoreWish& wish) {
  std::string path = workspace_path(workspace) + "/restore/" + percent_encode(object, true) +
                     moment("?at=", wish.at);
  path += moment("&into=", wish.into) + moment("&confirm=", wish.confirm);
  if (wish.dry_run) path += "&dry_run=1";
  if (wish.or_empty) path += "&or_empty=1";
  return ask_line("POST", path);
}

Result<std::string> Api::copy(const std::string& from_workspace, const std::string& from_object,
                              const std::string& to_workspace, const std::string& to_object,
                              const std::string& at) {
  return ask_line(
      "POST",
      fmt::format("{}?copy_from={}&workspace={}{}", object_path(to_workspace, to_object),
                  percent_encode(from_object), percent_encode(from_workspace), moment("&at=", at)));
}

Result<std::string> Api::checkpoint(const std::string& workspace) {
  return get(workspace_path(workspace) + "/checkpoint", "text/plain");
}

Result<std::string> Api::proof(const std::string& workspace, std::uint64_t position) {
  return get(fmt::format("{}/proof/{}", workspace_path(workspace), position), "text/plain");
}

Result<std::string> Api::keys() {
  return get("/v1/keys", "text/plain");
}

Result<std::unique_ptr<ExportStream>> Api::export_workspace(const std::string& workspace,
                                                            const ExportPlan& plan) {
  return std::make_unique<ApiExport>(
      [this, path = workspace_path(workspace) + "/export"](const std::string& query) {
        return client_.ask({.method = "GET",
                            .path = path + query,
                            .accept = "application/octet-stream",
                            .timeout_ms = kExportTimeoutMs});
      },
      plan);
}

Result<std::string> Api::get(std::string path, std::string accept) const {
  return client_.ask({.method = "GET",
                      .path = std::move(path),
                      .accept = std::move(accept),
                      .timeout_ms = kGetTimeoutMs});
}

// A data directory has no state in memory, so the present state is a moment of its log.
std::string Api::present(const std::string& at) const {
  return at.empty() && !client_.transport().live() ? "now" : at;
}

// JSON without its line end.
Result<std::string> Api::ask_line(std::string_view method, std::string path) const {
  auto json = client_.ask(method, std::move(path));
  if (json) json->erase(json->find_last_not_of('\n') + 1);
  return json;
}

Result<void> Api::remove(std::string path) const {
  auto gone = client_.ask("DELETE", std::move(path));
  if (!gone) return std::unexpected(std::move(gone.error()));
  return {};
}

// Requests a JSON object that has this array.
Result<Any> Api::get_array(std::string path, std::string_view array) const {
  const auto body = client_.ask("GET", std::move(path));
  if (!body) return std::unexpected(body.error());
  auto json = crdt::from_json(*body);
  if (!json || array_member(*json, array) == nullptr) return client_.not_understood();
  return json;
}

// One page of a list of entries with names.
Result<std::vector<NamedLine>> Api::named_lines(std::string path, std::string_view array,
                                                std::string_view key,
                                                const std::string& after) const {
  const auto json = get_array(std::move(path), array);
  if (!json) return std::unexpected(json.error());
  std::vector<NamedLine> lines;
  for (const Any& entry : *array_member(*json, array)) {
    std::string name = text_member(entry, key);
    // The next page continues from a name. A name that does not grow would cause an endless loop.
    if (name <= (lines.empty() ? after : lines.back().name)) return client_.not_understood();
    lines.push_back({std::move(name), compact_json(entry)});
  }
  return lines;
}

// A page may be empty and not the last: what was deleted is left out of it.
Result<std::vector<std::string>> Api::names(const std::string& path, std::string_view array,
                                            std::string after) const {
  std::vector<std::string> found;
  do {
    const auto json = get_array(path + page_query(after), array);
    if (!json) return std::unexpected(json.error());
    for (const Any& name : *array_member(*json, array)) {
      const auto* text = std::get_if<std::string>(&name.value());
      if (text == nullptr) return client_.not_understood();
      found.push_back(*text);
    }
    after = text_member(*json, "next");
  } while (found.empty() && !after.empty());
  return found;
}

Result<void> each_workspace(Api& api, const EachName& each) {
  std::string after;
  for (;;) {
    auto names = api.workspaces(after);
    if (!names) return std::unexpected(std::move(names.error()));
    if (names->empty()) return {};
    for (const std::string& name : *names) {
      if (!each(name)) return {};
    }
    after = names->back();
  }
}

Result<void> each_object(Api& api, const std::string& workspace, const std::string& prefix,
                         const EachName& each) {
  std::string after;
  for (;;) {
    auto names = api.objects(workspace, prefix, after);
    if (!names) return std::unexpected(std::move(names.error()));
    if (names->empty()) return {};
    for (const std::string& name : *names) {
      if (!each(name)) return {};
    }
    after = names->back();
  }
}

Error no_such_workspace(Api& api, const std::string& workspace) {
  const auto names = api.workspaces("");
  return {ErrorCode::kNotFound, fmt::format("no workspace '{}'{}", workspace,
                                            names ? did_you_mean(workspace, *names) : "")};
}

}  // namespace syncline::cli
