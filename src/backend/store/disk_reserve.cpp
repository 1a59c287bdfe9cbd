#include "backend/store/disk_reserve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace syncline::backend::store {
namespace {

// What cleaning needs at least: a piece of retention, and a little for the database.
constexpr std::uint64_t kCleaningBytes = std::uint64_t{16} << 20;

// A file over this limit would end the process with a signal.
bool exceeds_limit(std::uint64_t bytes) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes;
}

DiskReserve::Measure measure_of(const std::string& directory) {
  return [directory]() -> std::optional<std::uint64_t> {
    struct statvfs disk {};
    if (::statvfs(directory.c_str(), &disk) != 0) return std::nullopt;
    return std::uint64_t{disk.f_bavail} * disk.f_frsize;
  };
}

}  // namespace

DiskReserve::DiskReserve(const std::string& data_dir, std::uint64_t min_free_bytes,
                         std::uint64_t bytes, Measure measure)
    : path_(data_dir + "/reserve"),
      free_bytes_(measure ? std::move(measure) : measure_of(data_dir)),
      min_free_(min_free_bytes),
      bytes_(exceeds_limit(bytes) ? 0 : bytes) {
  struct stat file {};
  const bool exists = ::stat(path_.c_str(), &file) == 0;
  if (bytes_ == 0) {
    if (exists) ::unlink(path_.c_str());
  } else if (exists) {
    held_ = static_cast<std::uint64_t>(file.st_size) >= bytes_;
    full_ = file.st_size == 0;  // released, and not taken again since
  }
  look();
}

DiskReserve::Room DiskReserve::look() {
  auto free = free_bytes_();
  if (!free) return full_ ? Room::kCleaning : Room::kAll;
  if (*free < min_free_) full_ = true;
  if (full_ && held_) {
    release();
    free = free_bytes_().value_or(*free);
  }
  if (*free >= min_free_ + (held_ ? 0 : bytes_)) {
    // If the file system refuses it, for example for a quota, there is none.
    if (!held_ && bytes_ > 0 && !refused_) refused_ = !take();
    full_ = false;
  }
  if (!full_) return Room::kAll;
  return *free >= std::min(kCleaningBytes, min_free_ / 4) ? Room::kCleaning : Room::kNone;
}

DiskReserve::Room DiskReserve::room_after(std::uint64_t bytes) const {
  const auto free = free_bytes_();
  if (!free) return full_ ? Room::kCleaning : Room::kAll;
  const std::uint64_t left = *free - std::min(*free, bytes);
  if (!full_ && left >= min_free_) return Room::kAll;
  return left >= std::min(kCleaningBytes, min_free_ / 4) ? Room::kCleaning : Room::kNone;
}

void DiskReserve::ran_out() {
  full_ = true;
  if (held_) release();
}

bool DiskReserve::take() {
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const auto size = static_cast<off_t>(bytes_);
  held_ = ::posix_fallocate(file, 0, size) == 0 && ::ftruncate(file, size) == 0;
  if (!held_ && ::ftruncate(file, 0) != 0) ::unlink(path_.c_str());
  ::close(file);
  return held_;
}

// The file is not removed: it says that the reserve is in use.
void DiskReserve::release() {
  if (::truncate(path_.c_str(), 0) == 0) held_ = false;
}

}  // namespace syncline::backend::store
