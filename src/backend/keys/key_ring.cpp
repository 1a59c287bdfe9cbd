#include "backend/keys/key_ring.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "backend/keys/key_files.h"
#include "backend/net/system_random.h"
#include "base/base64.h"

namespace syncline::backend {
namespace {

constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr std::uint8_t kEd25519 = 1;

std::string private_path(const std::string& folder) {
  return folder + "/signing.key";
}
std::string public_path(const std::string& folder) {
  return folder + "/public";
}

std::string private_text(const log::NoteSigner& signer) {
  Bytes typed{kEd25519};
  typed.insert(typed.end(), signer.seed.begin(), signer.seed.end());
  return fmt::format("{}{}+{:08x}+{}\n", kPrivatePrefix, signer.name, signer.verifier().key_id(),
                     to_base64(typed));
}

Result<log::NoteSigner> parse_private(const std::string& path, std::string_view text) {
  const auto refuse = [&] { return fail(ErrorCode::kCorrupt, path + ": this is no signing key"); };
  if (!text.starts_with(kPrivatePrefix) || !text.ends_with('\n')) return refuse();
  text = text.substr(kPrivatePrefix.size(), text.size() - kPrivatePrefix.size() - 1);
  // Searches from the front, because base64 may contain '+'.
  const std::size_t first = text.find('+');
  const std::size_t second = first == text.npos ? first : text.find('+', first + 1);
  if (second == text.npos) return refuse();
  const auto typed = from_base64(text.substr(second + 1));
  log::NoteSigner signer{std::string(text.substr(0, first)), {}};
  if (!typed || typed->size() != 1 + signer.seed.size() || typed->front() != kEd25519)
    return refuse();
  std::copy(typed->begin() + 1, typed->end(), signer.seed.begin());
  if (fmt::format("{:08x}", signer.verifier().key_id()) !=
      text.substr(first + 1, second - first - 1))
    return refuse();
  return signer;
}

Result<std::vector<log::NoteVerifier>> parse_public(const std::string& path,
                                                    const std::string& text) {
  std::vector<log::NoteVerifier> keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto key = log::NoteVerifier::from_text(line);
    if (!key) return fail(ErrorCode::kCorrupt, path + ": " + key.error().message);
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail(ErrorCode::kCorrupt, path + ": holds no keys");
  return keys;
}

std::string waiting_path(const std::string& folder) {
  return private_path(folder) + ".next";
}

// A key is installed in three steps: write the private key under another name, write the public
// key, rename the private key. This function completes the third step if the process ended before
// it.
Result<void> complete_install(const std::string& folder) {
  const std::string waiting = waiting_path(folder);
  if (!std::filesystem::exists(waiting)) return {};
  const auto text = read_key_file(waiting);
  const auto next = text ? parse_private(waiting, *text) : std::unexpected(text.error());
  const auto known = read_key_file(public_path(folder));
  const bool announced = next && known && known->ends_with(next->verifier().to_text() + "\n");
  const bool done = announced ? ::rename(waiting.c_str(), private_path(folder).c_str()) == 0
                              : ::unlink(waiting.c_str()) == 0;
  return done ? Result<void>() : key_file_failed("installing " + waiting);
}

log::NoteSigner new_signer(std::string name) {
  SystemRandom random;
  log::NoteSigner signer{std::move(name), {}};
  for (std::size_t i = 0; i < signer.seed.size(); i += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(signer.seed.data() + i, &word, sizeof word);
  }
  return signer;
}

std::string made_up_name() {
  SystemRandom random;
  return fmt::format("syncline-{:08x}", random.next() & 0xffffffff);
}

Result<void> check_name(const std::string& name) {
  if (log::sign_checkpoint({name, 0, {}}, {{name, {}}})) return {};
  return fail(ErrorCode::kInvalid,
              fmt::format("the log name '{}' must be one word without '+'", name));
}

}  // namespace

Result<KeyRing> KeyRing::open(const std::string& data_dir, const std::string& name) {
  if (!name.empty())
    if (auto ok = check_name(name); !ok) return std::unexpected(std::move(ok.error()));
  KeyRing ring(data_dir + "/keys");
  if (auto ok = complete_install(ring.folder_); !ok) return std::unexpected(std::move(ok.error()));
  const bool has_private = std::filesystem::exists(private_path(ring.folder_));
  const bool has_public = std::filesystem::exists(public_path(ring.folder_));
  if (has_private && !has_public)
    return fail(ErrorCode::kCorrupt, public_path(ring.folder_) + " is missing");
  if (!has_private) {
    // Without the private key, nothing can be signed under the old name. The operator must decide.
    if (has_public) return fail(ErrorCode::kCorrupt, private_path(ring.folder_) + " is missing");
    if (::mkdir(ring.folder_.c_str(), 0700) != 0 && errno != EEXIST)
      return key_file_failed("creating " + ring.folder_);
    if (auto ok = ring.install(new_signer(name.empty() ? made_up_name() : name)); !ok)
      return std::unexpected(std::move(ok.error()));
    return ring;
  }
  auto text = read_key_file(private_path(ring.folder_));
  if (!text) return std::unexpected(std::move(text.error()));
  auto signer = parse_private(private_path(ring.folder_), *text);
  if (!signer) return std::unexpected(std::move(signer.error()));
  auto keys = read_public(data_dir);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (keys->back() != signer->verifier())
    return fail(ErrorCode::kCorrupt, fmt::format("{}: its last key is not that of signing.key",
                                                 public_path(ring.folder_)));
  if (!name.empty() && name != signer->name)
    return fail(ErrorCode::kInvalid,
                fmt::format("the logs in {} are signed as '{}': that name cannot change", data_dir,
                            signer->name));
  keys->pop_back();
  ring.identity_ = {signer->name, {std::move(*signer)}, std::move(*keys)};
  return ring;
}

Result<KeyRing> KeyRing::succeed(const std::string& data_dir) {
  auto keys = read_public(data_dir);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (keys->empty()) return fail(ErrorCode::kNotFound, "there are no keys in " + data_dir);
  KeyRing ring(data_dir + "/keys");
  const std::string name = keys->back().name;
  ring.identity_ = {name, {}, std::move(*keys)};
  if (auto ok = ring.install(new_signer(name)); !ok) return std::unexpected(std::move(ok.error()));
  return ring;
}

Result<std::vector<log::NoteVerifier>> KeyRing::read_public(const std::string& data_dir) {
  const std::string path = public_path(data_dir + "/keys");
  if (!std::filesystem::exists(path)) return std::vector<log::NoteVerifier>();
  auto text = read_key_file(path);
  if (!text) return std::unexpected(std::move(text.error()));
  return parse_public(path, *text);
}

Result<std::vector<log::NoteVerifier>> KeyRing::check(const std::string& data_dir) {
  auto keys = read_public(data_dir);
  const std::string path = private_path(data_dir + "/keys");
  if (!keys || !std::filesystem::exists(path)) return keys;
  const auto text = read_key_file(path);
  if (!text) return std::unexpected(text.error());
  const auto signer = parse_private(path, *text);
  if (!signer) return std::unexpected(signer.error());
  // Between two steps of a rotation, the public file has one more key.
  const auto known = std::ranges::find(*keys, signer->verifier());
  const bool rotating = std::filesystem::exists(waiting_path(data_dir + "/keys"));
  if (keys->empty() || (rotating ? known == keys->end() : keys->back() != signer->verifier()))
    return fail(ErrorCode::kCorrupt,
                fmt::format("{}: its key is not the last of keys/public", path));
  return keys;
}

Result<void> KeyRing::rotate() {
  return install(new_signer(identity_.log_name));
}

Result<void> KeyRing::install(log::NoteSigner signer) {
  log::NotaryIdentity next{signer.name, {signer}, identity_.retired};
  if (!identity_.signers.empty()) next.retired.push_back(identity_.signers.front().verifier());
  if (auto ok = write_key_file(waiting_path(folder_), private_text(signer), 0600); !ok) return ok;
  std::swap(identity_, next);
  if (auto ok = write_key_file(public_path(folder_), public_text(), 0600); !ok) {
    std::swap(identity_, next);
    return ok;
  }
  return complete_install(folder_);
}

std::string KeyRing::public_text() const {
  std::string text;
  for (const log::NoteVerifier& key : identity_.retired) text += key.to_text() + "\n";
  for (const log::NoteSigner& signer : identity_.signers)
    text += signer.verifier().to_text() + "\n";
  return text;
}

}  // namespace syncline::backend
