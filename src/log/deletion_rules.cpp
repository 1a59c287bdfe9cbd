#include "log/deletion_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/rules.h"

namespace syncline::log {
namespace {

constexpr std::string_view kRenamedTo = "renamed to ";

Result<void> check_deleted_name(const std::string& object, std::uint64_t generation) {
  if (auto named = check_object_id(object); !named) return named;
  if (is_system_object(object))
    return fail(ErrorCode::kInvalid, "an object of the server cannot be deleted");
  if (generation == 0) return fail(ErrorCode::kInvalid, "generations are counted from 1");
  return {};
}

std::unexpected<Error> not_deleted(const std::string& object) {
  return fail(ErrorCode::kNotFound, fmt::format("object {} is not deleted", object));
}

std::unexpected<Error> erased_already(const std::string& object) {
  return fail(ErrorCode::kConflict, fmt::format("object {} is erased already", object));
}

// The last generation of the object, if it is this one, has ended and is not erased.
Result<const EndedGeneration*> open_end(const HeldDeletions& held, const std::string& object,
                                        std::uint64_t generation) {
  const EndedGeneration* last = held.last(object);
  if (last == nullptr || last->generation != generation) return not_deleted(object);
  if (last->is_renamed())
    return fail(ErrorCode::kConflict,
                fmt::format("object {} was renamed to {}", object, last->renamed_to));
  if (last->erased) return erased_already(object);
  return last;
}

Result<void> check_workspace_generation(std::uint64_t generation) {
  if (generation > 0) return {};
  return fail(ErrorCode::kInvalid, "generations are counted from 1");
}

// The present generation of the workspace, if it is this one, has ended and is not erased.
Result<void> check_ended(const HeldDeletions& held, std::uint64_t generation) {
  if (!held.workspace || held.workspace_generation != generation)
    return fail(ErrorCode::kNotFound, "the workspace is not deleted");
  if (held.workspace->erased) return fail(ErrorCode::kConflict, "the workspace is erased already");
  return {};
}

}  // namespace

const EndedGeneration* HeldDeletions::last(std::string_view object) const {
  const auto found = objects.find(object);
  return found == objects.end() ? nullptr : &found->second.back();
}

const EndedGeneration* HeldDeletions::find(std::string_view object,
                                           std::uint64_t generation) const {
  const auto all = objects.find(object);
  if (all == objects.end()) return nullptr;
  const auto found = std::ranges::find(all->second, generation, &EndedGeneration::generation);
  return found == all->second.end() ? nullptr : &*found;
}

const EndedGeneration* HeldDeletions::redirect(std::string_view object) const {
  const EndedGeneration* ended = last(object);
  return ended != nullptr && ended->redirects ? ended : nullptr;
}

std::vector<HeldDeletions::Generation> HeldDeletions::earlier_names(
    const std::string& object, std::uint64_t generation) const {
  std::vector<Generation> names;
  for (auto next = continued.find({object, generation});
       next != continued.end() && names.size() < kMaxNamesOfObject;
       next = continued.find(next->second))
    names.push_back(next->second);
  return names;
}

Position HeldDeletions::renamed_after(std::string_view object) const {
  const auto next = continued.upper_bound({std::string(object), ~std::uint64_t{0}});
  if (next == continued.begin() || std::prev(next)->first.first != object) return 0;
  const auto& [name, generation] = std::prev(next)->second;
  const EndedGeneration* ended = find(name, generation);
  return ended == nullptr ? 0 : ended->after;
}

void HeldDeletions::add(std::string object, EndedGeneration ended) {
  ++generations;
  version_bytes += ended.version.size();
  if (ended.redirects) ++redirects;
  if (ended.is_renamed())
    continued[{ended.renamed_to, ended.renamed_generation}] = {object, ended.generation};
  objects[std::move(object)].push_back(std::move(ended));
}

Error renamed_error(std::string_view to) {
  return {ErrorCode::kMoved, std::string(kRenamedTo).append(to)};
}

std::string_view new_name_in(const Error& error) {
  const std::string_view message = error.message;
  if (error.code != ErrorCode::kMoved || !message.starts_with(kRenamedTo)) return {};
  return message.substr(kRenamedTo.size());
}

// ---- by themselves

Result<void> check_deletion_act(const SetDeletionRule& act) {
  if (act.grace_ms > kMaxGraceMs)
    return fail(ErrorCode::kInvalid, "deleted objects can be kept for 3650 days at most");
  if (act.seeds.size() > kMaxSeeds)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a workspace can declare {} seed ids at most", kMaxSeeds));
  if (!std::ranges::is_sorted(act.seeds, std::less_equal{}))
    return fail(ErrorCode::kInvalid, "the seed ids are not in ascending order");
  return {};
}

Result<void> check_deletion_act(const DeleteObject& act) {
  if (auto ok = check_deleted_name(act.object, act.generation); !ok) return ok;
  if (act.after == 0) return fail(ErrorCode::kInvalid, "a deletion follows an event");
  if (act.type.empty() || act.type.size() > kMaxTypeBytes)
    return fail(ErrorCode::kInvalid, "a deletion names the type of the object");
  if (act.version.size() > kMaxEndedVersionBytes)
    return fail(
        ErrorCode::kTooLarge,
        fmt::format("so many replicas have changed object {} that its version has more than "
                    "{} bytes; it cannot be deleted",
                    act.object, kMaxEndedVersionBytes));
  return {};
}

Result<void> check_deletion_act(const UndeleteObject& act) {
  return check_deleted_name(act.object, act.generation);
}

Result<void> check_deletion_act(const EraseObject& act) {
  return check_deleted_name(act.object, act.generation);
}

Result<void> check_deletion_act(const RenameObject& act) {
  if (auto ok = check_deleted_name(act.object, act.generation); !ok) return ok;
  if (auto ok = check_deleted_name(act.to, act.to_generation); !ok) return ok;
  if (act.object == act.to) return fail(ErrorCode::kInvalid, "the object has that name");
  if (act.after <= act.since)
    return fail(ErrorCode::kInvalid, "what is renamed has at least one event");
  return check_deletion_act(DeleteObject{.object = act.object,
                                         .generation = act.generation,
                                         .after = act.after,
                                         .type = act.type,
                                         .version = act.version});
}

Result<void> check_deletion_act(const RemoveRedirect& act) {
  return check_deleted_name(act.object, 1);
}

Result<void> check_deletion_act(const DeleteWorkspace& act) {
  return check_workspace_generation(act.generation);
}

Result<void> check_deletion_act(const UndeleteWorkspace& act) {
  return check_workspace_generation(act.generation);
}

Result<void> check_deletion_act(const EraseWorkspace& act) {
  return check_workspace_generation(act.generation);
}

Result<void> check_deletion_act(const BeginWorkspace& act) {
  return check_workspace_generation(act.generation);
}

// ---- with what holds

Result<void> check_fits(const HeldDeletions&, const SetDeletionRule&) {
  return {};
}

Result<void> check_fits(const HeldDeletions& held, const DeleteObject& act) {
  const EndedGeneration* last = held.last(act.object);
  if (last != nullptr && act.generation <= last->generation)
    return fail(ErrorCode::kConflict, fmt::format("generation {} of object {} has ended already",
                                                  act.generation, act.object));
  const std::size_t most = held.workspace ? kMaxGenerationsOfDeleted : kMaxEndedGenerations;
  if (held.generations >= most)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a workspace can have {} deletions at most", most));
  if (held.version_bytes + act.version.size() > kMaxAllEndedVersionBytes)
    return fail(
        ErrorCode::kTooLarge,
        fmt::format("what the deletions of a workspace say of replicas can have {} bytes at most",
                    kMaxAllEndedVersionBytes));
  return {};
}

Result<void> check_fits(const HeldDeletions& held, const UndeleteObject& act) {
  const auto open = open_end(held, act.object, act.generation);
  return open ? Result<void>() : std::unexpected(open.error());
}

// Also of an earlier one than the last.
Result<void> check_fits(const HeldDeletions& held, const EraseObject& act) {
  const EndedGeneration* ended = held.find(act.object, act.generation);
  if (ended == nullptr) return not_deleted(act.object);
  if (ended->erased) return erased_already(act.object);
  return {};
}

Result<void> check_fits(const HeldDeletions& held, const RenameObject& act) {
  auto ends = check_fits(held, DeleteObject{.object = act.object,
                                            .generation = act.generation,
                                            .after = act.after,
                                            .type = act.type,
                                            .version = act.version});
  if (!ends) return ends;
  if (held.earlier_names(act.object, act.generation).size() + 1 >= kMaxNamesOfObject)
    return fail(ErrorCode::kTooLarge,
                fmt::format("an object can have {} names, one after the other", kMaxNamesOfObject));
  const EndedGeneration* before = held.last(act.to);
  if (act.to_generation != (before == nullptr ? 1 : before->generation + 1))
    return fail(ErrorCode::kConflict, fmt::format("object {} is of another generation", act.to));
  if (before != nullptr && !before->is_renamed() && !before->erased)
    return fail(ErrorCode::kConflict,
                fmt::format("an object {} was deleted, and is not erased yet", act.to));
  if (before != nullptr && before->redirects && before->renamed_to != act.object)
    return fail(ErrorCode::kConflict, fmt::format("the name {} leads to {}: remove that first",
                                                  act.to, before->renamed_to));
  if (held.redirects >= kMaxRedirects)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a workspace can have {} redirects at most", kMaxRedirects));
  return {};
}

Result<void> check_fits(const HeldDeletions& held, const RemoveRedirect& act) {
  if (held.redirect(act.object) != nullptr) return {};
  return fail(ErrorCode::kNotFound, fmt::format("the name {} leads nowhere", act.object));
}

Result<void> check_fits(const HeldDeletions& held, const DeleteWorkspace& act) {
  if (held.workspace) return fail(ErrorCode::kConflict, "the workspace is deleted already");
  if (act.generation != held.workspace_generation)
    return fail(ErrorCode::kConflict,
                fmt::format("the workspace has generation {}", held.workspace_generation));
  return {};
}

Result<void> check_fits(const HeldDeletions& held, const UndeleteWorkspace& act) {
  return check_ended(held, act.generation);
}

Result<void> check_fits(const HeldDeletions& held, const EraseWorkspace& act) {
  return check_ended(held, act.generation);
}

Result<void> check_fits(const HeldDeletions& held, const BeginWorkspace& act) {
  if (!held.workspace) return fail(ErrorCode::kConflict, "the workspace is there");
  if (!held.workspace->erased)
    return fail(ErrorCode::kConflict, "the deleted workspace is not erased yet");
  if (act.generation != held.workspace_generation + 1)
    return fail(ErrorCode::kConflict, fmt::format("the next generation of the workspace is {}",
                                                  held.workspace_generation + 1));
  return {};
}

// ---- carried out

void carry_out(HeldDeletions& held, const SetDeletionRule& act, const std::string&, std::uint64_t) {
  held.rule = act;
}

void carry_out(HeldDeletions& held, const DeleteObject& act, const std::string& principal,
               std::uint64_t unix_ms) {
  held.add(act.object, {.generation = act.generation,
                        .after = act.after,
                        .deleted_ms = unix_ms,
                        .erase_at_ms = act.erase_at_ms,
                        .principal = principal,
                        .type = act.type,
                        .version = act.version});
}

void carry_out(HeldDeletions& held, const UndeleteObject& act, const std::string&, std::uint64_t) {
  const auto found = held.objects.find(act.object);
  --held.generations;
  held.version_bytes -= found->second.back().version.size();
  found->second.pop_back();
  if (found->second.empty()) held.objects.erase(found);
}

void carry_out(HeldDeletions& held, const EraseObject& act, const std::string&, std::uint64_t) {
  auto& all = held.objects.find(act.object)->second;
  EndedGeneration& ended = *std::ranges::find(all, act.generation, &EndedGeneration::generation);
  ended.erase_at_ms = 0;
  ended.erased = act.complete;
  // What it was under earlier names goes with it.
  for (const auto& [name, generation] : held.earlier_names(act.object, act.generation)) {
    auto& earlier = held.objects.find(name)->second;
    auto& renamed = *std::ranges::find(earlier, generation, &EndedGeneration::generation);
    renamed.erase_at_ms = 0;
    renamed.erased = act.complete;
  }
}

void carry_out(HeldDeletions& held, const RenameObject& act, const std::string& principal,
               std::uint64_t unix_ms) {
  const auto led = held.objects.find(act.to);
  if (led != held.objects.end() && std::exchange(led->second.back().redirects, false))
    --held.redirects;
  held.add(act.object, {.generation = act.generation,
                        .after = act.after,
                        .deleted_ms = unix_ms,
                        .erase_at_ms = kNeverErased,
                        .principal = principal,
                        .type = act.type,
                        .version = act.version,
                        .renamed_to = act.to,
                        .renamed_generation = act.to_generation,
                        .since = act.since,
                        .redirects = true});
}

void carry_out(HeldDeletions& held, const RemoveRedirect& act, const std::string&, std::uint64_t) {
  held.objects.find(act.object)->second.back().redirects = false;
  --held.redirects;
}

void carry_out(HeldDeletions& held, const DeleteWorkspace& act, const std::string& principal,
               std::uint64_t unix_ms) {
  held.workspace =
      EndedWorkspace{.deleted_ms = unix_ms, .erase_at_ms = act.erase_at_ms, .principal = principal};
}

void carry_out(HeldDeletions& held, const UndeleteWorkspace&, const std::string&, std::uint64_t) {
  held.workspace.reset();
}

void carry_out(HeldDeletions& held, const EraseWorkspace& act, const std::string&, std::uint64_t) {
  held.workspace->erase_at_ms = 0;
  held.workspace->erased = act.complete;
}

void carry_out(HeldDeletions& held, const BeginWorkspace& act, const std::string&, std::uint64_t) {
  held.workspace.reset();
  held.workspace_generation = act.generation;
  held.rule = {};
}

}  // namespace syncline::log
