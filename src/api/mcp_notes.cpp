#include "api/mcp_notes.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/support.h"
#include "protocol/json_text.h"
#include "session/event_feed.h"

namespace syncline::api {
namespace {

// A stream is named by its session and its number there.
constexpr unsigned kStreamBits = 20;
constexpr std::uint64_t kStreamMask = (std::uint64_t{1} << kStreamBits) - 1;

McpNotes* notes_with(node::Shard& shard, std::uint64_t number) {
  return static_cast<McpNotes*>(shard.agents.attached(number));
}

std::string note_text(const std::string& uri) {
  return fmt::format(
      "event: message\ndata: "
      R"({{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":{}}}}})"
      "\n\n",
      protocol::json_string(uri));
}

}  // namespace

McpNotes::~McpNotes() {
  if (way_ != nullptr) way_->end({}, {});
  for (const auto& [uri, watch] : watches_) end_feed(watch);
}

// ---- the stream

void McpNotes::begin_stream(Call call) {
  if (way_ != nullptr) way_->end({}, {});
  way_ = std::make_unique<WayToAnswer>(call.responder.loop());
  wanted_ = false;
  stream_ = (stream_ + 1) & kStreamMask;
  const std::size_t loop =
      *session::Agents::loop_of(call.request.headers.find("Mcp-Session-Id").value_or("0-"));
  begin_live_answer(std::move(call), way_->state(), number_ << kStreamBits | stream_,
                    {.head = event_stream_head(),
                     .first = ": what changes\n\n",
                     .loop = loop,
                     .more =
                         [](node::Shard& shard, std::uint64_t feed) {
                           if (auto* notes = notes_with(shard, feed >> kStreamBits))
                             notes->more(feed & kStreamMask);
                         },
                     .leave =
                         [](node::Shard& shard, std::uint64_t feed) {
                           if (auto* notes = notes_with(shard, feed >> kStreamBits))
                             notes->left(feed & kStreamMask);
                         }});
}

void McpNotes::more(std::uint64_t stream) {
  if (stream != stream_ || way_ == nullptr) return;
  wanted_ = true;
  flush();
}

void McpNotes::left(std::uint64_t stream) {
  if (stream != stream_) return;
  way_.reset();
  wanted_ = false;
}

void McpNotes::flush() {
  if (!wanted_) return;
  std::vector<SharedPiece> notes;
  for (auto& [uri, watch] : watches_)
    if (std::exchange(watch.changed, false)) notes.push_back(SharedPiece::of(note_text(uri)));
  if (notes.empty()) return;
  wanted_ = way_->send(std::move(notes));
}

// ---- subscriptions

Result<std::uint64_t> McpNotes::reserve(const std::string& uri) {
  if (watches_.contains(uri)) return 0;
  if (watches_.size() >= kMostWatched)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a session subscribes to at most {} resources", kMostWatched));
  watches_.emplace(uri, Watch{.ticket = ++last_ticket_});
  return last_ticket_;
}

bool McpNotes::begun(const std::string& uri, std::uint64_t ticket, std::size_t loop,
                     std::uint64_t feed) {
  const auto found = watches_.find(uri);
  if (found == watches_.end() || found->second.ticket != ticket) return false;
  found->second.loop = loop;
  found->second.feed = feed;
  return true;
}

void McpNotes::changed(const std::string& uri, std::uint64_t ticket) {
  const auto found = watches_.find(uri);
  if (found == watches_.end() || found->second.ticket != ticket) return;
  found->second.changed = true;
  flush();
}

void McpNotes::remove(const std::string& uri, std::uint64_t ticket) {
  const auto found = watches_.find(uri);
  if (found == watches_.end() || (ticket != 0 && found->second.ticket != ticket)) return;
  end_feed(found->second);
  watches_.erase(found);
}

void McpNotes::ended(const std::string& uri, std::uint64_t ticket) {
  const auto found = watches_.find(uri);
  if (found != watches_.end() && found->second.ticket == ticket) watches_.erase(found);
}

