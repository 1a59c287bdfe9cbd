// Source over a server's HTTP API.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <variant>

#include "backend/net/http_client.h"
#include "base/percent.h"
#include "cli/data/source.h"
#include "cli/json.h"
#include "log/bundle_reader.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

// The server's message, or its status where it gave none.
std::string message_of(const backend::HttpClientResponse& response) {
  if (const auto json = crdt::from_json(response.body)) {
    const Any* error = json->find("error");
    const Any* message = json->find("message");
    if (message == nullptr && error != nullptr) message = error->find("message");
    if (message != nullptr) {
      if (const auto* text = std::get_if<std::string>(&message->value())) return *text;
    }
  }
  return fmt::format("HTTP status {}", response.status);
}

ErrorCode code_of(int status) {
  switch (status) {
    case 401: return ErrorCode::kUnauthorized;
    case 403: return ErrorCode::kForbidden;
    case 404: return ErrorCode::kNotFound;
    case 500: return ErrorCode::kCorrupt;
    default: return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalid;
  }
}

std::uint64_t number_member(const Any& object, std::string_view key) {
  const Any* member = object.find(key);
  const auto* number = member == nullptr ? nullptr : std::get_if<double>(&member->value());
  const bool fits = number != nullptr && *number >= 0 && *number <= 9007199254740991.0;
  return fits ? static_cast<std::uint64_t>(*number) : 0;
}

// nullptr: it has no such array.
template <typename Parsed>
const Any::Array* array_member(const Parsed& object, std::string_view key) {
  const Any* member = object ? object->find(key) : nullptr;
  return member == nullptr ? nullptr : std::get_if<Any::Array>(&member->value());
}

// Asks for a few megabytes at a time, and goes on where the last answer ended.
class ServerExport final : public ExportStream {
 public:
  using Get = std::function<Result<std::string>(const std::string& query)>;

