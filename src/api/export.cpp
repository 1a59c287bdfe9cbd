// Streams a workspace as one file: docs/formats/bundle.md.
//
// A client that continues a file states what it has: `size` is the size in its header, `after` the
// last event, and `crc` the running CRC at that place. `max` ends the answer after about so many
// bytes, at a place where the file can be continued. So a client need not keep one answer open for
// long.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "state/bundle_export.h"

namespace syncline::api {
namespace {

constexpr const char* kExportJob = "export";
constexpr std::size_t kMaxQueuedBytes = std::size_t{4} << 20;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// A piece that is charged until the connection has sent it: it may have the size of the largest event.
SharedPiece charged_piece(Bytes bytes, const SharedCell& memory) {
  struct Charged {
    Bytes bytes;
    MemoryCharge charge;
  };
  MemoryCharge charge(memory, bytes.size());
  auto owner = std::make_shared<const Charged>(std::move(bytes), std::move(charge));
  const ByteView view = owner->bytes;
  return {std::move(owner), view};
}

// The rest of a file, of which at most about `most` bytes are made; fewer only if the file can be continued from
// there.
class Bundled final : public PieceSource {
 public:
  // `memory`: where pieces are charged; may be nullptr.
  Bundled(std::shared_ptr<state::BundleExport> bundle, std::uint64_t most, SharedCell memory)
      : bundle_(std::move(bundle)),
        memory_(std::move(memory)),
        in_parts_(most < kNoLimit),
        left_(most) {}

  // A piece of this size was made.
  void made(std::size_t bytes) {
    left_ -= std::min<std::uint64_t>(left_, bytes);
    at_end_ = bytes == 0 || (left_ == 0 && bundle_->at_mark());
  }

  // An error breaks the answer off, so the file has no end. A client that requests parts gets a shorter part if
  // it can be continued, and gets the error with the next request. `done` keeps this object. The bundle keeps
  // itself while it reads (bundle_export.h), and is given back.
  void next(const state::Workplace* place, log::Done<SharedPiece> done) override {
    const auto bundle = std::move(bundle_);
    const bool at_mark = bundle->at_mark();
    bundle->next(place->sources, [this, reading = std::weak_ptr(bundle), at_mark,
                                  done = std::move(done)](Result<Bytes> bytes) mutable {
      bundle_ = reading.lock();
      if (!bytes && at_mark && in_parts_) bytes = Bytes();
      if (!bytes) return done(std::unexpected(std::move(bytes.error())));
      made(bytes->size());
      done(charged_piece(std::move(*bytes), memory_));
    });
  }
  bool at_end() const override { return at_end_; }
  bool is_work() const override { return true; }

