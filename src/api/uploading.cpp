#include "api/uploading.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "api/file_types.h"
#include "base/qualified_name.h"
#include "merge/object.h"
#include "state/file_object.h"

namespace syncline::api {
namespace {

// A body that is there as a whole.
class WholeBody final : public http::BodySource {
 public:
  explicit WholeBody(std::string body) : body_(std::move(body)) {}

  void next(std::size_t bytes, std::move_only_function<void(http::BodyPiece)> done) override {
    std::string piece = body_.substr(at_, bytes);
    at_ += piece.size();
    done({std::move(piece), at_ == body_.size() ? http::BodyPiece::kEnd : http::BodyPiece::kMore});
  }
  std::optional<std::uint64_t> length() const override { return body_.size(); }

 private:
  const std::string body_;
  std::size_t at_ = 0;
};

std::string tenant_of_upload(const log::Upload& upload) {
  return std::string(split_name(upload.workspace).tenant);
}

// One request that sends bytes. It takes them chunk by chunk, and ends with `done_`.
class Reception : public std::enable_shared_from_this<Reception> {
 public:
  Reception(Receiving receiving, log::Done<Sent> done)
      : shard_(receiving.shard),
        files_(shard_.store->files()),
        before_(receiving.upload),
        upload_(std::move(receiving.upload)),
        tenant_(tenant_of_upload(upload_)),
        body_(std::move(receiving.body)),
        checksum_(receiving.checksum),
        use_(shard_.uses.of(upload_.workspace)),
        memory_(std::move(receiving.memory)),
        done_(std::move(done)) {}

  void begin() {
    if (!upload_.tail) return ask();
    files_.load_tail(*upload_.tail, [self = shared_from_this()](Result<Bytes> tail) {
      if (!tail) return self->end(std::unexpected(std::move(tail.error())));
      self->chunk_ = std::move(*tail);
      self->ask();
    });
  }

 private:
  std::uint64_t stored_and_here() const {
    return upload_.chunks * log::kFileChunkBytes + chunk_.size();
  }
  std::uint64_t left() const {
    return upload_.length.value_or(log::kMaxFileBytes) - stored_and_here();
  }

  // Another byte than those that the upload takes shows that the body does not end there.
  void ask() {
    if (use_ != nullptr)
      if (auto within = use_->check(limits::Quota::kStoredBytes, stored_and_here() + 1); !within)
        return end(fail(ErrorCode::kForbidden, std::move(within.error().message)));
    const std::uint64_t room = log::kFileChunkBytes - chunk_.size();
    const std::uint64_t wanted = std::max<std::uint64_t>(std::min(room, left()), 1);
    auto take = shard_.home.bind(std::move_only_function<void(http::BodyPiece)>(
        [self = shared_from_this()](http::BodyPiece piece) { self->take(std::move(piece)); }));
    body_->next(wanted, std::move(take));
  }

  void take(http::BodyPiece piece) {
    if (left() == 0 && !piece.bytes.empty()) {
      how_ = Sent::kTooMuch;
      over_ = true;
    } else {
      if (checksum_) hash_.update(as_bytes(piece.bytes));
      const ByteView bytes = as_bytes(piece.bytes);
      chunk_.insert(chunk_.end(), bytes.begin(), bytes.end());
      new_ += bytes.size();
      over_ = piece.end != http::BodyPiece::kMore;
      if (piece.end == http::BodyPiece::kBroken) how_ = Sent::kBroken;
    }
    if (!tells_truth()) return end(Sent{before_, Sent::kLies});
    if (over_ && checksum_ && how_ != Sent::kBroken && hash_.finish() != *checksum_)
      how_ = Sent::kMismatch;
    if (how_ == Sent::kMismatch || (how_ != Sent::kWhole && checksum_))
      return end(Sent{before_, how_});
    const bool whole = chunk_.size() == log::kFileChunkBytes;
    if (!whole && !over_) return ask();
    whole || new_ > 0 ? store() : advance(0);
  }

  // The first bytes of the file.
  bool tells_truth() const {
    if (upload_.chunks > 0 || upload_.media_type.empty()) return true;
    const bool enough = chunk_.size() >= kTellingBytes || left() == 0;
    return !enough || media_type_of(upload_.media_type, chunk_).has_value();
  }

