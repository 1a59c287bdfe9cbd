// `syncline serve`: builds the node, says where it listens, and waits for a signal.
//
// SIGTERM or SIGINT drains: new connections are refused, what clients have sent is made durable and
// acknowledged, sessions close with 1001; a second signal ends the process at once. A disk that
// fails ends it too, with exit code 1: what was not acknowledged was not promised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace syncline::cli {

struct ServeOptions {
  std::string data_dir = "syncline-data";
  std::string backup_dir;
  std::string log_name;
  std::string region;
  std::string node;
  std::string address = "127.0.0.1";
  std::uint16_t port = 4400;
  std::string tls_certificate;
  std::string tls_key;
  std::string token_file;  // "-": none; its first line is the read-write token
  std::vector<std::string> cors_origins;
  bool insecure = false;
  bool verify = false;  // everything, before it is served
  std::size_t threads = 0;
  std::size_t memory_mib = 1024;
  std::size_t max_message_mib = 32;
  std::uint32_t checkpoint_seconds = 60;
  std::uint64_t checkpoint_events = 10'000;
  std::uint32_t drain_seconds = 10;
  bool json = false;
};

// Returns the exit code. Tokens come from SYNCLINE_TOKEN and SYNCLINE_READ_TOKEN, or the file.
int run_serve(const ServeOptions& options);

}  // namespace syncline::cli
