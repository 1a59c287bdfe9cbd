// DiskReserve: space on the disk that is kept for the time when the disk is full.
//
// A full disk cannot be used to make room on it: the database needs space to open, and to drop what
// retention no longer keeps. So a file, DATA_DIR/reserve, occupies space while there is enough. When
// less than a minimum is free, the reserve is released: the file becomes empty. The store then
// accepts only what makes room, and reading continues. When there is space for the minimum and for
// the reserve again, the reserve is taken again, and the store accepts everything. The empty file
// says, also after a restart, that the reserve is in use; without it, every restart would spend a
// part of the reserve on appends.
//
// The file's blocks are allocated (posix_fallocate). On a file system that shares or compresses
// blocks, and below a quota, this may not reserve anything.
//
// Thread-safety: accepts_all() and room_after() from any thread; everything else from one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace syncline::backend::store {

class DiskReserve {
 public:
  enum class Room {
    kAll,       // everything may be written
    kCleaning,  // only what makes room
    kNone,
  };

  // The free bytes of the disk; nullopt if they cannot be measured. Empty: those of the data
  // directory.
  using Measure = std::function<std::optional<std::uint64_t>()>;

  // `bytes` is the size of the reserve; 0: none is kept. Takes it if there is space, or releases it.
  DiskReserve(const std::string& data_dir, std::uint64_t min_free_bytes, std::uint64_t bytes,
              Measure measure = {});

  // Measures the free space; releases the reserve or takes it.
  Room look();

  // What may be written after so many bytes more. From any thread, if the measure allows that.
  Room room_after(std::uint64_t bytes) const;

  // A write has failed because the disk is full, whatever was measured before.
  void ran_out();

  // True if the last look found room for everything.
  bool accepts_all() const { return !full_; }

  std::uint64_t min_free_bytes() const { return min_free_; }

  // So much must be free, once the reserve is released, for everything to be accepted again.
  std::uint64_t enough_bytes() const { return min_free_ + bytes_; }

 private:
  bool take();
  void release();

  const std::string path_;
  const Measure free_bytes_;
  const std::uint64_t min_free_;
  const std::uint64_t bytes_;
  bool held_ = false;
  bool refused_ = false;  // by the file system
  std::atomic<bool> full_ = false;
};

}  // namespace syncline::backend::store
