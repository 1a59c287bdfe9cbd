#include "session/event_feed.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace syncline::session {

// A batch, and of which objects in it the caller may read the state, and see the history.
struct EventFeed::Judged {
  std::shared_ptr<const TailBatch> batch;
  std::vector<std::string> asked;  // the objects in it, each once
  std::size_t answered = 0;
  std::map<std::string_view, bool> readable;  // true: with history

  void add_to(std::vector<SharedPiece>& shown, const TailEvent& event) const {
    const auto found = readable.find(event.object);
    if (found != readable.end()) shown.push_back(found->second ? event.text : event.notice);
  }
};

EventFeed::EventFeed(EventFeeds& feeds, std::uint64_t id, FeedOrder order,
                     std::unique_ptr<FeedReader> reader)
    : FeedSession(feeds.host_, feeds.sessions_, feeds.counters_, order.caller,
                  order.place.workspace),
      feeds_(feeds),
      id_(id),
      order_(std::move(order)),
      reader_(std::move(reader)) {}

Result<void> EventFeed::begin() {
  if (auto placed = take_place(); !placed) return placed;
  workspace::Workspace& followed = host_.get(workspace());
  following_ = followed.follow(*this);
  order_.place.durable = followed.durable();
  return {};
}

void EventFeed::more() {
  wanted_ = true;
  look();
}

void EventFeed::look() {
  if (ended() || !wanted_ || reading_ || !fresh_) return;
  fresh_ = false;
  // Who keeps up need not look whether there is more.
  const log::Position durable = order_.place.durable;
  const bool has_all = durable > 0 && order_.place.after >= durable;
  if (has_all && order_.follow) return reader_->at_end(order_.place.after);
  reading_ = true;
  feeds_.tail_.read(order_.place, [this, alive = std::weak_ptr(alive_)](
                                      Result<std::shared_ptr<const TailBatch>> batch) {
    if (alive.expired() || ended()) return;
    if (!batch) return finish(std::unexpected(batch.error()));
    if ((*batch)->next == order_.place.after) {  // the end
      reading_ = false;
      if (!order_.follow) return finish({});
      if (!fresh_) reader_->at_end(order_.place.after);
      return look();
    }
    auto judged = std::make_shared<Judged>();
    judged->batch = std::move(*batch);
    for (const TailEvent& event : judged->batch->events)
      if (event.object.starts_with(order_.prefix) &&
          (order_.type.empty() || event.type == order_.type) &&
          std::ranges::find(judged->asked, event.object) == judged->asked.end())
        judged->asked.push_back(event.object);
    judge(std::move(judged));
  });
}

// Asked anew for each batch: rules, shares and groups change.
void EventFeed::judge(std::shared_ptr<Judged> judged) {
  if (judged->answered == judged->asked.size()) return give(*judged);
  const std::string& object = judged->asked[judged->answered++];
  auto answer = [this, &object, judged,
                 alive = std::weak_ptr(alive_)](Result<std::vector<Result<void>>> may) {
    if (alive.expired() || ended()) return;
    if (!may) return finish(std::unexpected(may.error()));
    if (may->front()) judged->readable.emplace(object, may->back().has_value());
    judge(judged);
  };
  host_.foresee(caller(), workspace(), object,
                {{identity::Right::kRead}, {identity::Right::kHistory}}, std::move(answer));
}

void EventFeed::give(const Judged& judged) {
  std::vector<SharedPiece> shown;
  for (const TailEvent& event : judged.batch->events) judged.add_to(shown, event);
  order_.place.after = judged.batch->next;
  reading_ = false;
  wanted_ = false;
  fresh_ = true;
  reader_->take(std::move(shown), order_.place.after);
}

void EventFeed::on_durable(log::Position to) {
  order_.place.durable = to;
  fresh_ = true;
  look();
}

void EventFeed::on_closed(const Error& why) {
  finish(std::unexpected(why));
}

// The feed ends in a turn of its own, because whoever calls goes on with it, or with its list.
void EventFeed::finish(Result<void> how) {
  if (!end_now()) return;
  host_.scheduler().post([this, how = std::move(how), alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    reader_->end(how);
    feeds_.end(id_);
  });
}

SessionInfo EventFeed::info() const {
  const std::string& object = order_.place.object;
  return info_about("events", object.empty() ? order_.prefix : object);
}

Result<std::uint64_t> EventFeeds::begin(FeedOrder order, std::unique_ptr<FeedReader> reader) {
  const std::uint64_t id = ++last_id_;
  auto feed = std::make_unique<EventFeed>(*this, id, std::move(order), std::move(reader));
  if (auto begun = feed->begin(); !begun) return std::unexpected(std::move(begun.error()));
  feeds_.emplace(id, std::move(feed));
  return id;
}

EventFeed* EventFeeds::find(std::uint64_t id) const {
  const auto found = feeds_.find(id);
  return found == feeds_.end() ? nullptr : found->second.get();
}

void EventFeeds::end_all() {
  for (const auto& [id, feed] : feeds_)
    feed->on_closed({ErrorCode::kUnavailable, "the server is shutting down"});
}

}  // namespace syncline::session
