// Resumable uploads of files, by the tus protocol 1.0.0. An upload is below the object that will have the file, so the
// door checks each of its requests as it checks any change of that object.
//
//   POST   …/uploads/{object}              begins one
//   HEAD   …/uploads/{object}?upload=ID    how far it is
//   PATCH  …/uploads/{object}?upload=ID    more bytes
//   DELETE …/uploads/{object}?upload=ID    gives it up
//
// When all bytes are there, the upload becomes the next version of the file.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/conditions.h"
#include "api/route.h"
#include "api/support.h"
#include "api/tus.h"
#include "api/uploading.h"
#include "base/big_endian.h"
#include "base/qualified_name.h"
#include "node/active_uploads.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

constexpr std::size_t kMostUploads = 1000;  // of a tenant, which have not become files

// A request about one upload, and the right to change it.
struct UploadRequest {
  Call call;
  log::Upload upload;
  std::optional<node::ActiveUploads::Place> place = std::nullopt;
};
using SharedRequest = std::shared_ptr<UploadRequest>;

std::string id_text(std::string_view id) {
  std::string text;
  for (const unsigned char c : id) text += fmt::format("{:02x}", c);
  return text;
}

// nullopt: not the text of an id.
std::optional<std::string> id_of_text(std::string_view text) {
  if (text.size() != 2 * log::kUploadIdBytes) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    for (const char c : text.substr(i, 2)) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const std::size_t digit = kDigits.find(c);
      if (digit == kDigits.npos) return std::nullopt;
      byte = byte * 16 + static_cast<unsigned>(digit);
    }
    id += static_cast<char>(byte);
  }
  return id;
}

http::Response with_status(int status) {
  http::Response response;
  response.status = status;
  return response;
}

std::string tenant_of_call(const Call& call) {
  return std::string(split_name(call.path.workspace).tenant);
}

bool is_complete(const log::Upload& upload) {
  return upload.done || upload.file || upload.bytes() == upload.length;
}

std::uint64_t offset_of(const log::Upload& upload) {
  return upload.done || upload.file ? upload.length.value_or(0) : upload.bytes();
}

void add_progress(http::Response& response, const log::Upload& upload) {
  response.headers.emplace_back("Upload-Offset", std::to_string(offset_of(upload)));
  response.headers.emplace_back("Upload-Expires", http::format_date(upload.expires_ms));
}

// False: the client speaks another version, which is answered.
bool speaks_tus(Call& call) {
  call.responder.add_header("Tus-Resumable", std::string(kTusVersion));
  if (call.request.headers.find("Tus-Resumable") == kTusVersion) return true;
  http::Response refused = http::error_response(
      412, "precondition_failed", "uploads are those of tus: send Tus-Resumable: 1.0.0");
  refused.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  call.answer(std::move(refused));
  return false;
}

http::Response refusal_of(const Completed& completed) {
  if (completed.unmet)
    return http::error_response(412, "precondition_failed", completed.error->message);
  if (completed.lies)
    return http::error_response(415, "unsupported_media_type", completed.error->message);
  return to_response(*completed.error);
}

// The upload is complete: it becomes a version, and `response` says so.
void complete_and_answer(SharedRequest request, http::Response response) {
  auto conditions = Conditions::read(request->call.request);
  if (!conditions) return request->call.refuse(conditions.error());
  Completing completing{.shard = request->call.shard,
                        .caller = request->call.caller,
                        .upload = request->upload,
                        .conditions = std::move(*conditions)};
  complete(std::move(completing),
           [request, response = std::move(response)](Completed completed) mutable {
             request->place.reset();
             if (completed.error) return request->call.answer(refusal_of(completed));
             const log::Position position = completed.receipt.position;
             response.headers.emplace_back("ETag", etag_of(position, "file"));
             response.headers.emplace_back("Syncline-Position", std::to_string(position));
             request->call.answer(std::move(response));
           });
}

