#include "api/object_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/names.h"
#include "api/readable.h"
#include "api/support.h"
#include "base/percent.h"
#include "log/catalog.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/moment.h"

namespace syncline::api {
namespace {

using log::ObjectHead;

std::string detail_json(const ObjectHead& head, bool history, const Names& names) {
  std::string json = "{\"object\":" + protocol::json_string(head.object);
  const log::Event& last = head.last;
  if (last.position == 0) return json + ",\"damaged\":true}";
  json += fmt::format(R"(,"type":{},"generation":{},"size":{},"position":{},"time":"{}")",
                      protocol::json_string(last.type), std::max<std::uint64_t>(last.generation, 1),
                      head.bytes, last.position, protocol::time_text(last.accepted_ms()));
  if (history)
    json += ",\"principal\":" + protocol::name_json(last.principal) +
            protocol::shown_name_json(names.of(last.principal, last.actor));
  return json + "}";
}

class ObjectList : public std::enable_shared_from_this<ObjectList> {
 public:
  ObjectList(Call call, std::size_t limit)
      : call_(std::move(call)), limit_(std::min(limit, kMostReadable)) {}

  void begin() {
    const auto since = asked("since");
    if (!since) return read();
    log::LoopStore& store = *call_.shard.store;
    state::find_moment(store.events(), store.pins(), call_.path.workspace, *since,
                       [self = shared_from_this()](Result<log::Position> position) {
                         if (!position) return self->call_.refuse(position.error());
                         self->since_ = *position;
                         self->read();
                       });
  }

 private:
  std::optional<std::string> asked(std::string_view name) const {
    return http::query_parameter(call_.request.query, name);
  }

  void read() {
    call_.shard.store->catalog().list_heads(
        call_.path.workspace, asked("prefix").value_or(""), asked("after").value_or(""), limit_,
        [self = shared_from_this()](Result<log::ObjectHeads> page) {
          if (!page) return self->call_.refuse(page.error());
          self->leave_out_deleted(std::move(*page));
        });
  }

  // The last event of a deleted object is of a generation that has ended.
  void leave_out_deleted(log::ObjectHeads page) {
    workspace::Workspace& workspace = call_.shard.host.get(call_.path.workspace);
    workspace.open(
        [self = shared_from_this(), &workspace, page = std::move(page)](Result<void> open) mutable {
          if (!open) return self->call_.refuse(open.error());
          if (page.more && !page.heads.empty()) self->next_ = page.heads.back().object;
          std::erase_if(page.heads, [&](const ObjectHead& head) {
            const log::EndedGeneration* ended = workspace.deletions().last(head.object);
            return ended != nullptr && head.last.position <= ended->after;
          });
          self->filter(std::move(page));
        });
  }

  // What cannot be read may be what is asked for.
  void filter(log::ObjectHeads page) {
    const std::string type = asked("type").value_or("");
    for (ObjectHead& head : page.heads) {
      const bool damaged = head.last.position == 0;
      if (!damaged && !type.empty() && head.last.type != type) continue;
      if (!damaged && head.last.position <= since_) continue;
      heads_.push_back(std::move(head));
    }
    judge();
  }

  void judge() {
    std::vector<std::string> objects;
    for (const ObjectHead& head : heads_) objects.push_back(head.object);
    ask_readable(call_.shard.host, call_.caller, call_.path.workspace, std::move(objects),
                 [self = shared_from_this()](Result<std::vector<Readable>> may) {
                   if (!may) return self->call_.refuse(may.error());
                   self->may_ = std::move(*may);
                   self->look_up_names();
                 });
  }

  void look_up_names() {
    std::vector<Maker> makers;
    for (std::size_t i = 0; i < heads_.size(); ++i)
      if (may_[i].history) makers.push_back({heads_[i].last.principal, heads_[i].last.actor});
    look_up(names_of(call_), std::move(makers), {},
            [self = shared_from_this()](const Names& names) { self->answer(names); });
  }

  void answer(const Names& names) {
    std::string objects;
    std::string details;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      if (!may_[i].state) continue;
      const char* between = objects.empty() ? "" : ",";
      objects += between + protocol::json_string(heads_[i].object);
      details += between + detail_json(heads_[i], may_[i].history, names);
    }
    http::Response response = http::json_response(
        200, fmt::format("{{\"objects\":[{}],\"details\":[{}],\"next\":{}}}\n", objects, details,
                         next_ ? protocol::json_string(*next_) : "null"));
    if (next_) response.headers.emplace_back("Link", "<" + next_page() + ">; rel=\"next\"");
    call_.answer(std::move(response));
  }

  // Relative to the address of this page, and without a token that was in it.
  std::string next_page() const {
    std::string query = "?after=" + percent_encode(*next_);
    for (const char* name : {"limit", "prefix", "type", "since", "details"})
      if (const auto value = asked(name))
        query += fmt::format("&{}={}", name, percent_encode(*value));
    return query;
  }

  Call call_;
  const std::size_t limit_;
  log::Position since_ = 0;
  std::vector<ObjectHead> heads_;
  std::vector<Readable> may_;  // of each
  std::optional<std::string> next_;
};

}  // namespace

bool asks_for_details(const http::Request& request) {
  return http::query_parameter(request.query, "details").value_or("") == "1" ||
         http::query_parameter(request.query, "type") ||
         http::query_parameter(request.query, "since");
}

void list_details(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  std::make_shared<ObjectList>(std::move(call), *limit)->begin();
}

}  // namespace syncline::api
