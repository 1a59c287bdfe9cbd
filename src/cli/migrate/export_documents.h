// Writes the objects of a workspace as files of Yjs updates: `syncline export --yjs`.
#pragma once

#include <cstdint>
#include <string>

#include "cli/console.h"
#include "cli/data/api.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::cli {

struct DocumentExportPlan {
  std::string workspace;
  std::string folder;
  std::string at;  // a moment; "": now
  crdt::UpdateVersion version = crdt::UpdateVersion::kV1;
  bool force = false;  // overwrite files
};

struct DocumentExportReport {
  std::uint64_t objects = 0;
  std::uint64_t absent = 0;  // objects that had no events yet at the moment
  std::uint64_t bytes = 0;
};

// Writes each object into a file of its own (migrate/file_names.h), whole or not at all. kConflict, before anything is
// written, if a file is there already. kNotFound if there is no such workspace.
Result<DocumentExportReport> export_documents(Api& api, const DocumentExportPlan& plan,
                                              Console& console);

}  // namespace syncline::cli
