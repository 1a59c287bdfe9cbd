// Who has which object of a workspace open, for whoever may see that somebody is there.
//
// Everybody is told of once for each object, however many connections he has. Guests, who share a principal, are
// counted.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/names.h"
#include "api/readable.h"
#include "api/route.h"
#include "identity/person.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "session/session_table.h"

namespace syncline::api {
namespace {

using session::SessionTable;

// How many connections of a principal have an object open.
using Openers = std::map<std::string, std::size_t>;

// All sessions of a workspace are on the loop that owns it. They are looked through in turns.
class WhoIsThere : public std::enable_shared_from_this<WhoIsThere> {
 public:
  explicit WhoIsThere(Call call) : call_(std::move(call)) {}

  void look(SessionTable::Place from) {
    const SessionTable& table = call_.shard.sessions;
    const auto next =
        table.visit(from, SessionTable::kPerTurn,
                    [&](session::LiveSession&, auto place) { add(table.info_at(place)); });
    if (!next) return judge();
    call_.shard.scheduler.post([self = shared_from_this(), from = *next] { self->look(from); });
  }

 private:
  void add(const session::SessionInfo& info) {
    if (info.workspace != call_.path.workspace) return;
    for (const session::OpenDocument& document : info.documents) {
      if (document.object.empty()) continue;
      if (open_.size() < kMostReadable || open_.contains(document.object))
        ++open_[document.object][document.principal.id];
      else
        more_ = true;
    }
  }

  void judge() {
    std::vector<std::string> objects;
    for (const auto& [object, openers] : open_) objects.push_back(object);
    ask_readable(call_.shard.host, call_.caller, call_.path.workspace, objects,
                 [self = shared_from_this(), objects](Result<std::vector<Readable>> may) {
                   if (!may) return self->call_.refuse(may.error());
                   for (std::size_t i = 0; i < objects.size(); ++i)
                     if (!(*may)[i].state) self->open_.erase(objects[i]);
                   self->look_up_names();
                 });
  }

  void look_up_names() {
    std::set<Maker> makers;
    for (const auto& [object, openers] : open_)
      for (const auto& [principal, count] : openers) makers.insert({principal});
    look_up(names_of(call_), {makers.begin(), makers.end()}, {},
            [self = shared_from_this()](const Names& names) { self->answer(names); });
  }

  void answer(const Names& names) {
    std::string rows;
    for (const auto& [object, openers] : open_) {
      std::string people;
      for (const auto& [principal, count] : openers)
        people += fmt::format(R"({}{{"principal":{}{},"connections":{}}})",
                              people.empty() ? "" : ",", protocol::name_json(principal),
                              protocol::shown_name_json(names.of(principal)), count);
      rows += fmt::format(R"({}{{"object":{},"people":[{}]}})", rows.empty() ? "" : ",",
                          protocol::json_string(object), people);
    }
    call_.answer(
        http::json_response(200, fmt::format("{{\"open\":[{}],\"more\":{}}}\n", rows, more_)));
  }

  Call call_;
  std::map<std::string, Openers> open_;  // by object
  bool more_ = false;                    // further objects are open
};

void list_present(Call call) {
  std::make_shared<WhoIsThere>(std::move(call))->look(0);
}

constexpr Route kPresentRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/present", Right::kPresence, list_present, Route::kWhileOpen,
     Route::kOfPrefix},
};

}  // namespace

std::span<const Route> present_routes() {
  return kPresentRoutes;
}

}  // namespace syncline::api
