// The part of `syncline import` that reads Yjs documents: its options and what it prints.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/data/options.h"
#include "syncline/error.h"

namespace syncline::cli {

struct DocumentImportOptions {
  // The sources; one is named.
  std::string yjs;
  std::string y_leveldb;
  std::string hocuspocus_sqlite;
  std::string y_sweet;
  std::string from;

  std::string protocol = "y-websocket";  // of `from`
  std::string from_token_file;
  std::string format = "auto";
  std::string workspace;
  std::string prefix;
  std::string objects;
  bool merge = false;
  bool keep_deleted = false;
};

// Adds the options to the command, whose other source is a bundle.
void document_import_options(Command& command, DocumentImportOptions& options);

// The sources that the command line names, such as "--yjs"; empty: none of these.
std::vector<std::string> named_sources(const DocumentImportOptions& options);

// The rest of the command's options.
struct DocumentImportRun {
  const SourceOptions& target;
  bool to_server = false;
  bool dry_run = false;
  bool json = false;
};

// Imports from the one source that is named. Returns the exit code.
int import_from_documents(const DocumentImportOptions& options, const DocumentImportRun& run,
                          Console& console);

}  // namespace syncline::cli
