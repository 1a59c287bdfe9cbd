#include "backend/foreign/hocuspocus_sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "backend/foreign/scratch_folder.h"
#include "base/percent.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMs = 5000;  // while the server writes

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

class ReadSqlite final : public HocuspocusSqlite {
 public:
  ReadSqlite(std::string path, std::optional<ScratchFolder> copy)
      : path_(std::move(path)), copy_(std::move(copy)) {}

  Result<void> open() {
    const std::string file =
        copy_ ? copy_->path() + "/database" : fs::absolute(fs::path(path_)).string();
    const std::string uri =
        fmt::format("file:{}?mode={}", percent_encode(file, true), copy_ ? "rw" : "ro");
    sqlite3* db = nullptr;
    const int opened = sqlite3_open_v2(
        uri.c_str(), &db, (copy_ ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_URI,
        nullptr);
    db_.reset(db);
    if (opened != SQLITE_OK) return failed();
    sqlite3_busy_timeout(db, kBusyMs);
    // The file may have been made to do harm: its schema must not run anything.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return check_table();
  }

  Result<std::vector<std::string>> names() override {
    std::vector<std::string> names;
    auto statement = prepare("SELECT name FROM main.\"documents\" ORDER BY name");
    if (!statement) return std::unexpected(std::move(statement.error()));
    int step = 0;
    while ((step = sqlite3_step(statement->get())) == SQLITE_ROW)
      names.emplace_back(text(*statement, 0));
    if (step != SQLITE_DONE) return failed();
    return names;
  }

  Result<Bytes> read(const std::string& name) override {
    auto statement = prepare("SELECT data FROM main.\"documents\" WHERE name = ?1");
    if (!statement) return std::unexpected(std::move(statement.error()));
    sqlite3_bind_text(statement->get(), 1, name.data(), static_cast<int>(name.size()),
                      SQLITE_STATIC);
    const int step = sqlite3_step(statement->get());
    if (step == SQLITE_DONE) return fail(ErrorCode::kNotFound, path_ + ": the document is gone");
    if (step != SQLITE_ROW) return failed();
    if (sqlite3_column_type(statement->get(), 0) != SQLITE_BLOB)
      return fail(ErrorCode::kMalformed, path_ + ": the content of the document is no blob");
    return to_bytes(as_bytes(text(*statement, 0)));
  }

 private:
  Result<void> check_table() {
    auto found = prepare(
        "SELECT count(*) FROM main.sqlite_master WHERE type = 'table' AND name = 'documents'");
    if (!found) return std::unexpected(std::move(found.error()));
    if (sqlite3_step(found->get()) != SQLITE_ROW) return failed();
    const bool there = sqlite3_column_int(found->get(), 0) == 1;
    const auto columns =
        there ? prepare("SELECT name, data FROM main.\"documents\"") : Result<Statement>();
    if (!there || !columns)
      return fail(ErrorCode::kMalformed,
                  path_ +
                      ": no database of Hocuspocus: it has no table documents with name and "
                      "data");
    return {};
  }

  Result<Statement> prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                           nullptr) != SQLITE_OK)
      return failed();
    return Statement(statement);
  }

  // The bytes of a text or a blob.
  static std::string_view text(const Statement& statement, int column) {
    const void* const bytes = sqlite3_column_blob(statement.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(static_cast<const char*>(bytes), size);
  }

  std::unexpected<Error> failed() const {
    const int code = sqlite3_errcode(db_.get());
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return fail(damaged ? ErrorCode::kCorrupt : ErrorCode::kIo,
                fmt::format("{}: {}", path_, sqlite3_errmsg(db_.get())));
  }

  const std::string path_;
  const std::optional<ScratchFolder> copy_;  // a copy is read, which is in it
  std::unique_ptr<sqlite3, CloseDatabase> db_;
};

bool has_bytes(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return !error && size > 0;
}

// The first bytes of the file; fewer if it is shorter.
std::string beginning_of(const std::string& path) {
  std::array<char, 20> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(file.gcount())};
}

Result<ScratchFolder> copy_of(const std::string& path) {
  auto scratch = ScratchFolder::make();
  if (!scratch) return scratch;
  for (const char* part : {"", "-wal", "-journal"}) {
    std::error_code error;
    if (!fs::exists(path + part, error)) continue;
    fs::copy_file(path + part, scratch->path() + "/database" + part, error);
    if (error) return fail(ErrorCode::kIo, fmt::format("{}{}: {}", path, part, error.message()));
  }
  return scratch;
}

}  // namespace

Result<std::unique_ptr<HocuspocusSqlite>> HocuspocusSqlite::open(const std::string& path) {
  using namespace std::string_view_literals;
  std::error_code error;
  if (!fs::exists(path, error)) return fail(ErrorCode::kNotFound, path + ": no such file");
  const std::string beginning = beginning_of(path);
  if (!beginning.starts_with("SQLite format 3\0"sv))
    return fail(ErrorCode::kMalformed, path + ": no SQLite database");
  // The version of the format that is needed to read: 2 in the mode WAL.
  const bool wal = beginning.size() == 20 && beginning[19] == 2;
  std::optional<ScratchFolder> copy;
  if (wal || has_bytes(path + "-wal") || has_bytes(path + "-journal")) {
    auto made = copy_of(path);
    if (!made) return std::unexpected(std::move(made.error()));
    copy.emplace(std::move(*made));
  }
  auto database = std::make_unique<ReadSqlite>(path, std::move(copy));
  if (auto opened = database->open(); !opened) return std::unexpected(std::move(opened.error()));
  return database;
}

}  // namespace syncline::backend
