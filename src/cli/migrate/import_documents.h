// Brings Yjs documents from a source into a workspace, and compares them afterwards.
//
// Each document becomes an object. Its content goes through the API as ordinary changes of the caller, so his rights
// count as always; each change carries an idempotency key that begins with "import:", which the log shows as its actor.
// A document that is already there is left alone, so a run that was interrupted is continued by the same command. What
// concerns one document is an error of that document, and the others go on.
//
// Calls block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"
#include "cli/data/api.h"
#include "cli/migrate/document_source.h"
#include "syncline/error.h"

namespace syncline::cli {

struct DocumentPlan {
  std::string workspace;
  std::string prefix;             // of the names of the objects
  std::vector<std::string> only;  // names in the source; empty: all
  bool merge = false;             // also into objects that have changes of their own
  bool keep_deleted = false;      // with deleted content, as far as the source has it
  bool dry_run = false;           // change nothing
};

enum class Came : std::uint8_t {
  kImported,  // everything; in a dry run: would be
  kEqual,     // it was there already
  kMerged,    // everything, into an object that has further changes
  kEmpty,     // the source has a document without content, of which no object can be made
  kIncomplete,  // everything that the source can show; further changes wait there for others that it lacks
  kFailed,
};
std::string_view to_string(Came came);

struct DocumentResult {
  std::string name;  // in the source
  std::string object;
  Came came = Came::kFailed;
  std::uint64_t bytes = 0;    // of the document's state
  std::uint64_t changes = 0;  // that were sent
  std::string note;           // what went wrong, or waits
};

struct DocumentReport {
  std::vector<DocumentResult> documents;  // as far as the import came
  std::optional<Error> stopped;  // why the others were not tried: kUnavailable, kUnauthorized

  std::uint64_t count(Came came) const;
  bool complete() const;  // nothing failed and nothing is incomplete
};

// Fails if the source cannot be read at all.
Result<DocumentReport> import_documents(DocumentSource& source, Api& api, const DocumentPlan& plan,
                                        Console& console);

}  // namespace syncline::cli
