#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/sha256.h"
#include "cli/commands.h"
#include "cli/data/file_access.h"
#include "cli/data/progress_bar.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct GetOptions {
  std::string path;
  std::string output;
  std::string at;
  bool resume = false;
  bool force = false;
  SourceOptions source;
  bool json = false;
};

std::unexpected<Error> file_output_error(const std::string& path) {
  return fail(errno == EEXIST ? ErrorCode::kConflict : ErrorCode::kIo,
              fmt::format("{}: {}", path, std::strerror(errno)));
}

// Where the bytes go: to stdout, or to FILE.part, which becomes FILE when all of them are there.
class FileOutput {
 public:
  FileOutput(std::string path, Console& console) : path_(std::move(path)), console_(console) {}
  FileOutput(const FileOutput&) = delete;
  ~FileOutput() {
    if (file_ >= 0) ::close(file_);
  }

  bool is_stdout() const { return path_ == "-"; }
  std::string part() const { return path_ + ".part"; }
  std::uint64_t bytes() const { return bytes_; }

  Result<void> open(bool resume, bool force) {
    if (is_stdout()) {
      if (console_.out_is_terminal())
        return fail(ErrorCode::kInvalid, "a file is not written to a terminal: name a FILE");
      return {};
    }
    struct stat there {};
    if (!force && ::lstat(path_.c_str(), &there) == 0)
      return fail(ErrorCode::kConflict, fmt::format("{} exists: overwrite it with --force", path_));
    file_ = ::open(part().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (resume ? 0 : O_TRUNC), 0666);
    if (file_ < 0) return file_output_error(part());
    return resume ? read_part() : Result<void>();
  }

  Result<void> write(ByteView bytes) {
    hash_.update(bytes);
    bytes_ += bytes.size();
    if (is_stdout()) {
      console_.out(as_text(bytes));
      return {};
    }
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written >= 0)
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      else if (errno != EINTR)
        return file_output_error(part());
    }
    return {};
  }

  std::string digest() { return fmt::format("sha-256=:{}:", to_base64(hash_.finish())); }

  Result<void> finish(bool force) {
    if (is_stdout()) return {};
    if (::fsync(file_) != 0) return file_output_error(part());
    const unsigned how = force ? 0 : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, part().c_str(), AT_FDCWD, path_.c_str(), how) == 0) return {};
    // A file system that cannot tell them apart.
    if (errno == EINVAL && std::rename(part().c_str(), path_.c_str()) == 0) return {};
    return file_output_error(path_);
  }

 private:
  // What came in an earlier run.
  Result<void> read_part() {
    Bytes chunk(std::size_t{1} << 20);
    for (;;) {
      const ssize_t count = ::read(file_, chunk.data(), chunk.size());
      if (count == 0) return {};
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_output_error(part());
      hash_.update(ByteView(chunk).first(static_cast<std::size_t>(count)));
      bytes_ += static_cast<std::uint64_t>(count);
    }
  }

  const std::string path_;
  Console& console_;
  int file_ = -1;
  Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

Result<void> get_file_bytes(const ApiClient& client, const ObjectPath& path, const FileThere& there,
                            FileOutput& output, Console& console) {
  const std::string asked = file_path(path, "files") + "?at=" + there.position;
  while (output.bytes() < there.bytes && !console.closed()) {
    const std::uint64_t from = output.bytes();
    const std::uint64_t to = std::min(from + kFilePieceBytes, there.bytes);
    const auto answer = patiently([&] {
      return client.exchange({.method = "GET",
                              .path = asked,
                              .accept = "*/*",
                              .timeout_ms = kFilePieceTimeoutMs,
                              .headers = {{"Range", fmt::format("bytes={}-{}", from, to - 1)}}});
    });
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 206 || answer->body.size() != to - from) return client.not_understood();
    if (auto ok = output.write(as_bytes(answer->body)); !ok) return ok;
    show_progress(console, to, there.bytes, size_text(to));
  }
  return {};
}

// The error of somebody who has named another object than a file.
Error not_a_file(Error error, const GetOptions& options) {
  if (error.code == ErrorCode::kNoSuchForm)
    error.message = fmt::format("{} is no file: `syncline cat {}` shows it", visible(options.path),
                                visible(options.path));
  return error;
}

