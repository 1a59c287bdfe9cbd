#include "sim/disk.h"

#include <algorithm>
#include <utility>

namespace syncline::sim {

Disk::Disk(World& world, DiskSpeed speed)
    : world_(world),
      dice_(world.dice.fork("disk")),
      speed_(speed),
      file_dice_(world.dice.fork("files")) {}

std::uint64_t Disk::takes(std::uint64_t base_us, std::size_t bytes) {
  return (1 + base_us / 2 + dice_.below(base_us + 1) + bytes / speed_.bytes_per_us) * slowness_;
}

void Disk::answer(std::uint64_t delay_us, Done done, Result<void> result) {
  world_.timeline.after(delay_us, [callers = std::weak_ptr(callers_), done = std::move(done),
                                   result = std::move(result)]() mutable {
    if (!callers.expired()) done(std::move(result));
  });
}

void Disk::crash_at(std::uint64_t operation, std::function<void()> crash) {
  crash_at_ = operations_ + operation;
  crash_ = std::move(crash);
}

void Disk::append(Bytes bytes, Done done) {
  const bool crash = ++operations_ == crash_at_;
  const std::uint64_t duration = takes(speed_.write_us, bytes.size());
  if (std::exchange(fail_write_, false)) {
    // The part that was written before the error.
    bytes.resize(dice_.below(bytes.size() + 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return answer(duration, std::move(done), fail(ErrorCode::kIo, "simulated write error"));
  }
  if (full_)
    return answer(duration, std::move(done),
                  fail(ErrorCode::kUnavailable, "simulated: no space left on device"));
  if (crash) bytes.resize(dice_.below(bytes.size() + 1));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  answer(duration, std::move(done), {});
  if (crash) world_.timeline.after(dice_.below(duration + 1), std::exchange(crash_, nullptr));
}

void Disk::sync(Done done) {
  const bool crash = ++operations_ == crash_at_;
  std::uint64_t duration = takes(speed_.sync_us, 0);
  if (dice_.chance(speed_.slow_sync)) duration *= 50;
  const std::size_t size = bytes_.size();
  if (std::exchange(fail_sync_, false)) {
    if (durable_ < size) doubtful_.emplace_back(durable_, size);
    return answer(duration, std::move(done), fail(ErrorCode::kIo, "simulated sync error"));
  }
  // It becomes durable at its end. A crash before that leaves a random result.
  answer(duration,
         [this, size, done = std::move(done)](Result<void> result) mutable {
           durable_ = std::max(durable_, std::min(size, bytes_.size()));
           done(std::move(result));
         },
         {});
  if (crash) {
    if (dice_.chance(0.5)) durable_ = size;  // done, but not answered
    world_.timeline.after(dice_.below(duration), std::exchange(crash_, nullptr));
  }
}

void Disk::rewrite(Done done) {
  sync([this, done = std::move(done)](Result<void> result) mutable {
    if (result) doubtful_.clear();
    done(std::move(result));
  });
}

void Disk::truncate(std::size_t size) {
  bytes_.resize(size);
  durable_ = std::min(durable_, size);
  if (durable_ < size) durable_ = size;
}

void Disk::write_file(const std::string& name, Bytes bytes, Done done) {
  const bool crash = ++operations_ == crash_at_;
  const std::uint64_t duration = (1 + file_dice_.below(speed_.write_us + speed_.sync_us + 1) +
                                  bytes.size() / speed_.bytes_per_us) *
                                 slowness_;
  if (full_ && !files_.contains(name))
    return answer(duration, std::move(done),
                  fail(ErrorCode::kUnavailable, "simulated: no space left on device"));
  const auto there = files_.find(name);
  removed_.erase(name);
  if (std::exchange(fail_write_, false)) {
    // A file that replaces another one is written beside it.
    if (there == files_.end()) {
      bytes.resize(file_dice_.below(bytes.size() + 1));
      files_[name] = {std::move(bytes), false};
    }
    return answer(duration, std::move(done), fail(ErrorCode::kIo, "simulated write error"));
  }
  // A file that has these bytes is only synced.
  if (there == files_.end() || there->second.bytes != bytes)
    files_[name] = {std::move(bytes), false};
  if (std::exchange(fail_sync_, false))
    return answer(duration, std::move(done), fail(ErrorCode::kIo, "simulated sync error"));
  answer(duration,
         [this, name, done = std::move(done)](Result<void> result) mutable {
           // It may have been damaged meanwhile; what will be restored is durable, too.
           for (Files* files : {&files_, &rotten_files_})
             if (const auto found = files->find(name); found != files->end())
               found->second.durable = true;
           done(std::move(result));
         },
         {});
  if (crash) world_.timeline.after(file_dice_.below(duration + 1), std::exchange(crash_, nullptr));
}

void Disk::remove_file(const std::string& name) {
  rotten_files_.erase(name);
  const auto found = files_.find(name);
  if (found == files_.end()) return;
  if (found->second.durable) removed_[name] = std::move(found->second);
  files_.erase(found);
}

void Disk::tear_files() {
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = at->second;
    const bool lost = !file.durable && file_dice_.chance(0.5);
    if (!file.durable && !lost && file_dice_.chance(0.5))
      file.bytes.resize(file_dice_.below(file.bytes.size() + 1));
    file.durable = true;  // what can be read from now on is on the medium
    at = lost ? files_.erase(at) : std::next(at);
  }
  for (auto& [name, file] : std::exchange(removed_, {}))
    if (file_dice_.chance(0.3)) files_.try_emplace(name, std::move(file));
}

void Disk::forget_callers() {
  callers_ = std::make_shared<const int>();
  crash_ = nullptr;
  crash_at_ = 0;
}

void Disk::lose_power() {
  forget_callers();
  for (const auto& [begin, end] : std::exchange(doubtful_, {})) {
    if (end > durable_ || dice_.chance(0.3)) continue;  // the end of the file is handled below
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
              bytes_.begin() + static_cast<std::ptrdiff_t>(end), 0);
  }
  tear_files();
  if (durable_ < bytes_.size()) tear();
  durable_ = bytes_.size();  // what can be read from now on is on the medium
}

void Disk::tear() {
  switch (dice_.below(4)) {
    case 0:
      world_.hit(Probe::lost_all_unsynced);
      bytes_.resize(durable_);
      return;
    case 1: world_.hit(Probe::kept_unsynced); return;
    case 2:
      world_.hit(Probe::torn_write);
      bytes_.resize(durable_ + dice_.below(bytes_.size() - durable_));
      return;
    default: break;
  }
  // Sectors are written in any order: some exist, others are zeros.
  world_.hit(Probe::lost_some_sectors);
  for (std::size_t at = durable_; at < bytes_.size();) {
    const std::size_t end = std::min((at / kSector + 1) * kSector, bytes_.size());
    if (dice_.chance(0.5))
      std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                bytes_.begin() + static_cast<std::ptrdiff_t>(end), 0);
    at = end;
  }
}

