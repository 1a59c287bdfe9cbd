// Compares what Syncline does with updates, without a document, with what Yjs did: reads the cases
// that updates_cases.mjs wrote, prints every difference, and fails if there was one.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crdt/update_rewrite.h"
#include "syncline/crdt/updates.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

using Words = std::vector<std::string>;

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  if (hex == "-") return bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_hex(const Result<Bytes>& result) {
  if (!result) return "error: " + result.error().message;
  if (result->empty()) return "-";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : *result) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

UpdateVersion version_of(const std::string& word) {
  return word == "1" ? UpdateVersion::kV1 : UpdateVersion::kV2;
}

Result<Bytes> round_trip(ByteView bytes, UpdateVersion version) {
  DecodedUpdate update;
  if (auto result = decode_update(bytes, version, update); !result)
    return std::unexpected(result.error());
  return rewrite(update, version);
}

// As Yjs's parseUpdateMeta prints it: from the first to the last clock of each client.
std::string meta_of(ByteView bytes, UpdateVersion version) {
  const Result<UpdateMeta> meta = update_meta(bytes, version);
  if (!meta) return "error: " + meta.error().message;
  std::string spans;
  for (auto it = meta->inserts.clients().rbegin(); it != meta->inserts.clients().rend(); ++it) {
    if (!spans.empty()) spans += ',';
    spans += std::to_string(it->first) + ':' + std::to_string(it->second.front().clock) + '-' +
             std::to_string(it->second.back().end());
  }
  return spans.empty() ? "-" : spans;
}

// What Syncline makes of a case, and what Yjs made of it.
struct Outcome {
  std::string ours;
  std::string theirs;
};

Outcome run_merge(const Words& words) {
  std::vector<Bytes> updates;
  for (std::size_t i = 3; i < words.size(); ++i) updates.push_back(from_hex(words[i]));
  const std::vector<ByteView> views(updates.begin(), updates.end());
  return {to_hex(merge_updates(views, version_of(words[1]))), words[2]};
}

Outcome run(const Words& words) {
  const std::string& kind = words[0];
  const UpdateVersion version = version_of(words[1]);
  if (kind == "merge") return run_merge(words);
  if (kind == "roundtrip") return {to_hex(round_trip(from_hex(words[2]), version)), words[2]};
  if (kind == "convert")
    return {to_hex(convert_update(from_hex(words[4]), version, version_of(words[2]))), words[3]};
  if (kind == "obfuscate") {
    const unsigned long flags = std::stoul(words[2]);
    const ObfuscateOptions options{
        .formatting = (flags & 1) != 0, .subdocs = (flags & 2) != 0, .xml = (flags & 4) != 0};
    return {to_hex(obfuscate_update(from_hex(words[4]), version, options)), words[3]};
  }
  if (kind == "diff") {
    const Result<StateVector> state = decode_state_vector(from_hex(words[4]));
    if (!state) return {"error: " + state.error().message, words[2]};
    return {to_hex(diff_update(from_hex(words[3]), *state, version)), words[2]};
  }
  if (kind == "state") {
    const Result<StateVector> state = state_vector_of(from_hex(words[3]), version);
    if (!state) return {"error: " + state.error().message, words[2]};
    return {to_hex(encode_state_vector(*state)), words[2]};
  }
  if (kind == "meta") return {meta_of(from_hex(words[3]), version), words[2]};
  return {"unknown case", kind};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: updates_differential CASES\n";
    return 2;
  }
  std::ifstream cases(argv[1]);
  std::string line;
  std::string seed = "none";
  std::map<std::string, std::size_t> compared;
  std::size_t differences = 0;
  while (std::getline(cases, line)) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() == 2 && words[0] == "seed") {
      seed = words[1];
      continue;
    }
    const Outcome outcome = run(words);
    ++compared[words[0]];
    if (outcome.ours == outcome.theirs) continue;
    if (++differences <= 10)
      std::cerr << "seed " << seed << ": " << line << "\n  gives " << outcome.ours << "\n  Yjs   "
                << outcome.theirs << "\n";
  }
  for (const auto& [kind, count] : compared) std::cout << kind << ": " << count << " compared\n";
  if (compared.empty()) std::cerr << "no cases\n";
  std::cout << differences << " differences\n";
  return differences == 0 && !compared.empty() ? 0 : 1;
}
