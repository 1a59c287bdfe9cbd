#include "cli/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "backend/server/node.h"
#include "cli/table.h"
#include "protocol/json_text.h"
#include "state/quarantine.h"
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
  }

  int wait() {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

  // After this, a signal ends the process.
  void let_the_next_one_kill() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<policy::Access> read_tokens(const ServeOptions& options) {
  std::vector<policy::Token> tokens;
  std::string token = environment("SYNCLINE_TOKEN");
  if (!options.token_file.empty()) {
    std::ifstream file(options.token_file);
    if (!std::getline(file, token) || token.empty()) {
      return fail(ErrorCode::kInvalid, options.token_file + ": no token on its first line");
    }
  }
  if (!token.empty()) tokens.push_back({token, {.name = "token"}});
  if (const std::string read = environment("SYNCLINE_READ_TOKEN"); !read.empty()) {
    if (token.empty()) {
      return fail(ErrorCode::kInvalid,
                  "SYNCLINE_READ_TOKEN without SYNCLINE_TOKEN: nobody could write");
    }
    tokens.push_back({read, {.name = "reader", .read_only = true}});
  }
  return policy::Access(std::move(tokens));
}

int complain(const Error& error) {
  fmt::print(stderr, "syncline serve: {}\n", error.message);
  return error.code == ErrorCode::kInvalid ? 2 : 1;
}

void announce_json(const ServeOptions& options, const backend::Node& node) {
  fmt::print(
      "{{\"event\":\"listening\",\"version\":\"{}\",\"url\":{},\"port\":{},\"data_dir\":{},"
      "\"durability\":\"disk\",\"pid\":{}}}\n",
      SYNCLINE_VERSION_STRING, protocol::json_string(node.url()), node.port(),
      protocol::json_string(options.data_dir), getpid());
}

void announce(const ServeOptions& options, const backend::Node& node) {
  const std::string url = node.url();
  const std::string ws = "ws" + url.substr(4);
  fmt::print(R"(syncline {}

  editor       {}/
  y-websocket  {}/y/WORKSPACE/OBJECT
  Hocuspocus   {}/hocuspocus/WORKSPACE
  data         {} (an edit is acknowledged, and shown to others, once it is synced to disk)

Open the editor in two windows, then:  syncline cat demo/welcome --server {}
)",
             SYNCLINE_VERSION_STRING, url, ws, ws, options.data_dir, url);
}

backend::NodeOptions node_options(const ServeOptions& options, policy::Access access) {
  backend::NodeOptions node;
  node.data_dir = options.data_dir;
  node.backup_dir = options.backup_dir;
  node.log_name = options.log_name;
  node.region = options.region;
  node.node = options.node;
  node.address = options.address;
  node.port = options.port;
  node.tls_certificate = options.tls_certificate;
  node.tls_key = options.tls_key;
  node.access = std::move(access);
  node.cors_origins = options.cors_origins;
  node.allow_hosts = options.allow_hosts;
  node.insecure = options.insecure;
  node.loops = options.threads;
  node.memory_budget_bytes = options.memory_mib << 20;
  node.max_message_bytes = options.max_message_mib << 20;
  node.disk_reserve_bytes = options.disk_reserve_mib << 20;
  node.import_idle_ms = options.import_idle_seconds * 1000ULL;
  node.checkpoint_pace = {.interval_ms = options.checkpoint_seconds * 1000ULL,
                          .events = options.checkpoint_events};
  return node;
}

void report_private(const backend::MadePrivate& made, const std::string& data_dir) {
  if (made.changed > 0) {
    fmt::print(stderr, "private now: other users could read {} files and directories of {}\n",
               made.changed, visible(data_dir));
  }
  if (made.failed > 0) {
    fmt::print(stderr,
               "not private: other users may read {} files and directories of {}, and this process "
               "is not their owner\n",
               made.failed, visible(data_dir));
  }
}

int drain(backend::Node& node, const ServeOptions& options, Signals& signals) {
  if (!options.json) fmt::print(stderr, "draining; once more to end at once\n");
  signals.let_the_next_one_kill();
  if (!node.drain(options.drain_seconds * 1000ULL)) {
    fmt::print(stderr, "syncline serve: some connections had to be cut after {} s\n",
               options.drain_seconds);
  }
  return 0;
}

}  // namespace

int run_serve(const ServeOptions& options) {
  Signals signals;
  auto access = read_tokens(options);
  if (!access) return complain(access.error());
  backend::NodeOptions wanted = node_options(options, std::move(*access));
  wanted.on_storage_failure = [](const Error& error) {
    fmt::print(stderr, "syncline serve: storage failed: {}\n", error.message);
    kill(getpid(), kStorageSignal);
  };
  wanted.on_clock = [](const std::string& what) {
    fmt::print(stderr, "syncline serve: {}\n", visible(what));
  };
  wanted.on_quarantine = [](const state::Quarantined& quarantined) {
    const Error error = state::quarantine_error(quarantined);
    fmt::print(stderr, "syncline serve: {}\n", visible(error.message));
  };
  auto node = backend::Node::start(std::move(wanted));
  if (!node) return complain(node.error());
  report_private((*node)->made_private(), options.data_dir);
  if ((*node)->torn_bytes() > 0) {
    fmt::print(stderr, "recovered: dropped {} bytes of an append that was never acknowledged\n",
               (*node)->torn_bytes());
  }
  options.json ? announce_json(options, **node) : announce(options, **node);
  std::fflush(stdout);
  const int signal = signals.wait();
  if (signal == kStorageSignal) return 1;
  return drain(**node, options, signals);
}

}  // namespace syncline::cli
