#include "session/stream_feed.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::session {

StreamFeed::StreamFeed(StreamFeeds& feeds, std::uint64_t id, StreamOrder order,
                       std::unique_ptr<StreamReader> reader)
    : FeedSession(feeds.host_, feeds.sessions_, feeds.counters_, order.caller,
                  order.place.workspace),
      feeds_(feeds),
      id_(id),
      order_(std::move(order)),
      reader_(std::move(reader)),
      form_(protocol::stream_form_of(order_.place.content_type)) {}

StreamFeed::~StreamFeed() {
  if (live_ != nullptr) host_.get(workspace()).unsubscribe(*live_, *this);
  if (opening_) host_.get(workspace()).cancel(*this);
}

Result<void> StreamFeed::begin() {
  if (auto placed = take_place(); !placed) return placed;
  opening_ = true;
  host_.get(workspace())
      .subscribe(caller(), order_.place.object, {}, *this,
                 [this](Result<workspace::LiveObject*> live) { subscribed(std::move(live)); });
  return {};
}

void StreamFeed::subscribed(Result<workspace::LiveObject*> live) {
  opening_ = false;
  if (!live) return finish(std::unexpected(std::move(live.error())));
  live_ = *live;
  known_ = std::max(known_, live_->position());
  if (is_mutated(Mutation::skip_while_joining)) order_.after = known_;
  if (live_->position() == 0) return on_deleted({ErrorCode::kNotFound, "there is no such stream"});
  look();
}

void StreamFeed::more() {
  wanted_ = true;
  look();
}

void StreamFeed::look() {
  if (ended() || !wanted_ || reading_ || live_ == nullptr) return;
  if (told_end_ && order_.after >= known_) return;
  reading_ = true;
  read_stream(host_.log(), order_.place, order_.after, kStreamPage,
              [this, alive = std::weak_ptr(alive_)](Result<StreamPage> page) {
                if (alive.expired() || ended()) return;
                reading_ = false;
                if (!page) return finish(std::unexpected(std::move(page.error())));
                give(std::move(*page));
              });
}

// What is not durable yet is told when it is: there is no use in looking for it.
void StreamFeed::give(StreamPage page) {
  const bool moved = page.next > order_.after;
  order_.after = std::max(order_.after, page.next);
  const bool at_end = order_.after >= known_;
  for (StreamChunk& chunk : page.chunks)
    if (chunk.content.size() > 0)
      chunk.content = SharedPiece::of(protocol::stream_data_event(form_, chunk.content.view));
  if (!page.chunks.empty() || (at_end && !told_end_))
    return pass_on(std::move(page.chunks), at_end);
  if (!at_end && (moved || durable_ > order_.after)) look();
}

void StreamFeed::pass_on(std::vector<StreamChunk> chunks, bool at_end) {
  wanted_ = false;
  told_end_ = at_end;
  const bool closed = !chunks.empty() && chunks.back().closes;
  reader_->take(std::move(chunks), order_.after, at_end || closed);
  if (closed) finish({});
}

// It is passed on at once if the reader has all that was before.
void StreamFeed::on_change(const workspace::Delivery& change) {
  static constexpr char kForms[3] = {};  // a tag for each form
  if (ended()) return;
  const bool has_all = told_end_ && wanted_ && !reading_ && order_.after >= known_;
  durable_ = std::max(durable_, change.position);
  known_ = std::max(known_, change.position);
  if (!has_all) return look();
  auto chunk = chunk_of(change.position, change.payload, nullptr);
  if (!chunk) return finish(std::unexpected(std::move(chunk.error())));
  order_.after = std::max(order_.after, change.position);
  if (chunk->content.size() == 0 && !chunk->closes) return;
  if (chunk->content.size() > 0) {
    const auto& event = change.encodings.once(&kForms[static_cast<std::size_t>(form_)], [&] {
      return protocol::stream_data_event(form_, chunk->content.view);
    });
    chunk->content = {event, *event};
  }
  std::vector<StreamChunk> chunks;
  chunks.push_back(std::move(*chunk));
  pass_on(std::move(chunks), true);
}

void StreamFeed::on_rights() {
  if (ended() || live_ == nullptr) return;
  const auto may = host_.get(workspace()).may(caller(), identity::Right::kRead, *live_);
  if (may) return;
  ++feeds_.counters_.ended_policy;
  finish(std::unexpected(may.error()));
}

void StreamFeed::on_deleted(const Error& why) {
  finish(std::unexpected(why));
}

void StreamFeed::on_lost(const Error& why) {
  live_ = nullptr;
  opening_ = false;
  finish(std::unexpected(why));
}

// The feed ends in a turn of its own, because whoever calls goes on with it, or with its list.
void StreamFeed::finish(Result<void> how) {
  if (!end_now()) return;
  host_.scheduler().post([this, how = std::move(how), alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    reader_->end(how);
    feeds_.end(id_);
  });
}

SessionInfo StreamFeed::info() const {
  return info_about("streams", order_.place.object);
}

Result<std::uint64_t> StreamFeeds::begin(StreamOrder order, std::unique_ptr<StreamReader> reader) {
  const std::uint64_t id = ++last_id_;
  auto feed = std::make_unique<StreamFeed>(*this, id, std::move(order), std::move(reader));
  StreamFeed& begun = *feed;
  feeds_.emplace(id, std::move(feed));
  if (auto placed = begun.begin(); !placed) {
    feeds_.erase(id);
    return std::unexpected(std::move(placed.error()));
  }
  return id;
}

StreamFeed* StreamFeeds::find(std::uint64_t id) const {
  const auto found = feeds_.find(id);
  return found == feeds_.end() ? nullptr : found->second.get();
}

void StreamFeeds::end_all() {
  for (const auto& [id, feed] : feeds_)
    feed->finish(std::unexpected(Error{ErrorCode::kUnavailable, "the server is shutting down"}));
}

}  // namespace syncline::session
