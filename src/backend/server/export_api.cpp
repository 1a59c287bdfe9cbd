// A workspace as one file, streamed: docs/formats/bundle.md.
//
// A client that wants to go on with a file says what it has: `size` as its header does, `after` the last
// event, and `crc` as it ran on to there. `max` ends the answer behind so many bytes, at a place from
// where it can be gone on with, so that a client need not hold one answer open for long.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "backend/keys/key_ring.h"
#include "backend/server/api.h"
#include "backend/server/api_support.h"
#include "state/bundle_export.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kMaxQueuedBytes = std::size_t{4} << 20;
constexpr std::uint64_t kRetryMs = 5;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// One answer under way: makes no more than its reader takes.
class Streaming : public std::enable_shared_from_this<Streaming> {
 public:
  Streaming(std::shared_ptr<state::BundleExport> bundle, http::Stream stream, Scheduler& loop,
            std::uint64_t max_bytes)
      : bundle_(std::move(bundle)),
        stream_(std::move(stream)),
        loop_(loop),
        in_parts_(max_bytes < kNoLimit),
        left_(max_bytes) {}

  void step() {
    if (stream_.is_closed()) return;
    if (stream_.queued_bytes() > kMaxQueuedBytes) {
      loop_.after(kRetryMs, [self = shared_from_this()] { self->step(); });
      return;
    }
    const bool at_mark = bundle_->at_mark();
    bundle_->next(
        [self = shared_from_this(), at_mark](Result<Bytes> bytes) { self->take(bytes, at_mark); });
  }

  // An error breaks the answer off: the file has no end then. Whoever asks for parts is given a shorter
  // one if it can be gone on with, and hears of the error with the next.
  void take(Result<Bytes>& bytes, bool at_mark) {
    if (!bytes) {
      if (at_mark && in_parts_) stream_.end();
      return;
    }
    if (bytes->empty()) return stream_.end();
    const std::size_t size = bytes->size();
    stream_.write(http::Body(std::make_shared<const Bytes>(std::move(*bytes))));
    left_ -= std::min<std::uint64_t>(left_, size);
    if (left_ == 0 && bundle_->at_mark()) return stream_.end();
    step();
  }

 private:
  std::shared_ptr<state::BundleExport> bundle_;
  http::Stream stream_;
  Scheduler& loop_;
  const bool in_parts_;
  std::uint64_t left_;
};

struct Wanted {
  state::ExportWish wish;
  std::uint64_t size = 0;  // 0: all that there is
  std::uint64_t max_bytes = 0;
};

Result<Wanted> read_wish(const http::Request& request) {
  const auto after = number(request, "after", 0);
  const auto size = number(request, "size", 0);
  const auto crc = number(request, "crc", 0);
  const auto max = number(request, "max", kNoLimit);
  for (const auto* each : {&after, &size, &crc, &max})
    if (!*each) return std::unexpected(each->error());
  Wanted wanted{.size = *size, .max_bytes = *max};
  wanted.wish.all_snapshots = http::query_parameter(request.query, "snapshots").value_or("") == "1";
  const bool goes_on = http::query_parameter(request.query, "crc").has_value();
  if (goes_on != (*size > 0) || *after > *size || *crc > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::kInvalid, "to go on with a file, say size=, after= and crc= of it");
  if (goes_on) wanted.wish.from = log::BundleMark{0, static_cast<std::uint32_t>(*crc), *after};
  return wanted;
}

void stream_bundle(ApiCall call, Wanted wanted, log::BundleHeader header,
                   std::vector<log::Statement> statements) {
  http::Response head;
  head.headers.emplace_back("Content-Type", "application/octet-stream");
  if (call.request.method == "HEAD") return call.answer(std::move(head));
  Scheduler& loop = call.responder.loop();
  auto bundle = std::make_shared<state::BundleExport>(*call.shard.log, std::move(header),
                                                      std::move(statements), wanted.wish);
  state::BundleExport& first = *bundle;
  // What cannot even begin is refused.
  first.next([call = std::move(call), bundle = std::move(bundle), head = std::move(head), &loop,
              max = wanted.max_bytes](Result<Bytes> bytes) mutable {
    if (!bytes) return call.refuse(bytes.error());
    std::make_shared<Streaming>(std::move(bundle), call.responder.begin(std::move(head)), loop, max)
        ->take(bytes, false);
  });
}

void with_header(ApiCall call, Wanted wanted, std::vector<log::Statement> statements) {
  log::EventLog& log = *call.shard.log;
  const std::string workspace = call.path.workspace;
  const std::string log_name = call.context.keys.identity().log_name;
  const std::uint64_t size = wanted.size;
  state::bundle_header(
      log, workspace, log_name, size,
      [call = std::move(call), wanted,
       statements = std::move(statements)](Result<log::BundleHeader> header) mutable {
        if (!header) return call.refuse(header.error());
        stream_bundle(std::move(call), wanted, std::move(*header), std::move(statements));
      });
}

// What those said of the log from whom it was imported, and what this server has signed of it last, which
// may be less than all of it.
void begin_bundle(ApiCall call, Wanted wanted, std::optional<log::SignedCheckpoint> last) {
  log::EventLog& log = *call.shard.log;
  const std::string workspace = call.path.workspace;
  log.load_origins(workspace, [call = std::move(call), wanted, last = std::move(last)](
                                  Result<std::vector<log::Statement>> origins) mutable {
    if (!origins) return call.refuse(origins.error());
    if (last && last->checkpoint.size <= wanted.size) {
      log::Statement own{call.context.keys.identity().retired, std::move(last->note)};
      for (const log::NoteSigner& signer : call.context.keys.identity().signers)
        own.keys.push_back(signer.verifier());
      if (origins->size() >= log::kMaxStatements) origins->pop_back();
      origins->push_back(std::move(own));
    }
    with_header(std::move(call), wanted, std::move(*origins));
  });
}

// All that the log has now.
void from_the_beginning(ApiCall call, Wanted wanted) {
  log::EventLog& log = *call.shard.log;
  const std::string workspace = call.path.workspace;
  log.head(workspace, [call = std::move(call), wanted](Result<log::Head> head) mutable {
    if (!head) return call.refuse(head.error());
    if (head->last_position == 0)
      return call.refuse(
          {ErrorCode::kNotFound, fmt::format("workspace {} has no events", call.path.workspace)});
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

void get_export(ApiCall call) {
  const auto wanted = read_wish(call.request);
  if (!wanted) return call.refuse(wanted.error());
  if (wanted->wish.from) return with_header(std::move(call), *wanted, {});
  from_the_beginning(std::move(call), *wanted);
}

constexpr ApiRoute kExportRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/export", get_export},
};

}  // namespace

std::span<const ApiRoute> export_routes() {
  return kExportRoutes;
}

}  // namespace syncline::backend
