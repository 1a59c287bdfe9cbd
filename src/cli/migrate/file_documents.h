// FileDocuments: a source whose documents lie in a file each.
//
// Thread-safety: one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cli/migrate/document_source.h"

namespace syncline::cli {

// Finds the updates in the bytes of a file.
using ReadUpdates = std::function<Result<migrate::StoredUpdates>(ByteView file)>;

// `paths`: of each document, by its name. An error of `read` is told with the path.
std::unique_ptr<DocumentSource> file_documents(std::map<std::string, std::string> paths,
                                               ReadUpdates read);

}  // namespace syncline::cli
