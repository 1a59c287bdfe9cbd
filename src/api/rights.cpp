// What the caller may do with an object. It is asked by programs that offer no more than that, such as the page.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"
#include "base/qualified_name.h"
#include "identity/scope.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

struct NamedRight {
  std::string_view name;
  Right right;
};

constexpr NamedRight kShownRights[] = {
    {"read", Right::kRead},   {"history", Right::kHistory}, {"presence", Right::kPresence},
    {"write", Right::kWrite}, {"restore", Right::kRestore}, {"share", Right::kSeePolicy}};

// What an editor of a text or a list does first to the root type of that name.
merge::Effect editing(const std::string& root) {
  return {{{.operation = merge::Operation::kInsert, .container = {root, {}}, .length = 1}}};
}

std::string foreseen_json(std::string_view name, const Result<void>& answer,
                          std::string_view tenant) {
  if (answer) return fmt::format(R"("{}":{{"allowed":true}})", name);
  return fmt::format(R"("{}":{{"allowed":false,"reason":{}}})", name,
                     protocol::json_string(public_text(answer.error().message, tenant)));
}

// `place`: whether there is one for a connection, too.
std::string rights_json(const Path& path, const identity::Principal& asker,
                        const Result<void>& place, const std::vector<Result<void>>& answers) {
  std::string list = foreseen_json("connect", place, asker.tenant());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Result<void> answer = answers[i];
    // To share is to change the rules of the workspace, which a token for one object does not reach.
    if (answer && kShownRights[i].right == Right::kSeePolicy)
      answer = identity::check_scope(asker, path.name, "");
    list += "," + foreseen_json(kShownRights[i].name, answer, asker.tenant());
  }
  return fmt::format("{{\"workspace\":{},\"object\":{},\"rights\":{{{}}}}}\n",
                     protocol::json_string(path.name), protocol::json_string(path.object), list);
}

void show_rights(Call call) {
  const std::string root = http::query_parameter(call.request.query, "root").value_or("");
  std::vector<workspace::Host::Wish> wishes;
  for (const NamedRight& shown : kShownRights) {
    const bool edits = shown.right == Right::kWrite && !root.empty();
    wishes.push_back({shown.right, edits ? editing(root) : merge::Effect()});
  }
  const identity::Caller caller = call.caller;
  const Path path = call.path;
  call.shard.host.foresee(
      caller, path.workspace, path.object, std::move(wishes),
      [call = std::move(call)](auto answers) mutable {
        if (!answers) return call.refuse(answers.error());
        const auto place = call.shard.host.has_place(call.path.workspace);
        call.answer(http::json_response(
            200, rights_json(call.path, call.caller.principal, place, *answers)));
      });
}

constexpr Route kRightsRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/rights/{object}", Right::kRead, show_rights},
};

}  // namespace

std::span<const Route> rights_routes() {
  return kRightsRoutes;
}

}  // namespace syncline::api