void McpNotes::end_feed(const Watch& watch) const {
  if (watch.feed == 0) return;
  shards_.on(watch.loop, [feed = watch.feed](node::Shard& shard) { shard.feeds.end(feed); });
}

McpNotes* notes_of(node::Shard& shard, const node::Shards& shards, std::string_view session,
                   const identity::Principal& principal) {
  return static_cast<McpNotes*>(shard.agents.attach(
      session, principal,
      [&shards](std::uint64_t number) { return std::make_unique<McpNotes>(shards, number); }));
}

// ---- the feed of a subscription

namespace {

// Tells the session, and wants more some time later.
class NotesReader final : public session::FeedReader {
 public:
  NotesReader(node::Shard& shard, McpWatchOrder order) : shard_(shard), order_(std::move(order)) {}
  ~NotesReader() override { shard_.scheduler.cancel(timer_); }

  // The first batch is wanted at once.
  void begun(std::uint64_t feed) {
    feed_ = feed;
    want();
  }

  // Nothing is shown of what the caller may not read now.
  bool take(std::vector<SharedPiece> events, log::Position) override {
    if (!events.empty())
      tell([](McpNotes& notes, const McpWatchOrder& order) {
        notes.changed(order.uri, order.ticket);
      });
    timer_ = shard_.scheduler.after(McpNotes::kNoteMs, [this] { want(); });
    return false;
  }

  // Such as the deletion of its workspace, or the end of its token.
  void end(const Result<void>&) override {
    tell([](McpNotes& notes, const McpWatchOrder& order) { notes.ended(order.uri, order.ticket); });
  }

 private:
  void want() {
    timer_ = 0;
    if (auto* feed = shard_.feeds.find(feed_)) feed->more();
  }

  void tell(void (*what)(McpNotes&, const McpWatchOrder&)) {
    order_.shards.on(order_.session_loop, [what, order = order_](node::Shard& shard) {
      if (auto* notes = notes_with(shard, order.session_number)) what(*notes, order);
    });
  }

  node::Shard& shard_;
  const McpWatchOrder order_;
  std::uint64_t feed_ = 0;
  Scheduler::TimerId timer_ = 0;
};

Result<void> begin_watch_at(node::Shard& shard, const McpWatchOrder& order, log::Position after,
                            std::size_t loop) {
  auto reader = std::make_unique<NotesReader>(shard, order);
  NotesReader& reads = *reader;
  const auto feed = shard.feeds.begin({.caller = order.caller,
                                       .place = {.workspace = order.workspace,
                                                 .object = order.object,
                                                 .after = after,
                                                 .bare = true}},
                                      std::move(reader));
  if (!feed) return std::unexpected(feed.error());
  order.shards.on(order.session_loop, [order, loop, feed = *feed](node::Shard& home) {
    auto* notes = notes_with(home, order.session_number);
    if (notes != nullptr && notes->begun(order.uri, order.ticket, loop, feed)) return;
    order.shards.on(loop, [feed](node::Shard& there) { there.feeds.end(feed); });
  });
  reads.begun(*feed);
  return {};
}

}  // namespace

void begin_watch(McpWatchOrder order, std::move_only_function<void(Result<void>)> done) {
  const std::string workspace = order.workspace;
  const std::size_t loop = order.shards.placement().owner_of(workspace);
  order.shards.on_owner(workspace, [order = std::move(order), loop,
                                    done = std::move(done)](node::Shard& shard) mutable {
    const std::string workspace = order.workspace;
    shard.store->events().head(workspace, [&shard, order = std::move(order), loop,
                                           done = std::move(done)](Result<log::Head> head) mutable {
      done(head ? begin_watch_at(shard, order, head->last_position, loop)
                : std::unexpected(std::move(head.error())));
    });
  });
}

}  // namespace syncline::api
