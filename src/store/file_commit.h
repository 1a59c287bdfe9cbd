// FileCommit: the part of the group commit that changes what is stored of files (store/files.h).
//
// The tables do not show what the same batch has staged. So a change of an upload or a file that something else in the
// batch changes is refused with kConflict, except the removal of a file, which is asked for again: so a file that an
// event of this batch names is not removed by it.
//
// Thread-safety: that of GroupCommit.
#pragma once

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "log/event.h"
#include "log/file_store.h"
#include "store/files.h"
#include "store/tables.h"

namespace syncline::store {

// Changes that FileRequest carries (store/requests.h). Contracts of the first five: log/file_store.h.
struct BeginUpload {
  log::Upload upload;
};
struct AdvanceUpload {
  log::Upload upload;
  std::vector<Hash256> more;
};
struct FinishUpload {
  std::string id;
  Hash256 file{};
};
struct CloseUpload {
  std::string id;
};
struct EndUpload {
  std::string id;
};
// Removes the file unless something names it.
struct CollectFile {
  Hash256 file{};
};
// Removes a part of a list that nobody reads any more.
struct ShrinkList {
  std::string list;
};
using FileChange = std::variant<BeginUpload, AdvanceUpload, FinishUpload, CloseUpload, EndUpload,
                                CollectFile, ShrinkList>;

// What a batch leaves to be done when it is committed.
struct ReleasedFiles {
  std::vector<FileOfTenant> files;  // have lost a holder: CollectFile
  std::vector<ListOfTenant> lists;  // ShrinkList
  std::vector<BlobName>
      chunks;  // have lost a name: remove those that nothing names (is_chunk_named)

  bool empty() const { return files.empty() && lists.empty() && chunks.empty(); }
};

class FileCommit {
 public:
  // `tables` must show everything that was committed.
  explicit FileCommit(const Tables& tables) : tables_(tables) {}

  void begin_batch() { touched_.clear(); }

  Result<void> stage(const std::string& tenant, FileChange& change, ReleasedFiles& released,
                     Writes& writes);

  // The events name files, which they keep from now on.
  void name_versions(const std::string& tenant, WorkspaceId id,
                     const std::vector<log::EncodedEvent>& events, Writes& writes);

  // The event there keeps its file no longer, if it did.
  Result<void> release_version(const std::string& tenant, WorkspaceId id, const std::string& object,
                               log::Position position, ReleasedFiles& released, Writes& writes);

 private:
  Result<void> change(const std::string& tenant, BeginUpload& begin, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, AdvanceUpload& advance, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, FinishUpload& finish, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, CloseUpload& close, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, EndUpload& end, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, CollectFile& collect, ReleasedFiles& released,
                      Writes& writes);
  Result<void> change(const std::string& tenant, ShrinkList& shrink, ReleasedFiles& released,
                      Writes& writes);
  Result<log::Upload> take_upload(const std::string& tenant, const std::string& id);
  Result<void> append_chunks(const std::string& tenant, const std::string& list,
                             std::uint64_t before, const std::vector<Hash256>& more,
                             Writes& writes);
  void let_list_die(const std::string& tenant, const std::string& list, ReleasedFiles& released,
                    Writes& writes);

  const Tables& tables_;
  std::set<std::string> touched_;  // keys of uploads and files that this batch changes or names
};

}  // namespace syncline::store