 private:
  std::shared_ptr<state::BundleExport> bundle_;  // nullptr while it reads
  const SharedCell memory_;
  const bool in_parts_;
  std::uint64_t left_;
  bool at_end_ = false;
};

struct WantedParts {
  state::ExportWish wish;
  std::uint64_t size = 0;  // 0: everything that exists
  std::uint64_t max_bytes = 0;
};

Result<WantedParts> read_wish(const http::Request& request) {
  const auto after = number(request, "after", 0);
  const auto size = number(request, "size", 0);
  const auto crc = number(request, "crc", 0);
  const auto max = number(request, "max", kNoLimit);
  for (const auto* each : {&after, &size, &crc, &max})
    if (!*each) return std::unexpected(each->error());
  WantedParts wanted{.size = *size, .max_bytes = *max};
  wanted.wish.all_snapshots = http::query_parameter(request.query, "snapshots").value_or("") == "1";
  const bool goes_on = http::query_parameter(request.query, "crc").has_value();
  if (goes_on != (*size > 0) || *after > *size || *crc > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::kInvalid, "to go on with a file, say size=, after= and crc= of it");
  if (goes_on) wanted.wish.from = log::BundleMark{0, static_cast<std::uint32_t>(*crc), *after};
  return wanted;
}

void stream_bundle(Call call, WantedParts wanted, log::BundleHeader header,
                   std::vector<log::Statement> statements) {
  http::Response head;
  head.headers.emplace_back("Content-Type", "application/octet-stream");
  if (call.request.method == "HEAD") return call.answer(std::move(head));
  auto begin = [head = std::move(head), header = std::move(header),
                statements = std::move(statements), wanted](Inquiry inquiry) mutable {
    const state::ReplaySources& sources = inquiry.sources;
    const auto made = std::make_shared<state::BundleExport>(sources, std::move(header),
                                                            std::move(statements), wanted.wish);
    // If the first piece fails, the request is refused with an error.
    made->next(sources,
               [inquiry = std::move(inquiry), reading = std::weak_ptr(made), head = std::move(head),
                max = wanted.max_bytes](Result<Bytes> bytes) mutable {
                 if (!bytes) return inquiry.refuse(bytes.error());
                 const SharedCell memory = inquiry.sending.memory;
                 auto rest = std::make_unique<Bundled>(reading.lock(), max, memory);
                 rest->made(bytes->size());
                 std::vector<SharedPiece> first;
                 first.push_back(charged_piece(std::move(*bytes), memory));
                 inquiry.sending.most_queued = kMaxQueuedBytes;
                 stream(std::move(inquiry.responder), std::move(head), std::move(first),
                        std::move(rest), 0, std::move(inquiry.sending));
               });
  };
  inquire(std::move(call), kExportJob, std::move(begin));
}

void with_header(Call call, WantedParts wanted, std::string log_name,
                 std::vector<log::Statement> statements) {
  log::LoopStore& store = *call.shard.store;
  const std::string workspace = call.path.workspace;
  const std::uint64_t size = wanted.size;
  state::bundle_header(
      store.events(), workspace, std::move(log_name), size,
      [call = std::move(call), wanted,
       statements = std::move(statements)](Result<log::BundleHeader> header) mutable {
        if (!header) return call.refuse(header.error());
        stream_bundle(std::move(call), wanted, std::move(*header), std::move(statements));
      });
}

// The statements of former keepers, and this server's last checkpoint, which may cover only a part
// of the log.
void begin_bundle(Call call, WantedParts wanted, std::optional<log::SignedCheckpoint> last) {
  log::LoopStore& store = *call.shard.store;
  const std::string workspace = call.path.workspace;
  store.attestations().load_origins(
      workspace, [call = std::move(call), wanted,
                  last = std::move(last)](Result<std::vector<log::Statement>> origins) mutable {
        if (!origins) return call.refuse(origins.error());
        auto keys = call.context.keys();
        if (!keys) return call.refuse(keys.error());
        if (last && last->checkpoint.size <= wanted.size) {
          if (origins->size() >= log::kMaxStatements) origins->pop_back();
          origins->push_back({std::move(keys->keys), std::move(last->note)});
        }
        with_header(std::move(call), wanted, std::move(keys->log_name), std::move(*origins));
      });
}

// The file with all events that the log has now.
void from_the_beginning(Call call, WantedParts wanted) {
  log::LoopStore& store = *call.shard.store;
  const std::string workspace = call.path.workspace;
  store.events().head(workspace, [call = std::move(call), wanted](Result<log::Head> head) mutable {
    if (!head) return call.refuse(head.error());
    if (head->last_position == 0)
      return call.refuse(
          {ErrorCode::kNotFound, fmt::format("workspace {} has no events", call.path.name)});
    wanted.size = head->last_position;
    log::Notary& notary = call.shard.notary;
    const std::string workspace = call.path.workspace;
    notary.last(workspace,
                [call = std::move(call), wanted](Result<log::SignedCheckpoint> last) mutable {
                  if (last) return begin_bundle(std::move(call), wanted, std::move(*last));
                  if (last.error().code != ErrorCode::kNotFound) return call.refuse(last.error());
                  begin_bundle(std::move(call), wanted, std::nullopt);
                });
  });
}

void get_export(Call call) {
  const auto wanted = read_wish(call.request);
  if (!wanted) return call.refuse(wanted.error());
  if (!wanted->wish.from) return from_the_beginning(std::move(call), *wanted);
  auto keys = call.context.keys();
  if (!keys) return call.refuse(keys.error());
  with_header(std::move(call), *wanted, std::move(keys->log_name), {});
}

constexpr Route kExportRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/export", Right::kExport, get_export},
};

}  // namespace

std::span<const Route> export_routes() {
  return kExportRoutes;
}

}  // namespace syncline::api
