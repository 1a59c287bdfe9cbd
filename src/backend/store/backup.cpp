#include "backend/store/backup.h"

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <sstream>
#include <utility>

#include "backend/keys/key_ring.h"
#include "backend/store/backup_copy.h"
#include "backend/store/database.h"
#include "backend/store/dir_lock.h"
#include "backend/store/file_blobs.h"
#include "backend/store/file_copies.h"
#include "backend/store/import_stage.h"
#include "store/reads.h"

namespace syncline::backend {
namespace {

using store::CopiedFile;
using store::FileCopies;

constexpr std::string_view kTitle = "syncline backup 1";
constexpr std::string_view kList = "BACKUP";
constexpr std::string_view kSigningKey = "keys/signing.key";

std::uint64_t unix_ms_now() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

struct List {
  BackupReport report;
  std::vector<CopiedFile> files;
};

void add(List& list, CopiedFile file) {
  ++list.report.files;
  list.report.bytes += file.bytes;
  list.report.signing_key = list.report.signing_key || file.name == kSigningKey;
  list.files.push_back(std::move(file));
}

std::string list_text(const List& list) {
  std::string text = fmt::format("{}\ntime {}\nworkspaces {}\n", kTitle, list.report.unix_ms,
                                 list.report.workspaces);
  for (const CopiedFile& file : list.files)
    text += fmt::format("file {} {} {}\n", to_hex(file.hash), file.bytes, file.name);
  return text + fmt::format("end {}\n", to_hex(sha256(as_bytes(text))));
}

bool is_safe_name(std::string_view name) {
  const bool known = name.starts_with("log/") || name.starts_with("snapshots/") ||
                     name.starts_with("files/") || name.starts_with("keys/");
  return known && name.find("..") == name.npos && name.find('/') == name.rfind('/');
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// nullopt if the line is not a file entry.
std::optional<CopiedFile> parse_file(std::istringstream& words) {
  std::string hash;
  std::string size;
  CopiedFile file;
  if (!(words >> hash >> size >> file.name) || !is_safe_name(file.name)) return std::nullopt;
  const auto bytes = parse_number(size);
  if (!bytes || hash.size() != 2 * file.hash.size()) return std::nullopt;
  file.bytes = *bytes;
  for (std::size_t i = 0; i < file.hash.size(); ++i) {
    const char* digits = hash.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, file.hash[i], 16);
    if (error != std::errc{} || end != digits + 2) return std::nullopt;
  }
  return file;
}

Result<List> parse_list(const std::string& path, const std::string& text) {
  const auto refuse = [&] { return fail(ErrorCode::kCorrupt, path + " is damaged"); };
  const std::size_t end = text.rfind("end ");
  if (end == text.npos || !text.starts_with(kTitle) ||
      text.substr(end) != fmt::format("end {}\n", to_hex(sha256(as_bytes(text.substr(0, end))))))
    return refuse();
  List list;
  std::istringstream lines(text.substr(0, end));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string what;
    std::string value;
    words >> what;
    if (what == "file") {
      auto file = parse_file(words);
      if (!file) return refuse();
      add(list, std::move(*file));
      continue;
    }
    words >> value;
    const auto number = parse_number(value);
    if (!number) return refuse();
    if (what == "time") list.report.unix_ms = *number;
    if (what == "workspaces") list.report.workspaces = *number;
  }
  return list;
}

Result<std::uint64_t> count_workspaces(const syncline::store::Tables& tables) {
  std::uint64_t count = 0;
  for (std::string after;;) {
    const auto names = syncline::store::read_workspaces(tables, after, 1000);
    if (!names) return std::unexpected(names.error());
    count += names->size();
    if (names->size() < 1000) return count;
    after = names->back();
  }
}

// Reads the list of a backup, and every file in it.
Result<List> read_backup(FileCopies& files, const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, kList);
  if (!files.exists(path))
    return fail(ErrorCode::kNotFound, fmt::format("{} is no backup, or one that was not finished: "
                                                  "it has no {}",
                                                  directory, kList));
  const auto text = files.read(path);
  if (!text) return std::unexpected(text.error());
  auto list = parse_list(path, *text);
  if (!list) return list;
  for (const CopiedFile& file : list->files) {
    const std::string name = directory + "/" + file.name;
    if (!files.exists(name)) return fail(ErrorCode::kCorrupt, name + " is missing");
    const auto found = files.hash(name, file.name);
    if (!found) return std::unexpected(found.error());
    if (found->hash != file.hash || found->bytes != file.bytes)
      return fail(ErrorCode::kCorrupt, name + " is not what it was");
  }
  return list;
}

