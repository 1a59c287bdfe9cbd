#include "backend/server/backup_service.h"

#include <fmt/format.h>

#include <utility>

#include "backend/store/backup.h"

namespace syncline::backend {

BackupService::~BackupService() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void BackupService::start(const std::string& name, bool signing_key,
                          log::Done<api::BackupReport> done) {
  if (directory_.empty())
    return done(fail(ErrorCode::kInvalid, "this server was started without --backup-dir"));
  if (!log::is_pin_name(name) || name.ends_with(".partial"))
    return done(fail(ErrorCode::kInvalid,
                     fmt::format("'{}' is no name for a backup: a letter, then letters, digits, "
                                 "'.', '_' and '-'",
                                 name)));
  const std::lock_guard lock(mutex_);
  if (std::exchange(busy_, true))
    return done(fail(ErrorCode::kConflict, "another backup is being written"));
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, name, signing_key, done = std::move(done)]() mutable {
    reporter_.info("backup begins", {{"name", name}});
    // If this fails, the backup fails and reports it.
    [[maybe_unused]] const auto created = create_private_directory(directory_);
    auto report = store_.back_up({.destination = directory_ + "/" + name,
                                  .signing_key = signing_key,
                                  .progress = [this](std::uint64_t) { return !stopping_; }});
    {
      const std::lock_guard finished(mutex_);
      busy_ = false;
    }
    if (!report) {
      reporter_.error("backup failed", {{"name", name}, {"reason", report.error().message}});
      return done(std::unexpected(std::move(report.error())));
    }
    reporter_.info("backup is complete", {{"name", name},
                                          {"workspaces", report->workspaces},
                                          {"files", report->files},
                                          {"bytes", report->bytes}});
    done(api::BackupReport{report->files, report->bytes, report->workspaces, report->signing_key});
  });
}

}  // namespace syncline::backend
