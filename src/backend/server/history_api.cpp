#include "backend/server/history_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/net/event_loop.h"
#include "backend/server/api_support.h"
#include "backend/server/history_json.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/moment.h"
#include "state/object_replay.h"
#include "state/workspace_replay.h"

namespace syncline::backend {
namespace {

// Whole states are large: fewer of them a page than names.
constexpr std::size_t kMaxStates = 100;

// Calls `next` with the position that the parameter `name` means; answers if it means none.
template <typename Next>
void at_moment(LoopShard& shard, const HttpRequest& request, std::string_view name,
               const std::string& workspace, HttpResponder responder, Next next) {
  state::find_moment(*shard.log, workspace, query_parameter(request.query, name).value_or(""),
                     [responder = std::move(responder),
                      next = std::move(next)](Result<log::Position> position) mutable {
                       if (!position) return responder.respond(to_response(position.error()));
                       next(*position, std::move(responder));
                     });
}

HttpResponse state_response(bool binary, const ObjectPath& path, log::Position at,
                            const state::ReplayedObject& replayed) {
  if (replayed.position == 0)
    return to_response(
        {ErrorCode::kNotFound, fmt::format("there was no object {} at {}", path.object, at)});
  HttpResponse response;
  response.headers.emplace_back("Syncline-Position", std::to_string(replayed.position));
  response.headers.emplace_back("Content-Type",
                                binary ? "application/octet-stream" : "application/json");
  if (binary) {
    auto update = replayed.object->diff_since({});
    if (!update) return to_response(update.error());
    response.body = std::make_shared<const Bytes>(std::move(*update));
  } else {
    response.body =
        fmt::format(R"({{"workspace":{},"object":{},"at":{},"position":{},"state":{}}})",
                    protocol::json_string(path.workspace), protocol::json_string(path.object), at,
                    replayed.position, replayed.object->to_json()) +
        "\n";
  }
  return response;
}

void get_object_at(LoopShard& shard, const HttpRequest& request, const ObjectPath& path,
                   HttpResponder responder) {
  const bool binary = request.headers.has_token("Accept", "application/octet-stream");
  at_moment(shard, request, "at", path.workspace, std::move(responder),
            [&shard, path, binary](log::Position at, HttpResponder answer) {
              state::replay_object(
                  *shard.log, path.workspace, path.object, at,
                  answer_with<state::ReplayedObject>(
                      std::move(answer), [path, binary, at](const state::ReplayedObject& replayed) {
                        return state_response(binary, path, at, replayed);
                      }));
            });
}

HttpResponse page_response(log::Position at, const state::ObjectPage& page) {
  std::string objects;
  for (const state::ObjectAt& object : page.objects)
    objects +=
        fmt::format(R"({}{{"object":{},"position":{},"state":{}}})", objects.empty() ? "" : ",",
                    protocol::json_string(object.id), object.position, object.json);
  return json_response(200,
                       fmt::format(R"({{"at":{},"objects":[{}],"next":{}}})", at, objects,
                                   page.next.empty() ? "null" : protocol::json_string(page.next)) +
                           "\n");
}

void get_state_at(LoopShard& shard, const HttpRequest& request, const std::string& workspace,
                  HttpResponder responder) {
  const auto limit = page_size(request, kMaxStates);
  if (!limit) return responder.respond(to_response(limit.error()));
  at_moment(shard, request, "at", workspace, std::move(responder),
            [&shard, workspace, limit = *limit,
             prefix = query_parameter(request.query, "prefix").value_or(""),
             after = query_parameter(request.query, "after").value_or("")](log::Position at,
                                                                           HttpResponder answer) {
              state::replay_workspace(*shard.log, workspace, prefix, after, limit, at,
                                      answer_with<state::ObjectPage>(
                                          std::move(answer), [at](const state::ObjectPage& page) {
                                            return page_response(at, page);
                                          }));
            });
}

// ---- what happened, and who did it

HttpResponse changes_response(log::Position from, log::Position to, const state::ChangePage& page) {
  std::string changes;
  for (const state::Change& change : page.changes)
    changes += (changes.empty() ? "" : ",") + change_to_json(change);
  const bool more = page.next != 0 && page.next < to;
  return json_response(200, fmt::format(R"({{"from":{},"to":{},"changes":[{}],"next":{}}})", from,
                                        to, changes, more ? std::to_string(page.next) : "null") +
                                "\n");
}

void get_changes(LoopShard& shard, const HttpRequest& request, const ObjectPath& path,
                 HttpResponder responder) {
  const auto limit = page_size(request);
  const auto after = number(request, "after", 0);
  if (!limit) return responder.respond(to_response(limit.error()));
  if (!after) return responder.respond(to_response(after.error()));
  auto list = [&shard, path, limit = *limit, after = *after](log::Position from, log::Position to,
                                                             HttpResponder answer) {
    state::list_changes(*shard.log, path.workspace, path.object, std::max(from, after), to, limit,
                        answer_with<state::ChangePage>(std::move(answer),
                                                       [from, to](const state::ChangePage& page) {
                                                         return changes_response(from, to, page);
                                                       }));
  };
  auto with_from = [&shard, request, path, list](log::Position from, HttpResponder answer) {
    at_moment(
        shard, request, "to", path.workspace, std::move(answer),
        [from, list](log::Position to, HttpResponder last) { list(from, to, std::move(last)); });
  };
  // From the beginning, unless said otherwise; to the end.
  if (!query_parameter(request.query, "from")) return with_from(0, std::move(responder));
  at_moment(shard, request, "from", path.workspace, std::move(responder), std::move(with_from));
}

void get_blame(LoopShard& shard, const HttpRequest& request, const ObjectPath& path,
               HttpResponder responder) {
  at_moment(shard, request, "at", path.workspace, std::move(responder),
            [&shard, path](log::Position at, HttpResponder answer) {
              auto body = [path, at](const state::Blame& blame) {
                std::string texts;
                for (const state::BlamedText& text : blame.texts)
                  texts += (texts.empty() ? "" : ",") + blamed_to_json(text);
                return json_response(
                    200,
                    fmt::format(R"({{"object":{},"at":{},"position":{},"texts":[{}]}})",
                                protocol::json_string(path.object), at, blame.position, texts) +
                        "\n");
              };
              state::blame_object(*shard.log, path.workspace, path.object, at,
                                  answer_with<state::Blame>(std::move(answer), std::move(body)));
            });
}

// ---- pins

void list_pins(LoopShard& shard, const HttpRequest& request, const std::string& workspace,
               HttpResponder responder) {
  const auto limit = page_size(request);
  if (!limit) return responder.respond(to_response(limit.error()));
  auto body = [limit = *limit](const std::vector<log::Pin>& pins) {
    std::string list;
    for (const log::Pin& pin : pins) list += (list.empty() ? "" : ",") + protocol::pin_to_json(pin);
    const bool last = pins.size() < limit;
    return json_response(
        200, "{\"pins\":[" + list +
                 "],\"next\":" + (last ? "null" : protocol::json_string(pins.back().name)) + "}\n");
  };
  shard.log->list_pins(workspace, query_parameter(request.query, "after").value_or(""), *limit,
                       answer_with<std::vector<log::Pin>>(std::move(responder), std::move(body)));
}

void put_pin(LoopShard& shard, const std::string& workspace, log::Pin pin,
             HttpResponder responder) {
  const bool removed = pin.position == 0;
  auto answer = [pin, removed, responder = std::move(responder)](Result<void> done) mutable {
    if (!done) return responder.respond(to_response(done.error()));
    HttpResponse gone;
    gone.status = 204;
    responder.respond(removed ? std::move(gone)
                              : json_response(200, protocol::pin_to_json(pin) + "\n"));
  };
  shard.log->put_pin(workspace, std::move(pin), std::move(answer));
}

void set_pin(RouteContext& context, LoopShard& shard, const HttpRequest& request,
             const ObjectPath& path, HttpResponder responder) {
  auto principal = may_write(context, request);
  if (!principal) return responder.respond(to_response(principal.error()));
  log::Pin pin{path.object, 0, shard.host.scheduler().unix_ms(), std::move(principal->name)};
  if (request.method == "DELETE")
    return put_pin(shard, path.workspace, std::move(pin), std::move(responder));
  at_moment(shard, request, "at", path.workspace, std::move(responder),
            [&shard, workspace = path.workspace, pin = std::move(pin)](
                log::Position at, HttpResponder answer) mutable {
              if (at == 0)
                return answer.respond(to_response(
                    {ErrorCode::kInvalid, "before the first event there is nothing to pin"}));
              pin.position = at;
              put_pin(shard, workspace, std::move(pin), std::move(answer));
            });
}

}  // namespace

void serve_history(RouteContext& context, const HttpRequest& request, std::string_view what,
                   const ObjectPath& path, HttpResponder responder) {
  LoopShard& shard = *context.shards[request.loop];
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (what == "pins" && !path.object.empty()) {
    if (request.method != "PUT" && request.method != "DELETE")
      return responder.respond(method_not_allowed("PUT, DELETE"));
    return set_pin(context, shard, request, path, std::move(responder));
  }
  if (!reading) return responder.respond(method_not_allowed("GET, HEAD"));
  if (what == "pins") return list_pins(shard, request, path.workspace, std::move(responder));
  if (what == "objects") return get_object_at(shard, request, path, std::move(responder));
  if (what == "changes") return get_changes(shard, request, path, std::move(responder));
  if (what == "blame" && !path.object.empty())
    return get_blame(shard, request, path, std::move(responder));
  if (what == "state" && path.object.empty())
    return get_state_at(shard, request, path.workspace, std::move(responder));
  responder.respond(error_response(404, "not_found", "nothing is served at this path"));
}

}  // namespace syncline::backend