// What has become of the body of the request.
void answer_sent(SharedRequest request, Result<Sent> sent, http::Response response) {
  if (!sent) return request->call.refuse(sent.error());
  request->upload = std::move(sent->upload);
  switch (sent->how) {
    case Sent::kMismatch:
      return request->call.answer(
          http::error_response(460, "checksum_mismatch", "the bytes have another SHA-256"));
    case Sent::kTooMuch:
      return request->call.answer(http::error_response(
          413, "too_large", "there are more bytes than the upload is to have"));
    case Sent::kLies: {
      const std::string tenant = tenant_of_call(request->call);
      return request->call.shard.store->files().end_upload(
          tenant, request->upload.id, [request](Result<void>) {
            request->place.reset();
            request->call.answer(http::error_response(415, "unsupported_media_type",
                                                      "the content is not what its type says"));
          });
    }
    case Sent::kWhole:
    case Sent::kBroken: break;
  }
  add_progress(response, request->upload);
  if (is_complete(request->upload))
    return complete_and_answer(std::move(request), std::move(response));
  request->place.reset();
  request->call.answer(std::move(response));
}

// nullopt: there is no room for what a request holds that sends bytes.
std::optional<MemoryCharge> room_to_send(Call& call) {
  MemoryCharge charge(call.shard.host.cell_of(call.caller, MemoryUse::kReceiving));
  if (!charge.has_room(kUploadMemory)) return std::nullopt;
  charge.set(kUploadMemory);
  return charge;
}

void take_body(SharedRequest request, std::optional<Hash256> checksum, http::Response response) {
  auto memory = room_to_send(request->call);
  if (!memory)
    return request->call.refuse({ErrorCode::kUnavailable, "too many uploads at the same time"});
  Receiving receiving{.shard = request->call.shard,
                      .upload = request->upload,
                      .body = body_of(request->call.request),
                      .checksum = checksum,
                      .memory = std::move(*memory)};
  receive(std::move(receiving),
          [request, response = std::move(response)](Result<Sent> sent) mutable {
            answer_sent(std::move(request), std::move(sent), std::move(response));
          });
}

// ---- beginning

// kTooLarge, kForbidden: over a limit or a quota. `others`: the uploads of the tenant that are not over.
Result<void> check_room(const Call& call, const log::Upload& upload,
                        const std::vector<log::Upload>& others) {
  std::uint64_t promised = upload.length.value_or(0);
  for (const log::Upload& other : others)
    if (other.workspace == upload.workspace) promised += other.length.value_or(other.bytes());
  if (others.size() >= kMostUploads)
    return fail(ErrorCode::kUnavailable, "too many uploads are not finished");
  const limits::SharedUse use = call.shard.uses.of(call.path.workspace);
  if (use == nullptr) return {};
  auto within = use->check(limits::Quota::kStoredBytes, promised);
  if (!within) within.error().code = ErrorCode::kForbidden;
  return within;
}

Result<log::Upload> read_upload_request(Call& call) {
  const http::Request& request = call.request;
  const auto length = number_in(request, "Upload-Length");
  if (!length) return std::unexpected(length.error());
  const bool deferred = request.headers.find("Upload-Defer-Length") == "1";
  if (length->has_value() == deferred)
    return fail(ErrorCode::kInvalid, "send Upload-Length, or Upload-Defer-Length: 1");
  const std::string metadata(request.headers.find("Upload-Metadata").value_or(""));
  auto said = parse_upload_metadata(metadata);
  if (!said) return std::unexpected(std::move(said.error()));
  const log::FileVersion version{
      .bytes = length->value_or(0),
      .media_type = said->media_type.empty() ? "application/octet-stream" : said->media_type,
      .file_name = said->file_name};
  if (auto ok = log::check_file_version(version); !ok) return std::unexpected(ok.error());
  std::string id;
  for (int i = 0; i < 2; ++i) put_big_endian(id, call.shard.random->next(), 8);
  return log::Upload{.id = std::move(id),
                     .workspace = call.path.workspace,
                     .object = call.path.object,
                     .principal = call.caller.principal.id,
                     .length = *length,
                     .media_type = std::move(said->media_type),
                     .file_name = std::move(said->file_name),
                     .metadata = metadata,
                     .expires_ms = call.shard.scheduler.unix_ms() + kUploadLifeMs,
                     .hashed = Sha256().state()};
}

