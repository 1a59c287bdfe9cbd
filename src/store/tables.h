// Tables: ordered tables of bytes with atomic batches. This is all that the embedded store needs
// from the database below it.
//
// RocksDB implements it in production (backend/store), a simulated disk in the simulator. The
// layout of docs/formats/log.md, the group commit and every read use this interface, so both run
// the same code.
//
// Thread-safety: any thread may read Tables, also during a write. A Cursor and a Writes belong to
// the thread that made them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::store {

class Blobs;
const Blobs& no_blobs();

enum class Family : std::uint8_t { kEvents, kObjects, kSnapshots, kTree, kMeta };

inline constexpr std::size_t kFamilies = 5;

// Walks one family in the byte order of its keys, as the family was when the cursor was made. Views
// are valid until the next move.
class Cursor {
 public:
  virtual ~Cursor() = default;

  virtual void seek(std::string_view key) = 0;           // to the first key that is not below `key`
  virtual void seek_for_prev(std::string_view key) = 0;  // to the last key that is not above `key`
  virtual void next() = 0;                               // only while valid()
  // False at the end, or if status() is an error.
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // kCorrupt or kIo if a move failed.
  virtual Result<void> status() const = 0;
};

// Changes that take effect together.
class Writes {
 public:
  virtual ~Writes() = default;
  virtual void put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void remove(Family family, std::string_view key) = 0;
  virtual bool empty() const = 0;
};

class Tables {
 public:
  virtual ~Tables() = default;

  virtual Result<std::optional<std::string>> get(Family family, std::string_view key) const = 0;

  // The cursor need not find keys from `end` on; "" means no limit. `end` is copied.
  virtual std::unique_ptr<Cursor> cursor(Family family, std::string_view end = {}) const = 0;

  // The large content that entries name (store/blobs.h).
  virtual const Blobs& blobs() const { return no_blobs(); }
  // The chunks of files (store/files.h), which are stored in the same way.
  virtual const Blobs& chunks() const { return no_blobs(); }
};

// `error` with what was being done: "reading workspace a: …".
inline std::unexpected<Error> fail_while(std::string_view doing, const Error& error) {
  return fail(error.code, std::string(doing).append(": ").append(error.message));
}

}  // namespace syncline::store
