#include "node/workspace_records.h"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "hooks/endpoint.h"
#include "identity/person.h"

namespace syncline::node {
namespace {

using log::DirectoryKind;

constexpr std::size_t kErasedPage = 256;
// The endpoints last: they say that there is something else.
constexpr std::array kKinds{DirectoryKind::kGuest, DirectoryKind::kHookDead,
                            DirectoryKind::kHookProgress, DirectoryKind::kHook};

void erase_kinds_from(log::DirectoryStore& directory, const std::string& workspace,
                      std::size_t index, log::Done<void> done) {
  if (index == kKinds.size()) return done({});
  const DirectoryKind kind = kKinds[index];
  const std::string begin = kind == DirectoryKind::kGuest ? identity::people_of(workspace)
                                                          : hooks::endpoint_key(workspace, "");
  directory.list_entries(
      kind, begin, "", kErasedPage,
      [&directory, workspace, index, kind,
       done = std::move(done)](Result<std::vector<log::DirectoryEntry>> page) mutable {
        if (!page) return done(std::unexpected(std::move(page.error())));
        if (page->empty())
          return erase_kinds_from(directory, workspace, index + 1, std::move(done));
        std::vector<log::DirectoryChange> changes;
        for (log::DirectoryEntry& entry : *page)
          changes.push_back({kind, std::move(entry.id), std::nullopt});
        directory.change_directory(
            std::move(changes),
            [&directory, workspace, index, done = std::move(done)](Result<void> erased) mutable {
              erased ? erase_kinds_from(directory, workspace, index, std::move(done))
                     : done(std::move(erased));
            });
      });
}

}  // namespace

void erase_workspace_records(log::DirectoryStore& directory, const std::string& workspace,
                             log::Done<void> done) {
  erase_kinds_from(directory, workspace, 0, std::move(done));
}

}  // namespace syncline::node
