// Uploading: the bytes of a request become a part of an upload (log/file_store.h), and an upload that is complete becomes
// a version of a file.
//
// A request holds at most a chunk in the connection, one here and one that is being stored, however large its body is:
// nothing more is read from the client meanwhile. What the upload is said to have is durable.
//
// Thread-safety: called on the loop of the workspace, and answers there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/conditions.h"
#include "base/memory_cell.h"
#include "base/sha256.h"
#include "http/body_source.h"
#include "identity/caller.h"
#include "limits/usage.h"
#include "log/done.h"
#include "log/file_store.h"
#include "log/file_version.h"
#include "node/shard.h"
#include "workspace/receipt.h"

namespace syncline::api {

inline constexpr std::uint64_t kUploadLifeMs = std::uint64_t{24} * 3600 * 1000;

// What is charged to the sender while he sends.
inline constexpr std::size_t kUploadMemory = 3 * log::kFileChunkBytes;

// The body of a request, as a source in any case.
std::shared_ptr<http::BodySource> body_of(http::Request& request);

struct Sent {
  enum How : std::uint8_t {
    kWhole,     // the body has ended
    kBroken,    // the client has left before that; what came is stored, unless there is a checksum
    kTooMuch,   // there is more than the upload takes; what it takes is stored
    kMismatch,  // the checksum is another one; nothing of the body is stored
    kLies,      // the beginning is not what the media type says; nothing of it is stored
  };

  log::Upload upload;  // as it is now
  How how = kWhole;
};

struct Receiving {
  node::Shard& shard;
  log::Upload upload;  // as it is stored
  std::shared_ptr<http::BodySource> body;
  std::optional<Hash256> checksum = {};  // of the whole body
  MemoryCharge memory = {};
};
// Errors: those of the store; kForbidden: over the quota of stored bytes.
void receive(Receiving receiving, log::Done<Sent> done);

struct Completing {
  node::Shard& shard;
  identity::Caller caller;
  log::Upload upload;  // all its bytes are stored
  Conditions conditions;
};
struct Completed {
  log::FileVersion version;
  workspace::Receipt receipt;
  bool begins = false;  // there was no such object
  bool unmet = false;   // with an error: a condition does not hold
  bool lies = false;    // with an error: the bytes are not what the media type says
  std::optional<Error> error = {};
};
// Makes the upload a file and appends the event, once however often it is called for an upload. If that is refused, the
// upload is ended, unless it may succeed later (kUnavailable, kIo, kConflict). An upload that has succeeded is closed.
void complete(Completing completing, std::move_only_function<void(Completed)> done);

}  // namespace syncline::api
