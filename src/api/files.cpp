#include "api/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/byte_range.h"
#include "api/conditions.h"
#include "api/deleted.h"
#include "api/file_types.h"
#include "api/moments.h"
#include "api/quarantine.h"
#include "api/route.h"
#include "api/support.h"
#include "api/uploading.h"
#include "base/base64.h"
#include "base/big_endian.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/file_version.h"
#include "protocol/json_text.h"
#include "state/deletions_view.h"
#include "state/object_replay.h"

namespace syncline::api {
namespace {

constexpr std::string_view kFileForm = "file";  // in ETags

// ---- getting

// The bytes of a range of a file, one chunk at a time.
class ChunkSource final : public PieceSource {
 public:
  ChunkSource(std::string tenant, std::string list, ByteRange range)
      : tenant_(std::move(tenant)), list_(std::move(list)), range_(range) {}

  void next(const state::Workplace* place, log::Done<SharedPiece> done) override {
    const std::uint64_t index = range_.first / log::kFileChunkBytes;
    const std::uint64_t skip =
        is_mutated(Mutation::range_from_chunk) ? 0 : range_.first % log::kFileChunkBytes;
    const std::uint64_t count = std::min(range_.count, log::kFileChunkBytes - skip);
    range_ = {range_.first + count, range_.count - count};
    place->sources.store.files().load_chunk(
        tenant_, list_, index, [skip, count, done = std::move(done)](Result<Bytes> chunk) mutable {
          if (!chunk) return done(std::unexpected(std::move(chunk.error())));
          if (chunk->size() < skip + count)
            return done(fail(ErrorCode::kCorrupt, "a chunk of the file is too short"));
          SharedPiece piece = SharedPiece::of(std::move(*chunk));
          piece.view = piece.view.subspan(skip, count);
          done(std::move(piece));
        });
  }
  bool at_end() const override { return range_.count == 0; }
  bool is_work() const override { return true; }

 private:
  const std::string tenant_;
  const std::string list_;
  ByteRange range_;
};

// A file at a moment, for the request that asks for it.
struct FileAsked {
  Inquiry inquiry;
  Conditions conditions;
  log::FileVersion version;
  log::Position position = 0;
};

void add_file_headers(http::Response& response, const FileAsked& asked) {
  const auto add = [&](std::string name, std::string value) {
    response.headers.emplace_back(std::move(name), std::move(value));
  };
  add("ETag", etag_of(asked.position, kFileForm));
  add("Syncline-Position", std::to_string(asked.position));
  add("Cache-Control", "private, no-cache");
  add("Accept-Ranges", "bytes");
  add("Repr-Digest", fmt::format("sha-256=:{}:", to_base64(asked.version.hash)));
  if (response.status == 304) return;
  const bool download =
      http::query_parameter(asked.inquiry.request.query, "download").value_or("") == "1";
  add("Content-Type", asked.version.media_type);
  add("Content-Disposition", content_disposition(asked.version, download));
  // Whatever the content is, it runs nothing, and nobody guesses another type.
  add("X-Content-Type-Options", "nosniff");
  add("Content-Security-Policy", "default-src 'none'; sandbox");
}

// The range that the request asks for, if it is of this version.
std::optional<std::variant<ByteRange, Unsatisfiable>> range_of(const FileAsked& asked) {
  const http::Request& request = asked.inquiry.request;
  const auto header = request.headers.find("Range");
  if (!header || request.method != "GET") return std::nullopt;
  const auto only_if = request.headers.find("If-Range");
  if (only_if && *only_if != etag_of(asked.position, kFileForm)) return std::nullopt;
  return asked_range(*header, asked.version.bytes);
}

void send_file(FileAsked asked, const std::string& list) {
  http::Response head;
  ByteRange range{0, asked.version.bytes};
  if (const auto wanted = range_of(asked)) {
    if (std::holds_alternative<Unsatisfiable>(*wanted)) {
      head = http::error_response(416, "range_not_satisfiable", "the file has no such bytes");
      head.headers.emplace_back("Content-Range", fmt::format("bytes */{}", asked.version.bytes));
      return asked.inquiry.answer(std::move(head));
    }
    range = std::get<ByteRange>(*wanted);
    head.status = 206;
    head.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1,
                                     asked.version.bytes));
  }
  add_file_headers(head, asked);
  head.length = range.count;
  if (asked.inquiry.request.method == "HEAD") range.count = 0;
  const std::string tenant(split_name(asked.inquiry.path.workspace).tenant);
  asked.inquiry.slot = state::JobSlot();
  stream(std::move(asked.inquiry.responder), std::move(head), {},
         std::make_unique<ChunkSource>(tenant, list, range), 0, std::move(asked.inquiry.sending));
}

