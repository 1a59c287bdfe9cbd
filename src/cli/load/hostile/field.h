// Field: what an attack works with: the server, the tokens, the sizes, and where it counts.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/load/hostile/reactor.h"
#include "cli/load/hostile/tally.h"
#include "syncline/error.h"

namespace syncline::cli {

// Who an attacker is to the server. On a server without tokens, all three may write.
enum class Role : std::uint8_t { kStranger, kReader, kWriter };

std::string_view to_string(Role role);

// The server, and the documents that the attacks use there. Constant during a run.
struct Ground {
  sockaddr_storage address{};  // of the server
  socklen_t address_size = 0;
  std::string host;    // for the Host header, with the port
  std::string prefix;  // of every path
  std::string token;
  std::string read_token;

  std::string workspace = "attack";
  std::string run;  // a part of the names of new documents, so that each run has its own
  struct Document {
    std::string workspace;
    std::string object;
  };
  std::vector<Document> quiet_documents;  // where the quiet users are

  std::uint64_t connections = 200;  // the most that one attack opens
  std::uint64_t large_bytes = 30ULL << 20;
  std::uint64_t history = 100'000;  // events of the document with a long history
  // Attacks that make much data act only in one second of ten, so that a long run fits on a disk.
  bool spares_disk = false;

  std::string token_of(Role role) const;
  std::string large_object() const;    // a text of large_bytes
  std::string binary_object() const;   // a map with one binary value of large_bytes
  std::string history_object() const;  // a text that was typed in `history` events

  // "/y/WORKSPACE/OBJECT?…": asks for acks, and has the token of the role.
  std::string y_path(Role role, std::string_view object) const;
  std::string hocuspocus_path() const { return prefix + "/hocuspocus/" + workspace; }
  // The head of an HTTP request, complete. `host` replaces that of the server if it is not empty.
  std::string request(std::string_view method, std::string_view path, Role role,
                      std::string_view more_headers = {}, std::string_view other_host = {}) const;
};

// Finds the address of the server. kInvalid for a URL that is not ws://; kUnavailable if the name has
// no address.
Result<Ground> ground_at(std::string_view url);

struct Field {
  Reactor& reactor;
  const Ground& ground;
  Tally& tally;
  Role role = Role::kWriter;

  // Whether an attack that makes much data acts now.
  bool may_flood(std::uint64_t now_us) const {
    return !ground.spares_disk || now_us / 1'000'000 % 10 == 0;
  }
};

}  // namespace syncline::cli
