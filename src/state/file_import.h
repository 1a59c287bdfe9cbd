// Brings the bytes of one file of a bundle into the store, step by step (state/bundle_import.h). A file that is on its way is
// an upload (log/file_store.h) whose id follows from the workspace and the file. So each step finds in the store how far it
// is: one that is repeated, also by another process, changes nothing.
//
// Thread-safety: the loop of the store, which must outlive the answer.
#pragma once

#include <cstdint>
#include <string>

#include "log/done.h"
#include "log/file_store.h"
#include "state/bundle_import.h"

namespace syncline::state {

// What an import has brought and nothing names is removed after this time.
inline constexpr std::uint64_t kImportedLifeMs = std::uint64_t{7} * 24 * 3600 * 1000;

// Errors: those of the store; kCorrupt: the bytes are not those of the hash.
void carry_out_file(log::FileStore& files, const std::string& workspace, FileStep step,
                    log::Done<void> done);

}  // namespace syncline::state
