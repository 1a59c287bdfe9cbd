#include "api/cors.h"

#include <algorithm>
#include <utility>

namespace syncline::api {

bool Cors::knows(std::string_view origin) const {
  return std::ranges::find(origins_, origin) != origins_.end();
}

std::optional<http::Response> Cors::preflight(const http::Request& request) const {
  const auto origin = request.headers.find("Origin");
  if (request.method != "OPTIONS" || !origin ||
      !request.headers.find("Access-Control-Request-Method"))
    return std::nullopt;
  if (!knows(*origin))
    return http::error_response(
        403, "forbidden",
        "pages of this origin may not use the API; --cors-origin names those "
        "that may");
  http::Response response;
  response.status = 204;
  response.headers = {
      {"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"},
      {"Access-Control-Allow-Headers",
       "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range, Idempotency-Key, "
       "Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, traceparent, Stream-TTL, "
       "Stream-Expires-At, Stream-Seq, Stream-Closed, Stream-Forked-From, Stream-Fork-Offset, "
       "Stream-Fork-Sub-Offset, Producer-Id, Producer-Epoch, Producer-Seq, Tus-Resumable, "
       "Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum, Upload-Defer-Length"},
      {"Access-Control-Max-Age", "600"}};
  return response;
}

void Cors::admit(const http::Request& request, http::Responder& responder) const {
  if (origins_.empty()) return;
  responder.add_header("Vary", "Origin");  // caches keep the answers to different origins apart
  const auto origin = request.headers.find("Origin");
  if (!origin || !knows(*origin)) return;
  responder.add_header("Access-Control-Allow-Origin", std::string(*origin));
  if (with_cookies_) responder.add_header("Access-Control-Allow-Credentials", "true");
  responder.add_header("Access-Control-Expose-Headers",
                       "ETag, Link, Location, Syncline-Position, Idempotent-Replayed, "
                       "Mcp-Session-Id, Stream-Next-Offset, Stream-Cursor, Stream-Up-To-Date, "
                       "Stream-Closed, Stream-TTL, Stream-Expires-At, Stream-SSE-Data-Encoding, "
                       "Producer-Epoch, Producer-Seq, Producer-Expected-Seq, "
                       "Producer-Received-Seq, Content-Range, Accept-Ranges, Content-Disposition, "
                       "Repr-Digest, Tus-Resumable, Upload-Offset, Upload-Length, "
                       "Upload-Metadata, Upload-Expires");
}

}  // namespace syncline::api