  void store() {
    new_ = 0;
    const std::size_t size = chunk_.size();
    files_.store_chunk(tenant_, std::exchange(chunk_, {}), upload_.hashed,
                       [self = shared_from_this(), size](Result<log::StoredChunk> stored) {
                         if (!stored) return self->end(std::unexpected(std::move(stored.error())));
                         self->stored(size, std::move(*stored));
                       });
  }

  void stored(std::size_t size, log::StoredChunk chunk) {
    upload_.tail.reset();
    if (size == log::kFileChunkBytes) {
      more_.push_back(chunk.name);
      ++upload_.chunks;
      upload_.hashed = chunk.hashed;
    } else {
      upload_.tail = {chunk.name, size};
    }
    holds_.push_back(std::move(chunk.hold));
    // With a checksum, the upload has nothing of the body before it has all of it.
    const std::size_t at_once = checksum_ ? kMostHeld : kChunksOfStep;
    if (!over_ && holds_.size() < at_once) return go_on(size);
    if (checksum_ && !over_) return end(fail(ErrorCode::kTooLarge, "too much for one checksum"));
    advance(size);
  }

  // `bytes`: of the last chunk.
  void advance(std::size_t bytes) {
    upload_.expires_ms = shard_.scheduler.unix_ms() + kUploadLifeMs;
    files_.advance_upload(tenant_, upload_, std::exchange(more_, {}),
                          [self = shared_from_this(), bytes](Result<void> advanced) {
                            if (!advanced)
                              return self->end(std::unexpected(std::move(advanced.error())));
                            self->holds_.clear();
                            if (self->over_) return self->end(Sent{self->upload_, self->how_});
                            self->go_on(bytes);
                          });
  }

  // More slowly, if the workspace or its tenant is above its rate.
  void go_on(std::size_t bytes) {
    const std::uint64_t wait_ms =
        use_ == nullptr
            ? 0
            : use_->take(limits::Quota::kBytes, bytes, shard_.scheduler.turn_began_us() / 1000);
    if (wait_ms == 0) return ask();
    shard_.scheduler.after(wait_ms, [self = shared_from_this()] { self->ask(); });
  }

  void end(Result<Sent> sent) {
    if (done_) std::exchange(done_, nullptr)(std::move(sent));
  }

  static constexpr std::size_t kChunksOfStep = 8;  // a crash loses the chunks of a step at most
  static constexpr std::size_t kMostHeld = 4096;   // chunks that wait for a checksum: 4 GiB

  node::Shard& shard_;
  log::FileStore& files_;
  const log::Upload before_;
  log::Upload upload_;
  const std::string tenant_;
  const std::shared_ptr<http::BodySource> body_;
  const std::optional<Hash256> checksum_;
  const limits::SharedUse use_;
  MemoryCharge memory_;
  log::Done<Sent> done_;

  Bytes chunk_;          // has come, and is not stored as a whole chunk
  std::size_t new_ = 0;  // bytes of it that are not stored at all
  Sha256 hash_;          // of the body, if there is a checksum
  std::vector<Hash256> more_;
  std::vector<std::shared_ptr<const void>> holds_;
  Sent::How how_ = Sent::kWhole;
  bool over_ = false;
};

// A complete upload on its way to an event.
class Completion : public std::enable_shared_from_this<Completion> {
 public:
  Completion(Completing completing, std::move_only_function<void(Completed)> done)
      : shard_(completing.shard),
        files_(shard_.store->files()),
        caller_(std::move(completing.caller)),
        upload_(std::move(completing.upload)),
        conditions_(std::move(completing.conditions)),
        tenant_(tenant_of_upload(upload_)),
        done_(std::move(done)) {}

  void begin() {
    result_.version.bytes = upload_.file ? upload_.length.value_or(0) : upload_.bytes();
    result_.version.file_name = upload_.file_name;
    if (upload_.file) {
      result_.version.hash = *upload_.file;
      return look_at_beginning();
    }
    if (!upload_.tail) return finish({});
    files_.load_tail(*upload_.tail, [self = shared_from_this()](Result<Bytes> tail) {
      tail ? self->finish(*tail) : self->fail_with(std::move(tail.error()));
    });
  }

 private:
  void finish(const Bytes& tail) {
    Sha256 hash(upload_.hashed);
    hash.update(tail);
    result_.version.hash = hash.finish();
    become_file(kTries);
  }

  // Another upload of the same bytes may become the file in the same commit. After that, this one has it, too.
  void become_file(int tries) {
    files_.finish_upload(tenant_, upload_.id, result_.version.hash,
                         [self = shared_from_this(), tries](Result<void> finished) {
                           if (finished) return self->look_at_beginning();
                           if (finished.error().code == ErrorCode::kConflict && tries > 1)
                             return self->become_file(tries - 1);
                           self->fail_with(std::move(finished.error()));
                         });
  }