void answer_file(FileAsked asked) {
  if (asked.conditions.is_known(asked.position, kFileForm)) {
    http::Response response;
    response.status = 304;
    add_file_headers(response, asked);
    return asked.inquiry.answer(std::move(response));
  }
  const std::string tenant(split_name(asked.inquiry.path.workspace).tenant);
  log::FileStore& files = asked.inquiry.sources.store.files();
  const Hash256 hash = asked.version.hash;
  files.load_file(tenant, hash,
                  [asked = std::move(asked)](Result<std::optional<log::StoredFile>> file) mutable {
                    if (!file) return asked.inquiry.refuse(file.error());
                    if (!*file)
                      return asked.inquiry.refuse(
                          {ErrorCode::kGone, "the content of this version is not stored here"});
                    send_file(std::move(asked), (*file)->list);
                  });
}

void file_found(Inquiry inquiry, log::Position at, const state::SharedDeletions& gone,
                Result<state::ReplayedObject> replayed) {
  if (!replayed) return inquiry.refuse(replayed.error());
  if (const auto deleted = state::gone_at(*gone, inquiry.path.object, at, replayed->position))
    return inquiry.refuse(*deleted);
  if (replayed->position == 0)
    return inquiry.refuse({ErrorCode::kNotFound, "there is no such file"});
  if (replayed->object->type().name() != log::kFileType)
    return inquiry.refuse({ErrorCode::kNoSuchForm, "this object is not a file"});
  auto version = log::decode_file_version(replayed->object->snapshot());
  if (!version) return inquiry.refuse(version.error());
  auto conditions = Conditions::read(inquiry.request);
  if (!conditions) return inquiry.refuse(conditions.error());
  answer_file(
      {std::move(inquiry), std::move(*conditions), std::move(*version), replayed->position});
}

void get_file(Inquiry inquiry) {
  at_moment(std::move(inquiry), "at", [](log::Position at, Inquiry asked) {
    if (auto ok = check_quarantine(asked, at); !ok) return asked.refuse(ok.error());
    with_deletions(std::move(asked), [at](Inquiry again, state::SharedDeletions gone) {
      const Path path = again.path;
      const state::ReplaySources& sources = again.sources;
      state::replay_to_show(sources, path.workspace, path.object, at,
                            [again = std::move(again), at, gone = std::move(gone)](
                                Result<state::ReplayedObject> replayed) mutable {
                              file_found(std::move(again), at, gone, std::move(replayed));
                            });
    });
  });
}

// ---- putting

struct FilePut {
  Call call;
  Conditions conditions;
  log::Upload upload;

  log::FileStore& files() const { return call.shard.store->files(); }
  std::string tenant() const { return std::string(split_name(call.path.workspace).tenant); }
};
using SharedPut = std::shared_ptr<FilePut>;

void give_up_put(const SharedPut& put, http::Response response) {
  put->files().end_upload(put->tenant(), put->upload.id,
                          [put, response = std::move(response)](Result<void>) mutable {
                            put->call.answer(std::move(response));
                          });
}

http::Response put_result(const FilePut& put, const Completed& completed) {
  const log::FileVersion& version = completed.version;
  const log::Position position = completed.receipt.position;
  const bool changed = !completed.receipt.known;
  http::Response response = http::json_response(
      completed.begins && changed ? 201 : 200,
      fmt::format(
          R"({{"workspace":{},"object":{},"changed":{},"position":{},"hash":"{}","bytes":{},"media_type":{}}})"
          "\n",
          protocol::json_string(put.call.path.name), protocol::json_string(put.call.path.object),
          changed, position, to_hex(version.hash), version.bytes,
          protocol::json_string(version.media_type)));
  response.headers.emplace_back("ETag", etag_of(position, kFileForm));
  response.headers.emplace_back("Syncline-Position", std::to_string(position));
  return response;
}

