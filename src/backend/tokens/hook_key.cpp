#include "backend/tokens/hook_key.h"

#include <cstring>
#include <filesystem>
#include <utility>

#include "backend/keys/key_files.h"
#include "backend/net/system_random.h"
#include "base/base64.h"
#include "hooks/signature.h"

namespace syncline::backend {
namespace {

constexpr std::string_view kWebhooksPrefix = "WEBHOOKS+";

Bytes new_hook_key() {
  SystemRandom random;
  Bytes key(hooks::kKeyBytes);
  for (std::size_t i = 0; i < key.size(); i += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(key.data() + i, &word, sizeof word);
  }
  return key;
}

Result<Bytes> read_hook_key(const std::string& path) {
  const auto text = read_key_file(path);
  if (!text) return std::unexpected(text.error());
  std::string_view line = *text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  auto key = line.starts_with(kWebhooksPrefix) ? from_base64(line.substr(kWebhooksPrefix.size()))
                                               : Result<Bytes>(Bytes());
  if (!key || key->size() != hooks::kKeyBytes)
    return fail(ErrorCode::kCorrupt,
                path + ": this is no key of webhooks; without the file, a new one is made");
  return std::move(*key);
}

}  // namespace

Result<Bytes> open_hook_key(const std::string& data_dir) {
  const std::string path = data_dir + "/keys/webhooks";
  if (std::filesystem::exists(path)) return read_hook_key(path);
  Bytes key = new_hook_key();
  const std::string text = std::string(kWebhooksPrefix) + to_base64(key) + "\n";
  if (auto written = write_key_file(path, text, 0600); !written)
    return std::unexpected(std::move(written.error()));
  return key;
}

}  // namespace syncline::backend