void Disk::rot(std::size_t offset, unsigned bit) {
  if (offset >= bytes_.size()) return;
  rotten_.emplace_back(offset, Bytes{bytes_[offset]});
  bytes_[offset] ^= static_cast<std::uint8_t>(1U << bit);
}

void Disk::misdirect(std::size_t offset, std::size_t from, std::size_t size) {
  if (std::max(offset, from) + size > bytes_.size()) return;
  const ByteView all(bytes_);
  const Bytes wrong = to_bytes(all.subspan(from, size));
  rotten_.emplace_back(offset, to_bytes(all.subspan(offset, size)));
  std::ranges::copy(wrong, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void Disk::rot_file(const std::string& name, std::size_t offset, unsigned bit) {
  File& file = files_.at(name);
  rotten_files_.try_emplace(name, file);
  file.bytes.at(offset) ^= static_cast<std::uint8_t>(1U << bit);
}

void Disk::lose_file(const std::string& name) {
  rotten_files_.insert(files_.extract(name));
}

void Disk::restore() {
  for (auto& [name, file] : std::exchange(rotten_files_, {})) files_[name] = std::move(file);
  auto rotten = std::exchange(rotten_, {});
  for (auto it = rotten.rbegin(); it != rotten.rend(); ++it)
    if (it->first + it->second.size() <= bytes_.size())
      std::ranges::copy(it->second, bytes_.begin() + static_cast<std::ptrdiff_t>(it->first));
}

Disk::Backup Disk::backup() const {
  Backup backup{to_bytes(ByteView(bytes_).first(durable_)), {}};
  for (const auto& [name, file] : files_)
    if (file.durable) backup.files.emplace(name, file);
  return backup;
}

void Disk::bring_back(Backup backup) {
  bytes_ = std::move(backup.journal);
  durable_ = bytes_.size();
  files_ = std::move(backup.files);
  removed_.clear();
  rotten_files_.clear();
  rotten_.clear();
  doubtful_.clear();
}

void Disk::heal() {
  full_ = fail_write_ = fail_sync_ = false;
  slowness_ = 1;
  crash_at_ = 0;
  crash_ = nullptr;
}

}  // namespace syncline::sim