// Copies the listed directory, and notes the hashes of the bytes that were read. Leaves out files that
// are being written: nothing names them.
Result<void> copy_into(FileCopies& files, const std::string& from, const std::string& to,
                       const std::string& prefix, List& list) {
  if (auto ok = files.make_directory(to + "/" + prefix); !ok) return ok;
  const auto names = files.list(from);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (name.ends_with(".new")) continue;
    const std::string within = prefix + "/" + name;
    auto copied = files.copy(from + "/" + name, to + "/" + within, within);
    if (!copied) return std::unexpected(std::move(copied.error()));
    add(list, std::move(*copied));
  }
  return files.sync_directory(to + "/" + prefix);
}

Result<void> copy_keys(FileCopies& files, const std::string& data_dir, const std::string& to,
                       bool signing_key, List& list) {
  if (!files.exists(data_dir + "/keys/public")) return {};
  if (auto ok = files.make_directory(to + "/keys"); !ok) return ok;
  for (const std::string name : {"keys/public", "keys/signing.key"}) {
    if (name == kSigningKey && !signing_key) continue;
    auto copied = files.copy(data_dir + "/" + name, to + "/" + name, name);
    if (!copied) return std::unexpected(std::move(copied.error()));
    add(list, std::move(*copied));
    if (name == kSigningKey && ::chmod((to + "/" + name).c_str(), 0600) != 0)
      return fail(ErrorCode::kIo, "cannot protect " + to + "/" + name);
  }
  return files.sync_directory(to + "/keys");
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Result<void> check_free(FileCopies& files, const std::string& path) {
  if (!files.exists(path)) return {};
  const auto names = files.list(path);
  if (names && names->empty()) return {};
  return fail(ErrorCode::kConflict, path + " exists already");
}

// A workspace that is being imported is not complete in the log.
Result<void> check_imports(const std::string& data_dir) {
  const auto found = ImportStage::find(data_dir + "/imports");
  if (!found) return std::unexpected(found.error());
  for (const ImportStage::Found& each : *found)
    if (each.whole)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("workspace {} is being imported; a server that is started goes on "
                              "with it",
                              each.workspace));
  return {};
}

// Renames DEST.partial to DEST, which may be an empty directory.
Result<void> finish(FileCopies& files, const std::string& partial, const std::string& destination) {
  auto ok = files.sync_directory(partial);
  if (ok) ok = files.rename(partial, destination);
  if (ok) ok = files.sync_directory(parent_of(destination));
  return ok;
}

}  // namespace

