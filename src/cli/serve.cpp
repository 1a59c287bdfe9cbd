#include "cli/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "backend/process/memory_watch.h"
#include "backend/process/service_manager.h"
#include "backend/report/log_writer.h"
#include "backend/server/node.h"
#include "protocol/json_text.h"
#include "syncline/version.h"

namespace syncline::cli {
namespace {

constexpr int kStorageSignal = SIGUSR1;

// The signals for which the main thread waits. They are blocked before any thread starts, so that
// no other thread receives one.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, kStorageSignal}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error of the write
  }

  int wait() {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

  // After this, a signal that asks for the end of the process ends it at once.
  void let_the_next_one_kill() {
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ends, signal);
    pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  }

  // The disk failed after another signal had arrived.
  bool storage_failed() const {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, kStorageSignal) == 1;
  }

 private:
  sigset_t set_;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::vector<identity::Token>> read_tokens(const ServeOptions& options) {
  std::vector<identity::Token> tokens;
  std::string token = environment("SYNCLINE_TOKEN");
  if (!options.token_file.empty()) {
    std::ifstream file(options.token_file);
    if (!std::getline(file, token) || token.empty()) {
      return fail(ErrorCode::kInvalid, options.token_file + ": no token on its first line");
    }
  }
  if (!token.empty()) tokens.push_back({token, {.id = "token"}});
  if (const std::string read = environment("SYNCLINE_READ_TOKEN"); !read.empty()) {
    if (token.empty()) {
      return fail(ErrorCode::kInvalid,
                  "SYNCLINE_READ_TOKEN without SYNCLINE_TOKEN: nobody could write");
    }
    tokens.push_back({read, {.id = "reader", .rights = identity::Rights::reading()}});
  }
  return tokens;
}

observe::Secrets secrets_of(const std::vector<identity::Token>& tokens) {
  std::vector<std::string> secrets{environment("SYNCLINE_AUTH_WEBHOOK_SECRET"),
                                   environment("SYNCLINE_INITIAL_CONTENT_SECRET")};
  for (const identity::Token& token : tokens) secrets.push_back(token.secret);
  return observe::Secrets(secrets);
}

backend::LogFormat log_format(const ServeOptions& options) {
  const bool text =
      options.log_format == "auto" ? isatty(STDERR_FILENO) == 1 : options.log_format == "text";
  return text ? backend::LogFormat::kText : backend::LogFormat::kJson;
}

struct HostPort {
  std::string address;
  std::uint16_t port = 0;
};

// "127.0.0.1:9100", "[::1]:9100"
Result<HostPort> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  HostPort found;
  const char* const end = text.data() + text.size();
  const auto digits = text.data() + (colon == text.npos ? text.size() : colon + 1);
  const auto [stop, error] = std::from_chars(digits, end, found.port);
  if (colon == text.npos || colon == 0 || digits == end || error != std::errc{} || stop != end)
    return fail(
        ErrorCode::kInvalid,
        fmt::format("--metrics-listen: '{}' is no ADDRESS:PORT, such as 127.0.0.1:9100", text));
  found.address = text.substr(0, colon);
  if (found.address.starts_with('[') && found.address.ends_with(']'))
    found.address = found.address.substr(1, found.address.size() - 2);
  return found;
}

int complain(const Error& error) {
  fmt::print(stderr, "syncline serve: {}\n", error.message);
  return error.code == ErrorCode::kInvalid ? 2 : 1;
}

void announce_json(const ServeOptions& options, const backend::Node& node) {
  fmt::print(
      "{{\"event\":\"listening\",\"version\":\"{}\",\"url\":{},\"port\":{},\"data_dir\":{},"
      "\"durability\":\"disk\",\"pid\":{}{}}}\n",
      SYNCLINE_VERSION_STRING, protocol::json_string(node.url()), node.port(),
      protocol::json_string(options.data_dir), getpid(),
      node.metrics_url().empty() ? ""
                                 : ",\"metrics_url\":" + protocol::json_string(node.metrics_url()));
}

void announce(const ServeOptions& options, const backend::Node& node) {
  const std::string url = node.url();
  const std::string ws = "ws" + url.substr(4);
  fmt::print(R"(syncline {}

  editor       {}/
  y-websocket  {}/y/WORKSPACE/OBJECT
  Hocuspocus   {}/hocuspocus/WORKSPACE
  data         {} (an edit is acknowledged, and shown to others, once it is synced to disk)
{}
Open the editor in two windows, then:  syncline cat demo/welcome --server {}
)",
             SYNCLINE_VERSION_STRING, url, ws, ws, options.data_dir,
             node.metrics_url().empty() ? "" : "  metrics      " + node.metrics_url() + "\n", url);
}

limits::Rates rates_of(const ServeOptions& options) {
  limits::Rates rates;
  rates.set(limits::Work::kMessages, options.rate_messages);
  rates.set(limits::Work::kBytes, options.rate_mib << 20);
  rates.set(limits::Work::kPresence, options.rate_presence);
  rates.set(limits::Work::kBroadcasts, options.rate_broadcasts);
  rates.set(limits::Work::kJoins, options.rate_joins);
  rates.set(limits::Work::kRequests, options.rate_requests);
  rates.set(limits::Work::kConnections, options.rate_connections);
  rates.network_factor = options.rate_address_factor;
  rates.principal_factor = options.rate_principal_factor;
  return rates;
}