// Relative to the address of the request, which may have a part before it that the server does not know.
std::string location_of(const Call& call, const log::Upload& upload) {
  const std::string& path = call.request.raw_path;
  return fmt::format("./{}?upload={}", path.substr(path.rfind('/') + 1), id_text(upload.id));
}

void begun(SharedRequest request) {
  http::Response response = with_status(201);
  response.headers.emplace_back("Location", location_of(request->call, request->upload));
  const http::Request& sent = request->call.request;
  const bool has_body = sent.body_source != nullptr || !sent.body.empty();
  const auto checksum = upload_checksum(sent);
  if (!checksum) return request->call.refuse(checksum.error());
  if (has_body && sent.headers.find("Content-Type") == kTusChunkType) {
    request->place = request->call.shard.uploads.take(request->upload.id);
    return take_body(std::move(request), *checksum, std::move(response));
  }
  add_progress(response, request->upload);
  if (is_complete(request->upload))
    return complete_and_answer(std::move(request), std::move(response));
  request->call.answer(std::move(response));
}

void begin_upload(Call call) {
  if (!speaks_tus(call)) return;
  auto upload = read_upload_request(call);
  if (!upload) return call.refuse(upload.error());
  const std::string tenant = tenant_of_call(call);
  log::FileStore& files = call.shard.store->files();
  auto request =
      std::make_shared<UploadRequest>(UploadRequest{std::move(call), *std::move(upload)});
  files.list_uploads(tenant, "", kMostUploads,
                     [request, tenant, &files](Result<std::vector<log::Upload>> others) {
                       if (!others) return request->call.refuse(others.error());
                       if (auto room = check_room(request->call, request->upload, *others); !room)
                         return request->call.refuse(room.error());
                       files.begin_upload(tenant, request->upload, [request](Result<void> stored) {
                         stored ? begun(request) : request->call.refuse(stored.error());
                       });
                     });
}

// ---- going on

// Calls `use` with the upload that the query names, if it is that of the caller and of the object. `alone`: nobody else
// may change it meanwhile.
void with_upload(Call call, std::move_only_function<void(SharedRequest)> use) {
  if (!speaks_tus(call)) return;
  const auto id = id_of_text(http::query_parameter(call.request.query, "upload").value_or(""));
  if (!id) return call.refuse({ErrorCode::kNotFound, "there is no such upload"});
  auto place = call.shard.uploads.take(*id);
  if (!place)
    return call.answer(
        http::error_response(423, "locked", "another request sends bytes to this upload"));
  const std::string tenant = tenant_of_call(call);
  log::FileStore& files = call.shard.store->files();
  auto request =
      std::make_shared<UploadRequest>(UploadRequest{std::move(call), {}, std::move(place)});
  files.load_upload(
      tenant, *id,
      [request, use = std::move(use)](Result<std::optional<log::Upload>> upload) mutable {
        const Call& asked = request->call;
        if (!upload) return request->call.refuse(upload.error());
        if (!*upload || (*upload)->workspace != asked.path.workspace ||
            (*upload)->object != asked.path.object ||
            (*upload)->principal != asked.caller.principal.id)
          return request->call.refuse({ErrorCode::kNotFound, "there is no such upload"});
        request->upload = *std::move(*upload);
        use(std::move(request));
      });
}

// A client that says the length only now.
Result<void> learn_length(UploadRequest& request) {
  const auto length = number_in(request.call.request, "Upload-Length");
  if (!length) return std::unexpected(length.error());
  if (!*length) return {};
  log::Upload& upload = request.upload;
  if (upload.length ? **length != *upload.length
                    : **length < upload.bytes() || **length > log::kMaxFileBytes)
    return fail(ErrorCode::kInvalid, "Upload-Length is not the length of this upload");
  upload.length = **length;
  return {};
}

