#include "cli/data/leftovers.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "cli/json.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

bool is_true(const Any& value) {
  const auto* flag = std::get_if<bool>(&value.value());
  return flag != nullptr && *flag;
}

}  // namespace

std::uint64_t Deletions::present(const std::string& object) const {
  const auto found = objects.find(object);
  return found == objects.end() ? 1 : found->second.generation + 1;
}

const Deletions::Ended* Deletions::deletion_of(const std::string& object,
                                               std::uint64_t asked) const {
  std::string name = object;
  for (std::size_t steps = 0; steps <= redirects.size(); ++steps) {
    const auto leads = redirects.find(name);
    if (leads == redirects.end()) break;
    name = leads->second;
  }
  const auto found = objects.find(name);
  // A later name has generations of its own.
  const bool is_it =
      found != objects.end() && (name != object || asked <= found->second.generation);
  return is_it ? &found->second : nullptr;
}

Result<Deletions> read_deletions(Api& api, const std::string& workspace) {
  const auto answer = api.deletions(workspace);
  if (!answer) return std::unexpected(answer.error());
  const auto json = crdt::from_json(*answer);
  const Any::Array* objects = json ? array_member(*json, "objects") : nullptr;
  if (objects == nullptr)
    return fail(ErrorCode::kMalformed, "the list of deletions was not understood");
  Deletions read;
  read.generation = std::max<std::uint64_t>(number_member(*json, "generation"), 1);
  if (const Any& deleted = member(*json, "deleted"); !text_member(deleted, "deleted").empty())
    read.erased = is_true(member(deleted, "erased"));
  for (const Any& each : *objects)
    read.objects[text_member(each, "object")] = {number_member(each, "generation"),
                                                 is_true(member(each, "erased"))};
  // A server of before objects could be renamed says nothing of that.
  if (const Any::Array* redirects = array_member(*json, "redirects"))
    for (const Any& each : *redirects)
      read.redirects[text_member(each, "object")] = text_member(each, "to");
  return read;
}

namespace {

Result<void> compare(Api& backup, Api& server, const std::string& workspace,
                     std::vector<Leftover>& found) {
  const auto held = read_deletions(backup, workspace);
  if (!held) return std::unexpected(held.error());
  const auto since = read_deletions(server, workspace);
  if (!since) return std::unexpected(since.error());
  const bool ended = since->generation == held->generation && since->erased.has_value();
  if (ended || since->generation > held->generation) {
    found.push_back({workspace, "", !ended || *since->erased});
    return {};
  }
  return each_object(backup, workspace, "", [&](const std::string& object) {
    if (const auto* deleted = since->deletion_of(object, held->present(object)))
      found.push_back({workspace, object, deleted->erased});
    return true;
  });
}

}  // namespace

Result<std::vector<Leftover>> find_leftovers(Api& backup, Api& server) {
  std::vector<Leftover> found;
  std::optional<Error> failed;
  const auto listed = each_workspace(backup, [&](const std::string& workspace) {
    if (auto done = compare(backup, server, workspace, found); !done)
      failed = std::move(done.error());
    return !failed;
  });
  if (failed) return std::unexpected(std::move(*failed));
  if (!listed) return std::unexpected(listed.error());
  return found;
}

}  // namespace syncline::cli
