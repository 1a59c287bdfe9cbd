#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/percent.h"
#include "cli/commands.h"
#include "cli/data/file_access.h"
#include "cli/data/progress_bar.h"
#include "cli/json.h"
#include "cli/table.h"
#include "log/file_version.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct PutOptions {
  std::string path;
  std::string file;
  std::string type;
  std::string name;
  std::string upload;  // that a former run has begun
  SourceOptions source;
  bool json = false;
};

// A file that is sent.
class FileInput {
 public:
  FileInput() = default;
  FileInput(const FileInput&) = delete;
  ~FileInput() {
    if (file_ >= 0) ::close(file_);
  }

  Result<void> open(const std::string& path) {
    path_ = path;
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file_ < 0 || ::fstat(file_, &status) != 0) return failure();
    if (!S_ISREG(status.st_mode))
      return fail(ErrorCode::kInvalid, fmt::format("{}: not a file that can be sent", path));
    size_ = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

  std::uint64_t size() const { return size_; }

  Result<std::string> read(std::uint64_t offset) const {
    std::string piece(std::min<std::uint64_t>(kFilePieceBytes, size_ - offset), '\0');
    for (std::size_t have = 0; have < piece.size();) {
      const ssize_t count = ::pread(file_, piece.data() + have, piece.size() - have,
                                    static_cast<off_t>(offset + have));
      if (count == 0)
        return fail(ErrorCode::kConflict, fmt::format("{} became shorter meanwhile", path_));
      if (count < 0 && errno != EINTR) return failure();
      if (count > 0) have += static_cast<std::size_t>(count);
    }
    return piece;
  }

