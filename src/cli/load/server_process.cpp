#include "cli/load/server_process.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

namespace syncline::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLastWords = 2000;

}  // namespace

Result<TemporaryDirectory> TemporaryDirectory::make(std::string_view purpose) {
  std::error_code error;
  std::string path = fs::temp_directory_path(error).string();
  if (error) path = "/tmp";
  path += fmt::format("/syncline-{}-XXXXXX", purpose);
  if (::mkdtemp(path.data()) == nullptr)
    return fail(ErrorCode::kIo, "cannot make a temporary directory " + path);
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty() && !kept_) fs::remove_all(path_, ignored);
}

std::uint64_t directory_bytes(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      bytes += static_cast<std::uint64_t>(std::min<off_t>(status.st_size, status.st_blocks * 512));
  }
  return bytes;
}

Result<void> ServerProcess::launch() {
  std::vector<std::string> command = {
      options_.program.empty() ? backend::own_program() : options_.program,
      "serve",
      "--json",
      "--data-dir",
      data_dir(),
      "--port",
      std::to_string(options_.port)};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  listens_ = false;
  process_.reset();
  auto process = backend::ChildProcess::start({.command = std::move(command),
                                               .environment = options_.environment,
                                               .stderr_file = options_.directory + "/stderr"});
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  return {};
}

Result<bool> ServerProcess::listening() {
  while (!listens_) {
    const auto line = process_->line();
    if (!line) {
      if (const auto end = process_->ended())
        return fail(ErrorCode::kUnavailable,
                    fmt::format("the server ended with {}: {}", to_string(*end), last_words()));
      return false;
    }
    const auto said = nlohmann::json::parse(*line, nullptr, false);
    if (!said.is_object() || said.value("event", "") != "listening") continue;
    options_.port = said.value("port", options_.port);
    durability_ = said.value("durability", durability_);
    listens_ = true;
  }
  return true;
}

Result<void> ServerProcess::start(std::uint64_t timeout_ms) {
  if (auto launched = launch(); !launched) return launched;
  for (std::uint64_t waited = 0; waited < timeout_ms; waited += 5) {
    auto ready = listening();
    if (!ready) return std::unexpected(ready.error());
    if (*ready) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fail(ErrorCode::kUnavailable, fmt::format("the server does not listen: {}", last_words()));
}

backend::ChildEnd ServerProcess::stop(std::uint64_t timeout_ms) {
  process_->signal(SIGCONT);
  process_->signal(SIGTERM);
  if (const auto end = process_->wait(timeout_ms)) return *end;
  process_->signal(SIGKILL);
  return process_->wait(10'000).value_or(backend::ChildEnd{.signal = SIGKILL});
}

std::string ServerProcess::last_words() const {
  std::ifstream file(options_.directory + "/stderr");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kLastWords) text.erase(0, text.size() - kLastWords);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace syncline::cli