  void look_at_beginning() {
    if (result_.version.bytes == 0) return know_beginning({});
    files_.load_file(
        tenant_, result_.version.hash,
        [self = shared_from_this()](Result<std::optional<log::StoredFile>> file) {
          if (!file) return self->fail_with(std::move(file.error()));
          if (!*file) return self->fail_with({ErrorCode::kIo, "the file is not stored"});
          self->files_.load_chunk(self->tenant_, (*file)->list, 0, [self](Result<Bytes> chunk) {
            chunk ? self->know_beginning(*chunk) : self->fail_with(std::move(chunk.error()));
          });
        });
  }

  void know_beginning(ByteView beginning) {
    auto type = media_type_of(upload_.media_type, beginning);
    if (!type) {
      result_.lies = true;
      return refuse(std::move(type.error()));
    }
    result_.version.media_type = std::move(*type);
    if (auto ok = log::check_file_version(result_.version); !ok)
      return refuse(std::move(ok.error()));
    recall();
  }

  // An upload makes one event, also if the answer was lost and somebody asks again.
  void recall() {
    caller_.actor = "upload:" + to_base64url_id();
    shard_.host.get(upload_.workspace)
        .recall({.tenant = tenant_, .principal = caller_.principal.id, .actor = caller_.actor},
                [self = shared_from_this()](auto named) {
                  named ? self->append(std::move(*named)) : self->fail_with(named.error());
                });
  }

  std::string to_base64url_id() const {
    std::string text;
    for (const unsigned char c : upload_.id) text += fmt::format("{:02x}", c);
    return text;
  }

  void append(std::shared_ptr<workspace::NamedActor> named) {
    workspace::Workspace::Author author{
        .caller = caller_, .type = &state::file_type(), .named = std::move(named), .actor_seq = 1};
    auto make = [self = shared_from_this()](const merge::Object& now,
                                            log::Position position) -> Result<Bytes> {
      self->result_.begins = position == 0;
      if (position > 0 && now.type().name() != log::kFileType)
        return fail(ErrorCode::kUnprocessable, "this object is not a file");
      if (!self->conditions_.allow_change(position)) {
        self->result_.unmet = true;
        return fail(ErrorCode::kConflict, self->conditions_.unmet(position));
      }
      return log::encode_file_version(self->result_.version);
    };
    shard_.host.get(upload_.workspace)
        .change(upload_.object, std::move(author), std::move(make),
                [self = shared_from_this()](Result<workspace::Receipt> receipt) {
                  if (!receipt) return self->refuse(std::move(receipt.error()));
                  self->result_.receipt = std::move(*receipt);
                  self->close();
                });
  }

  void close() {
    files_.close_upload(tenant_, upload_.id,
                        [self = shared_from_this()](Result<void>) { self->end(); });
  }

  // What may succeed later keeps the upload.
  void fail_with(Error error) {
    result_.error = std::move(error);
    end();
  }

  void refuse(Error error) {
    const bool later =
        !result_.unmet && (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kIo ||
                           error.code == ErrorCode::kConflict);
    result_.error = std::move(error);
    if (later) return end();
    files_.end_upload(tenant_, upload_.id,
                      [self = shared_from_this()](Result<void>) { self->end(); });
  }

  void end() {
    if (done_) std::exchange(done_, nullptr)(std::move(result_));
  }

  static constexpr int kTries = 16;  // of one commit, one upload at least has become the file

  node::Shard& shard_;
  log::FileStore& files_;
  identity::Caller caller_;
  const log::Upload upload_;
  const Conditions conditions_;
  const std::string tenant_;
  std::move_only_function<void(Completed)> done_;
  Completed result_;
};

}  // namespace

std::shared_ptr<http::BodySource> body_of(http::Request& request) {
  if (request.body_source != nullptr) return std::exchange(request.body_source, nullptr);
  return std::make_shared<WholeBody>(std::exchange(request.body, {}));
}

void receive(Receiving receiving, log::Done<Sent> done) {
  std::make_shared<Reception>(std::move(receiving), std::move(done))->begin();
}

void complete(Completing completing, std::move_only_function<void(Completed)> done) {
  std::make_shared<Completion>(std::move(completing), std::move(done))->begin();
}

}  // namespace syncline::api