Result<ApiClient> file_client(const Command& command, const SourceOptions& source) {
  const auto to_server = names_server(command, source);
  if (!to_server) return std::unexpected(to_server.error());
  if (!*to_server) {
    auto transport = transport_to_data_dir(source.data_dir, Opened::kForReading, source.tenant);
    if (!transport) return std::unexpected(std::move(transport.error()));
    return ApiClient(std::move(*transport));
  }
  const auto token = read_token(source.token_file);
  if (!token) return std::unexpected(token.error());
  return ApiClient::open(url_of(source), *token);
}

// In the present folder, by the last part of the object's name.
std::string file_output_of(const GetOptions& options, const ObjectPath& path) {
  if (!options.output.empty()) return options.output;
  return path.object.substr(path.object.rfind('/') + 1);
}

Result<void> get_one_file(const ApiClient& client, const ObjectPath& path,
                          const GetOptions& options, const FileThere& there, FileOutput& output,
                          Console& console) {
  if (output.bytes() > there.bytes)
    return fail(
        ErrorCode::kConflict,
        fmt::format("{} has more bytes than the file: get it without --continue", output.part()));
  auto got = get_file_bytes(client, path, there, output, console);
  console.progress({});
  if (!got) {
    if (!output.is_stdout())
      console.message(fmt::format("{} has what came so far: go on with --continue", output.part()));
    return got;
  }
  if (there.bytes > 0 && output.digest() != there.digest)
    return fail(ErrorCode::kCorrupt,
                output.is_stdout()
                    ? std::string("the bytes that came are not those of the file")
                    : fmt::format("{} is not this file, perhaps another version of it: get it "
                                  "without --continue",
                                  output.part()));
  return output.finish(options.force);
}

int get_file(const Command& command, const GetOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kRefused);
  if (!path) return console.misused(path.error().message);
  const std::string name = file_output_of(options, *path);
  if (name.empty() || name == "." || name == "..") return console.misused("name a FILE");
  if (name == "-" && (options.resume || options.force))
    return console.misused("--continue and --force are for files, and - is stdout");
  auto client = file_client(command, options.source);
  if (!client) return console.unusable(client.error());
  const auto there = look_at_file(*client, *path, options.at);
  if (!there) return console.failed(not_a_file(there.error(), options));
  FileOutput output(name, console);
  auto done = output.open(options.resume, options.force);
  if (done) done = get_one_file(*client, *path, options, *there, output, console);
  if (!done) return console.failed(done.error());
  if (output.is_stdout()) return kDone;
  if (options.json)
    console.line(compact_json(Any::Object{{"workspace", Any(path->workspace)},
                                          {"object", Any(path->object)},
                                          {"file", Any(name)},
                                          {"bytes", json_number(there->bytes)}}));
  else
    console.line(fmt::format("{}: {}", name, size_text(there->bytes)));
  return kDone;
}

}  // namespace

void add_get(Command& root) {
  Command& command =
      root.add("get", "Write a file of a workspace, such as an image, to a file here");
  auto options = std::make_shared<GetOptions>();
  command.argument({.name = "WORKSPACE/OBJECT", .text = "which", .required = true}, options->path);
  command.argument({.name = "FILE",
                    .text = "where to; '-' is stdout; default: the last part of the object's name",
                    .is_file = true},
                   options->output);
  at_option(command, options->at);
  command.flag({.name = "--continue", .text = "Go on with the FILE.part of a run that ended early"},
               options->resume);
  command.flag({.name = "--force", .text = "Overwrite FILE"}, options->force);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "The bytes are compared with the SHA-256 of the file. Until all of them are there, they are "
      "in FILE.part. While a server cannot be reached, the command tries for 30 seconds. "
      "A document is no file: `syncline cat` prints one.");
  command.example("syncline get team/logo logo.png --server http://127.0.0.1:4400", "an image");
  command.example("syncline get team/film --continue --server http://127.0.0.1:4400",
                  "after it was interrupted");
  command.example("syncline get team/logo - --at release-1 | sha256sum", "as it was at a pin");
  command.run(
      [&command, options](Console& console) { return get_file(command, *options, console); });
}

}  // namespace syncline::cli
