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

}  // namespace syncline::cli