// Nobody comes back to this upload.
void put_completed(const SharedPut& put, Completed completed) {
  http::Response response;
  if (!completed.error)
    response = put_result(*put, completed);
  else if (completed.unmet)
    response = http::error_response(412, "precondition_failed", completed.error->message);
  else if (completed.lies)
    response = http::error_response(415, "unsupported_media_type", completed.error->message);
  else
    response = to_response(*completed.error);
  give_up_put(put, std::move(response));
}

void put_sent(const SharedPut& put, Result<Sent> sent) {
  if (!sent) return give_up_put(put, to_response(sent.error()));
  if (sent->how == Sent::kLies)
    return give_up_put(put, http::error_response(415, "unsupported_media_type",
                                                 "the content is not what its type says"));
  if (sent->how == Sent::kTooMuch)
    return give_up_put(put, http::error_response(413, "too_large", "the file is too large"));
  if (sent->how != Sent::kWhole)
    return give_up_put(put, http::error_response(400, "malformed", "the body is not complete"));
  complete({put->call.shard, put->call.caller, std::move(sent->upload), put->conditions},
           [put](Completed completed) { put_completed(put, std::move(completed)); });
}

void take_put(const SharedPut& put) {
  MemoryCharge memory(put->call.shard.host.cell_of(put->call.caller, MemoryUse::kReceiving));
  if (!memory.has_room(kUploadMemory))
    return give_up_put(put,
                       to_response({ErrorCode::kUnavailable, "too many uploads at the same time"}));
  memory.set(kUploadMemory);
  receive({.shard = put->call.shard,
           .upload = put->upload,
           .body = body_of(put->call.request),
           .memory = std::move(memory)},
          [put](Result<Sent> sent) { put_sent(put, std::move(sent)); });
}

// The type of a form is what clients send that do not think of it.
std::string declared_type(const http::Request& request) {
  const std::string type(request.headers.find("Content-Type").value_or(""));
  return type == "application/x-www-form-urlencoded" ? "" : type;
}

void put_file(Call call) {
  auto conditions = Conditions::read(call.request);
  if (!conditions) return call.refuse(conditions.error());
  const auto& source = call.request.body_source;
  const log::FileVersion version{
      .bytes = source == nullptr ? call.request.body.size() : source->length().value_or(0),
      .media_type = "application/octet-stream",
      .file_name = http::query_parameter(call.request.query, "name").value_or("")};
  log::FileVersion checked = version;
  const std::string type = declared_type(call.request);
  if (!type.empty()) checked.media_type = type;
  if (auto ok = log::check_file_version(checked); !ok) return call.refuse(ok.error());
  std::string id;
  for (int i = 0; i < 2; ++i) put_big_endian(id, call.shard.random->next(), 8);
  log::Upload upload{.id = std::move(id),
                     .workspace = call.path.workspace,
                     .object = call.path.object,
                     .principal = call.caller.principal.id,
                     .media_type = type,
                     .file_name = version.file_name,
                     .expires_ms = call.shard.scheduler.unix_ms() + kUploadLifeMs,
                     .hashed = Sha256().state()};
  auto put = std::make_shared<FilePut>(
      FilePut{std::move(call), std::move(*conditions), std::move(upload)});
  put->files().begin_upload(put->tenant(), put->upload, [put](Result<void> begun) {
    begun ? take_put(put) : put->call.refuse(begun.error());
  });
}

constexpr Route kFileRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/files/{object}", Right::kRead, get_file},
    {"PUT", "/v1/workspaces/{workspace}/files/{object}", Right::kWrite, put_file},
};

}  // namespace

std::span<const Route> file_routes() {
  return kFileRoutes;
}

bool brings_file(const http::Request& request) {
  constexpr std::string_view kBefore = "/v1/workspaces/";
  if (request.method != "PUT" && request.method != "POST" && request.method != "PATCH")
    return false;
  std::string_view path = request.raw_path;
  const std::size_t at = path.find(kBefore);
  if (at == path.npos) return false;
  path.remove_prefix(at + kBefore.size());
  path.remove_prefix(std::min(path.find('/'), path.size()));
  return path.starts_with("/files/") || path.starts_with("/uploads/");
}

}  // namespace syncline::api
