#include "cli/migrate/export_documents.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/data/progress_bar.h"
#include "cli/files.h"
#include "cli/table.h"
#include "migrate/file_names.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

namespace fs = std::filesystem;

struct ObjectFile {
  std::string object;
  fs::path path;
};

Result<std::vector<ObjectFile>> plan_files(Api& api, const DocumentExportPlan& plan) {
  std::vector<ObjectFile> files;
  auto listed = each_object(api, plan.workspace, "", [&](const std::string& object) {
    files.push_back({object, fs::path(plan.folder) / migrate::file_of_object(object)});
    return true;
  });
  if (!listed) return std::unexpected(std::move(listed.error()));
  if (files.empty()) return std::unexpected(no_such_workspace(api, plan.workspace));
  for (const ObjectFile& file : files) {
    std::error_code error;
    if (!plan.force && fs::exists(file.path, error))
      return fail(
          ErrorCode::kConflict,
          fmt::format("{} is there already: overwrite it with --force", file.path.string()));
  }
  return files;
}

Result<void> write_object(const ObjectFile& file, ByteView update, Console& console) {
  std::error_code error;
  fs::create_directories(file.path.parent_path(), error);
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("{}: {}", file.path.parent_path().string(), error.message()));
  return write_file(file.path.string(), update, console);
}

}  // namespace

Result<DocumentExportReport> export_documents(Api& api, const DocumentExportPlan& plan,
                                              Console& console) {
  const auto files = plan_files(api, plan);
  if (!files) return std::unexpected(files.error());
  DocumentExportReport report;
  std::uint64_t done = 0;
  for (const ObjectFile& file : *files) {
    show_progress(console, done++, files->size(), shorten(visible(file.object), 40));
    auto update = api.object_update(plan.workspace, file.object, plan.at);
    if (!update && update.error().code == ErrorCode::kNotFound) {
      ++report.absent;
      continue;
    }
    if (update && plan.version == crdt::UpdateVersion::kV2)
      update = crdt::convert_update(*update, crdt::UpdateVersion::kV1, plan.version);
    if (!update)
      return fail(update.error().code,
                  fmt::format("object {}: {}", visible(file.object), update.error().message));
    std::error_code error;
    if (!plan.force && fs::exists(file.path, error))
      return fail(ErrorCode::kConflict,
                  fmt::format("{} is there already; does the file system tell capital letters from "
                              "small ones?",
                              file.path.string()));
    if (auto ok = write_object(file, *update, console); !ok)
      return std::unexpected(std::move(ok.error()));
    ++report.objects;
    report.bytes += update->size();
  }
  console.progress({});
  return report;
}

}  // namespace syncline::cli
