// DocumentSource: where `syncline import` gets Yjs documents from: files, the store of another server, or such a server
// itself. It only reads.
//
// Calls block. Thread-safety: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "migrate/stored_update.h"
#include "syncline/error.h"

namespace syncline::cli {

class DocumentSource {
 public:
  virtual ~DocumentSource() = default;

  // The names of all documents. An error means that nothing can be read, as for a file of another program.
  virtual Result<std::vector<std::string>> names() = 0;

  // What the source has of a document that names() has named. An error concerns this document only, except
  // kUnavailable: the source cannot be reached now.
  virtual Result<migrate::StoredUpdates> read(const std::string& name) = 0;
};

// A file of updates (migrate/update_file.h), which is one document named by the file; or a folder of such files, named
// by their paths in it (migrate/file_names.h). Files whose names begin with a dot are passed over.
Result<std::unique_ptr<DocumentSource>> yjs_files(const std::string& path,
                                                  std::optional<crdt::UpdateVersion> version);

// A folder of y-leveldb, the store of y-websocket's server, which must be stopped.
Result<std::unique_ptr<DocumentSource>> y_leveldb(const std::string& folder);

// A database of @hocuspocus/extension-sqlite.
Result<std::unique_ptr<DocumentSource>> hocuspocus_sqlite(const std::string& file);

// The file system store of y-sweet: in it, a folder with a file data.ysweet for each document.
Result<std::unique_ptr<DocumentSource>> y_sweet(const std::string& folder);

// A running server. It does not say which documents it has, so they are named.
struct LiveSource {
  std::string url;  // "ws://127.0.0.1:1234/prefix"
  std::vector<std::string> names;
  bool hocuspocus = false;  // its protocol; otherwise that of y-websocket
  std::string token;        // may be empty; for y-websocket, the parameter `token`
};
Result<std::unique_ptr<DocumentSource>> live_server(LiveSource wish);

}  // namespace syncline::cli
