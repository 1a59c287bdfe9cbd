// Library: files of the HTTP API in the simulated world: uploaders of a few files, which put the same few contents, and somebody
// who reads them meanwhile.
//
//   I29 files  a version that was acknowledged is served as it was put, whole, in ranges and at its moment, after any crash;
//              nothing else is served. An upload goes on where the server said that it has come to. What is named is
//              stored; what nothing names any more is removed, also what was erased; if the disk failed, at the latest after the next start
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/uploader.h"
#include "store/blobs.h"
#include "store/tables.h"

namespace syncline::sim {

struct LibrarySettings {
  bool on = false;
  std::uint64_t every_us = 0;  // between two acts of an uploader, on average
};

class Library {
 public:
  Library(World& world, Server& server, LibrarySettings settings);

  void start();
  void stop();
  void recovered();

  // Why the files are not as they should be in the end; "" if they are.
  std::string why_not();
  // Whether everything that was acknowledged is stored, at any time.
  void check(const store::Tables& tables);

 private:
  using Names = std::set<store::BlobName>;

  void look_later();
  void add_names(std::size_t content, Names& names) const;
  std::string left_over(const store::Tables& tables);

  World& world_;
  Server& server_;
  const LibrarySettings settings_;
  Dice dice_;
  Contents contents_;
  std::vector<std::unique_ptr<Uploader>> uploaders_;
  bool restarted_ = false;
};

}  // namespace syncline::sim
