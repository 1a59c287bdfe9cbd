#include "workspace/guest_keeper.h"

#include <utility>

#include "identity/person.h"

namespace syncline::workspace {

GuestKeeper::GuestKeeper(log::DirectoryStore& directory, Scheduler& loop, std::uint64_t days,
                         GuestPace pace)
    : directory_(directory), loop_(loop), days_(days), pace_(pace) {
  if (days_ > 0) later(pace_.pause_ms);
}

GuestKeeper::~GuestKeeper() {
  loop_.cancel(timer_);
}

void GuestKeeper::later(std::uint64_t ms) {
  timer_ = loop_.after(ms, [this] { look(); });
}

void GuestKeeper::look() {
  const Doing naming(loop_, "guests");
  directory_.list_entries(
      log::DirectoryKind::kGuest, "", after_, pace_.page,
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<log::DirectoryEntry>> page) {
        if (alive.expired()) return;
        // What cannot be read now is read in the next round.
        judge(page ? std::move(*page) : std::vector<log::DirectoryEntry>());
      });
}

// A damaged record says of no day, and stays: whoever erases the guests of its workspace erases it.
void GuestKeeper::judge(std::vector<log::DirectoryEntry> page) {
  const std::uint64_t today = loop_.unix_ms() / identity::kDayMs;
  const bool last = page.size() < pace_.page;
  after_ = last ? std::string() : page.back().id;
  std::vector<log::DirectoryChange> changes;
  for (log::DirectoryEntry& entry : page) {
    const auto guest = identity::decode_person(entry.value);
    if (guest && guest->last_day + days_ < today)
      changes.push_back({log::DirectoryKind::kGuest, std::move(entry.id), std::nullopt});
  }
  later(last ? pace_.interval_ms : pace_.pause_ms);
  if (changes.empty()) return;
  const std::size_t count = changes.size();
  directory_.change_directory(std::move(changes),
                              [this, count, alive = std::weak_ptr(alive_)](Result<void> erased) {
                                if (!alive.expired() && erased) erased_ += count;
                              });
}

}  // namespace syncline::workspace
