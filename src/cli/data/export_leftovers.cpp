// What an export still holds of what was deleted, found from its events alone, and compared with a server.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "backend/store/bundle_input.h"
#include "cli/data/leftovers.h"
#include "log/event.h"
#include "state/rules_replay.h"

namespace syncline::cli {
namespace {

using Generation = log::HeldDeletions::Generation;  // of an object

struct Held {
  std::string workspace;
  std::set<Generation> contents;  // of which a change is in the file
  state::RulesReplay rules;

  Result<void> take(const log::Event& event) {
    if (auto ok = rules.take(event); !ok) return ok;
    if (event.kind == log::EventKind::kChange && !event.dropped_payload &&
        !log::is_system_object(event.object))
      contents.emplace(event.object, event.generation);
    return {};
  }
};

Result<Held> read_export(const std::string& file) {
  Held held;
  const auto each = [&](const log::BundleSection& section) -> log::Checked<void> {
    if (const auto* header = std::get_if<log::BundleHeader>(&section))
      held.workspace = header->workspace;
    const auto* events = std::get_if<log::BundleEvents>(&section);
    if (events == nullptr) return {};
    for (const ByteView record : events->records) {
      const auto event = log::decode_event(record);
      auto taken = event ? held.take(*event) : std::unexpected(event.error());
      if (!taken) return log::differs(log::Check::kRecord, {held.workspace}, taken.error());
    }
    return {};
  };
  if (auto read = backend::read_bundle(file, each); !read)
    return std::unexpected(Error{ErrorCode::kMalformed, read.error().message});
  return held;
}

// What it is called at the end of the file.
Generation now_called(const log::HeldDeletions& deletions, Generation of) {
  for (;;) {
    const log::EndedGeneration* ended = deletions.find(of.first, of.second);
    if (ended == nullptr || !ended->is_renamed()) return of;
    of = {ended->renamed_to, ended->renamed_generation};
  }
}

}  // namespace

Result<ExportLeftovers> find_leftovers_of_export(const std::string& file, Api* server) {
  auto held = read_export(file);
  if (!held) return std::unexpected(std::move(held.error()));
  ExportLeftovers found{.workspace = held->workspace, .objects = 0, .known = {}, .since = {}};
  std::optional<Deletions> since;
  if (server != nullptr) {
    auto read = read_deletions(*server, held->workspace);
    if (!read) return std::unexpected(std::move(read.error()));
    since = std::move(*read);
  }
  const log::HeldDeletions& deletions = held->rules.held().deletions;
  if (deletions.workspace)
    found.known.push_back({held->workspace, "", deletions.workspace->erased});
  if (since && (since->generation > deletions.workspace_generation ||
                (since->erased && !deletions.workspace)))
    found.since.push_back({held->workspace, "", since->erased.value_or(true)});
  std::set<Generation> contents;
  for (const Generation& each : held->contents) contents.insert(now_called(deletions, each));
  for (const auto& [object, generation] : contents) {
    if (const auto* ended = deletions.find(object, generation)) {
      found.known.push_back({held->workspace, object, log::is_erased(*ended)});
      continue;
    }
    ++found.objects;
    if (!since) continue;
    if (const auto* deleted = since->deletion_of(object, generation))
      found.since.push_back({held->workspace, object, deleted->erased});
  }
  return found;
}

}  // namespace syncline::cli
