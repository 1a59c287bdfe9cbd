#include "session/event_tail.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/base64.h"
#include "log/rules.h"
#include "protocol/event_json.h"

namespace syncline::session {
namespace {

constexpr log::ReadLimits kBatch{.max_events = 256, .max_bytes = std::size_t{256} << 10};

// JSON has no line breaks.
SharedPiece told_text(const log::Event& event, std::string json, bool bare) {
  if (bare) return SharedPiece::of(std::move(json));
  return SharedPiece::of(fmt::format("id: {}\nevent: change\ndata: {}\n\n", event.position, json));
}

std::shared_ptr<const TailBatch> batch_of(const std::vector<log::Event>& events,
                                          const TailPlace& place) {
  auto batch = std::make_shared<TailBatch>();
  batch->next = events.empty() ? place.after : events.back().position;
  for (const log::Event& event : events)
    if (!log::is_system_object(event.object))
      batch->events.push_back(
          {.object = event.object,
           .type = event.type,
           .text = told_text(event, told_json(event, place.content), place.bare),
           .notice = told_text(event, notice_json(event), place.bare)});
  return batch;
}

}  // namespace

std::string told_json(const log::Event& event, bool content) {
  std::string json = protocol::event_to_json(event);
  if (content && !event.dropped_payload && event.intent.size() <= EventTail::kMostContent) {
    json.pop_back();
    json += ",\"update\":\"" + to_base64(event.intent) + "\"}";
  }
  return json;
}

std::string notice_json(const log::Event& event) {
  return fmt::format(R"({{"position":{},"object":{},"type":{}}})", event.position,
                     protocol::name_json(event.object), protocol::name_json(event.type));
}

void EventTail::read(const TailPlace& place, Answer answer) {
  auto [asked, first] = asked_.try_emplace(place);
  asked->second.push_back(std::move(answer));
  if (!first) return;
  line_.push_back(place);
  begin_some();
}

void EventTail::begin_some() {
  while (under_way_ < kReadsAtOnce && !line_.empty()) {
    const TailPlace place = std::move(line_.front());
    line_.pop_front();
    begin(place);
  }
}

void EventTail::begin(const TailPlace& place) {
  ++under_way_;
  ++reads_;
  auto answer = [this, place,
                 alive = std::weak_ptr(alive_)](Result<std::vector<log::Event>> events) {
    if (alive.expired()) return;
    --under_way_;
    if (events)
      end(place, batch_of(*events, place));
    else
      end(place, std::unexpected(std::move(events.error())));
    if (!alive.expired()) begin_some();
  };
  if (place.object.empty())
    log_.read(place.workspace, place.after, kBatch, std::move(answer));
  else
    log_.read_object(place.workspace, place.object, place.after, kBatch, std::move(answer));
}

void EventTail::end(const TailPlace& place, const Result<std::shared_ptr<const TailBatch>>& batch) {
  const auto asked = asked_.extract(place);
  for (Answer& answer : asked.mapped()) answer(batch);
}

}  // namespace syncline::session
