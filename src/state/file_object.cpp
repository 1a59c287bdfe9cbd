#include "state/file_object.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "log/file_version.h"
#include "merge/facets.h"

namespace syncline::state {
namespace {

class FileObject final : public merge::Object, public merge::Restoring {
 public:
  FileObject() = default;
  explicit FileObject(log::FileVersion version) : version_(std::move(version)) {}

  const merge::ObjectType& type() const override { return file_type(); }
  const merge::Restoring* restoring() const override { return this; }

  Result<merge::Prepared> prepare(ByteView intent) const override {
    const auto version = log::decode_file_version(intent);
    if (!version) return std::unexpected(version.error());
    merge::Prepared prepared;
    prepared.changes = version_ != *version;
    merge::Touch touch;
    touch.operation = merge::Operation::kSetKey;
    touch.extent = merge::Extent::kBelow;
    touch.container.root = "file";
    touch.key = "content";
    if (prepared.changes) prepared.effect.touches.push_back(std::move(touch));
    return prepared;
  }

  Result<void> apply(ByteView recorded) override {
    auto version = log::decode_file_version(recorded);
    if (!version) return std::unexpected(std::move(version.error()));
    version_ = std::move(*version);
    return {};
  }

  Bytes snapshot() const override {
    return version_ ? log::encode_file_version(*version_) : Bytes();
  }

  std::string to_json() const override {
    if (!version_) return "null";
    return fmt::format(R"({{"hash":"{}","bytes":{},"media_type":{},"file_name":{}}})",
                       to_hex(version_->hash), version_->bytes, quoted(version_->media_type),
                       quoted(version_->file_name));
  }

  std::size_t memory_bytes() const override {
    if (!version_) return sizeof *this;
    return sizeof *this + version_->media_type.capacity() + version_->file_name.capacity();
  }

  Result<Bytes> change_to(Object& then, std::uint64_t) const override {
    Bytes version = then.snapshot();
    if (version.empty())
      return fail(ErrorCode::kInvalid, "there was no file then: nothing to go back to");
    return version;
  }

 private:
  // Neither text has control characters (log::check_file_version).
  static std::string quoted(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
    return json += '"';
  }

  std::optional<log::FileVersion> version_;
};

class FileType final : public merge::ObjectType {
 public:
  std::string_view name() const override { return log::kFileType; }
  std::span<const std::string_view> faces() const override { return {}; }
  std::unique_ptr<merge::Object> create() const override { return std::make_unique<FileObject>(); }

  Result<std::unique_ptr<merge::Object>> restore(ByteView snapshot) const override {
    if (snapshot.empty()) return create();
    auto version = log::decode_file_version(snapshot);
    if (!version) return std::unexpected(std::move(version.error()));
    return std::make_unique<FileObject>(std::move(*version));
  }
};

}  // namespace

const merge::ObjectType& file_type() {
  static const FileType type;
  return type;
}

}  // namespace syncline::state
