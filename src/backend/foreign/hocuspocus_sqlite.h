// HocuspocusSqlite: reads a database of @hocuspocus/extension-sqlite, and writes nothing into its folder.
//
// The database has a table "documents" with the columns "name" and "data", a Yjs update of version 1. A file without
// a journal is read in place, with the shared lock that SQLite takes; its server may run. With a journal, or in the mode
// WAL, reading would write, so a temporary copy is read; then the server must be stopped.
//
// Thread-safety: one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

class HocuspocusSqlite {
 public:
  // kNotFound: there is no such file. kMalformed: it is no SQLite database, or has no such table.
  static Result<std::unique_ptr<HocuspocusSqlite>> open(const std::string& path);
  virtual ~HocuspocusSqlite() = default;

  virtual Result<std::vector<std::string>> names() = 0;
  // kNotFound if there is no document of that name.
  virtual Result<Bytes> read(const std::string& name) = 0;
};

}  // namespace syncline::backend
