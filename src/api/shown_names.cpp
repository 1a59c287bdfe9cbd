#include "api/shown_names.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/qualified_name.h"

namespace syncline::api {
namespace {

struct Asking {
  identity::Caller caller;
  std::vector<std::string> names;
  log::Done<std::vector<std::string>> done;
  // Used on the loop of the request.
  std::vector<bool> shown;
  std::size_t left = 0;
  std::optional<Error> error;
};

void answered(Asking& asking, std::size_t index, Result<bool> shown) {
  if (shown)
    asking.shown[index] = *shown;
  else
    asking.error = std::move(shown.error());
  if (--asking.left > 0) return;
  if (asking.error) return asking.done(std::unexpected(std::move(*asking.error)));
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < asking.names.size(); ++i)
    if (asking.shown[i]) kept.push_back(std::move(asking.names[i]));
  asking.done(std::move(kept));
}

}  // namespace

bool sees_all_names(const identity::Caller& caller) {
  return caller.local || identity::administers(caller.rights);
}

void keep_shown(const Call& call, std::vector<std::string> names,
                log::Done<std::vector<std::string>> done) {
  if (names.empty()) return done(std::move(names));
  auto asking = std::make_shared<Asking>(call.caller, std::move(names), std::move(done));
  const std::size_t count = asking->names.size();
  asking->shown.resize(count);
  asking->left = count;
  const node::Shards& shards = call.context.shards;
  const std::size_t loop = call.request.loop;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = qualified(call.caller.principal.tenant(), asking->names[i]);
    shards.on_owner(name, [&shards, loop, asking, i, name](node::Shard& shard) {
      shard.host.may_show(asking->caller, name, [&shards, loop, asking, i](Result<bool> shown) {
        shards.on(loop, [asking, i, shown = std::move(shown)](node::Shard&) mutable {
          answered(*asking, i, std::move(shown));
        });
      });
    });
  }
}

}  // namespace syncline::api
