// What an export still holds of what was deleted, found from its events alone, and compared with a server.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "backend/store/bundle_input.h"
#include "cli/data/leftovers.h"
#include "log/event.h"
#include "log/file_version.h"
#include "state/bundle_files.h"
#include "state/rules_replay.h"

namespace syncline::cli {
namespace {

using Generation = log::HeldDeletions::Generation;  // of an object

struct Held {
  std::string workspace;
  std::set<Generation> contents;  // of which a change is in the file
  std::map<Generation, std::set<Hash256>> files;  // that they name
  std::map<Hash256, std::uint64_t> bytes;         // of the files that are there
  state::RulesReplay rules;

  Result<void> take(const log::Event& event) {
    if (auto ok = rules.take(event); !ok) return ok;
    if (event.kind == log::EventKind::kChange && !event.dropped_payload &&
        !log::is_system_object(event.object))
      contents.emplace(event.object, event.generation);
    if (const auto file = log::file_named_in(event))
      files[{event.object, event.generation}].insert(*file);
    return {};
  }

  // The state that dropped payloads have left.
  void take(const log::BundleSnapshot& snapshot) {
    const auto file = state::file_of(snapshot);
    if (!file) return;
    const Generation of{snapshot.object, snapshot.generation};
    contents.insert(of);
    files[of].insert(*file);
  }
};

Result<Held> read_export(const std::string& file) {
  Held held;
  const auto each = [&](const log::BundleSection& section) -> log::Checked<void> {
    if (const auto* header = std::get_if<log::BundleHeader>(&section))
      held.workspace = header->workspace;
    if (const auto* snapshot = std::get_if<log::BundleSnapshot>(&section)) held.take(*snapshot);
    if (const auto* file = std::get_if<log::BundleFile>(&section))
      held.bytes.emplace(file->hash, file->bytes);
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
  std::map<Generation, std::set<Hash256>> files;
  for (const Generation& each : held->contents) contents.insert(now_called(deletions, each));
  for (const auto& [named_in, some] : held->files)
    files[now_called(deletions, named_in)].insert(some.begin(), some.end());
  const auto with_files = [&](Leftover leftover, std::uint64_t generation) {
    for (const Hash256& file : files[{leftover.object, generation}]) {
      const auto there = held->bytes.find(file);
      if (there == held->bytes.end()) continue;
      ++leftover.files;
      leftover.file_bytes += there->second;
    }
    return leftover;
  };
  for (const auto& [object, generation] : contents) {
    if (const auto* ended = deletions.find(object, generation)) {
      found.known.push_back(
          with_files({held->workspace, object, log::is_erased(*ended)}, generation));
      continue;
    }
    ++found.objects;
    if (!since) continue;
    if (const auto* deleted = since->deletion_of(object, generation))
      found.since.push_back(with_files({held->workspace, object, deleted->erased}, generation));
  }
  return found;
}

}  // namespace syncline::cli