backend::IdentityOptions identity_options(const ServeOptions& options) {
  backend::IdentityOptions identity = options.identity;
  identity.jwt_leeway_ms = options.jwt_leeway_seconds * 1000ULL;
  identity.claims.fallback =
      identity::rights_named(options.jwt_rights).value_or(identity::Rights::none());
  identity.webhook_secret = environment("SYNCLINE_AUTH_WEBHOOK_SECRET");
  return identity;
}

// A pair without an equals sign names no tenant, which the node refuses.
std::vector<std::pair<std::string, std::string>> tenant_hosts_of(const ServeOptions& options) {
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const std::string& pair : options.tenant_hosts) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    hosts.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
  return hosts;
}

backend::NodeOptions node_options(const ServeOptions& options, identity::Access access) {
  backend::NodeOptions node;
  node.data_dir = options.data_dir;
  node.backup_dir = options.backup_dir;
  node.log_name = options.log_name;
  node.region = options.region;
  node.stamp_presence = options.stamp_presence;
  node.guest_days = options.guest_days;
  node.audit = options.audit;
  node.node = options.node;
  node.address = options.address;
  node.port = options.port;
  node.tls_certificate = options.tls_certificate;
  node.tls_key = options.tls_key;
  node.access = std::move(access);
  node.identity = identity_options(options);
  node.require_token = options.require_token;
  node.token_cookie = options.token_cookie;
  node.ticket_limits.most_ms = options.max_ticket_seconds * 1000ULL;
  node.cors_origins = options.cors_origins;
  node.allow_hosts = options.allow_hosts;
  node.hooks = options.hooks;
  node.hooks.content_secret = environment("SYNCLINE_INITIAL_CONTENT_SECRET");
  node.tenant_hosts = tenant_hosts_of(options);
  node.insecure = options.insecure;
  node.loops = options.threads;
  node.memory_bytes = options.memory_mib << 20;
  node.max_message_bytes = options.max_message_mib << 20;
  node.max_change_steps = options.max_change_steps;
  node.disk_reserve_bytes = options.disk_reserve_mib << 20;
  node.import_idle_ms = options.import_idle_seconds * 1000ULL;
  node.rates = rates_of(options);
  if (options.max_connections_per_address != ServeOptions::kHalf)
    node.max_connections_per_address = options.max_connections_per_address;
  node.checkpoint_pace = {.interval_ms = options.checkpoint_seconds * 1000ULL,
                          .events = options.checkpoint_events};
  return node;
}

void drain(backend::Node& node, const ServeOptions& options, Signals& signals,
           const observe::Reporter& reporter) {
  reporter.info("draining; another signal ends the process at once",
                {{"seconds_at_most", options.drain_seconds}});
  signals.let_the_next_one_kill();
  if (!node.drain(options.drain_seconds * 1000ULL))
    reporter.warn("connections were cut", {{"after_seconds", options.drain_seconds}});
}

constexpr std::uint64_t kFlushMs = 1000;
// For the refusals to reach the clients, after the disk failed.
constexpr std::uint64_t kTellMs = 1000;

int serve(backend::NodeOptions wanted, const ServeOptions& options, Signals& signals,
          backend::LogWriter& log) {
  const observe::Reporter reporter(&log, observe::Area::kServer);
  wanted.log = &log;
  wanted.on_storage_failure = [](const Error&) { kill(getpid(), kStorageSignal); };
  auto node = backend::Node::start(std::move(wanted));
  if (!node) {  // such as a port that is taken: a command that fails, and not yet a server
    log.flush(kFlushMs);
    return complain(node.error());
  }
  reporter.info("ready", {{"url", (*node)->url()},
                          {"metrics_url", (*node)->metrics_url()},
                          {"pid", static_cast<std::uint64_t>(getpid())}});
  log.flush(kFlushMs);  // so that these lines stand above the announcement
  options.json ? announce_json(options, **node) : announce(options, **node);
  std::fflush(stdout);
  backend::tell_service_manager("READY=1\nSTATUS=serving " + (*node)->url());
  const int signal = signals.wait();
  backend::tell_service_manager("STOPPING=1\nSTATUS=stopping");
  bool failed = signal == kStorageSignal;
  if (failed) {
    signals.let_the_next_one_kill();
    (*node)->drain(kTellMs);
  } else {
    drain(**node, options, signals, reporter);
    failed = signals.storage_failed();
  }
  node->reset();
  reporter.info("stopped", {{"reason", failed              ? "the disk failed"
                                       : signal == SIGTERM ? "SIGTERM"
                                                           : "SIGINT"}});
  return failed ? 1 : 0;
}

}  // namespace

int run_serve(const ServeOptions& options) {
  backend::return_large_blocks();
  Signals signals;
  auto tokens = read_tokens(options);
  if (!tokens) return complain(tokens.error());
  const auto levels = observe::Levels().changed(options.log_level);
  if (!levels) return complain({ErrorCode::kInvalid, "--log-level: " + levels.error().message});
  observe::Secrets secrets = secrets_of(*tokens);
  backend::NodeOptions wanted = node_options(options, identity::Access(std::move(*tokens)));
  if (!options.metrics_listen.empty()) {
    auto listen = parse_listen(options.metrics_listen);
    if (!listen) return complain(listen.error());
    wanted.metrics_address = std::move(listen->address);
    wanted.metrics_port = listen->port;
  }
  backend::LogWriter log(
      {.format = log_format(options), .levels = *levels, .secrets = std::move(secrets)});
  return serve(std::move(wanted), options, signals, log);
}

}  // namespace syncline::cli