  ServerExport(Get get, const ExportPlan& plan) : get_(std::move(get)), plan_(plan) {
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
      return fail(ErrorCode::kMalformed, "the server's answer was cut off");
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

class ServerSource final : public Source {
 public:
  ServerSource(std::string url, const std::string& token) : url_(std::move(url)) {
    while (url_.ends_with('/')) url_.pop_back();
    if (!token.empty()) options_.headers.emplace_back("Authorization", "Bearer " + token);
    options_.max_body_bytes = std::size_t{1} << 30;
  }

  Result<std::vector<std::string>> workspaces(const std::string& after) override {
    return names("/v1/workspaces?" + page(after), "workspaces");
  }

  Result<std::vector<std::string>> objects(const std::string& workspace, const std::string& prefix,
                                           const std::string& after) override {
    return names(fmt::format("{}/objects?prefix={}&{}", base(workspace), percent_encode(prefix),
                             page(after)),
                 "objects");
  }

  Result<ObjectState> object(const std::string& workspace, const std::string& object,
                             const std::string& at, const WantedPart& part) override {
    std::string query = moment("&at=", at);
    if (!part.root.empty()) query += "&root=" + percent_encode(part.root);
    if (!part.range.empty()) query += "&range=" + percent_encode(part.range);
    if (!query.empty()) query.front() = '?';
    auto body = get(object_path(workspace, object) + query, "application/json");
    if (!body) return std::unexpected(std::move(body.error()));
    auto json = crdt::from_json(*body);
    const Any* state = json ? json->find("state") : nullptr;
    if (state == nullptr) return not_understood();
    return ObjectState{number_member(*json, "position"), compact_json(*state)};
  }

  Result<Bytes> object_update(const std::string& workspace, const std::string& object,
                              const std::string& at) override {
    auto body =
        get(object_path(workspace, object) + moment("?at=", at), "application/octet-stream");
    if (!body) return std::unexpected(std::move(body.error()));
    return to_bytes(as_bytes(*body));
  }

  Result<std::vector<EventLine>> events(const std::string& workspace, const std::string& object,
                                        std::uint64_t after, std::size_t limit) override {
    std::string path = fmt::format("{}/log?after={}&limit={}", base(workspace), after, limit);
    if (!object.empty()) path += "&object=" + percent_encode(object);
    auto body = get(path, "application/x-ndjson");
    if (!body) return std::unexpected(std::move(body.error()));
    std::vector<EventLine> lines;
    std::string_view rest = *body;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      auto json = crdt::from_json(line);
      if (!json) return not_understood();
      lines.push_back({number_member(*json, "position"), std::move(line)});
    }
    // Reading on goes by position: one that does not grow would never end.
    for (std::uint64_t last = after; const EventLine& line : lines) {
      if (line.position <= last) return not_understood();
      last = line.position;
    }
    return lines;
  }

  Result<ChangeLines> changes(const std::string& workspace, const std::string& object,
                              const std::string& from, const std::string& to, std::uint64_t after,
                              std::size_t limit) override {
    std::string path = base(workspace) + "/changes";
    if (!object.empty()) path += "/" + percent_encode(object, true);
    path += fmt::format("?after={}&limit={}", after, limit) + moment("&from=", from) +
            moment("&to=", to);
    auto body = get(path, "application/json");
    if (!body) return std::unexpected(std::move(body.error()));
    const auto json = crdt::from_json(*body);
    const auto* array = array_member(json, "changes");
    if (array == nullptr) return not_understood();
    ChangeLines lines;
    for (const Any& change : *array)
      lines.changes.push_back({number_member(change, "position"), compact_json(change)});
    lines.next = number_member(*json, "next");
    // Reading on goes by position: one that does not grow would never end.
    if (lines.next != 0 && lines.next <= after) return not_understood();
    return lines;
  }

  Result<std::vector<std::string>> blame(const std::string& workspace, const std::string& object,
                                         const std::string& at) override {
    auto body = get(base(workspace) + "/blame/" + percent_encode(object, true) + moment("?at=", at),
                    "application/json");
    if (!body) return std::unexpected(std::move(body.error()));
    const auto json = crdt::from_json(*body);
    const auto* array = array_member(json, "texts");
    if (array == nullptr) return not_understood();
    std::vector<std::string> texts;
    for (const Any& text : *array) texts.push_back(compact_json(text));
    return texts;
  }

  Result<std::vector<NamedLine>> pins(const std::string& workspace,
                                      const std::string& after) override {
    return named_lines(base(workspace) + "/pins?" + page(after), "pins", "name", after);
  }

  Result<std::string> set_pin(const std::string& workspace, const std::string& name,
                              const std::string& at) override {
    return ask_line("PUT", pin_path(workspace, name) + moment("?at=", at));
  }

  Result<void> remove_pin(const std::string& workspace, const std::string& name) override {
    auto gone = ask("DELETE", pin_path(workspace, name), "application/json");
    if (!gone) return std::unexpected(std::move(gone.error()));
    return {};
  }

  Result<std::string> retention(const std::string& workspace) override {
    return ask_line("GET", base(workspace) + "/retention");
  }

  Result<std::string> change_retention(const std::string& workspace,
                                       const RetentionWish& wish) override {
    if (wish.act == RetentionWish::kSetRule)
      return ask_line("PUT", fmt::format("{}/retention?keep_for={}&keep_last={}", base(workspace),
                                         percent_encode(wish.keep_for), wish.keep_last));
    return ask_line(wish.act == RetentionWish::kHold ? "PUT" : "DELETE",
                    base(workspace) + "/hold?reason=" + percent_encode(wish.reason));
  }

  Result<std::string> run_retention(const std::string& workspace) override {
    return ask_line("POST", base(workspace) + "/retention");
  }

  Result<std::vector<NamedLine>> quarantine(const std::string& workspace,
                                            const std::string& after) override {
    return named_lines(base(workspace) + "/quarantine?" + page(after), "quarantine", "object",
                       after);
  }

  Result<void> lift_quarantine(const std::string& workspace, const std::string& object) override {
    auto lifted = ask("DELETE", base(workspace) + "/quarantine/" + percent_encode(object, true),
                      "application/json");
    if (!lifted) return std::unexpected(std::move(lifted.error()));
    return {};
  }

  Result<std::string> restore(const std::string& workspace, const std::string& object,
                              const RestoreWish& wish) override {
    std::string path =
        base(workspace) + "/restore/" + percent_encode(object, true) + moment("?at=", wish.at);
    path += moment("&into=", wish.into) + moment("&confirm=", wish.confirm);
    if (wish.dry_run) path += "&dry_run=1";
    if (wish.or_empty) path += "&or_empty=1";
    return ask_line("POST", path);
  }

  Result<std::string> checkpoint(const std::string& workspace) override {
    return get(base(workspace) + "/checkpoint", "text/plain");
  }

  Result<std::string> proof(const std::string& workspace, std::uint64_t position) override {
    return get(fmt::format("{}/proof/{}", base(workspace), position), "text/plain");
  }

  Result<std::string> keys() override { return get("/v1/keys", "text/plain"); }

  Result<std::unique_ptr<ExportStream>> export_workspace(const std::string& workspace,
                                                         const ExportPlan& plan) override {
    return std::make_unique<ServerExport>(
        [this, path = base(workspace) + "/export"](const std::string& query) {
          return ask("GET", path + query, "application/octet-stream", kExportTimeoutMs);
        },
        plan);
  }

  Result<void> refresh() override { return {}; }

 private:
  static std::string base(const std::string& workspace) {
    return "/v1/workspaces/" + percent_encode(workspace);
  }

  static std::string object_path(const std::string& workspace, const std::string& object) {
    return base(workspace) + "/objects/" + percent_encode(object, true);
  }

  static std::string pin_path(const std::string& workspace, const std::string& name) {
    return base(workspace) + "/pins/" + percent_encode(name);
  }

  static std::string moment(std::string_view parameter, const std::string& at) {
    return at.empty() ? "" : std::string(parameter) + percent_encode(at);
  }

  static std::string page(const std::string& after) {
    return fmt::format("limit={}&after={}", kPage, percent_encode(after));
  }

  std::unexpected<Error> not_understood() const {
    return fail(ErrorCode::kMalformed, url_ + ": answers, but not as a Syncline server does");
  }

  Result<std::string> get(const std::string& path, std::string accept) {
    return ask("GET", path, std::move(accept));
  }

  // JSON, without the end of its line.
  Result<std::string> ask_line(std::string_view method, const std::string& path) {
    auto json = ask(method, path, "application/json");
    if (json) json->erase(json->find_last_not_of('\n') + 1);
    return json;
  }

  Result<std::string> ask(std::string_view method, const std::string& path, std::string accept,
                          std::uint64_t timeout_ms = backend::HttpClientOptions{}.timeout_ms) {
    backend::HttpClientOptions options = options_;
    options.timeout_ms = timeout_ms;
    options.headers.emplace_back("Accept", std::move(accept));
    auto response = backend::http_request(method, url_ + path, "", options);
    if (!response) return std::unexpected(std::move(response.error()));
    if (response->status / 100 == 2) return std::move(response->body);
    return fail(code_of(response->status), fmt::format("{}: {}", url_, message_of(*response)));
  }

  // A page of what each has a name of its own.
  Result<std::vector<NamedLine>> named_lines(const std::string& path, std::string_view member,
                                             std::string_view key, const std::string& after) {
    auto body = get(path, "application/json");
    if (!body) return std::unexpected(std::move(body.error()));
    const auto json = crdt::from_json(*body);
    const auto* array = array_member(json, member);
    if (array == nullptr) return not_understood();
    std::vector<NamedLine> lines;
    for (const Any& entry : *array) {
      const Any* name = entry.find(key);
      const auto* text = name == nullptr ? nullptr : std::get_if<std::string>(&name->value());
      // Reading on goes by name: one that does not grow would never end.
      if (text == nullptr || *text <= (lines.empty() ? after : lines.back().name))
        return not_understood();
      lines.push_back({*text, compact_json(entry)});
    }
    return lines;
  }

  Result<std::vector<std::string>> names(const std::string& path, std::string_view member) {
    auto body = get(path, "application/json");
    if (!body) return std::unexpected(std::move(body.error()));
    const auto json = crdt::from_json(*body);
    const auto* array = array_member(json, member);
    if (array == nullptr) return not_understood();
    std::vector<std::string> found;
    for (const Any& name : *array) {
      const auto* text = std::get_if<std::string>(&name.value());
      if (text == nullptr) return not_understood();
      found.push_back(*text);
    }
    return found;
  }

  static constexpr std::uint64_t kExportTimeoutMs = 120'000;  // for some megabytes

  std::string url_;
  backend::HttpClientOptions options_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_server(const std::string& url, const std::string& token) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return fail(ErrorCode::kInvalid,
                fmt::format("--server {}: not a URL such as http://127.0.0.1:4400", url));
  }
  return std::make_unique<ServerSource>(url, token);
}

}  // namespace syncline::cli
