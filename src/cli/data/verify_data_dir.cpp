#include "cli/data/verify_data_dir.h"

#include <fmt/format.h>

#include <utility>

#include "backend/keys/key_ring.h"
#include "cli/data/checkpoint_check.h"
#include "cli/data/progress_bar.h"
#include "cli/table.h"

namespace syncline::cli {

log::Checked<VerifiedDir> verify_data_dir(const VerifyWish& wish, Console& console) {
  auto store = backend::RocksDbStore::open(
      {.data_dir = wish.data_dir, .create_if_missing = false, .read_only = true});
  if (!store) return log::differs(log::Check::kStorage, {}, store.error());
  auto keys = backend::KeyRing::check(wish.data_dir);
  if (!keys) return log::differs(log::Check::kKeys, {}, keys.error());
  if (!wish.key.empty()) keys = parse_keys(wish.key);
  if (!keys) return log::differs(log::Check::kKeys, {}, keys.error());

  VerifiedDir outcome;
  backend::VerifyOptions wanted{.replay = true, .files = true};
  if (!wish.checkpoint.empty()) {
    auto checkpoint = read_checkpoint(wish.checkpoint, *keys);
    if (!checkpoint) return log::differs(log::Check::kCheckpoint, {}, checkpoint.error());
    outcome.checkpoint = std::move(*checkpoint);
    wanted.known = {*outcome.checkpoint};
  }
  wanted.keys = std::move(*keys);
  auto report = (*store)->verify(
      [&](const backend::VerifyProgress& progress) {
        show_progress(console, progress.events_done, progress.events_estimated,
                      fmt::format("{}, in workspace {}", count_of(progress.events_done, "event"),
                                  visible(progress.workspace)));
        return true;
      },
      wanted);
  if (!report) return std::unexpected(std::move(report.error()));
  if (report->known_found < wanted.known.size())
    return log::differs(log::Check::kCheckpoint, {},
                        "there is no log of " + outcome.checkpoint->origin, ErrorCode::kNotFound);
  if (!wish.key.empty() && report->signed_events == 0 && !outcome.checkpoint)
    return log::differs(log::Check::kCheckpoint, {}, "nothing is signed with that key",
                        ErrorCode::kUnauthorized);
  outcome.report = std::move(*report);
  outcome.torn_bytes = (*store)->torn_bytes();
  return outcome;
}

}  // namespace syncline::cli
