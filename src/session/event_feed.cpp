#include "session/event_feed.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/qualified_name.h"

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
    : feeds_(feeds),
      id_(id),
      order_(std::move(order)),
      reader_(std::move(reader)),
      seat_(&feeds.sessions_) {}

Result<void> EventFeed::begin() {
  workspace::Host& host = feeds_.host_;
  const identity::Principal& principal = order_.caller.principal;
  // The token was judged on another loop.
  if (auto valid = seat_.check(principal, host.scheduler()); !valid) return valid;
  auto place = host.take_place(order_.place.workspace);
  if (!place) return std::unexpected(std::move(place.error()));
  place_ = *std::move(place);
  seat_.take(*this);
  life_ = TokenLife::watch(host.scheduler(), principal, *this);
  following_ = host.get(order_.place.workspace).follow(*this);
  return {};
}

void EventFeed::more() {
  wanted_ = true;
  look();
}

void EventFeed::look() {
  if (ended_ || !wanted_ || reading_ || !fresh_) return;
  reading_ = true;
  fresh_ = false;
  feeds_.tail_.read(order_.place, [this, alive = std::weak_ptr(alive_)](
                                      Result<std::shared_ptr<const TailBatch>> batch) {
    if (alive.expired() || ended_) return;
    if (!batch) return finish(std::unexpected(batch.error()));
    if ((*batch)->next == order_.place.after) {  // the end
      reading_ = false;
      return order_.follow ? look() : finish({});
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
    if (alive.expired() || ended_) return;
    if (!may) return finish(std::unexpected(may.error()));
    if (may->front()) judged->readable.emplace(object, may->back().has_value());
    judge(judged);
  };
  feeds_.host_.foresee(order_.caller, order_.place.workspace, object,
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

void EventFeed::on_durable() {
  fresh_ = true;
  look();
}

void EventFeed::on_closed(const Error& why) {
  finish(std::unexpected(why));
}

// The feed ends in a turn of its own, because whoever calls goes on with it, or with its list.
void EventFeed::finish(Result<void> how) {
  if (std::exchange(ended_, true)) return;
  feeds_.host_.scheduler().post([this, how = std::move(how), alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    reader_->end(how);
    feeds_.end(id_);
  });
}

SessionInfo EventFeed::info() const {
  const std::string& object = order_.place.object;
  return {.protocol = "events",
          .workspace = std::string(split_name(order_.place.workspace).workspace),
          .address = order_.caller.peer,
          .documents = {{.object = object.empty() ? order_.prefix : object,
                         .principal = order_.caller.principal}}};
}

void EventFeed::kick() {
  if (ended_) return;
  ++feeds_.counters_.ended_kicked;
  finish(std::unexpected(kicked()));
}

void EventFeed::end_revoked(const identity::Revocations& revocations) {
  if (ended_) return;
  const auto valid = revocations.check(order_.caller.principal);
  if (valid) return;
  ++feeds_.counters_.ended_revoked;
  finish(std::unexpected(valid.error()));
}

void EventFeed::look_again(const identity::Revocations& outdated) {
  if (ended_ || outdated.check(order_.caller.principal)) return;
  ++feeds_.counters_.ended_outdated;
  finish(std::unexpected(outdated_token()));
}

void EventFeed::token_expired() {
  if (ended_) return;
  ++feeds_.counters_.ended_expired;
  finish(std::unexpected(expired_token()));
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
