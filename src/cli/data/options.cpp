#include "cli/data/options.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "cli/files.h"
#include "identity/names.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kMaxTokenFileBytes = 64 * 1024;

}  // namespace

Result<std::string> read_token(const std::string& token_file) {
  if (!token_file.empty()) {
    auto bytes = read_file(token_file, kMaxTokenFileBytes);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const std::string_view text = as_text(*bytes);
    std::string_view token = text.substr(0, text.find_first_of("\r\n"));
    if (token.empty())
      return fail(ErrorCode::kInvalid, token_file + ": no token on its first line");
    return std::string(token);
  }
  const char* token = std::getenv("SYNCLINE_TOKEN");
  return std::string(token == nullptr ? "" : token);
}

namespace {

void token_options(Command& command, SourceOptions& options) {
  command.option({.name = "--token-file",
                  .value = "FILE",
                  .text = "File whose first line is the server's token; or set SYNCLINE_TOKEN",
                  .environment = "SYNCLINE_TOKEN_FILE",
                  .is_file = true},
                 options.token_file);
  command.option({.name = "--tenant",
                  .value = "NAME",
                  .text = "The tenant whose workspaces are meant",
                  .environment = "SYNCLINE_TENANT",
                  .fallback = "that of the token"},
                 options.tenant);
}

}  // namespace

void source_options(Command& command, SourceOptions& options, std::string server,
                    std::string data_dir) {
  if (server.empty()) server = "Ask a running server, such as http://127.0.0.1:4400";
  if (data_dir.empty())
    data_dir = "Read a data directory, without changing it, also beside its server";
  command.option({.name = "--server",
                  .value = "URL",
                  .text = std::move(server),
                  .environment = "SYNCLINE_SERVER"},
                 options.server);
  data_dir_option(command, options.data_dir, std::move(data_dir));
  token_options(command, options);
}

void server_options(Command& command, SourceOptions& options, std::string server) {
  command.option({.name = "--server", .value = "URL", .text = std::move(server)}, options.server);
  token_options(command, options);
}

void data_dir_option(Command& command, std::string& data_dir, std::string text) {
  command.option({.name = "--data-dir",
                  .value = "DIR",
                  .text = std::move(text),
                  .environment = "SYNCLINE_DATA_DIR",
                  .is_file = true},
                 data_dir);
}

void at_option(Command& command, std::string& at) {
  command.option({.name = "--at",
                  .value = "MOMENT",
                  .text = "As it was at a position, a time or a pin",
                  .fallback = "now"},
                 at);
}

void log_options(Command& command, std::string& workspace, std::string& object) {
  command.argument({.name = "WORKSPACE", .text = "whose log", .required = true}, workspace);
  command.option({.name = "--object", .value = "ID", .text = "Events of this object only"}, object);
}

void limit_option(Command& command, std::uint64_t& limit) {
  command.option(
      {.name = "-n,--limit", .value = "N", .text = "At most so many events", .fallback = "all"},
      limit);
}

void after_object_option(Command& command, std::string& after) {
  command.option(
      {.name = "--after", .value = "OBJECT", .text = "Of a workspace: go on after this object"},
      after);
}

Result<ObjectPath> parse_path(const std::string& text, Whole whole) {
  const std::size_t slash = text.find('/');
  const bool names_object = slash != std::string::npos;
  if (slash == 0 || slash + 1 == text.size() || (!names_object && whole == Whole::kRefused))
    return fail(ErrorCode::kInvalid,
                fmt::format("'{}' is no {}WORKSPACE/OBJECT, such as demo/welcome", text,
                            whole == Whole::kTaken ? "WORKSPACE or " : ""));
  return ObjectPath{text.substr(0, slash), names_object ? text.substr(slash + 1) : ""};
}

std::string url_of(const SourceOptions& options) {
  std::string url = options.server;
  if (options.tenant.empty()) return url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/t/" + options.tenant;
}

Result<bool> names_server(const Command& command, const SourceOptions& options) {
  if (command.typed("--server") && command.typed("--data-dir"))
    return fail(ErrorCode::kInvalid, "--server and --data-dir: only one of them");
  return !options.server.empty() && !command.typed("--data-dir");
}

Result<Api> open_data_dir(const std::string& data_dir, const std::string& tenant) {
  auto transport = transport_to_data_dir(data_dir, Opened::kForReading, tenant);
  if (!transport) return std::unexpected(std::move(transport.error()));
  return Api(ApiClient(std::move(*transport)));
}

Result<Api> open_server(const SourceOptions& options) {
  auto token = read_token(options.token_file);
  if (!token) return std::unexpected(std::move(token.error()));
  auto transport = transport_to_server(url_of(options), *token);
  if (!transport) return std::unexpected(std::move(transport.error()));
  return Api(ApiClient(std::move(*transport)));
}

Result<Api> open_api(const Command& command, const SourceOptions& options, Opened opened) {
  const auto server = names_server(command, options);
  if (!server) return std::unexpected(server.error());
  if (!options.tenant.empty())
    if (auto valid = identity::check_tenant_name(options.tenant); !valid)
      return fail(valid.error().code, "--tenant: " + valid.error().message);
  Result<std::unique_ptr<Transport>> transport;
  if (*server) {
    auto token = read_token(options.token_file);
    if (!token) return std::unexpected(std::move(token.error()));
    transport = transport_to_server(url_of(options), *token);
  } else {
    transport = transport_to_data_dir(options.data_dir, opened, options.tenant);
  }
  if (!transport) return std::unexpected(std::move(transport.error()));
  return Api(ApiClient(std::move(*transport)));
}

}  // namespace syncline::cli
