#include "node/usage_keeper.h"

#include <string>
#include <utility>
#include <vector>

namespace syncline::node {
namespace {

constexpr std::uint64_t kWriteDownMs = 2000;
constexpr std::size_t kWrittenAtOnce = 256;

}  // namespace

UsageKeeper::UsageKeeper(Scheduler& loop, log::DirectoryStore& directory, limits::UseTable& uses)
    : loop_(loop), directory_(directory), uses_(uses) {
  later();
}

UsageKeeper::~UsageKeeper() {
  loop_.cancel(timer_);
}

void UsageKeeper::later() {
  timer_ = loop_.after(kWriteDownMs, [this] { write_down(); });
}

// If it cannot be written, what is said next time is complete anyway: it is no difference, but the whole use.
void UsageKeeper::write_down() {
  const Doing naming(loop_, "usage");
  std::vector<log::DirectoryChange> changes;
  for (auto& [workspace, use] : uses_.take_changed(kWrittenAtOnce))
    changes.push_back({log::DirectoryKind::kTenant, std::move(workspace), limits::encode_use(use)});
  if (changes.empty()) return later();
  directory_.change_directory(std::move(changes),
                              [this, alive = std::weak_ptr(alive_)](Result<void>) {
                                if (!alive.expired()) later();
                              });
}

}  // namespace syncline::node
