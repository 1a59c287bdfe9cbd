#include "sim/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "log/file_store.h"
#include "sim/invariants.h"
#include "store/files.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kUploaders = 4;
constexpr std::size_t kSmallContents = 8;

std::string random_text(std::size_t size, Dice& dice) {
  std::string text(size, '\0');
  auto state = static_cast<std::uint32_t>(dice.next());
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

// The first one is empty. The last two have a chunk in common.
Contents make_contents(Dice dice) {
  Contents contents = {{}};
  for (std::size_t i = 0; i < kSmallContents; ++i) {
    const std::size_t size = dice.scale(1, 20'000);
    contents.push_back(random_text(size, dice));
  }
  const std::string chunk = random_text(log::kFileChunkBytes, dice);
  const std::string more = random_text(dice.scale(1, 20'000), dice);
  contents.push_back(chunk);
  contents.push_back(chunk + more);
  return contents;
}

}  // namespace

Library::Library(World& world, Server& server, LibrarySettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      dice_(world.dice.fork("library")),
      contents_(make_contents(world.dice.fork("contents"))) {
  for (std::size_t i = 0; i < kUploaders; ++i)
    uploaders_.push_back(std::make_unique<Uploader>(world, server, contents_,
                                                    fmt::format("shelf/{}", i), settings.every_us));
}

void Library::start() {
  for (const auto& uploader : uploaders_) uploader->start();
  look_later();
}

void Library::stop() {
  for (const auto& uploader : uploaders_) uploader->stop();
}

void Library::recovered() {
  for (const auto& uploader : uploaders_) uploader->recovered();
  check(server_.process()->store->tables());
}

void Library::look_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.every_us)), [this] {
    dice_.pick(uploaders_)->read_together();
    const bool looks = dice_.chance(0.2);
    if (looks && server_.process() != nullptr) check(server_.process()->store->tables());
    look_later();
  });
}

// ---- what is stored

void Library::add_names(std::size_t content, Names& names) const {
  std::string_view rest = contents_[content];
  for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), log::kFileChunkBytes)))
    names.insert(store::chunk_name("", as_bytes(rest.substr(0, log::kFileChunkBytes))));
}

void Library::check(const store::Tables& tables) {
  std::set<std::size_t> needed;
  std::set<std::size_t> allowed;
  for (const auto& uploader : uploaders_) uploader->add_needed(needed, allowed);
  Names names;
  for (const std::size_t content : needed) add_names(content, names);
  for (const store::BlobName& name : names) {
    const auto chunk = tables.chunks().read(name);
    if (!chunk || !*chunk)
      return world_.violated(
          kFiles, fmt::format("the chunk {} of a version is missing or damaged", to_hex(name)));
  }
}

namespace {

// Uploads that nobody goes on with stay until they expire, which is after the end of the world.
bool has_upload(const store::Tables& tables, const store::BlobName& chunk) {
  const auto uploads = store::read_uploads(tables, "", "", 10'000);
  for (const log::Upload& upload : uploads.value_or(std::vector<log::Upload>())) {
    if (upload.done) continue;
    std::string list = upload.id;
    if (upload.file)
      if (const auto file = store::read_file(tables, "", *upload.file); file && *file)
        list = (*file)->list;
    const auto named = tables.get(store::Family::kMeta, store::chunk_key(chunk, list));
    if (named && *named) return true;
  }
  return false;
}

}  // namespace

std::string Library::left_over(const store::Tables& tables) {
  std::set<std::size_t> kept;
  for (const auto& uploader : uploaders_) uploader->add_needed(kept, kept);
  Names names;
  for (const std::size_t content : kept) add_names(content, names);
  const auto stored = tables.chunks().list();
  for (const store::BlobName& name : stored.value_or(std::vector<store::BlobName>()))
    if (!names.contains(name) && !has_upload(tables, name))
      return fmt::format("the chunk {} is stored, and no version has it", to_hex(name));
  return {};
}

// ---- the end

// What a full disk has kept from being removed is removed after the next start.
std::string Library::why_not() {
  if (server_.process() == nullptr) return "the server is not up";
  for (const auto& uploader : uploaders_)
    if (std::string why = uploader->why_not(); !why.empty()) return why;
  std::string why = left_over(server_.process()->store->tables());
  if (!why.empty() && !std::exchange(restarted_, true)) server_.die(Server::Death::kKilled);
  return why;
}

}  // namespace syncline::sim
