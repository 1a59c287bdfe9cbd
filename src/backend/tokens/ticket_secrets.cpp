#include "backend/tokens/ticket_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include "backend/keys/key_files.h"
#include "backend/net/system_random.h"
#include "base/base64.h"

namespace syncline::backend {
namespace {

using identity::TicketSecret;

constexpr std::string_view kTicketsPrefix = "TICKETS+";
constexpr mode_t kOwnerOnly = 0600;

TicketSecret new_secret(const std::vector<TicketSecret>& others, std::uint64_t now_ms) {
  SystemRandom random;
  TicketSecret made{.made_ms = now_ms};
  do {
    made.id = static_cast<std::uint32_t>(random.next());
  } while (std::ranges::find(others, made.id, &TicketSecret::id) != others.end());
  for (std::size_t i = 0; i < made.bytes.size(); i += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(made.bytes.data() + i, &word, sizeof word);
  }
  return made;
}

std::string text_of_secrets(const std::vector<TicketSecret>& secrets) {
  std::string text;
  for (const TicketSecret& each : secrets)
    text += fmt::format("{}{:08x}+{}+{}\n", kTicketsPrefix, each.id, each.made_ms,
                        to_base64(each.bytes));
  return text;
}

// The number before the next '+', which is removed with it.
template <typename Number>
bool take_number(std::string_view& text, Number& number, int base) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || stop == end || *stop != '+') return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

bool parse_secret(std::string_view line, TicketSecret& secret) {
  if (!line.starts_with(kTicketsPrefix)) return false;
  line.remove_prefix(kTicketsPrefix.size());
  if (!take_number(line, secret.id, 16) || !take_number(line, secret.made_ms, 10)) return false;
  const auto bytes = from_base64(line);
  if (!bytes || bytes->size() != secret.bytes.size()) return false;
  std::ranges::copy(*bytes, secret.bytes.begin());
  return true;
}

Result<std::vector<TicketSecret>> read_secrets(const std::string& path) {
  if (!std::filesystem::exists(path)) return std::vector<TicketSecret>{};
  const auto text = read_key_file(path);
  if (!text) return std::unexpected(text.error());
  std::vector<TicketSecret> secrets;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    TicketSecret secret;
    if (!parse_secret(line, secret))
      return fail(ErrorCode::kCorrupt,
                  path + ": this is no file of ticket secrets; without it, a new one is made");
    secrets.push_back(secret);
  }
  return secrets;
}

}  // namespace

Result<std::unique_ptr<TicketSecrets>> TicketSecrets::open(const std::string& data_dir,
                                                           std::uint64_t lifetime_ms,
                                                           std::uint64_t now_ms) {
  auto opened =
      std::unique_ptr<TicketSecrets>(new TicketSecrets(data_dir + "/keys/tickets", lifetime_ms));
  auto secrets = read_secrets(opened->path_);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  opened->secrets_.store(std::make_shared<const std::vector<TicketSecret>>(std::move(*secrets)));
  if (auto kept = opened->keep_up(now_ms); !kept) return std::unexpected(std::move(kept.error()));
  return opened;
}

Result<void> TicketSecrets::keep_up(std::uint64_t now_ms) {
  const Shared before = current();
  std::vector<TicketSecret> secrets = *before;
  if (secrets.empty() || now_ms >= secrets.back().made_ms + kRotationMs)
    secrets.push_back(new_secret(secrets, now_ms));
  // A secret signs until the next one is made.
  while (secrets.size() > 1 && now_ms >= secrets[1].made_ms + lifetime_ms_)
    secrets.erase(secrets.begin());
  if (secrets == *before) return {};
  if (auto written = write_key_file(path_, text_of_secrets(secrets), kOwnerOnly); !written)
    return written;
  secrets_.store(std::make_shared<const std::vector<TicketSecret>>(std::move(secrets)));
  return {};
}

}  // namespace syncline::backend
