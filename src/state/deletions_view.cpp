#include "state/deletions_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/rules.h"
#include "state/rules_object.h"

namespace syncline::state {

void load_deletions(const ReplaySources& sources, std::string workspace,
                    log::Done<SharedDeletions> done) {
  try_replay(sources, std::move(workspace), std::string(log::kDeletionsObject), log::kNow,
             [done = std::move(done)](Replayed replayed) mutable {
               if (!replayed) return done(std::unexpected(std::move(replayed.error().error)));
               const log::HeldRules* rules = rules_of(*replayed->object);
               done(std::make_shared<const log::HeldDeletions>(
                   rules == nullptr ? log::HeldDeletions() : rules->deletions));
             });
}

std::optional<Error> gone_at(const log::HeldDeletions& deletions, std::string_view object,
                             log::Position at, log::Position found) {
  const auto all = deletions.objects.find(object);
  if (all == deletions.objects.end()) return std::nullopt;
  // Until its last renaming, its events are those of what it was before.
  const log::Position renamed = deletions.renamed_after(object);
  const auto ended = std::ranges::find_if(all->second, [&](const log::EndedGeneration& each) {
    return found <= each.after && each.after > renamed;
  });
  if (ended == all->second.end()) return std::nullopt;
  if (at <= ended->after && !is_erased(*ended)) return std::nullopt;
  if (ended->is_renamed() && !is_erased(*ended)) return log::renamed_error(ended->renamed_to);
  return Error{ErrorCode::kGone,
               fmt::format("object {} was deleted after position {}{}", object, ended->after,
                           is_erased(*ended) ? ", and what it was is erased" : "")};
}

}  // namespace syncline::state
