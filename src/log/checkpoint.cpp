#include "log/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/utf8.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kEd25519 = 1;  // the algorithm's number in C2SP's signed notes
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // an em dash and a space

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("checkpoint: {}", what));
}

bool is_key_name(std::string_view name) {
  return !name.empty() && is_valid_utf8(name) && name.find_first_of("+ \t\r\n") == name.npos;
}

bool is_line(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return !text.empty() && is_valid_utf8(text) && std::ranges::none_of(text, is_control);
}

// Removes and returns the text up to the next newline; empty if there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string text_of(const Checkpoint& checkpoint) {
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                     to_base64(checkpoint.root));
}

Result<Checkpoint> parse_text(std::string_view text) {
  Checkpoint checkpoint;
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root) return malformed("three lines are needed");
  if (!is_line(*origin)) return malformed("no origin");
  checkpoint.origin = *origin;
  const auto [end, error] =
      std::from_chars(size->data(), size->data() + size->size(), checkpoint.size);
  const bool number = error == std::errc() && end == size->data() + size->size();
  if (!number || std::to_string(checkpoint.size) != *size)
    return malformed("the size is no number");
  const auto hash = from_base64(*root);
  if (!hash || hash->size() != checkpoint.root.size()) return malformed("the root is no hash");
  std::ranges::copy(*hash, checkpoint.root.begin());
  return checkpoint;
}

struct SignatureLine {
  std::string_view name;
  std::uint32_t key_id = 0;
  Bytes signature;
};

std::uint32_t read_id(ByteView bytes) {
  std::uint32_t id = 0;
  for (const std::uint8_t byte : bytes.first(kKeyIdBytes)) id = id << 8 | byte;
  return id;
}

Result<SignatureLine> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return malformed("a signature does not begin with a dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos) return malformed("a signature line without a signature");
  auto bytes = from_base64(line.substr(space + 1));
  if (!is_key_name(line.substr(0, space)) || !bytes || bytes->size() <= kKeyIdBytes)
    return malformed("a signature line that cannot be read");
  SignatureLine out{line.substr(0, space), read_id(*bytes), {}};
  out.signature.assign(bytes->begin() + kKeyIdBytes, bytes->end());
  return out;
}

// Returns whether `line` is a signature of one of `trusted`. kCorrupt if it claims so and is wrong.
Result<bool> signed_by(const std::vector<NoteVerifier>& trusted, const SignatureLine& line,
                       std::string_view text) {
  for (const NoteVerifier& key : trusted) {
    if (key.name != line.name || key.key_id() != line.key_id) continue;
    ed25519::Signature signature;
    if (line.signature.size() == signature.size()) {
      std::ranges::copy(line.signature, signature.begin());
      if (ed25519::verify(key.key, as_bytes(text), signature)) return true;
    }
    return fail(ErrorCode::kCorrupt,
                fmt::format("checkpoint: the signature of {} is wrong", key.name));
  }
  return false;
}

}  // namespace

std::uint32_t NoteVerifier::key_id() const {
  const std::uint8_t separator[] = {'\n', kEd25519};
  Sha256 hasher;
  hasher.update(as_bytes(name));
  hasher.update(separator);
  hasher.update(key);
  return read_id(hasher.finish());
}

std::string NoteVerifier::to_text() const {
  Bytes typed{kEd25519};
  typed.insert(typed.end(), key.begin(), key.end());
  return fmt::format("{}+{:08x}+{}", name, key_id(), to_base64(typed));
}

Result<NoteVerifier> NoteVerifier::from_text(std::string_view text) {
  const auto refuse = [] {
    return fail(ErrorCode::kMalformed, "this is not a verification key (name+id+base64)");
  };
  const std::size_t first = text.find('+');
  const std::size_t second = first == text.npos ? first : text.find('+', first + 1);
  if (second == text.npos || !is_key_name(text.substr(0, first))) return refuse();
  const auto bytes = from_base64(text.substr(second + 1));
  NoteVerifier out{std::string(text.substr(0, first)), {}};
  if (!bytes || bytes->size() != 1 + out.key.size() || bytes->front() != kEd25519) return refuse();
  std::copy(bytes->begin() + 1, bytes->end(), out.key.begin());
  if (out.to_text() != text) return refuse();  // the id must belong to the key
  return out;
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint,
                                    const std::vector<NoteSigner>& signers) {
  if (!is_line(checkpoint.origin))
    return fail(ErrorCode::kInvalid, "the origin of a checkpoint must be one line of text");
  const std::string text = text_of(checkpoint);
  std::string note = text + "\n";
  for (const NoteSigner& signer : signers) {
    if (!is_key_name(signer.name))
      return fail(ErrorCode::kInvalid, "the name of a key must not hold spaces or '+'");
    const std::uint32_t id = signer.verifier().key_id();
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<std::uint8_t>(id >> shift));
    const ed25519::Signature signature = ed25519::sign(signer.seed, as_bytes(text));
    bytes.insert(bytes.end(), signature.begin(), signature.end());
    note += fmt::format("{}{} {}\n", kDash, signer.name, to_base64(bytes));
  }
  return note;
}

Result<Checkpoint> peek_checkpoint(std::string_view note) {
  const std::size_t blank = note.rfind("\n\n");
  if (note.size() > kMaxNoteBytes || blank == note.npos) return malformed("this is no signed note");
  return parse_text(note.substr(0, blank + 1));
}

Result<Checkpoint> open_checkpoint(std::string_view note,
                                   const std::vector<NoteVerifier>& trusted) {
  if (note.size() > kMaxNoteBytes) return fail(ErrorCode::kTooLarge, "checkpoint: too large");
  // The last blank line, because the signed text may contain others.
  const std::size_t blank = note.rfind("\n\n");
  if (blank == note.npos) return malformed("no blank line before signatures");
  const std::string_view text = note.substr(0, blank + 1);
  std::string_view rest = note.substr(blank + 2);
  bool trusted_signature = false;
  for (std::size_t count = 0; !rest.empty(); ++count) {
    if (count == kMaxNoteSignatures) return fail(ErrorCode::kTooLarge, "checkpoint: signatures");
    const auto line = take_line(rest);
    if (!line) return malformed("the last line does not end");
    const auto parsed = parse_signature(*line);
    if (!parsed) return std::unexpected(parsed.error());
    const auto good = signed_by(trusted, *parsed, text);
    if (!good) return std::unexpected(good.error());
    trusted_signature = trusted_signature || *good;
  }
  if (!trusted_signature)
    return fail(ErrorCode::kUnauthorized, "checkpoint: not signed by a known key");
  return parse_text(text);
}

}  // namespace syncline::log
