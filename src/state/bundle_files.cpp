#include "state/bundle_files.h"

#include <fmt/format.h>

#include "log/file_version.h"

namespace syncline::state {

std::optional<Hash256> file_of(const log::BundleSnapshot& snapshot) {
  if (snapshot.type != log::kFileType) return std::nullopt;
  const auto version = log::decode_file_version(snapshot.state);
  return version ? std::optional(version->hash) : std::nullopt;
}

void BundleFiles::take(const log::Event& event) {
  if (const auto file = log::file_named_in(event)) name(*file, event.position, event.object);
}

void BundleFiles::take(const log::BundleSnapshot& snapshot) {
  if (const auto file = file_of(snapshot)) name(*file, snapshot.position, snapshot.object);
}

void BundleFiles::name(const Hash256& file, log::Position position, const std::string& object) {
  named_.try_emplace(file, Named{position, object});
}

log::Checked<void> BundleFiles::take(const std::string& workspace, const log::BundleFile& file) {
  const auto named = named_.find(file.hash);
  if (named == named_.end())
    return log::differs(log::Check::kBundle, {workspace},
                        fmt::format("the file {} is named by no event", to_hex(file.hash)),
                        ErrorCode::kMalformed);
  named->second.there = true;
  file_ = file;
  left_ = file.bytes;
  hash_ = Sha256();
  ++there_.files;
  there_.bytes += file.bytes;
  return left_ > 0 ? log::Checked<void>() : take(workspace, log::BundleChunk{});
}

log::Checked<void> BundleFiles::take(const std::string& workspace, const log::BundleChunk& chunk) {
  hash_.update(chunk.bytes);
  left_ -= chunk.bytes.size();
  if (left_ > 0 || hash_.finish() == file_.hash) return {};
  const Named& named = named_.at(file_.hash);
  return log::differs(
      log::Check::kBundle, {workspace, named.position, named.object},
      fmt::format("the file {} has other bytes than its hash says", to_hex(file_.hash)));
}

BundleFiles::Report BundleFiles::report() const {
  Report report{.there = there_};
  for (const auto& [file, named] : named_) {
    if (named.there) continue;
    ++report.missing;
    if (report.missing_at > 0 && report.missing_at < named.position) continue;
    report.missing_at = named.position;
    report.missing_object = named.object;
  }
  return report;
}

}  // namespace syncline::state