void take_more(SharedRequest request) {
  const http::Request& asked = request->call.request;
  if (asked.headers.find("Content-Type") != kTusChunkType)
    return request->call.answer(http::error_response(415, "unsupported_media_type",
                                                     fmt::format("PATCH takes {}", kTusChunkType)));
  const auto offset = number_in(asked, "Upload-Offset");
  if (!offset) return request->call.refuse(offset.error());
  if (!*offset)
    return request->call.refuse({ErrorCode::kInvalid, "Upload-Offset says where the bytes begin"});
  if (**offset != offset_of(request->upload))
    return request->call.answer(http::error_response(
        409, "conflict", fmt::format("the upload has {} bytes", offset_of(request->upload))));
  if (auto known = learn_length(*request); !known) return request->call.refuse(known.error());
  const auto checksum = upload_checksum(asked);
  if (!checksum) return request->call.refuse(checksum.error());
  if (request->upload.done) {
    http::Response response = no_content();
    add_progress(response, request->upload);
    return request->call.answer(std::move(response));
  }
  if (request->upload.file) {
    http::Response response = no_content();
    add_progress(response, request->upload);
    return complete_and_answer(std::move(request), std::move(response));
  }
  take_body(std::move(request), *checksum, no_content());
}

void show_upload(SharedRequest request) {
  const log::Upload& upload = request->upload;
  const std::string length = upload.length ? std::to_string(*upload.length) : "null";
  http::Response response = http::json_response(
      200, fmt::format(R"({{"object":{},"offset":{},"length":{},"expires":"{}"}})"
                       "\n",
                       protocol::json_string(upload.object), offset_of(upload), length,
                       protocol::time_text(upload.expires_ms)));
  add_progress(response, upload);
  response.headers.emplace_back("Cache-Control", "no-store");
  if (upload.length)
    response.headers.emplace_back("Upload-Length", length);
  else
    response.headers.emplace_back("Upload-Defer-Length", "1");
  if (!upload.metadata.empty()) response.headers.emplace_back("Upload-Metadata", upload.metadata);
  // The process may have ended before the event.
  if (is_complete(upload) && !upload.done)
    return complete_and_answer(std::move(request), std::move(response));
  request->call.answer(std::move(response));
}

void give_up(SharedRequest request) {
  request->call.shard.store->files().end_upload(
      tenant_of_call(request->call), request->upload.id, [request](Result<void> ended) {
        request->place.reset();
        ended ? request->call.answer(no_content()) : request->call.refuse(ended.error());
      });
}

void get_upload(Call call) {
  with_upload(std::move(call), show_upload);
}

void patch_upload(Call call) {
  with_upload(std::move(call), take_more);
}

void delete_upload(Call call) {
  with_upload(std::move(call), give_up);
}

void get_upload_options(Call call) {
  http::Response response = no_content();
  response.headers.emplace_back("Tus-Resumable", std::string(kTusVersion));
  response.headers.emplace_back("Tus-Version", std::string(kTusVersion));
  response.headers.emplace_back("Tus-Extension", std::string(kTusExtensions));
  response.headers.emplace_back("Tus-Checksum-Algorithm", "sha256");
  response.headers.emplace_back("Tus-Max-Size", std::to_string(log::kMaxFileBytes));
  call.answer(std::move(response));
}

constexpr Route kUploadRoutes[] = {
    {"POST", "/v1/workspaces/{workspace}/uploads/{object}", Right::kWrite, begin_upload},
    {"GET", "/v1/workspaces/{workspace}/uploads/{object}", Right::kWrite, get_upload},
    {"PATCH", "/v1/workspaces/{workspace}/uploads/{object}", Right::kWrite, patch_upload},
    {"DELETE", "/v1/workspaces/{workspace}/uploads/{object}", Right::kWrite, delete_upload},
    {"OPTIONS", "/v1/workspaces/{workspace}/uploads/{object}", Right::kRead, get_upload_options},
};

}  // namespace

std::span<const Route> upload_routes() {
  return kUploadRoutes;
}

}  // namespace syncline::api
