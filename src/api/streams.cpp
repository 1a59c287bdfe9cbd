// Durable Streams: https://github.com/durable-streams/durable-streams, PROTOCOL.md. docs/durable-streams.md says what of it
// is here, and how.
//
// A stream is an object of the type "stream" (streams/stream.h) of the workspace in its path. So whoever appends does what
// everybody does who changes an object: with his rights, within his quotas, and answered when it is durable.
#include "api/route.h"
#include "api/stream_handlers.h"

namespace syncline::api {
namespace {

constexpr Route kStreamRoutes[] = {
    {"GET", "/streams/{workspace}", Right::kRead, get_log_stream, Route::kWhileOpen,
     Route::kOfPrefix},
    {"GET", "/streams/{workspace}/{object}", Right::kRead, get_stream},
    {"PUT", "/streams/{workspace}/{object}", Right::kWrite, put_stream},
    {"POST", "/streams/{workspace}/{object}", Right::kWrite, post_stream},
    {"DELETE", "/streams/{workspace}/{object}", Right::kDelete, delete_stream},
};

}  // namespace

std::span<const Route> stream_routes() {
  return kStreamRoutes;
}

}  // namespace syncline::api