Result<BackupReport> store::copy_database(const Database& database, const StoreOptions& options,
                                          const BackupOptions& backup) {
  FileCopies files(options.env);
  files.progress = backup.progress;
  const std::string destination = without_slash(backup.destination);
  const std::string partial = destination + ".partial";
  const std::string frozen = options.data_dir + "/log.backup";
  if (auto ok = check_free(files, destination); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_imports(options.data_dir); !ok) return std::unexpected(std::move(ok.error()));
  for (const std::string& left : {partial, frozen})
    if (auto ok = files.remove_tree(left); !ok) return std::unexpected(std::move(ok.error()));
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(database.db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(frozen);
  if (!status.ok()) return std::unexpected(to_error(status, "freezing the data"));

  List list;
  list.report.unix_ms = unix_ms_now();
  const auto workspaces = count_workspaces(database);
  if (!workspaces) return std::unexpected(workspaces.error());
  list.report.workspaces = *workspaces;
  auto ok = files.make_directory(partial);
  // It contains all data, and possibly the private key.
  if (ok && ::chmod(partial.c_str(), 0700) != 0)
    ok = fail(ErrorCode::kIo, "cannot protect " + partial);
  if (ok) ok = copy_into(files, frozen, partial, "log", list);
  // After the database: every file that it names is there.
  const std::string blobs = blobs_dir(options.data_dir);
  if (ok && files.exists(blobs)) ok = copy_into(files, blobs, partial, "snapshots", list);
  const std::string chunks = chunks_dir(options.data_dir);
  if (ok && files.exists(chunks)) ok = copy_into(files, chunks, partial, "files", list);
  if (ok) ok = copy_keys(files, options.data_dir, partial, backup.signing_key, list);
  if (ok) ok = files.write(fmt::format("{}/{}", partial, kList), list_text(list));
  // Reads it back before it counts as a backup.
  auto read = ok ? read_backup(files, partial) : std::unexpected(ok.error());
  if (read) ok = finish(files, partial, destination);
  const auto cleared = files.remove_tree(frozen);
  if (!read) return std::unexpected(std::move(read.error()));
  if (!ok) return std::unexpected(std::move(ok.error()));
  if (!cleared) return std::unexpected(cleared.error());
  return read->report;
}

Result<BackupReport> back_up(const StoreOptions& options, const BackupOptions& backup) {
  StoreOptions opening = options;
  opening.create_if_missing = false;
  auto store = RocksDbStore::open(std::move(opening));
  if (!store) return std::unexpected(std::move(store.error()));
  return (*store)->back_up(backup);
}

Result<BackupReport> check_backup(const std::string& directory, const StoreOptions& options) {
  FileCopies files(options.env);
  auto list = read_backup(files, without_slash(directory));
  if (!list) return std::unexpected(std::move(list.error()));
  return list->report;
}

Result<BackupReport> restore_backup(const std::string& directory, const StoreOptions& options) {
  FileCopies files(options.env);
  const std::string from = without_slash(directory);
  const std::string destination = without_slash(options.data_dir);
  const std::string partial = destination + ".partial";
  if (auto ok = check_free(files, destination); !ok) return std::unexpected(std::move(ok.error()));
  auto list = read_backup(files, from);
  if (!list) return std::unexpected(std::move(list.error()));
  auto ok = files.remove_tree(partial);
  for (const std::string& folder :
       {partial, partial + "/log", partial + "/snapshots", partial + "/files", partial + "/keys"})
    if (ok) ok = files.make_directory(folder);
  for (const CopiedFile& file : list->files) {
    if (!ok) break;
    const auto copied = files.copy(from + "/" + file.name, partial + "/" + file.name, file.name);
    if (!copied) ok = std::unexpected(copied.error());
    if (copied && copied->hash != file.hash)
      ok = fail(ErrorCode::kCorrupt, from + "/" + file.name + " is not what it was");
  }
  if (ok && list->report.signing_key && ::chmod((partial + "/keys/signing.key").c_str(), 0600) != 0)
    ok = fail(ErrorCode::kIo, "cannot protect the signing key");
  const bool has_public = files.exists(partial + "/keys/public");
  if (ok && !list->report.signing_key && has_public)
    if (const auto keys = KeyRing::succeed(partial); !keys) ok = std::unexpected(keys.error());
  for (const std::string& folder : {partial + "/log", partial + "/snapshots", partial + "/files", partial + "/keys"})
    if (ok) ok = files.sync_directory(folder);
  if (ok) ok = finish(files, partial, destination);
  if (!ok) return std::unexpected(std::move(ok.error()));
  return list->report;
}

}  // namespace syncline::backend
