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
constexpr std::uint64_t kRetryMs = 5;       // when the reader is slow
constexpr std::uint64_t kRefusedMs = 1000;  // when the asker has too many jobs
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// A piece of the file, made on a worker.
struct Piece {
  Result<Bytes> bytes;
  bool began_at_mark = false;  // then the file can be continued from there
  bool ends_at_mark = false;
};

// One answer in progress. It makes no more than its reader takes. Each piece is a job of its own, so
// a slow reader holds no worker. All jobs of one asker are done by the same worker. What they made is
// written on the connection's loop ("home").
class Streaming : public std::enable_shared_from_this<Streaming> {
 public:
  Streaming(std::shared_ptr<state::BundleExport> bundle, state::Jobs& jobs, state::JobOrder order,
            http::Stream stream, Scheduler& home, std::uint64_t max_bytes)
      : bundle_(std::move(bundle)),
        jobs_(jobs),
        order_(std::move(order)),
        stream_(std::move(stream)),
        home_(home),
        in_parts_(max_bytes < kNoLimit),
        left_(max_bytes) {}
  ~Streaming() {
    if (!stream_.ended() && !home_.is_current()) home_.post([stream = std::move(stream_)] {});
  }

  // An error breaks the answer off, so the file has no end. A client that requests parts gets a
  // shorter part if it can be continued, and gets the error with the next request. Runs at home.
  void take(Piece piece) {
    if (!piece.bytes) {
      if (piece.began_at_mark && in_parts_) stream_.end();
      return;
    }
    if (piece.bytes->empty()) return stream_.end();
    const std::size_t size = piece.bytes->size();
    stream_.write(http::Body(std::make_shared<const Bytes>(std::move(*piece.bytes))));
    left_ -= std::min<std::uint64_t>(left_, size);
    if (left_ == 0 && piece.ends_at_mark) return stream_.end();
    step();
  }

 private:
  // Runs at home.
  void step() {
    if (stream_.is_closed()) return;
    if (stream_.queued_bytes() > kMaxQueuedBytes) return step_later(kRetryMs);
    jobs_.start(order_, [self = shared_from_this()](Result<state::Workplace*> place,
                                                    state::JobSlot slot) mutable {
      Scheduler& home = self->home_;
      if (place) return self->make(std::move(slot));
      home.post([self = std::move(self)] { self->step_later(kRefusedMs); });
    });
  }

  void step_later(std::uint64_t delay_ms) {
    home_.after(delay_ms, [self = shared_from_this()] { self->step(); });
  }

  // Runs on the worker. The bundle keeps itself while it reads (bundle_export.h), and is given back.
  void make(state::JobSlot slot) {
    const auto bundle = std::move(bundle_);
    const bool at_mark = bundle->at_mark();
    bundle->next([self = shared_from_this(), reading = std::weak_ptr(bundle), at_mark,
                  slot = std::move(slot)](Result<Bytes> bytes) mutable {
      self->bundle_ = reading.lock();
      Piece piece{std::move(bytes), at_mark, self->bundle_->at_mark()};
      Scheduler& home = self->home_;
      home.post([self = std::move(self), piece = std::move(piece)]() mutable {
        self->take(std::move(piece));
      });
    });
  }

  std::shared_ptr<state::BundleExport> bundle_;  // used on its worker
  state::Jobs& jobs_;
  const state::JobOrder order_;
  http::Stream stream_;  // used at home
  Scheduler& home_;
  const bool in_parts_;
  std::uint64_t left_;
};

struct Wanted {
  state::ExportWish wish;
  std::uint64_t size = 0;  // 0: everything that exists
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

void stream_bundle(Call call, Wanted wanted, log::BundleHeader header,
                   std::vector<log::Statement> statements) {
  http::Response head;
  head.headers.emplace_back("Content-Type", "application/octet-stream");
  if (call.request.method == "HEAD") return call.answer(std::move(head));
  const state::JobOrder order = answer_order(call, kExportJob);
  state::Jobs& jobs = call.shard.jobs;
  auto begin = [&jobs, order, head = std::move(head), header = std::move(header),
                statements = std::move(statements), wanted](Inquiry inquiry) mutable {
    const auto made = std::make_shared<state::BundleExport>(inquiry.sources, std::move(header),
                                                            std::move(statements), wanted.wish);
    // If the first piece fails, the request is refused with an error.
    made->next([&jobs, order = std::move(order), inquiry = std::move(inquiry),
                reading = std::weak_ptr(made), head = std::move(head),
                max = wanted.max_bytes](Result<Bytes> bytes) mutable {
      if (!bytes) return inquiry.refuse(bytes.error());
      auto bundle = reading.lock();
      Piece piece{std::move(bytes), false, bundle->at_mark()};
      Scheduler& home = inquiry.responder.loop();
      home.post([&home, &jobs, order = std::move(order), responder = std::move(inquiry.responder),
                 bundle = std::move(bundle), head = std::move(head), max,
                 piece = std::move(piece)]() mutable {
        std::make_shared<Streaming>(std::move(bundle), jobs, std::move(order),
                                    responder.begin(std::move(head)), home, max)
            ->take(std::move(piece));
      });
    });
  };
  inquire(std::move(call), kExportJob, std::move(begin));
}

void with_header(Call call, Wanted wanted, std::string log_name,
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
void begin_bundle(Call call, Wanted wanted, std::optional<log::SignedCheckpoint> last) {
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
void from_the_beginning(Call call, Wanted wanted) {
  log::LoopStore& store = *call.shard.store;
  const std::string workspace = call.path.workspace;
  store.events().head(workspace, [call = std::move(call), wanted](Result<log::Head> head) mutable {
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
