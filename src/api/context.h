// What the API is given by the process that serves it. What needs the operating system comes in as an interface.
//
// Thread-safety: immutable while it is used, by all loops at once; so is what it refers to, unless that says
// otherwise. Outlives every request.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/backups.h"
#include "api/cors.h"
#include "api/imports.h"
#include "http/asset.h"
#include "log/checkpoint.h"
#include "node/shards.h"
#include "policy/access.h"
#include "syncline/error.h"

namespace syncline::api {

class MetricsPage;

// Whose signatures stand under checkpoints: what logs are called, and the keys that verify, the newest last.
struct PublicKeys {
  std::string log_name;
  std::vector<log::NoteVerifier> keys;
};

struct Context {
  node::Shards& shards;
  const policy::Access& access;
  Cors cors = Cors({});  // of /v1
  // Of what this process has none, the routes answer kUnsupported.
  Imports* imports = nullptr;
  Backups* backups = nullptr;
  std::function<Result<PublicKeys>()> keys;
  // A file to be served as it is, by its path; nullptr: there is none there. May be empty.
  std::function<const http::Asset*(std::string_view path)> find_asset = {};
  // Adds to /metrics what the process counts beside its shards. Called on any loop. May be empty.
  std::function<void(MetricsPage&)> add_metrics = {};
  const std::atomic<bool>& ready;
  bool bound_to_loopback = true;
  std::size_t retention_events = 1024;  // that one request to carry out a rule looks at
};

}  // namespace syncline::api