 private:
  std::unexpected<Error> failure() const {
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("{}: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

// An upload by the tus protocol (docs/files.md).
class FileUpload {
 public:
  FileUpload(const ApiClient& client, const ObjectPath& path, const FileInput& input,
             Console& console)
      : client_(client), path_(file_path(path, "uploads")), input_(input), console_(console) {}

  const std::string& id() const { return id_; }
  // Of the event, if this run has seen it.
  const std::string& position() const { return position_; }

  Result<void> begin(const std::string& metadata) {
    auto answer = patiently([&] {
      return ask("POST", path_,
                 {{"Upload-Length", std::to_string(input_.size())}, {"Upload-Metadata", metadata}});
    });
    if (!answer) return std::unexpected(std::move(answer.error()));
    const std::string location(answer->headers.find("Location").value_or(""));
    const std::size_t at = location.rfind("upload=");
    if (at == location.npos) return client_.not_understood();
    id_ = location.substr(at + 7);
    return send(0);
  }

  Result<void> go_on(std::string id) {
    id_ = std::move(id);
    const auto offset = patiently([&] { return look(); });
    return offset ? send(*offset) : std::unexpected(offset.error());
  }

 private:
  static constexpr int kLocked = 423;  // as long as the server has not seen that a connection broke

  std::string address() const { return path_ + "?upload=" + percent_encode(id_); }

  Result<ApiAnswer> ask(std::string_view method, const std::string& path,
                        std::vector<std::pair<std::string, std::string>> headers,
                        std::string_view body = {}) {
    headers.emplace_back("Tus-Resumable", "1.0.0");
    auto answer = client_.exchange({.method = method,
                                    .path = path,
                                    .body = body,
                                    .timeout_ms = kFilePieceTimeoutMs,
                                    .headers = std::move(headers)},
                                   kLocked);
    if (answer && answer->status == kLocked)
      return fail(ErrorCode::kUnavailable, "another request sends bytes to this upload");
    if (answer)
      if (const auto position = answer->headers.find("Syncline-Position")) position_ = *position;
    return answer;
  }

  // How much the server has. If that is all, the file has its next version.
  Result<std::uint64_t> look() {
    auto answer = ask("GET", address(), {});
    if (!answer) return std::unexpected(std::move(answer.error()));
    const auto json = crdt::from_json(answer->body);
    if (!json) return client_.not_understood();
    const std::uint64_t offset = number_member(*json, "offset");
    if (number_member(*json, "length") != input_.size() || offset > input_.size())
      return fail(ErrorCode::kConflict, "this upload is of a file of another size");
    return offset;
  }

  // A piece of which the answer was lost is not sent again: the server says where it is.
  Result<std::uint64_t> send_piece(std::uint64_t offset) {
    const auto piece = input_.read(offset);
    if (!piece) return std::unexpected(piece.error());
    auto answer = ask("PATCH", address(),
                      {{"Upload-Offset", std::to_string(offset)},
                       {"Content-Type", "application/offset+octet-stream"}},
                      *piece);
    if (answer) return offset + piece->size();
    const bool lost = answer.error().code == ErrorCode::kUnavailable ||
                      answer.error().code == ErrorCode::kConflict ||
                      answer.error().code == ErrorCode::kMalformed;
    if (!lost) return std::unexpected(std::move(answer.error()));
    const auto there = patiently([&] { return look(); });
    if (!there || *there != offset) return there;
    answer.error().code = ErrorCode::kUnavailable;
    return std::unexpected(std::move(answer.error()));
  }

  Result<void> send(std::uint64_t offset) {
    while (offset < input_.size()) {
      show_progress(console_, offset, input_.size(), size_text(offset));
      const auto next = patiently([&] { return send_piece(offset); });
      if (!next) return std::unexpected(next.error());
      offset = *next;
    }
    return {};
  }

  const ApiClient& client_;
  const std::string path_;
  const FileInput& input_;
  Console& console_;
  std::string id_;
  std::string position_;
};

std::string tus_metadata_of(const PutOptions& options) {
  const std::string name =
      options.name.empty() ? options.file.substr(options.file.rfind('/') + 1) : options.name;
  std::string metadata = "filename " + to_base64(as_bytes(name));
  if (!options.type.empty()) metadata += ",filetype " + to_base64(as_bytes(options.type));
  return metadata;
}

// An upload to another object than a file would be refused at its end. Whoever may not read learns it there.
Result<void> check_put_object(const ApiClient& client, const ObjectPath& path,
                              const PutOptions& options) {
  const auto there = look_at_file(client, path, {});
  if (there || there.error().code != ErrorCode::kNoSuchForm) {
    const bool reached = there || there.error().code != ErrorCode::kUnavailable;
    return reached ? Result<void>() : std::unexpected(there.error());
  }
  return fail(ErrorCode::kUnprocessable,
              fmt::format("{} is no file: documents are written by editors, over HTTP "
                          "(docs/http.md), or by `syncline import`",
                          visible(options.path)));
}

Result<std::string> put_one_file(const ApiClient& client, const ObjectPath& path,
                                 const PutOptions& options, Console& console) {
  FileInput input;
  if (auto ok = input.open(options.file); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_put_object(client, path, options); !ok)
    return std::unexpected(std::move(ok.error()));
  FileUpload upload(client, path, input, console);
  const auto sent = options.upload.empty() ? upload.begin(tus_metadata_of(options))
                                           : upload.go_on(options.upload);
  console.progress({});
  if (!sent) {
    if (sent.error().code == ErrorCode::kUnavailable && !upload.id().empty())
      console.message(
          fmt::format("the server has what came so far: go on with --continue {}", upload.id()));
    return std::unexpected(sent.error());
  }
  if (options.json) {
    const auto position = crdt::from_json(upload.position());
    return compact_json(Any::Object{{"workspace", Any(path.workspace)},
                                    {"object", Any(path.object)},
                                    {"bytes", json_number(input.size())},
                                    {"position", position ? *position : Any()}});
  }
  return fmt::format(
      "{}: {}{}", visible(options.path), size_text(input.size()),
      upload.position().empty() ? "" : ", by the event at position " + upload.position());
}

int put_file(const PutOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  if (options.source.server.empty())
    return console.misused("a file is put into a running server: name it with --server");
  if (!options.upload.empty() && !(options.type.empty() && options.name.empty()))
    return console.misused("--type and --name were said when the upload began");
  const auto token = read_token(options.source.token_file);
  if (!token) return console.failed(token.error());
  const auto client = ApiClient::open(url_of(options.source), *token);
  if (!client) return console.unusable(client.error());
  const auto done = put_one_file(*client, *path, options, console);
  if (!done) return console.failed(done.error());
  console.line(*done);
  return kDone;
}

}  // namespace

void add_put(Command& root) {
  Command& command =
      root.add("put", "Make a file from here the next version of a file of a workspace");
  auto options = std::make_shared<PutOptions>();
  command.argument({.name = "WORKSPACE/OBJECT", .text = "which", .required = true}, options->path);
  command.argument({.name = "FILE", .text = "what is sent", .required = true, .is_file = true},
                   options->file);
  command.option({.name = "--type",
                  .value = "TYPE",
                  .text = "Media type, such as image/png; default: what the bytes say"},
                 options->type);
  command.option(
      {.name = "--name", .value = "NAME", .text = "For who downloads it; default: that of FILE"},
      options->name);
  command.option({.name = "--continue",
                  .value = "UPLOAD",
                  .text = "Go on with the upload of a run that ended early, which has said this"},
                 options->upload);
  server_options(command, options->source,
                 "Into this running server, such as http://127.0.0.1:4400");
  command.json_flag(options->json);
  command.details(
      "The file is sent in parts, by the tus protocol. A part that a broken connection or a "
      "restart "
      "of the server has cut is sent again from where the server has it; the command tries for 30 "
      "seconds. The object has the next version when all parts are there, and nothing of it "
      "before.");
  command.example("syncline put team/logo logo.png --type image/png --server http://127.0.0.1:4400",
                  "an image");
  command.example("syncline put team/film film.mp4 --continue 5f0c… --server http://127.0.0.1:4400",
                  "after it was interrupted");
  command.run([options](Console& console) { return put_file(*options, console); });
}

}  // namespace syncline::cli
