#include "state/file_import.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/qualified_name.h"
#include "base/sha256.h"

namespace syncline::state {
namespace {

constexpr int kTries =
    16;  // if another upload of the same bytes becomes the file in the same commit

// An upload leaves its list of chunks to the file that it becomes. If that file is imported once more, the upload must
// have another id, so that its end does not end the file's list.
constexpr std::string_view kFirst = "import\n";
constexpr std::string_view kSecond = "again\n";

std::string upload_id(std::string_view which, const std::string& workspace, const Hash256& file) {
  Sha256 hash;
  hash.update(as_bytes(which));
  hash.update(as_bytes(workspace));
  hash.update(as_bytes(std::string_view("\n")));
  hash.update(file);
  const Hash256 id = hash.finish();
  return std::string(as_text(ByteView(id).first(log::kUploadIdBytes)));
}

class FileArrival : public std::enable_shared_from_this<FileArrival> {
 public:
  FileArrival(log::FileStore& files, const std::string& workspace, FileStep step,
              log::Done<void> done)
      : files_(files),
        workspace_(workspace),
        tenant_(split_name(workspace).tenant),
        id_(upload_id(kFirst, workspace, step.file)),
        second_id_(upload_id(kSecond, workspace, step.file)),
        step_(std::move(step)),
        done_(std::move(done)) {}

  void run() {
    if (step_.what == FileStep::kRelease) return release();
    look_for(id_, [self = shared_from_this()](std::optional<log::Upload> first) {
      if (first) return self->go_on(std::move(first));
      self->look_for(self->second_id_, [self](std::optional<log::Upload> second) {
        if (second) self->id_ = self->second_id_;
        self->go_on(std::move(second));
      });
    });
  }

 private:
  void look_for(const std::string& id,
                std::move_only_function<void(std::optional<log::Upload>)> then) {
    files_.load_upload(tenant_, id,
                       [self = shared_from_this(),
                        then = std::move(then)](Result<std::optional<log::Upload>> there) mutable {
                         if (!there) return self->done_(std::unexpected(std::move(there.error())));
                         then(std::move(*there));
                       });
  }

  void release() {
    files_.end_upload(tenant_, id_, [self = shared_from_this()](Result<void> first) {
      if (!first) return self->done_(std::move(first));
      self->files_.end_upload(self->tenant_, self->second_id_,
                              [self](Result<void> second) { self->done_(std::move(second)); });
    });
  }

  void go_on(std::optional<log::Upload> there) {
    if (!there && step_.what == FileStep::kBegin) return begin();
    if (!there) return done_(fail(ErrorCode::kNotFound, "a file of the import was given up"));
    upload_ = std::move(*there);
    if (upload_.file || step_.what == FileStep::kBegin) return done_({});
    step_.what == FileStep::kChunk ? store() : keep();
  }

  void begin() {
    files_.load_file(tenant_, step_.file,
                     [self = shared_from_this()](Result<std::optional<log::StoredFile>> there) {
                       if (!there) return self->done_(std::unexpected(std::move(there.error())));
                       if (*there && (*there)->list == self->id_) self->id_ = self->second_id_;
                       self->begin_upload();
                     });
  }

  void begin_upload() {
    files_.begin_upload(tenant_,
                        {.id = id_,
                         .workspace = workspace_,
                         .length = step_.bytes,
                         .expires_ms = step_.expires_ms,
                         .hashed = Sha256().state()},
                        std::move(done_));
  }

  void store() {
    if (step_.index < upload_.chunks || upload_.tail) return done_({});
    const std::size_t size = step_.chunk.size();
    files_.store_chunk(tenant_, std::move(step_.chunk), upload_.hashed,
                       [self = shared_from_this(), size](Result<log::StoredChunk> stored) {
                         if (!stored)
                           return self->done_(std::unexpected(std::move(stored.error())));
                         self->advance(std::move(*stored), size);
                       });
  }

  void advance(log::StoredChunk stored, std::size_t size) {
    std::vector<Hash256> more;
    if (size == log::kFileChunkBytes) {
      more.push_back(stored.name);
      ++upload_.chunks;
      upload_.hashed = stored.hashed;
    } else {
      upload_.tail = {stored.name, size};
    }
    hold_ = std::move(stored.hold);
    files_.advance_upload(
        tenant_, upload_, std::move(more),
        [self = shared_from_this()](Result<void> done) { self->done_(std::move(done)); });
  }

  void keep() {
    if (!upload_.tail) return compare({});
    files_.load_tail(*upload_.tail, [self = shared_from_this()](Result<Bytes> tail) {
      tail ? self->compare(*tail) : self->done_(std::unexpected(std::move(tail.error())));
    });
  }

  void compare(const Bytes& tail) {
    Sha256 hash(upload_.hashed);
    hash.update(tail);
    if (hash.finish() != step_.file)
      return done_(
          fail(ErrorCode::kCorrupt,
               fmt::format("the file {} has other bytes than its hash says", to_hex(step_.file))));
    finish(kTries);
  }

  void finish(int tries) {
    files_.finish_upload(tenant_, id_, step_.file,
                         [self = shared_from_this(), tries](Result<void> done) {
                           if (!done && done.error().code == ErrorCode::kConflict && tries > 1)
                             return self->finish(tries - 1);
                           self->done_(std::move(done));
                         });
  }

  log::FileStore& files_;
  const std::string workspace_;
  const std::string tenant_;
  std::string id_;
  const std::string second_id_;
  FileStep step_;
  log::Done<void> done_;
  log::Upload upload_;
  std::shared_ptr<const void> hold_;  // of a chunk that nothing names yet
};

}  // namespace

void carry_out_file(log::FileStore& files, const std::string& workspace, FileStep step,
                    log::Done<void> done) {
  std::make_shared<FileArrival>(files, workspace, std::move(step), std::move(done))->run();
}

}  // namespace syncline::state
