// What happens in a workspace, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/live_answer.h"
#include "api/route.h"
#include "api/support.h"
#include "protocol/json_text.h"
#include "session/event_feed.h"

namespace syncline::api {
namespace {

// The client is told why. Whether it may come back, its browser learns from the answer to the next request.
std::string last_words(const Result<void>& how) {
  if (how) return {};
  return fmt::format("event: end\ndata: {{\"code\":{},\"message\":{}}}\n\n",
                     protocol::json_string(to_string(how.error().code)),
                     protocol::json_string(how.error().message));
}

class EventsReader final : public session::FeedReader {
 public:
  explicit EventsReader(Scheduler& home) : way_(home) {}

  const std::shared_ptr<WayToAnswer::State>& way() const { return way_.state(); }

  // If nothing of a batch is shown, its end is still a place to come back to.
  void take(std::vector<SharedPiece> events, log::Position next) override {
    if (events.empty()) events.push_back(SharedPiece::of(fmt::format("id: {}\n\n", next)));
    way_.send(std::move(events));
  }
  void end(const Result<void>& how) override { way_.end(last_words(how), how); }

 private:
  WayToAnswer way_;
};

void begin_feed(Call call, session::FeedOrder order) {
  if (call.request.method == "HEAD") return call.answer(event_stream_head());
  auto reader = std::make_unique<EventsReader>(call.responder.loop());
  auto way = reader->way();
  const auto id = call.shard.feeds.begin(std::move(order), std::move(reader));
  if (!id) return call.refuse(id.error());
  begin_live_answer(
      std::move(call), std::move(way), *id,
      {.head = event_stream_head(),
       .first = ": the events of a workspace\n\n",
       .more =
           [](node::Shard& shard, std::uint64_t feed) {
             if (auto* found = shard.feeds.find(feed)) found->more();
           },
       .leave = [](node::Shard& shard, std::uint64_t feed) { shard.feeds.end(feed); }});
}

// What the client has seen: its browser repeats the last id when it connects again. nullopt: it wants what comes.
Result<std::optional<log::Position>> read_after(const http::Request& request) {
  const std::string_view last = request.headers.find("Last-Event-ID").value_or("");
  const auto asked = http::query_parameter(request.query, "after");
  if (last.empty() && !asked) return std::nullopt;
  auto after = last.empty() ? parse_number(*asked, "after") : parse_number(last, "Last-Event-ID");
  if (!after) return std::unexpected(std::move(after.error()));
  return *after;
}

void get_events(Call call) {
  const std::string& query = call.request.query;
  const auto after = read_after(call.request);
  if (!after) return call.refuse(after.error());
  session::FeedOrder order{
      .caller = call.caller,
      .place = {.workspace = call.path.workspace,
                .object = call.path.object,
                .after = after->value_or(0),
                .content = http::query_parameter(query, "content").value_or("") == "1"},
      .prefix = http::query_parameter(query, "prefix").value_or(""),
      .type = http::query_parameter(query, "type").value_or(""),
      .follow = http::query_parameter(query, "follow").value_or("") != "0"};
  if (*after) return begin_feed(std::move(call), std::move(order));
  const std::string workspace = call.path.workspace;
  call.shard.store->events().head(workspace, [call = std::move(call), order = std::move(order)](
                                                 Result<log::Head> head) mutable {
    if (!head) return call.refuse(head.error());
    order.place.after = head->last_position;
    begin_feed(std::move(call), std::move(order));
  });
}

constexpr Route kEventRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/events", Right::kRead, get_events, Route::kWhileOpen,
     Route::kOfPrefix},
    {"GET", "/v1/workspaces/{workspace}/events/{object}", Right::kRead, get_events},
};

}  // namespace

std::span<const Route> event_routes() {
  return kEventRoutes;
}

}  // namespace syncline::api
